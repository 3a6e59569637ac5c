"""Parquet and DuckDB files, through a DuckDB that can reach nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustermodels.errors import choices, nearest
from clustermodels.tables.objects import cells, no_rows
from clustermodels.tables.table import Table, refused

CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def identifier(name: str) -> str:
    """Quote a name, so that whatever it holds stays a name.

    Examples
    --------
    >>> print(identifier('x"; DROP TABLE panel; --'))
    "x""; DROP TABLE panel; --"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text, for the few places of a statement that take no parameter."""
    return "'" + value.replace("'", "''") + "'"


def is_pattern(file: Path) -> bool:
    """Tell whether DuckDB would take a path for a pattern of several."""
    return any(mark in str(file.resolve()) for mark in "*?[")


def close_to(connection: duckdb.DuckDBPyConnection, path: str | None = None) -> None:
    """Let a connection read this file and no other, for good."""
    allowed = "" if path is None else literal(path)
    connection.execute(f"SET allowed_paths=[{allowed}]")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")


def plain_path(file: Path, name: str) -> str:
    """Give the whole path of a file; DuckDB would take some characters in it for a pattern."""
    path = str(file.resolve())
    if is_pattern(file):
        raise refused(name, "it lies in a folder with *, ? or [ in its name", "Rename the folder.")
    return path


def read_parquet(file: Path, name: str, columns: Sequence[str] | None, sha256: str) -> Table:
    """Read a Parquet file; the connection may open this file only."""
    path = plain_path(file, name)
    with duckdb.connect(config=CLOSED) as connection:
        close_to(connection, path)
        try:
            relation = connection.read_parquet(path)
            return _fetched(relation, name, columns, sha256)
        except duckdb.Error as error:
            said = first_line(error).replace(path, name)
            raise refused(name, f"not a Parquet file: {said}", "Save it again.") from None


def read_duckdb(
    file: Path, name: str, table: str | None, columns: Sequence[str] | None, sha256: str
) -> Table:
    """Read a table of a DuckDB file, which is opened read-only and reaches no other file."""
    try:
        connection = duckdb.connect(
            str(file), read_only=True, config={**CLOSED, "enable_external_access": "false"}
        )
    except duckdb.Error as error:
        said = first_line(error).replace(str(file.resolve()), name).replace(str(file), name)
        raise refused(name, f"not a DuckDB file: {said}", "Check the path.") from None
    with connection:
        table = chosen_table(connection, name, table)
        try:
            return _fetched(connection.table(identifier(table)), name, columns, sha256)
        except duckdb.Error as error:
            raise refused(
                name,
                f"table '{table}' cannot be read: {first_line(error)}",
                "A view may not read other files: name a table.",
            ) from None


def chosen_table(
    connection: duckdb.DuckDBPyConnection, name: str, table: str | None, catalog: str | None = None
) -> str:
    """Give the table to read of a DuckDB file: the one that is named, or its only one.

    Parameters
    ----------
    connection
        Where the file is open.
    name
        How messages call the file.
    table
        The table's name, where the document gives one.
    catalog
        What the file is attached as; by default it is the connection's own.
    """
    found = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' "
        "AND table_catalog = coalesce($1, current_database()) ORDER BY table_name",
        [catalog],
    ).fetchall()
    names = [str(row[0]) for row in found]
    if table is None and len(names) == 1:
        return names[0]
    if table is not None and table in names:
        return table
    close = nearest(table or "", names)
    what = f"no table '{table}'" if table else "a DuckDB file holds several tables"
    fix = (
        f"Did you mean '{close}'?"
        if close
        else (f"Name one with 'table:': {choices(names) or 'it has none'}.")
    )
    raise refused(name, what, fix)


def _fetched(
    relation: duckdb.DuckDBPyRelation, name: str, columns: Sequence[str] | None, sha256: str
) -> Table:
    available = tuple(relation.columns)
    wanted = [column for column in available if columns is None or column in columns]
    if not wanted:
        return Table(name, {}, available, None, sha256)
    found = relation.project(", ".join(map(identifier, wanted))).fetchnumpy()
    if not len(found[wanted[0]]):
        raise no_rows(name)
    values = {column: cells(_series(found[column])) for column in wanted}
    return Table(name, values, available, None, sha256)


def _series(values: NDArray[np.generic]) -> pd.Series[Any]:
    """Give a column that DuckDB hands over, masked where it is missing."""
    if values.dtype.kind == "b" and np.ma.is_masked(values):
        values = values.astype(float)
    # text is said to be objects, or it is copied to another kind of text
    return pd.Series(values, dtype=object if values.dtype.kind == "O" else None)


def first_line(error: Exception) -> str:
    """Give what DuckDB says in one line; the others quote the statement."""
    return str(error).splitlines()[0]
