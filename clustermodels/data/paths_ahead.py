"""What columns are in the years ahead, cluster by cluster."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.below_zero import has_floor
from clustermodels.data.findings import SHOWN
from clustermodels.data.panel import Values, cluster_codes
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.horizon import Course, CovariatePath
from clustermodels.spec.treatments import Adoption

Mask = NDArray[np.bool_]


def filled(spec: Spec, rows: xr.Dataset, ahead: Mask) -> xr.Dataset:
    """Fill the empty cells of rows ahead by the paths of a document.

    Adoptions, and positions in years without a network, stay as they were last.

    Parameters
    ----------
    spec
        With a horizon.
    rows
        A panel's rows, those ahead among them, sorted.
    ahead
        Which these are, (obs,).

    Raises
    ------
    PanelError
        If a path gives a year no number, or text more than its last value, or leads what has
        nothing below 0 there.
    """
    assert spec.horizon is not None
    paths = dict(spec.horizon.covariates)
    paths |= dict.fromkeys([*spec.measured(), *_adopted(spec)], "last")
    problems: list[Problem] = []
    made = {}
    for column, path in paths.items():
        if column in (CLUSTER, YEAR) or column not in rows:
            continue
        problems += _wrong(spec, rows, ahead, column, path)
        if not problems:
            made[column] = ("obs", _led_on(rows, ahead, column, path), rows[column].attrs)
    problems = problems or [
        problem
        for column in made
        for problem in _negative(spec, rows, ahead, column, made[column][1])
    ]
    if problems:
        raise PanelError(problems)
    return rows.assign(made)


def _adopted(spec: Spec) -> list[str]:
    adoptions = [item for item in spec.treatments.values() if isinstance(item, Adoption)]
    return [item.first_year or item.column or "" for item in adoptions]


def _wrong(
    spec: Spec, rows: xr.Dataset, ahead: Mask, column: str, path: CovariatePath
) -> Iterator[Problem]:
    here = ("horizon", "covariates", column)
    if rows[column].dtype.kind not in "fi" and path != "last":
        yield spec.source.problem(
            here, "the column holds text, which stays what it was last", fix="Write 'last'."
        )
    if isinstance(path, Course) and path.given is not None:
        yield from years_missing(spec, {*rows["year"].to_numpy()[ahead].tolist()}, path.given, here)


def years_missing(
    spec: Spec, years: set[int], given: dict[int, float], here: tuple[str, ...]
) -> Iterator[Problem]:
    """Refuse numbers by year that are of other years than those ahead."""
    lacking, others = sorted(years - {*given}), sorted({*given} - years)
    if lacking or others:
        yield spec.source.problem(
            here,
            "a number is needed for each year ahead, and for no other",
            got=choices(map(str, sorted(given))),
            expected=choices(map(str, sorted(years))),
        )


def _led_on(rows: xr.Dataset, ahead: Mask, column: str, path: CovariatePath) -> NDArray[np.generic]:
    values = rows[column].to_numpy()
    text = values.dtype.kind not in "fi"
    empty = ahead & ((values == "") if text else np.isnan(values))
    code, years = cluster_codes(rows), rows["year"].to_numpy()
    if isinstance(path, Course) and path.given is not None:
        new = np.array([path.given.get(int(year), np.nan) for year in years])
    elif path == "last":
        new = last_known(values, code, ~((values == "") if text else np.isnan(values)))
    else:
        over = path.trend if isinstance(path, Course) else None
        new = _trend(values, code, years.astype(np.float64), over)
    return np.where(empty, new, values)


def last_known[Kind: np.generic](
    values: NDArray[Kind], code: NDArray[np.int64], known: Mask
) -> NDArray[Kind]:
    """Give the last known value of the cluster in each row, its own where it has none."""
    at = np.arange(len(values))
    latest = np.maximum.accumulate(np.where(known, at, -1))
    own = (latest >= 0) & (code[np.maximum(latest, 0)] == code)
    return values[np.where(own, latest, at)]


def _trend(values: Values, code: NDArray[np.int64], years: Values, over: int | None) -> Values:
    """Give each cluster's own least-squares line over its last known years, in each row.

    A cluster with one known year keeps its value.
    """
    known = ~np.isnan(values)
    if over is not None:
        last = np.full(int(code.max()) + 1, -np.inf)
        np.maximum.at(last, code[known], years[known])
        known &= years > last[code] - over
    size = np.bincount(code, known).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.bincount(code, np.where(known, years, 0.0)) / size
        level = np.bincount(code, np.where(known, values, 0.0)) / size
        away = np.where(known, years - middle[code], 0.0)
        square = np.bincount(code, away**2)
        moved = np.bincount(code, away * np.where(known, values - level[code], 0.0))
        slope = np.where(square > 0, moved / square, 0.0)
    return np.asarray(level[code] + slope[code] * (years - middle[code]))


def _negative(
    spec: Spec, rows: xr.Dataset, ahead: Mask, column: str, values: NDArray[np.generic]
) -> Iterator[Problem]:
    own = rows[column].to_numpy()
    if own.dtype.kind != "f" or not has_floor(own):
        return
    wrong = np.flatnonzero(ahead & (values.astype(np.float64) < 0))
    if wrong.size:
        places = [
            f"{values[row]:.3g} in {rows['cluster'].to_numpy()[row]} {rows['year'].to_numpy()[row]}"
            for row in wrong
        ]
        yield spec.source.problem(
            ("horizon", "covariates", column),
            f"'{column}' is nowhere below 0 in the data, and this path leads it there in "
            f"{wrong.size} cluster-year{'s' * (wrong.size > 1)}",
            got=choices(places, SHOWN),
            expected="0 or more",
            fix="Write 'last', or give its numbers.",
        )
