"""The expected outcome of every row, as observed or under a scenario."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.fits.record import Fit
from clustermodels.results.simulated import simulated
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.scenarios import OBSERVED


def predict(fit: Fit, scenario: str | None = None, *, keep_shocks: bool = False) -> xr.DataArray:
    """Predict the expected outcome of every fitted row, and of those without an outcome.

    A scenario's edited panel goes through the same functions as the fit, with what the fit
    learned, at the stored draws: forward simulation under the model's assumptions, not
    identification of a causal effect. Where the outcome depends on its past, the prediction walks
    from each cluster's first outcomes through the years, also at the observed policies, and a
    scenario feeds through. All rows at all draws are kept: of a large panel ``effects``
    needs a fraction of the memory. Rows without an outcome are there under 'missing: model'.

    With ``keep_shocks`` it is no expectation, but what each cluster-year would have had with its
    own luck: u = F(y | eta) is kept, and y' = F^-1(u | eta'). At the observed policies that is
    what was observed, exactly. Of normal outcomes the residual is kept, of a count one of the
    ranks that it may have, drawn evenly and shared by all scenarios; rows without an outcome draw
    a shock of their own. It assumes that a policy leaves ranks as they are.

    Years ahead that the document's ``horizon`` asks for are among the rows: effects of years that
    are pooled are drawn there, the same ones under every scenario. Where the outcome depends on its
    past, they go on from the outcomes of the fitted years, under a scenario from what these would
    have been with the same shocks.

    Parameters
    ----------
    fit
        A fit.
    scenario
        The name of a scenario of its document; None predicts at the observed policies.
    keep_shocks
        Whether each cluster-year keeps its own shock.

    Returns
    -------
    DataArray
        Dims (chain, draw, obs) with coordinates ``cluster`` and ``year``, in the outcome's units.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    FitError
        If shocks cannot be kept.
    """
    design, posterior = fit.answered(), fit.posterior
    values = np.empty((len(fit.drawn()[INTERCEPT]), len(design.years)))

    def predicted(rows: slice, _: Design, outcomes: Iterator[Values]) -> None:
        values[:, rows] = next(outcomes)

    for _ in simulated(fit, [scenario], predicted, keep_shocks=keep_shocks):
        pass
    shape = (posterior.sizes["chain"], posterior.sizes["draw"], -1)
    return xr.DataArray(
        values.reshape(shape),
        dims=("chain", "draw", "obs"),
        coords={
            "chain": posterior["chain"],
            "draw": posterior["draw"],
            "obs": np.arange(values.shape[1]),
            "cluster": ("obs", design.clusters),
            "year": ("obs", design.years),
        },
        name=design.outcome.name,
        attrs={"scenario": scenario or OBSERVED, "shocks": "kept" if keep_shocks else "averaged"},
    )
