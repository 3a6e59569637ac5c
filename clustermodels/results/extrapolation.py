"""Where a scenario leaves the range that the data cover."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from clustermodels.data.answered import answered
from clustermodels.data.panel import Positions, Values, reader
from clustermodels.errors import Finding
from clustermodels.fits.record import Fit
from clustermodels.preview.beyond import horizon_findings
from clustermodels.preview.positions import edited_positions, half_of_units
from clustermodels.results.leaving import moved
from clustermodels.results.walked_beyond import walked_findings

# Cluster-years that a finding names, the furthest first.
NAMED = 5
# Between the names of columns that are beyond the data together.
TOGETHER = " with "


def extrapolation(fit: Fit, scenario: str) -> xr.Dataset:
    """Name the cluster-years that a scenario takes beyond the data, and how far.

    A column of a cluster-year is beyond when the edit moved it and it lies below the smallest or
    above the largest value of the fitted rows, as it enters the predictor (lagged, transformed).
    A cluster-year within every range may be where columns never stand together: of those that the
    edit moved, with the moderators that bend them, it is beyond when it lies further from the
    middle of the fitted rows, in Mahalanobis' distance, than any of these.

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
        the column; coordinates ``column``, ``cluster`` and ``year``. Of columns that are beyond
        together, ``policies with centrality``, ``jointly`` is true, and numbers are distances in
        standard deviations.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    """
    rows = reader(answered(fit.whole[0]))
    names: list[str] = []
    jointly: list[bool] = []
    pieces: dict[str, list[Values]] = {"value": [], "low": [], "high": [], "beyond": []}
    spots: list[Positions] = []

    def put(name: str, values: Values, beyond: Values, low: float, high: float) -> None:
        found = np.flatnonzero(beyond)
        found = found[np.argsort(-beyond[found], kind="stable")]
        names.extend([name] * len(found))
        jointly.extend([name not in edit.beyond] * len(found))
        spots.append(found)
        pieces["value"].append(values[found])
        pieces["low"].append(np.full(len(found), low))
        pieces["high"].append(np.full(len(found), high))
        pieces["beyond"].append(beyond[found])

    edit = moved(fit, scenario)
    for name, beyond in edit.beyond.items():
        scale = fit.learned.scales[name]
        put(name, edit.values[name], beyond / scale.spread, scale.low, scale.high)
    within = np.ones(len(edit.distance), dtype=np.bool_)
    for name in edit.together:  # where a path has led, or an edit
        scale = fit.learned.scales[name]
        within &= (edit.values[name] >= scale.low) & (edit.values[name] <= scale.high)
    hidden = np.where(within & (edit.distance > edit.largest), edit.distance - edit.largest, 0.0)
    put(TOGETHER.join(edit.together), edit.distance, hidden, 0.0, edit.largest)
    at = np.concatenate([np.arange(0), *spots])
    numbers = {key: ("row", np.concatenate([*parts, []])) for key, parts in pieces.items()}
    return xr.Dataset(
        numbers,
        coords={
            "row": np.arange(len(names)),
            "column": ("row", np.array(names, dtype=object)),
            "jointly": ("row", np.array(jointly, dtype=np.bool_)),
            "cluster": ("row", rows.clusters[at]),
            "year": ("row", rows.years[at]),
        },
    )


def extrapolation_findings(fit: Fit, scenario: str) -> tuple[Finding, ...]:
    """Word what ``extrapolation`` finds, a Finding for each column, and what limits the answer.

    A scenario may move a position, which no policy can; an outcome may count half of the units;
    years ahead are beyond the data.
    """
    beyond = extrapolation(fit, scenario)
    findings, total = [], len(answered(fit.whole[0]).used)
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
        where = f"takes '{name}' beyond the data's {low:.3g} to {high:.3g}"
        symbol = fit.learned.scales[name].symbol if name in fit.learned.scales else name
        entering = re.sub(r"\[.*?\]", "", symbol)
        if entering != name:  # so that no number is taken for one of the column itself
            where += f" of {entering}"
        if part["jointly"].any():
            where = (
                f"takes {name} further from the data's middle than any fitted cluster-year "
                f"({high:.3g} standard deviations), each within its own range,"
            )
        findings.append(
            Finding(
                "extrapolation",
                "warning",
                f"scenario '{scenario}' {where} in {many} of {total} cluster-years, at most by "
                f"{float(part['beyond'][0]):.2g} standard deviations: {', '.join(places)}{more}",
                "There the answer rests on the form of the model, not on data.",
                "Make the edit smaller, or limit it with 'where'.",
                f"scenarios.{scenario}",
                fit.spec.source.line(("scenarios", scenario)),
            )
        )
    positions = [
        f for f in edited_positions(fit.spec) if f.path.startswith(f"scenarios.{scenario}.")
    ]
    ahead = horizon_findings(fit.spec, fit.panel, fit.learned)
    return (
        *findings,
        *walked_findings(fit, scenario),
        *positions,
        *half_of_units(fit.spec),
        *ahead,
    )
