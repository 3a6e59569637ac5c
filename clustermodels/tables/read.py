"""A file to a Table, by its suffix."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clustermodels.errors import choices, nearest
from clustermodels.tables.database import read_duckdb, read_parquet
from clustermodels.tables.delimited import read_delimited
from clustermodels.tables.objects import from_frame
from clustermodels.tables.table import Table, refused
from clustermodels.tables.text import read_json_lines

Wanted = Sequence[str] | None


def read_table(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    table: str | None = None,
    columns: Wanted = None,
    numeric: Container[str] = (),
) -> Table:
    """Read a table from a file, and from no other.

    Parameters
    ----------
    path
        CSV or TSV (also ``.gz``), Parquet, JSON lines, Stata ``.dta``, DuckDB.
    name
        How messages call it; the path by default.
    table
        The table of a DuckDB file; needed where it has several.
    columns
        Read only these, where the file has them; ``Table.available`` lists what it has.
    numeric
        Columns that are asked for as numbers: of delimited text, which does not tell numbers from
        text, they come as numbers where all of their cells are.

    Raises
    ------
    PanelError
        If there is no such file, it is empty, or it cannot be read as what its suffix says.
    """
    file = Path(path)
    said = name if name is not None else str(path)
    kind = kind_of_file(file, said, table)
    if kind in DATABASES:
        return read_duckdb(file, said, table, columns, sha256_of(file))
    if kind in DELIMITED:
        return read_delimited(file, said, columns, sha256_of(file), numeric)
    return READERS[kind](file, said, columns, sha256_of(file))


def kind_of_file(file: Path, name: str, table: str | None, row: str = "cluster-year") -> str:
    """Give the suffix that says how a file is read, in small letters and without a ``.gz``.

    Parameters
    ----------
    file
        The file.
    name
        How messages call it.
    table
        The table that is asked for, where it is a DuckDB file.
    row
        What a row of it is about.

    Raises
    ------
    PanelError
        If there is no such file, it may not be read, it is empty, or nobody reads its kind.
    """
    if any(mark in name for mark in "*?["):
        raise refused(name, "a path names one file", "Leave out *, ? and [.")
    if file.is_dir():
        raise refused(name, "this is a folder", "Name a file in it.")
    if not file.exists():
        raise refused(name, "no such file", _instead(file))
    if not file.is_file():
        raise refused(name, "this is not a file that can be read", "Name a file with a table.")
    if not os.access(file, os.R_OK):
        raise refused(name, "cannot be read: permission denied", "Ask for the right to read it.")
    kind = _kind(file)
    if table is not None and kind not in DATABASES:
        raise refused(name, "only a DuckDB file has tables", "Remove 'table:'.")
    if kind not in (*DELIMITED, *READERS, *DATABASES):
        fix = f"Save it as one of {choices([*DELIMITED, *READERS, '.csv.gz', *DATABASES])}."
        if kind in (".xlsx", ".xls"):
            fix = "In Excel: save as CSV UTF-8."
        raise refused(name, f"unknown kind of file '{kind}'", fix)
    if kind not in DATABASES and file.stat().st_size == 0:
        raise refused(name, "the file is empty", f"Write a header and a row per {row}.")
    return kind


def _kind(file: Path) -> str:
    """Give a file's suffix in small letters, without a ``.gz``."""
    name = Path(file.name.lower())
    return name.with_suffix("").suffix if name.suffix == ".gz" else name.suffix


def _instead(file: Path) -> str:
    """Say which file may have been meant."""
    folder = "this folder" if str(file.parent) == "." else f"the folder '{file.parent}'"
    if not file.parent.is_dir():
        return f"Check the path: there is no folder '{file.parent}'."
    there = sorted(entry.name for entry in file.parent.iterdir() if entry.is_file())
    close = nearest(file.name, there)
    if close:
        return f"Did you mean '{close}'?"
    return f"Check the path: {folder} holds {choices(there, 6) or 'no files'}."


def sha256_of(file: Path) -> str:
    """Hash a file's bytes, a part at a time."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _stata(file: Path, name: str, columns: Wanted, sha256: str) -> Table:
    try:
        frame = pd.read_stata(file, preserve_dtypes=False)
        raw = pd.read_stata(
            file, convert_dates=False, convert_categoricals=False, preserve_dtypes=False
        )
    except Exception as error:  # a damaged file can break the reader anywhere
        said = (str(error).splitlines() or ["it breaks off"])[0].partition(". ")[0]
        fix = "Save it again in Stata, or export it as CSV."
        raise refused(name, f"not a Stata file: {said}", fix) from None
    for column in frame.columns:
        if _is_plain(frame[column], raw[column]):
            frame[column] = raw[column]
    return from_frame(frame, name, sha256, columns)


def _is_plain(read: pd.Series[Any], raw: pd.Series[Any]) -> bool:
    """Tell where Stata's own number says it best: a ``%ty`` year, or a dummy with value labels."""
    if isinstance(read.dtype, pd.CategoricalDtype):
        return bool(raw.dropna().isin([0, 1]).all())
    if read.dtype.kind == "M":
        return bool((read.dt.year == raw)[raw.notna()].all())
    return False


DATABASES = (".duckdb", ".db")
DELIMITED = (".csv", ".tsv", ".txt")
READERS: dict[str, Callable[[Path, str, Wanted, str], Table]] = {
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".dta": _stata,
}
