"""Delimited text that may be larger than memory: what it is, and whether DuckDB reads it as we do.

A text is looked through, a part at a time, before anything is read from it.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from clustermodels.tables.database import literal, plain_path
from clustermodels.tables.table import refused
from clustermodels.tables.text import decoded, delimited

# DuckDB takes blanks off around quotes, and for us a quote after a blank is a letter.
_LOOSE_QUOTE = re.compile(rb'[,;|\t\r\n] +"|" +[,;|\t\r\n]|^ +"')
_PART = 1 << 20
_KEPT = 1 << 8
_LOOKED_THROUGH = 1_000_000


@dataclass(frozen=True)
class Layout:
    """How a delimited text is laid out.

    Parameters
    ----------
    header
        The columns' names.
    delimiter
        What stands between cells.
    file, name
        The file, and how messages call it.
    lines
        How many there are, where DuckDB takes each apart as we do; None where only our own reader
        takes the text apart right.
    delimiters
        How many there are in those lines, in cells and between them.
    """

    header: list[str]
    delimiter: str
    file: Path
    name: str
    lines: int | None
    delimiters: int = 0

    def relation(self) -> str:
        """Write what stands after FROM: every cell as it is written, as c0, c1, ..."""
        columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.header)))
        packed = "gzip" if self.file.suffix.lower() == ".gz" else "none"
        return (
            f"read_csv({literal(plain_path(self.file, self.name))}, auto_detect=false, "
            f"header=true, delim={literal(self.delimiter)}, quote='\"', escape='\"', "
            f"encoding='utf-8', compression='{packed}', columns={{{columns}}})"
        )

    def check(self) -> None:
        """Go through all rows.

        Raises
        ------
        PanelError
            If a row has more or fewer cells than the header, or a quote is not closed.
        """
        with opened_text(self.file) as lines:
            for _ in delimited(lines, self.name).rows:
                pass

    def find(self, column: str, cells: Container[str]) -> tuple[int, str] | None:
        """Look for the first of some cells of a column, and give its line and the cell.

        Only the beginning of a large file is looked through.
        """
        place = self.header.index(column)
        with opened_text(self.file) as lines:
            for line, row in islice(delimited(lines, self.name).rows, _LOOKED_THROUGH):
                cell = row[place].strip()
                if cell in cells:
                    return line, cell
        return None


def layout(file: Path, name: str, row: str) -> Layout:
    """Find out how a text is laid out.

    Parameters
    ----------
    file, name
        The file, and how messages call it.
    row
        What a row of it is about.

    Raises
    ------
    PanelError
        If it is not UTF-8 text, has no header or has no rows.
    """
    if not _is_text(file):
        decoded(file, name)  # says what is wrong
    with opened_text(file) as lines:
        if not any(line.strip() for line in lines):
            raise refused(name, "the file is empty", f"Write a header and a row per {row}.")
    with opened_text(file) as lines:
        found = delimited(lines, name)
        if next(found.rows, None) is None:
            fix = f"Write a row per {row.replace('-', ' and ')}."
            raise refused(name, "a header and no rows", fix, 1)
    plain = (None, 0) if found.line > 1 else _plain_lines(file, found.delimiter.encode())
    return Layout(found.header, found.delimiter, file, name, *plain)


def _raw(file: Path) -> BinaryIO:
    if file.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(file, "rb"))
    return file.open("rb")


@contextmanager
def opened_text(file: Path) -> Iterator[io.TextIOWrapper]:
    """Open a text that is UTF-8, packed or not, its line breaks as they are in the file."""
    with _raw(file) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
        yield lines


def _is_text(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with _raw(file) as raw:
            while part := raw.read(_PART):
                decoder.decode(part)
                if b"\0" in part:
                    return False
            decoder.decode(b"", final=True)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return False
    return True


def _plain_lines(file: Path, delimiter: bytes) -> tuple[int | None, int]:
    """Count the lines of a text that DuckDB takes apart as we do, and the delimiters in them.

    It wants one kind of line break, and can lose rows where there are two.
    """
    before, kinds, lines, delimiters = b"", set(), 0, 0
    with _raw(file) as raw:
        while part := raw.read(_PART):
            if part.endswith(b"\r"):
                part += raw.read(1)
            feeds, returns = part.count(b"\n"), part.count(b"\r")
            pairs = part.count(b"\r\n") if returns else 0
            if pairs:
                kinds.add("pair")
            if feeds > pairs:
                kinds.add("feed")
            if returns > pairs or len(kinds) > 1:
                return None, 0
            if b'"' in part and _LOOSE_QUOTE.search(before + part):
                return None, 0
            before, lines = part[-_KEPT:], lines + feeds
            delimiters += part.count(delimiter)
    return lines + (not before.endswith(b"\n")), delimiters
