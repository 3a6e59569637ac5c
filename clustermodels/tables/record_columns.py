"""The columns that a document names of its records, as DuckDB's expressions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.spec.records import Conditions, Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.database import literal
from clustermodels.tables.record_source import RecordSource, register
from clustermodels.tables.table import refused
from clustermodels.tables.text import MISSING

Kind = Literal["text", "whole", "number", "truth"]

RECORDS = "data.records"
TIES = "data.ties"
# What str.strip() takes off, which DuckDB's trim() must be told.
_BLANK = literal(
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_MISSING = ", ".join(literal(mark) for mark in sorted(MISSING))
_NUMBER = literal(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_YEAR = literal(r"[-+]?\d{1,9}(\.0*)?")
_WHOLE = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}
_NESTED = ("list", "struct", "map", "array", "union", "variant")


@dataclass(frozen=True)
class Column:
    """A column, as DuckDB's expressions; all are NULL where the cell is missing.

    Parameters
    ----------
    sql
        The cell: text without blanks around it, a number that is never nan, or a truth value.
    kind
        Which of these it is; ``whole`` are whole numbers of any size.
    """

    sql: str
    kind: Kind

    @property
    def label(self) -> str:
        """The cell as text, as ``tables.cast.labels`` writes it: 3.0 becomes '3'."""
        if self.kind != "number":
            return f"CAST({self.sql} AS VARCHAR)"
        whole = f"CAST(TRY_CAST({self.sql} AS HUGEINT) AS VARCHAR)"
        return (
            f"CASE WHEN {self.sql} = trunc({self.sql}) AND abs({self.sql}) < 1e38 "
            f"THEN {whole} ELSE CAST({self.sql} AS VARCHAR) END"
        )

    @property
    def number(self) -> str:
        """The cell as a number; NULL also where it is not written as one."""
        if self.kind != "text":
            return f"CAST({self.sql} AS DOUBLE)"
        return f"CASE WHEN regexp_full_match({self.sql}, {_NUMBER}) THEN {self._cast} END"

    @property
    def year(self) -> str:
        """The cell as a whole number; NULL also where it is none."""
        if self.kind == "truth":
            return "CAST(NULL AS INTEGER)"
        if self.kind == "text":
            return (
                f"CASE WHEN regexp_full_match({self.sql}, {_YEAR}) "
                f"THEN CAST({self._cast} AS INTEGER) END"
            )
        fits = f"{self.sql} = trunc({self.sql}) AND abs({self.sql}) < 1000000000"
        return f"CASE WHEN {fits} THEN TRY_CAST({self.sql} AS INTEGER) END"

    @property
    def _cast(self) -> str:
        return f"TRY_CAST({self.sql} AS DOUBLE)"


def mentioned(records: Records, ties: RecordTies | None) -> Iterator[tuple[str, str]]:
    """Give every place of the document that names a column, and the name there."""
    yield from _roles(records)
    yield from _uses(records, ties)


def _roles(records: Records) -> Iterator[tuple[str, str]]:
    yield f"{RECORDS}.unit", records.unit
    for column in records.regions:
        yield f"{RECORDS}.region", column
    yield f"{RECORDS}.year", records.year
    if records.organisation is not None:
        yield f"{RECORDS}.organisation", records.organisation
    if records.amount is not None:
        yield f"{RECORDS}.amount", records.amount


def _uses(records: Records, ties: RecordTies | None) -> Iterator[tuple[str, str]]:
    for key, count in records.count.items():
        path = f"{RECORDS}.count.{key}"
        for verb, column in (("distinct", count.distinct), ("sum", count.sum)):
            if column is not None:
                yield f"{path}.{verb}", column
        yield from _conditions(path, count.where)
    if ties is not None:
        yield from _conditions(TIES, ties.where)


def _conditions(path: str, where: Conditions | None) -> Iterator[tuple[str, str]]:
    for column in where or {}:
        yield f"{path}.where.{column}", column


def read_columns(
    source: RecordSource, records: Records, ties: RecordTies | None
) -> dict[str, Column]:
    """Make the relation ``cells`` of the columns that the document names.

    Returns
    -------
    dict
        By the name as the document writes it. The roles 'region' and 'year' are there too, where
        no column is called so.

    Raises
    ------
    PanelError
        With every name that no column has.
    """
    roles = {"region", "year"} - {*source.available}
    declared = [*_roles(records)]
    used = [(path, name) for path, name in _uses(records, ties) if name not in roles]
    problems = []
    for path, name in dict.fromkeys(declared + used):
        if records.column(name) in source.available:
            continue
        if (path, name) in used and records.is_role(name):
            continue  # said once, where the role is declared
        close = nearest(name, source.available)
        problems.append(
            Problem(
                f"{source.name} has no column '{name}'",
                f"Did you mean '{close}'?" if close else "Name one of its columns.",
                path=path,
                expected=choices(source.available),
            )
        )
    if problems:
        raise PanelError(problems)
    names = [name for _, name in declared + used]
    cells = _make_cells(source, [*dict.fromkeys(map(records.column, names))])
    columns = {name: cells[records.column(name)] for name in names}
    if "region" in roles:
        joined = " || ', ' || ".join(columns[name].label for name in records.regions)
        columns["region"] = Column(f"({joined})", "text")
    if "year" in roles:
        columns["year"] = columns[records.year]
    return columns


def _make_cells(source: RecordSource, wanted: Sequence[str]) -> dict[str, Column]:
    """Clean the wanted columns once, each under a name of our own."""
    given = ", ".join(f"{source.identifiers[name]} AS c{i}" for i, name in enumerate(wanted))
    raw = f"(SELECT {given} FROM {source.relation})"
    types = source.connection.sql(f"SELECT * FROM {raw}").types
    columns, cleaned = {}, []
    for i, (name, typed) in enumerate(zip(wanted, types, strict=True)):
        if typed.id in _NESTED:
            raise refused(source.name, f"'{name}' is nested", "Write one value a cell.")
        columns[name] = Column(f"c{i}", _kind(str(typed)))
        cleaned.append(f"{_clean(columns[name])} AS c{i}")
    made = f"CREATE TEMP TABLE cells AS SELECT {', '.join(cleaned)} FROM "
    try:
        source.connection.execute(made + raw)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        if source.otherwise is None:
            raise
        register(source.connection, "reread", source.otherwise(wanted), wanted)
        source.connection.execute(made + "reread")
    return columns


def _kind(typed: str) -> Kind:
    if typed in _WHOLE:
        return "whole"
    if typed in ("FLOAT", "DOUBLE") or typed.startswith("DECIMAL"):
        return "number"
    return "truth" if typed == "BOOLEAN" else "text"


def _clean(column: Column) -> str:
    if column.kind == "text":
        cell = f"CAST({column.sql} AS VARCHAR)"
        # trim() with characters of its own is slow, and few cells have blanks around them
        blank = f"contains({_BLANK}, left({cell}, 1)) OR contains({_BLANK}, right({cell}, 1))"
        trimmed = f"(CASE WHEN {blank} THEN trim({cell}, {_BLANK}) ELSE {cell} END)"
        return f"CASE WHEN {trimmed} NOT IN ({_MISSING}) THEN {trimmed} END"
    if column.kind == "number":
        number = f"CAST({column.sql} AS DOUBLE)"
        return f"CASE WHEN NOT isnan({number}) THEN {number} END"
    return column.sql
