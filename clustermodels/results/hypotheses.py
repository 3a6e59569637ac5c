"""Any function of draws, as an answer."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from clustermodels.errors import FitError, choices
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.intervals import increase, summarised

SAMPLES = ("chain", "draw")


def hypotheses[Source: (xr.DataArray, xr.Dataset)](
    draws: Fit | Source, function: Callable[..., xr.DataArray], null: float = 0.0
) -> xr.Dataset:
    """Give the posterior of a function of draws: differences, ratios, products, anything.

    Parameters
    ----------
    draws
        A fit, whose posterior the function takes, or draws of an answer (``draws=True``).
    function
        From these to a DataArray with dims ``chain``, ``draw`` and at most one more.
    null
        What probabilities of an increase are of being above.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper``, ``probability``; coordinates
        as the function leaves them.

    Raises
    ------
    FitError
        If it is no function, or gives anything else.

    Examples
    --------
    >>> import numpy as np
    >>> values = xr.DataArray(np.arange(12.0).reshape(2, 3, 2), dims=("chain", "draw", "row"))
    >>> found = hypotheses(values, lambda x: x.isel(row=1) - x.isel(row=0))
    >>> found["median"].to_numpy().tolist()
    [1.0]
    """
    if not callable(function):
        raise FitError(
            "there is no posterior of this because it is no function. Give one of the draws, such "
            "as lambda x: x.isel(row=1) - x.isel(row=0)."
        )
    found = function(draws.posterior if isinstance(draws, Fit) else draws)
    dims: tuple[str, ...] = ()
    if isinstance(found, xr.DataArray):
        dims = tuple(map(str, found.dims))
    if not {*SAMPLES} <= {*dims} or len(dims) > 3:
        raise FitError(
            "there is no posterior of this because the function gave no DataArray with dims "
            f"chain, draw and at most one more, but {choices(dims) or type(found).__name__}."
        )
    values = found.transpose(*SAMPLES, ...).to_numpy()
    table = values.reshape(values.shape[0] * values.shape[1], -1)
    labels = {
        str(name): cells.to_numpy().tolist()
        for name, cells in found.coords.items()
        if len(cells.dims) == 1 and cells.dims[0] not in SAMPLES and name != "row"
    }
    return answers(labels, summarised(table) | {"probability": increase(table, null)})
