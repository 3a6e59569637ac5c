"""Where a scenario leaves the range that the data cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.panel import Panel, Positions, Values, reader
from clustermodels.data.scenarios import edited
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit
from clustermodels.preview.positions import edited_positions, half_of_units
from clustermodels.results.walked_beyond import walked_findings

# Cluster-years that a finding names, the furthest first.
NAMED = 5


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
    rows = reader(answered(fit.panel))
    names: list[str] = []
    pieces: dict[str, list[Values]] = {"value": [], "low": [], "high": [], "beyond": []}
    spots: list[Positions] = []
    for name, values, beyond in _moved_beyond(fit, scenario):
        scale = fit.learned.scales[name]
        found = np.flatnonzero(beyond)
        found = found[np.argsort(-beyond[found], kind="stable")]
        names += [name] * len(found)
        spots.append(found)
        pieces["value"].append(values[found])
        pieces["low"].append(np.full(len(found), scale.low))
        pieces["high"].append(np.full(len(found), scale.high))
        pieces["beyond"].append(beyond[found] / scale.spread)
    at = np.concatenate([np.arange(0), *spots])
    numbers = {key: ("row", np.concatenate([*parts, []])) for key, parts in pieces.items()}
    return xr.Dataset(
        numbers,
        coords={
            "row": np.arange(len(names)),
            "column": ("row", np.array(names, dtype=object)),
            "cluster": ("row", rows.clusters[at]),
            "year": ("row", rows.years[at]),
        },
    )


def rows_beyond(fit: Fit, scenario: str) -> NDArray[np.bool_]:
    """Mark the fitted rows that a scenario takes beyond the data in any column, (obs,)."""
    marked = np.zeros(len(answered(fit.panel).used), dtype=np.bool_)
    for _, _, beyond in _moved_beyond(fit, scenario):
        marked |= beyond > 0
    return marked


def _moved_beyond(fit: Fit, scenario: str) -> Iterator[tuple[str, Values, Values]]:
    """Give each column's name, its edited values, and how far they lie beyond the data; else 0."""
    before, after = _columns(fit, fit.panel), _columns(fit, edited(fit.spec, fit.panel, scenario))
    for name, values in after.items():
        scale = fit.learned.scales[name]
        tiny = 1e-9 * max(abs(scale.low), abs(scale.high), scale.spread)
        beyond = np.maximum(values - scale.high, scale.low - values)
        moved = (values != before[name]) & (beyond > tiny)
        yield name, values, np.where(moved, beyond, 0.0)


def extrapolation_findings(fit: Fit, scenario: str) -> tuple[Finding, ...]:
    """Word what ``extrapolation`` finds, a Finding for each column, and what limits the answer.

    A scenario may move a position, which no policy can; an outcome may count half of the units.
    """
    beyond = extrapolation(fit, scenario)
    findings = []
    for name in dict.fromkeys(beyond["column"].to_numpy().tolist()):
        part = beyond.isel(row=np.flatnonzero(beyond["column"].to_numpy() == name))
        first = part.isel(row=slice(NAMED))
        places = [
            f"{cluster} {year} ({value:.3g})"
            for cluster, year, value in zip(
                first["cluster"].to_numpy(),
                first["year"].to_numpy(),
                first["value"].to_numpy(),
                strict=True,
            )
        ]
        many = part.sizes["row"]
        more = f" and {many - NAMED} more" if many > NAMED else ""
        low, high = float(part["low"][0]), float(part["high"][0])
        findings.append(
            Finding(
                "extrapolation",
                "warning",
                f"scenario '{scenario}' takes '{name}' beyond the data's {low:.3g} to {high:.3g} "
                f"in {many} of {len(answered(fit.panel).used)} cluster-years, at most by "
                f"{float(part['beyond'][0]):.2g} standard deviations: {', '.join(places)}{more}",
                "There the answer rests on the form of the model, not on data.",
                "Make the edit smaller, or limit it with 'where'.",
                f"scenarios.{scenario}",
                fit.spec.source.line(("scenarios", scenario)),
            )
        )
    moved = [f for f in edited_positions(fit.spec) if f.path.startswith(f"scenarios.{scenario}.")]
    return (*findings, *walked_findings(fit, scenario), *moved, *half_of_units(fit.spec))


def _columns(fit: Fit, panel: Panel) -> dict[str, Values]:
    rows = reader(answered(panel))
    return transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
