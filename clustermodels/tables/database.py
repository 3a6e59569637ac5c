"""Parquet and DuckDB files, through a DuckDB that can reach nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from clustermodels.errors import choices, nearest
from clustermodels.tables.objects import from_frame
from clustermodels.tables.table import Table, refused

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def read_parquet(file: Path, name: str, columns: Sequence[str] | None, sha256: str) -> Table:
    """Read a Parquet file; the connection may open this file only."""
    path = str(file.resolve())
    if any(mark in path for mark in "*?["):  # DuckDB would read a pattern
        raise refused(name, "it lies in a folder with *, ? or [ in its name", "Rename the folder.")
    with duckdb.connect(config=_CLOSED) as connection:
        connection.execute(f"SET allowed_paths=[{_text(path)}]")
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        try:
            relation = connection.read_parquet(path)
            return _fetched(relation, name, columns, sha256)
        except duckdb.Error as error:
            said = _first(error).replace(path, name)
            raise refused(name, f"not a Parquet file: {said}", "Save it again.") from None


def read_duckdb(
    file: Path, name: str, table: str | None, columns: Sequence[str] | None, sha256: str
) -> Table:
    """Read a table of a DuckDB file, which is opened read-only and reaches no other file."""
    try:
        connection = duckdb.connect(
            str(file), read_only=True, config={**_CLOSED, "enable_external_access": "false"}
        )
    except duckdb.Error as error:
        said = _first(error).replace(str(file.resolve()), name).replace(str(file), name)
        raise refused(name, f"not a DuckDB file: {said}", "Check the path.") from None
    with connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'main' ORDER BY table_name"
        ).fetchall()
        names = [str(row[0]) for row in found]
        if table is None and len(names) == 1:
            table = names[0]
        if table is None or table not in names:
            close = nearest(table or "", names)
            what = f"no table '{table}'" if table else "a DuckDB file holds several tables"
            fix = (
                f"Did you mean '{close}'?"
                if close
                else (f"Name one with 'table:': {choices(names) or 'it has none'}.")
            )
            raise refused(name, what, fix)
        try:
            return _fetched(connection.table(_identifier(table)), name, columns, sha256)
        except duckdb.Error as error:
            raise refused(
                name,
                f"table '{table}' cannot be read: {_first(error)}",
                "A view may not read other files: name a table.",
            ) from None


def _fetched(
    relation: duckdb.DuckDBPyRelation, name: str, columns: Sequence[str] | None, sha256: str
) -> Table:
    available = tuple(relation.columns)
    wanted = [column for column in available if columns is None or column in columns]
    if not wanted:
        return Table(name, {}, available, None, sha256)
    frame: pd.DataFrame = relation.project(", ".join(map(_identifier, wanted))).df()
    made = from_frame(frame, name, sha256)
    return Table(name, made.columns, available, None, sha256)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
