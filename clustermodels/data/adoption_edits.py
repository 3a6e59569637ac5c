"""Scenarios in which a policy is adopted later, or ends."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.adopted import end_of
from clustermodels.data.findings import SHOWN
from clustermodels.data.panel import Panel, Values, cluster_codes
from clustermodels.errors import PanelError, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.source import Path
from clustermodels.spec.treatments import Adoption


def is_year(spec: Spec, column: str) -> bool:
    """Tell whether a column holds years of adoption."""
    adoptions = (item for item in spec.treatments.values() if isinstance(item, Adoption))
    return any(item.first_year == column for item in adoptions)


def delayed(
    spec: Spec,
    rows: xr.Dataset,
    column: str,
    years: int,
    chosen: NDArray[np.bool_],
    path: Path,
) -> Values:
    """Give a column of 0 and 1, (obs,), that turns to 1 so many years later."""
    code = cluster_codes(rows)
    on = rows[column].to_numpy() == 1
    when = rows["year"].to_numpy().astype(float)
    first, start = np.full(code.max() + 1, np.inf), np.full(code.max() + 1, np.inf)
    np.minimum.at(first, code, when)
    np.minimum.at(start, code[on], when[on])
    early = np.intersect1d(np.flatnonzero(first == start), code[chosen])
    if early.size:
        names = rows["cluster"].to_numpy()[np.isin(code, early)]
        raise PanelError(
            [
                spec.source.problem(
                    path,
                    "it is on from the first row, so that nobody knows since when: "
                    f"{choices(sorted({*names.tolist()}), SHOWN)}",
                    fix="Give the year of adoption: first_year.",
                )
            ]
        )
    missing = np.isnan(rows[column].to_numpy())
    later = np.where(missing, np.nan, (when >= start[code] + years).astype(float))
    return np.where(chosen, later, rows[column].to_numpy())


def of_chosen(panel: Panel, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which rows are of clusters with a fitted row that an edit chooses, (obs,)."""
    code = cluster_codes(panel.rows)
    return np.isin(code, code[panel.used][chosen[panel.used]])


def refuse_parts(
    spec: Spec, panel: Panel, before: Values, after: Values, chosen: NDArray[np.bool_], path: Path
) -> None:
    """Refuse an edit that is to move the adoption of a cluster in some of its fitted rows only.

    ``after`` is the column if it were moved in all rows of these clusters.
    """
    code, some = cluster_codes(panel.rows)[panel.used], chosen[panel.used]
    moved = ~((after == before) | (np.isnan(after) & np.isnan(before)))[panel.used]
    parts = np.intersect1d(np.intersect1d(code[some], code[~some]), code[moved])
    if not parts.size:
        return
    spot = panel.used[np.flatnonzero(code == parts[0])]
    cluster, years = panel.rows["cluster"].to_numpy()[spot[0]], panel.rows["year"].to_numpy()
    one, other = years[spot[chosen[spot]][0]], years[spot[~chosen[spot]][0]]
    raise PanelError(
        [
            spec.source.problem(
                path,
                f"an adoption is moved as a whole, and this holds in some years of "
                f"{len(parts)} cluster{'s' * (len(parts) > 1)} only",
                got=f"{cluster}: in {one}, and not in {other}",
                expected="all years of a cluster, or none",
                fix="Leave 'years' out, and let 'where' name a column that stays the same within "
                "clusters.",
            )
        ]
    )


def ended(
    spec: Spec,
    rows: xr.Dataset,
    column: str,
    year: float,
    chosen: NDArray[np.bool_],
    path: Path,
) -> Values:
    """Give the year in which each row's cluster ends its adoption, (obs,), nan where it never does.

    A condition is judged in that year, for the cluster as a whole. Of several ends the earliest
    counts.

    Raises
    ------
    PanelError
        If the panel has no such year.
    """
    when = rows["year"].to_numpy()
    if year not in when:
        raise PanelError(
            [
                spec.source.problem(
                    path,
                    "a year that the panel does not have",
                    got=f"{year:g}",
                    expected=f"a year in {when.min()} to {when.max()}",
                )
            ]
        )
    code = cluster_codes(rows)
    there, hit = when == year, np.zeros(code.max() + 1, dtype=bool)
    hit[code[there & chosen]] = True
    absent = np.setdiff1d(code, code[there])  # who has no row in that year, in any
    hit[np.intersect1d(absent, code[chosen])] = True
    known = end_of(column) in rows
    before = rows[end_of(column)].to_numpy() if known else np.full(len(chosen), np.nan)
    return np.where(hit[code], np.fmin(before, year), before)
