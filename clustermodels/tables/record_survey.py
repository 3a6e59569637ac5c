"""One look at all records before anything is counted: what is missing, what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clustermodels.errors import PanelError, Problem
from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.cast import is_truth, number_advice
from clustermodels.tables.record_columns import Column
from clustermodels.tables.record_conditions import conditions
from clustermodels.tables.record_source import RecordSource
from clustermodels.tables.table import refused

# So many different cells of a column are shown.
_SHOWN = 3


@dataclass(frozen=True)
class Survey:
    """What the look gave.

    Parameters
    ----------
    rows
        The records.
    without_region, without_year, without_unit
        Records that are left out, each at the first of these that it lacks.
    largest
        Of every column that is summed, the largest number without its sign.
    """

    rows: int
    without_region: int
    without_year: int
    without_unit: int
    largest: Mapping[str, float]


def survey(
    source: RecordSource, records: Records, ties: RecordTies | None, columns: Mapping[str, Column]
) -> Survey:
    """Count what is missing, and read every number and year once.

    Raises
    ------
    PanelError
        With some cells of every column that holds what is no number or no year; or if no record
        is complete.
    """
    region = " AND ".join(f"{columns[name].sql} IS NOT NULL" for name in records.regions)
    year, unit = (f"{columns[name].sql} IS NOT NULL" for name in (records.year, records.unit))
    summed = [*dict.fromkeys(count.sum for count in records.count.values() if count.sum)]
    compared = [name for _, name, where in conditions(records, ties) if where.compares]
    numeric = {columns[name]: records.column(name) for name in (*summed, *compared)}
    wrong = [(records.year, _unread(columns[records.year], columns[records.year].year))]
    for column, name in numeric.items():
        # a sum of an infinity is none, and a text of so many digits was meant as something else
        wrong.append((name, f"({_unread(column, column.number)} OR isinf({column.number}))"))
    looks = [
        "count(*)",
        f"count(*) FILTER (NOT ({region}))",
        f"count(*) FILTER ({region} AND NOT ({year}))",
        f"count(*) FILTER ({region} AND {year} AND NOT ({unit}))",
        *(f"max(abs({columns[name].number}))" for name in summed),
    ]
    looks += [f"count(*) FILTER ({unread})" for _, unread in wrong]
    found = source.connection.execute(f"SELECT {', '.join(looks)} FROM cells").fetchone()
    assert found is not None
    rows, without_region, without_year, without_unit = found[:4]
    largest, numbers = found[4 : 4 + len(summed)], found[4 + len(summed) :]
    problems = [
        problem
        for i, ((name, unread), number) in enumerate(zip(wrong, numbers, strict=True))
        if number
        for problem in _cells(source, name, i == 0, number, _some(source, columns[name], unread))
    ]
    if problems:
        raise PanelError(problems)
    if rows == without_region + without_year + without_unit:
        what = "no record has a region, a year and a unit" if rows else "no rows"
        raise refused(source.name, what, "Write a row per record.")
    sizes = {name: size or 0.0 for name, size in zip(summed, largest, strict=True)}
    return Survey(rows, without_region, without_year, without_unit, sizes)


def _unread(column: Column, read: str) -> str:
    return f"({column.sql} IS NOT NULL AND ({read}) IS NULL)"


def _some(source: RecordSource, column: Column, unread: str) -> list[str]:
    """Give the first few different cells that cannot be read, in the order of their text."""
    rows = source.connection.execute(
        f"SELECT DISTINCT {column.label} AS label FROM cells WHERE {unread} "
        f"ORDER BY label LIMIT {_SHOWN}"
    ).fetchall()
    return [str(row[0]) for row in rows]


def _cells(
    source: RecordSource, column: str, is_year: bool, number: int, cells: list[str]
) -> Iterator[Problem]:
    what, expected = (
        ("not a year", "a whole number")
        if is_year
        else (
            "not a finite number",
            "a number",
        )
    )
    line, first = None, cells[0]
    if source.layout is not None:
        line, first = source.layout.find(column, cells) or (None, first)
    shown = [first, *(cell for cell in cells if cell != first)]
    yield Problem(
        what,
        _year_advice(first) if is_year else _number_advice(first),
        file=source.name,
        line=line,
        path=column,
        got=", ".join(map(repr, shown)),
        expected=expected,
    )
    more = number - len(cells)
    if more:
        said = f"{more} more cell{' is' if more == 1 else 's are'} {what}"
        yield Problem(said, file=source.name, path=column)


def _year_advice(cell: str) -> str:
    found = re.search(r"(?<!\d)\d{4}(?!\d)", cell)
    if found:
        return f"Write the year alone: {found.group()}."
    return "Correct it, or leave the cell empty: the record is then left out."


def _number_advice(cell: str) -> str:
    if is_truth(cell):
        return "Write 1 for true and 0 for false."
    return number_advice(cell) or "Correct it, or leave the cell empty where the value is missing."
