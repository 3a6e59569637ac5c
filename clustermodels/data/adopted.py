"""When each cluster adopts a policy that stays, and when a scenario ends it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.panel import Reader, Values, cluster_codes
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.spec.treatments import Adoption


def cohort_name(adopted: float) -> str:
    """Name those who adopt in a year, and those who had before anybody looked.

    Examples
    --------
    >>> cohort_name(2004.0), cohort_name(float("-inf"))
    ('2004', 'earlier')
    """
    return str(int(adopted)) if np.isfinite(adopted) else "earlier"


def adoption_years(treatment: Adoption, reader: Reader) -> Values:
    """Give the year in which each row's cluster adopts, (obs,); nan where it never does.

    Of a column of 0 and 1 it is the first year with 1, and minus infinity where that is the first
    known of the cluster: nobody knows since when.
    """
    rows = reader.rows
    if treatment.first_year is not None:
        years = rows[treatment.first_year].to_numpy()[reader.at]
        _refuse_years(treatment.first_year, years, reader)
        return np.where(years == 0, np.nan, years)
    off, on = _turns(treatment, reader)
    adopted = np.where(np.isinf(on), np.nan, np.where(np.isinf(off), -np.inf, on))
    return np.asarray(adopted[cluster_codes(rows)[reader.at]])


def _turns(treatment: Adoption, reader: Reader) -> tuple[Values, Values]:
    """Give the last year of 0 before the first of 1, and that, (cluster,) each; else infinite."""
    rows = reader.rows
    values, years = rows[treatment.column].to_numpy(), rows["year"].to_numpy().astype(float)
    code = cluster_codes(rows)
    on, off = np.full(code.max() + 1, np.inf), np.full(code.max() + 1, -np.inf)
    np.minimum.at(on, code[values == 1], years[values == 1])
    before = (values == 0) & (years < on[code])
    np.maximum.at(off, code[before], years[before])
    return off, on


def refuse_undated(treatment: Adoption, reader: Reader) -> None:
    """Refuse a column of 0 and 1 that turns to 1 behind a gap: the cohort is not known then."""
    off, on = _turns(treatment, reader)
    code = cluster_codes(reader.rows)
    names = reader.rows["cluster"].to_numpy()
    wrong = np.isfinite(off) & np.isfinite(on) & (on > off + 1)
    hit = np.intersect1d(np.flatnonzero(wrong), code[reader.at])
    first = np.searchsorted(code, hit)  # rows are sorted by cluster
    fix = "Give the year of adoption: first_year."
    if hit.size:
        raise PanelError(
            [
                Problem(
                    f"'{treatment.column}' is not known in the year of adoption or the one before, "
                    "so that nobody knows which cohort it is",
                    fix,
                    edit=fix,
                    got=choices(
                        [
                            f"{names[row]}: 0 in {off[place]:g}, 1 in {on[place]:g}"
                            for place, row in zip(hit, first, strict=True)
                        ],
                        6,
                    ),
                    expected="a row for each year from the last of 0 to the first of 1",
                )
            ]
        )


def end_of(column: str) -> str:
    """Name the column of the year in which a scenario ends an adoption; no document can.

    Examples
    --------
    >>> end_of("zone")
    'zone::repealed'
    """
    return f"{column}::repealed"


def repealed(treatment: Adoption, reader: Reader) -> NDArray[np.bool_]:
    """Tell whether a scenario has ended each row's adoption, (obs,), its lag considered."""
    column = end_of(treatment.first_year or treatment.column or "")
    if column not in reader.rows:
        return np.zeros(len(reader.at), dtype=bool)
    ends = reader.rows[column].to_numpy()[reader.at]
    return np.asarray(reader.years - treatment.lag >= np.where(np.isnan(ends), np.inf, ends))


def _refuse_years(column: str, years: Values, reader: Reader) -> None:
    """Refuse years of adoption that are none, and those that change within a cluster."""
    told = np.where(np.isnan(years), 0.0, years)
    same = reader.clusters[1:] == reader.clusters[:-1]
    changed = np.append(False, same & (np.diff(told) != 0))
    for wrong, what, fix, edit in (
        (
            (told < 0) | (told != np.floor(told)),
            "this is no year",
            "Leave it empty for never.",
            "Move it by whole years, and set 0 for never.",
        ),
        (
            changed,
            "a cluster adopts once, and here the year changes",
            "Give each cluster one.",
            "Edit all years of a cluster alike.",
        ),
    ):
        if wrong.any():
            spot = int(np.flatnonzero(wrong)[0])
            raise PanelError(
                [
                    Problem(
                        f"'{column}': {what}",
                        fix,
                        got=f"{years[spot]:g} in {reader.clusters[spot]} {reader.years[spot]}",
                        edit=edit,
                    )
                ]
            )
