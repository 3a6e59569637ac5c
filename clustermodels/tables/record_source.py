"""Microdata as a relation of a DuckDB that can reach nothing else, whatever its size."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from clustermodels.tables.database import (
    CLOSED,
    chosen_table,
    close_to,
    first_line,
    identifier,
    literal,
    plain_path,
)
from clustermodels.tables.layout import Layout, layout
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import DATABASES, DELIMITED, kind_of_file, read_table, sha256_of
from clustermodels.tables.table import Table, refused

# What is larger goes to a temporary folder, so that any machine can count any file.
MEMORY = "2500MB"
_ATTACHED = "given"


@dataclass(frozen=True)
class RecordSource:
    """Records that are open for reading.

    Parameters
    ----------
    connection
        It may read the one file, and write nothing but its own temporary tables.
    name
        How messages call the records.
    sha256
        Of the file's bytes, or of the values that were handed over.
    available
        Every column that the records have.
    relation
        What stands after FROM, in DuckDB's words.
    identifiers
        The columns' names in ``relation``, quoted.
    otherwise
        Reads the wanted columns of a delimited text with our own reader, which is slower and says
        what is wrong with it; None for anything else.
    layout
        Of a delimited text.
    """

    connection: duckdb.DuckDBPyConnection
    name: str
    sha256: str
    available: tuple[str, ...]
    relation: str
    identifiers: Mapping[str, str]
    otherwise: Callable[[Sequence[str]], Table] | None = None
    layout: Layout | None = None


@contextmanager
def opened(source: object, name: str, table: str | None, names: set[str]) -> Iterator[RecordSource]:
    """Open a file, or a table that is handed over, for as long as the block lasts.

    Parameters
    ----------
    source
        A path, or what ``from_object`` takes.
    name
        How messages call it.
    table
        The table of a DuckDB file.
    names
        All columns that may be asked for.

    Raises
    ------
    PanelError
        If there is no such file, or it cannot be read as what its suffix says.
    """
    with tempfile.TemporaryDirectory(prefix="clustermodels-") as folder:
        connection = duckdb.connect(config=CLOSED)
        try:
            connection.execute(f"SET memory_limit={literal(MEMORY)}")
            connection.execute(f"SET threads={os.cpu_count() or 2}")
            connection.execute(f"SET temp_directory={literal(folder)}")
            connection.execute("SET preserve_insertion_order=false")
            if isinstance(source, (str, os.PathLike)):
                yield _file(connection, Path(source), name, table, names)
            else:
                handed_over = from_object(source)
                close_to(connection)
                yield _frame(connection, handed_over, name, names)
        except duckdb.OutOfMemoryException as error:
            fix = "Free space in the folder for temporary files, or count fewer columns."
            raise refused(name, f"too large to count: {first_line(error)}", fix) from None
        except duckdb.Error as error:
            said = first_line(error)
            if isinstance(source, (str, os.PathLike)):
                said = said.replace(str(Path(source).resolve()), name)
            raise refused(name, f"cannot be read: {said}", "Save it again.") from None
        finally:
            connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, path: str) -> None:
    """Let the connection read this DuckDB file and no other; its names stay apart from ours."""
    connection.execute(f"SET allowed_paths=[{literal(path)}, {literal(path + '.wal')}]")
    connection.execute("SET enable_external_access=false")
    connection.execute(f"ATTACH {literal(path)} AS {_ATTACHED} (READ_ONLY)")
    connection.execute("SET lock_configuration=true")


def _file(
    connection: duckdb.DuckDBPyConnection, file: Path, name: str, table: str | None, names: set[str]
) -> RecordSource:
    kind = kind_of_file(file, name, table)
    if kind in DATABASES:
        return _database(connection, file, name, table)
    if kind == ".parquet":
        path = plain_path(file, name)
        close_to(connection, path)
        relation = f"read_parquet({literal(path)})"
        return _native(connection, relation, name, sha256_of(file), "a Parquet file", path)
    found = layout(file, name, "record") if kind in DELIMITED else None
    if found is None or found.lines is None:
        close_to(connection)
        return _frame(connection, read_table(file, name=name, columns=sorted(names)), name, names)
    return _delimited(connection, file, name, found)


def _database(
    connection: duckdb.DuckDBPyConnection, file: Path, name: str, table: str | None
) -> RecordSource:
    path = str(file.resolve())
    try:
        _attach(connection, path)
    except duckdb.Error as error:
        said = first_line(error).replace(path, name)
        raise refused(name, f"not a DuckDB file: {said}", "Check the path.") from None
    chosen = chosen_table(connection, name, table, _ATTACHED)
    relation = f"{_ATTACHED}.main.{identifier(chosen)}"
    try:
        connection.execute(f"SELECT * FROM {relation} LIMIT 1")
    except duckdb.Error as error:
        raise refused(
            name,
            f"table '{chosen}' cannot be read: {first_line(error)}",
            "A view may not read other files: name a table.",
        ) from None
    return _native(connection, relation, name, sha256_of(file), "a DuckDB file", path)


def _native(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    name: str,
    sha256: str,
    what: str,
    path: str,
) -> RecordSource:
    """Take a relation whose columns have names and types of their own."""
    try:
        columns = tuple(connection.sql(f"SELECT * FROM {relation}").columns)
    except duckdb.Error as error:
        said = first_line(error).replace(path, name)
        raise refused(name, f"not {what}: {said}", "Save it again.") from None
    return RecordSource(
        connection, name, sha256, columns, relation, {c: identifier(c) for c in columns}
    )


def _delimited(
    connection: duckdb.DuckDBPyConnection, file: Path, name: str, found: Layout
) -> RecordSource:
    """Take a delimited text: every cell as it is written, under names of our own."""
    close_to(connection, plain_path(file, name))

    def otherwise(names: Sequence[str]) -> Table:
        found.check()
        return read_table(file, name=name, columns=names)

    return RecordSource(
        connection,
        name,
        sha256_of(file),
        tuple(found.header),
        found.relation(),
        {column: f"c{i}" for i, column in enumerate(found.header)},
        otherwise,
        found,
    )


def _frame(
    connection: duckdb.DuckDBPyConnection, table: Table, name: str, names: set[str]
) -> RecordSource:
    held = [column for column in table.columns if column in names]
    relation = "frame"
    register(connection, relation, table, held)
    return RecordSource(
        connection,
        name,
        table.sha256,
        table.available,
        relation,
        {column: f"c{i}" for i, column in enumerate(held)},
    )


def register(
    connection: duckdb.DuckDBPyConnection, view: str, table: Table, columns: Sequence[str]
) -> None:
    """Show columns that are in memory to DuckDB, as c0, c1, ..., and the row's number beside."""
    frame = pd.DataFrame({"place": range(table.rows)})
    for i, column in enumerate(columns):
        values = table.columns[column]
        frame[f"c{i}"] = pd.array(values, dtype="str") if values.dtype.kind == "O" else values
    connection.register(view, frame)
