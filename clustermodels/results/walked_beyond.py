"""Where a scenario's outcomes, walked through the years, leave those that were observed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import xarray as xr

from clustermodels.data.panel import Values
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit
from clustermodels.results.predict import predict

# So many draws show where an expected outcome goes.
DRAWS = 100


def walked_findings(fit: Fit, scenario: str) -> Iterator[Finding]:
    """Find expected outcomes that feed on themselves beyond every observed one.

    In a model with the outcome's past an edit that stays within the data may lead, year after
    year, to where they do not.
    """
    if fit.spec.dynamics is None:
        return
    few = _thinned(fit)
    before, after = (_expected(few, name) for name in (None, scenario))
    design, observed = fit.answered(), fit.design().outcome.values
    low, high = np.nanmin(observed), np.nanmax(observed)
    out = (after > high) & ~(before > high) | (after < low) & ~(before < low)
    spots = np.flatnonzero(out)
    if not spots.size:
        return
    far = spots[np.argmax(np.maximum(after - high, low - after)[spots])]
    yield Finding(
        "walked_beyond",
        "warning",
        f"scenario '{scenario}' leads the expected {fit.spec.outcome[0]} beyond the observed "
        f"{low:.3g} to {high:.3g} in {spots.size} of {len(out)} cluster-years, from "
        f"{design.years[spots].min()} on; furthest to {after[far]:.3g} in {design.clusters[far]} "
        f"{design.years[far]}",
        "There what the outcome leads to next year rests on the form of the model, not on data.",
        "Read the first years only, or make the edit smaller.",
        f"scenarios.{scenario}",
        fit.spec.source.line(("scenarios", scenario)),
    )


def _expected(fit: Fit, scenario: str | None) -> Values:
    """Give the median expected outcome of each row, (obs,)."""
    return np.asarray(predict(fit, scenario).median(("chain", "draw")))


def _thinned(fit: Fit) -> Fit:
    draws = fit.posterior
    total, each = draws.sizes["draw"], max(DRAWS // draws.sizes["chain"], 1)
    kept = np.unique(np.linspace(0, total - 1, min(total, each)).astype(int))
    return replace(fit, tree=xr.DataTree.from_dict({"posterior": draws.isel(draw=kept)}))
