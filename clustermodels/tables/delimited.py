"""Delimited text to a Table: by DuckDB where it takes the text apart as we do, else row by row."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from clustermodels.tables.database import CLOSED, close_to, is_pattern, literal, plain_path
from clustermodels.tables.layout import Layout, layout, opened_text
from clustermodels.tables.table import Table
from clustermodels.tables.text import MISSING, cleaned, delimited

_MISSING = ", ".join(f"'{cell}'" for cell in sorted(MISSING))
# As cast.numbers: nan where a cell is missing, infinite where it is not a finite number.
# DuckDB takes 1_000 and +-1 for numbers too.
_NUMBER = (
    "CASE WHEN isfinite(TRY_CAST({0} AS DOUBLE)) AND NOT contains({0}, '_') "
    "AND NOT contains({0}, '+-') THEN TRY_CAST({0} AS DOUBLE) "
    f"WHEN {{0}} IS NULL OR trim({{0}}) IN ({_MISSING}) THEN 'nan'::DOUBLE "
    "ELSE 'inf'::DOUBLE END AS {0}"
)
_TEXT = "coalesce({0}, '') AS {0}"

Columns = dict[str, NDArray[np.generic]]


def read_delimited(
    file: Path,
    name: str,
    columns: Sequence[str] | None,
    sha256: str,
    numeric: Container[str] = (),
) -> Table:
    """Read CSV or the like; the delimiter is the commonest of , ; tab | in the header.

    ``numeric`` names columns to read as numbers, where all of their cells are finite numbers or
    missing; every other column is of text.
    """
    found = layout(file, name, "cluster-year")
    wanted = [c for c in found.header if columns is None or c in columns]
    values = _at_once(found, wanted, numeric)
    if values is None:
        values, lines = _row_by_row(found, wanted)
    else:
        lines = np.arange(2, (found.lines or 0) + 1)
    return Table(name, values, tuple(found.header), lines, sha256)


def _at_once(found: Layout, wanted: list[str], numeric: Container[str]) -> Columns | None:
    """Read by DuckDB; None where it refuses, or finds other rows than one a line."""
    if found.lines is None or is_pattern(found.file) or not wanted:
        return None
    if len(found.header) == 1:  # a blank line would be a cell
        return None
    ways = {name: _NUMBER if name in numeric else _TEXT for name in wanted}
    with duckdb.connect(config=CLOSED) as connection:
        close_to(connection, plain_path(found.file, found.name))
        try:
            values = _fetched(connection, found, ways)
            text = {name: _TEXT for name in wanted if not _is_settled(values[name])}
            values |= _fetched(connection, found, text) if text else {}
            whole = _is_whole(connection, found, len(values[wanted[0]]))
        except duckdb.Error:
            return None
    if not whole:
        return None
    return {name: cleaned(v) if v.dtype.kind == "O" else v for name, v in values.items()}


def _is_whole(connection: duckdb.DuckDBPyConnection, found: Layout, rows: int) -> bool:
    """Tell whether there is a row a line, and no cell more than the header has.

    DuckDB passes over empty cells at the end of a line; then there are more delimiters than those
    between and in the cells that it gives.
    """
    if rows + 1 != found.lines:
        return False
    inside = found.delimiters - found.lines * (len(found.header) - 1)
    if inside == 0:
        return True
    without = f"replace({{0}}, {literal(found.delimiter)}, '')"
    counts = f"coalesce(sum(length({{0}}) - length({without})), 0)"
    summed = " + ".join(counts.format(f"c{i}") for i in range(len(found.header)))
    ((held,),) = connection.execute(f"SELECT {summed} FROM {found.relation()}").fetchall()
    named = sum(name.count(found.delimiter) for name in found.header)
    return int(held) + named == inside


def _fetched(
    connection: duckdb.DuckDBPyConnection, found: Layout, ways: Mapping[str, str]
) -> Columns:
    cells = {name: f"c{found.header.index(name)}" for name in ways}
    selected = ", ".join(way.format(cells[name]) for name, way in ways.items())
    rows = connection.execute(f"SELECT {selected} FROM {found.relation()}").fetchnumpy()
    return {name: np.asarray(rows[cell]) for name, cell in cells.items()}


def _is_settled(values: NDArray[np.generic]) -> bool:
    """Tell whether a column is of text, or has numbers and nothing that is not a finite one."""
    if values.dtype.kind == "O":
        return True
    return not np.isinf(values).any() and not np.isnan(values).all()


def _row_by_row(found: Layout, wanted: list[str]) -> tuple[Columns, NDArray[np.int64]]:
    """Read by our own reader, which is slower, knows every line, and says what is wrong."""
    with opened_text(found.file) as text:
        numbered = list(delimited(text, found.name).rows)
    lines = np.array([line for line, _ in numbered], dtype=np.int64)
    cells = dict(zip(found.header, zip(*(row for _, row in numbered), strict=True), strict=True))
    return {name: cleaned(np.array(cells[name], dtype=object)) for name in wanted}, lines
