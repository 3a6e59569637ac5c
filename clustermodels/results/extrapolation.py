"""Where a scenario leaves the range that the data cover."""

from __future__ import annotations

import numpy as np

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.panel import Panel, Values, reader
from clustermodels.data.scenarios import edited
from clustermodels.errors import Finding, choices
from clustermodels.fits.record import Fit


def extrapolation(fit: Fit, scenario: str) -> list[Finding]:
    """Name the cluster-years that a scenario takes beyond the fitted range of a column, how far.

    A column of a cluster-year is beyond when the edit moved it and it lies below the smallest or
    above the largest value of the fitted rows, as it enters the predictor (lagged, transformed).
    """
    rows = reader(fit.panel)
    before, after = _columns(fit, fit.panel), _columns(fit, edited(fit.spec, fit.panel, scenario))
    findings = []
    for name, values in after.items():
        scale = fit.learned.scales[name]
        tiny = 1e-9 * max(abs(scale.low), abs(scale.high), scale.spread)
        moved = values != before[name]
        beyond = np.maximum(values - scale.high, scale.low - values)
        spots = np.flatnonzero(moved & (beyond > tiny))
        if not spots.size:
            continue
        order = spots[np.argsort(-beyond[spots], kind="stable")]
        places = [
            f"{rows.clusters[spot]} {rows.years[spot]} ({values[spot]:.3g})" for spot in order
        ]
        furthest = float(beyond[order[0]] / scale.spread)
        findings.append(
            Finding(
                "extrapolation",
                "warning",
                f"scenario '{scenario}' takes '{name}' beyond the data's {scale.low:.3g} to "
                f"{scale.high:.3g} in {spots.size} of {len(values)} cluster-years, at most by "
                f"{furthest:.2g} standard deviations: {choices(places, 5)}",
                "There the answer rests on the form of the model, not on data.",
                "Make the edit smaller, or limit it with 'where'.",
                f"scenarios.{scenario}",
                fit.spec.source.line(("scenarios", scenario)),
            )
        )
    return findings


def _columns(fit: Fit, panel: Panel) -> dict[str, Values]:
    rows = reader(panel)
    return transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
