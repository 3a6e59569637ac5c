"""Microdata to panel columns and ties: counted by DuckDB, however large the file is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem
from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.counted import Apart, Counted, RecordFacts, TieRows
from clustermodels.tables.record_columns import RECORDS, mentioned, read_columns
from clustermodels.tables.record_conditions import check_conditions
from clustermodels.tables.record_queries import (
    Arrays,
    count_columns,
    count_ties,
    make_kept,
    make_regions,
    make_teams,
    sizes,
    units,
)
from clustermodels.tables.record_source import opened
from clustermodels.tables.record_survey import survey
from clustermodels.tables.table import Table

__all__ = ["Apart", "Counted", "RecordFacts", "TieRows", "count_records"]

REGION, YEAR = "region", "year"


def count_records(
    source: object,
    records: Records,
    ties: RecordTies | None = None,
    *,
    name: str,
    apart: Apart | None = None,
) -> Counted:
    """Count panel columns and ties from microdata, out of core.

    A unit (a patent, a project) whose records of a year name n regions ties each of their
    n(n-1)/2 pairs once: with weight 1 (full counting) or 2/(n(n-1)) (fractional). A region in
    which two or more organisations take part in the unit is tied inside, as much as any pair of
    that unit, and with weight 1 where it is the only region.

    Parameters
    ----------
    source
        A path (CSV or TSV, also ``.gz``, Parquet, JSON lines, Stata, DuckDB), or a table in
        memory. Parquet, DuckDB and delimited text may be larger than memory.
    records
        What a record is, and what to count.
    ties
        How to count ties; None for none.
    name
        How messages call the records.
    apart
        Which count the ties are to be free of. ``Counted.ties`` are always all of them.

    Returns
    -------
    Counted
        The same numbers, to the last bit, on every machine and for every order of rows.

    Raises
    ------
    PanelError
        If the file cannot be read; with every name that no column has, every condition whose
        values no record has, and cells of every column that are no number or no year; if two
        regions would have one label, or no record is complete. A ``path`` that begins with
        ``data.`` is a place of the document.

    Notes
    -----
    A record without region, year or unit is left out and counted in ``facts``; one without
    organisation or amount only adds nothing to what is counted of these. Without an organisation's
    column, two records of a region count as two participants.

    References
    ----------
    Perianes-Rodriguez, A., Waltman, L. and van Eck, N. J. (2016), Constructing bibliometric
    networks: a comparison between full and fractional counting. doi:10.1016/j.joi.2016.10.006

    Examples
    --------
    >>> grants = {"id": [1, 1, 2], "city": ["A", "B", "A"], "year": [2020, 2020, 2020]}
    >>> records = Records(unit="id", region="city", year="year", count={"n": {"distinct": "unit"}})
    >>> counted = count_records(grants, records, RecordTies(), name="grants")
    >>> counted.counts.columns["n"].tolist(), counted.ties.weight.tolist()
    ([2, 1], [1.0])
    """
    _check_names(records)
    names = {
        column
        for _, written in mentioned(records, ties)
        for column in (written, records.column(written))
    }
    half = None if apart is None or not apart.half else apart.column
    with opened(source, name, records.table, names) as found:
        columns = read_columns(found, records, ties)
        absent = check_conditions(found, records, ties, columns)
        seen = survey(found, records, ties, columns)
        labels = make_regions(found, records, columns)
        make_kept(found, records, ties, columns, halved=apart is not None and apart.half)
        counts = count_columns(found, records, seen, half)
        all_units, first, last = units(found)
        left_out, largest, tied = 0, 0, None
        if ties is not None:
            make_teams(found, records, ties, _is_apart(records, apart))
            left_out, largest = sizes(found, ties.max_partners)
            tied = count_ties(found, ties, apart=apart is not None)
    facts = RecordFacts(
        seen.rows,
        seen.without_region,
        seen.without_year,
        seen.without_unit,
        all_units,
        len(labels),
        (first, last),
        left_out,
        largest,
        absent,
    )
    return Counted(
        _table(name, records, labels, counts, found.sha256),
        None if tied is None else _rows(labels, tied, "weight"),
        None if tied is None or apart is None else _rows(labels, tied, "apart"),
        facts,
        found.sha256,
    )


def _check_names(records: Records) -> None:
    taken = [key for key in records.count if key in (REGION, YEAR)]
    if taken:
        raise PanelError(
            [
                Problem(
                    f"every count has a {key} already",
                    "Give the count another name.",
                    path=f"{RECORDS}.count.{key}",
                )
                for key in taken
            ]
        )


def _is_apart(records: Records, apart: Apart | None) -> str | None:
    """Say which units the ties apart are made from, of the records of a unit."""
    if apart is None:
        return None
    if apart.half:
        return "NOT bool_or(odd)"
    place = [*records.count].index(apart.column)
    return f"NOT bool_or(met{place})" if records.count[apart.column].where else "false"


def _table(
    name: str, records: Records, labels: NDArray[np.object_], counts: Arrays, sha256: str
) -> Table:
    columns: dict[str, NDArray[np.generic]] = {
        REGION: labels[counts["region"]],
        YEAR: counts["year"].astype(np.int64),
    }
    columns |= {key: np.asarray(counts[f"n{i}"]) for i, key in enumerate(records.count)}
    return Table(name, columns, tuple(columns), None, sha256)


def _rows(labels: NDArray[np.object_], tied: Arrays, weight: str) -> TieRows:
    held = tied[weight] > 0
    return TieRows(
        labels[tied["source"][held]],
        labels[tied["target"][held]],
        tied["year"][held].astype(np.int64),
        np.asarray(tied[weight][held], dtype=np.float64),
    )
