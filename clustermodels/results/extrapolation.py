"""Where a scenario leaves the range that the data cover."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.panel import Panel, Values, reader
from clustermodels.data.scenarios import edited
from clustermodels.errors import Finding, choices
from clustermodels.fits.record import Fit
from clustermodels.preview.positions import edited_positions, half_of_units


def extrapolation(fit: Fit, scenario: str) -> xr.Dataset:
    """Name the cluster-years that a scenario takes beyond the data, and how far.

    A column of a cluster-year is beyond when the edit moved it and it lies below the smallest or
    above the largest value of the fitted rows, as it enters the predictor (lagged, transformed).

    Parameters
    ----------
    fit
        A fit.
    scenario
        The name of a scenario of its document.

    Returns
    -------
    Dataset
        Along ``row``, the furthest of each column first: ``value``, the data's ``low`` and
        ``high``, and ``beyond``, the distance to the nearer of them in standard deviations of
        the column; coordinates ``column``, ``cluster`` and ``year``.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    """
    rows = reader(fit.panel)
    before, after = _columns(fit, fit.panel), _columns(fit, edited(fit.spec, fit.panel, scenario))
    names: list[str] = []
    pieces: dict[str, list[Values]] = {"value": [], "low": [], "high": [], "beyond": []}
    spots: list[int] = []
    for name, values in after.items():
        scale = fit.learned.scales[name]
        tiny = 1e-9 * max(abs(scale.low), abs(scale.high), scale.spread)
        beyond = np.maximum(values - scale.high, scale.low - values)
        found = np.flatnonzero((values != before[name]) & (beyond > tiny))
        found = found[np.argsort(-beyond[found], kind="stable")]
        names += [name] * len(found)
        spots += found.tolist()
        pieces["value"].append(values[found])
        pieces["low"].append(np.full(len(found), scale.low))
        pieces["high"].append(np.full(len(found), scale.high))
        pieces["beyond"].append(beyond[found] / scale.spread)
    numbers = {key: ("row", np.concatenate([*parts, []])) for key, parts in pieces.items()}
    return xr.Dataset(
        numbers,
        coords={
            "row": np.arange(len(names)),
            "column": ("row", np.array(names, dtype=object)),
            "cluster": ("row", rows.clusters[spots]),
            "year": ("row", rows.years[spots]),
        },
    )


def extrapolation_findings(fit: Fit, scenario: str) -> tuple[Finding, ...]:
    """Word what ``extrapolation`` finds, a Finding for each column, and what limits the answer.

    A scenario may move a position, which no policy can; an outcome may count half of the units.
    """
    beyond = extrapolation(fit, scenario)
    findings = []
    for name in dict.fromkeys(beyond["column"].to_numpy().tolist()):
        part = beyond.isel(row=np.flatnonzero(beyond["column"].to_numpy() == name))
        places = [
            f"{cluster} {year} ({value:.3g})"
            for cluster, year, value in zip(
                part["cluster"].to_numpy(),
                part["year"].to_numpy(),
                part["value"].to_numpy(),
                strict=True,
            )
        ]
        low, high = float(part["low"][0]), float(part["high"][0])
        findings.append(
            Finding(
                "extrapolation",
                "warning",
                f"scenario '{scenario}' takes '{name}' beyond the data's {low:.3g} to {high:.3g} "
                f"in {len(places)} of {len(fit.panel.used)} cluster-years, at most by "
                f"{float(part['beyond'][0]):.2g} standard deviations: {choices(places, 5)}",
                "There the answer rests on the form of the model, not on data.",
                "Make the edit smaller, or limit it with 'where'.",
                f"scenarios.{scenario}",
                fit.spec.source.line(("scenarios", scenario)),
            )
        )
    moved = [f for f in edited_positions(fit.spec) if f.path.startswith(f"scenarios.{scenario}.")]
    return (*findings, *moved, *half_of_units(fit.spec))


def _columns(fit: Fit, panel: Panel) -> dict[str, Values]:
    rows = reader(panel)
    return transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
