"""The log likelihood row by row, stored or made again."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.predictor import part
from clustermodels.fits import density
from clustermodels.fits.record import Fit


def log_likelihood(fit: Fit, rows: slice = slice(None)) -> xr.DataArray:
    r"""Give the log likelihood of every row at every draw, $\log p(y_i \mid \theta_s)$.

    What a large panel's run does not store is made again from its draws, here with the same
    numbers. It takes as much memory as it has numbers; ``rows`` asks for some of them at a time.

    Parameters
    ----------
    fit
        A fit.
    rows
        Which rows, as they stand in ``fit.tree["observed_data"]``.

    Returns
    -------
    DataArray
        (chain, draw, obs), with cluster and year along obs; named as the outcome.

    Notes
    -----
    Given all coefficients, those of levels included: leaving a row out leaves its cluster in.

    Examples
    --------
    Compare models by ArviZ where it was not stored::

        run.tree["log_likelihood"] = xr.DataTree(log_likelihood(run).to_dataset())
        arviz.loo(run.tree)
    """
    if "log_likelihood" in fit.tree.children:
        return fit.tree["log_likelihood"].to_dataset()[fit.spec.outcome[0]].isel(obs=rows)
    design = fit.design()
    if design.outcome.errors is None:
        return density.log_likelihood(part(design, rows), fit.posterior)
    # a row's error is told given that before it: from where its cluster begins
    asked = np.arange(len(design.years))[rows]
    if not asked.size:
        return density.log_likelihood(part(design, slice(0, 0)), fit.posterior)
    begins = np.flatnonzero(design.outcome.errors.gap == 0)
    first = int(begins[begins <= asked.min()].max())
    whole = part(design, slice(first, int(asked.max()) + 1))
    return density.log_likelihood(whole, fit.posterior).isel(obs=asked - first)
