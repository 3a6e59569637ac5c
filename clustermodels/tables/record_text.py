"""Delimited text that may be larger than memory: what it is, and whether DuckDB reads it as we do.

A text is looked through once, a part at a time, before anything is read from it.
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
    """

    header: list[str]
    delimiter: str
    file: Path
    name: str

    def check(self) -> None:
        """Go through all rows.

        Raises
        ------
        PanelError
            If a row has more or fewer cells than the header, or a quote is not closed.
        """
        with _text(self.file) as lines:
            for _ in delimited(lines, self.name).rows:
                pass

    def find(self, column: str, cells: Container[str]) -> tuple[int, str] | None:
        """Look for the first of some cells of a column, and give its line and the cell.

        Only the beginning of a large file is looked through.
        """
        place = self.header.index(column)
        with _text(self.file) as lines:
            for line, row in islice(delimited(lines, self.name).rows, _LOOKED_THROUGH):
                cell = row[place].strip()
                if cell in cells:
                    return line, cell
        return None


def layout(file: Path, name: str) -> Layout | None:
    """Find out how a text is laid out; None where only our own reader takes it apart right.

    Raises
    ------
    PanelError
        If it is not UTF-8 text, has no header or has no rows.
    """
    if not _is_text(file):
        decoded(file, name)  # says what is wrong
    with _text(file) as lines:
        if not any(line.strip() for line in lines):
            raise refused(name, "the file is empty", "Write a header and a row per record.")
    with _text(file) as lines:
        found = delimited(lines, name)
        if next(found.rows, None) is None:
            raise refused(name, "a header and no rows", "Write a row per record.", 1)
    if found.line > 1 or not _is_plain(file):
        return None
    return Layout(found.header, found.delimiter, file, name)


def _raw(file: Path) -> BinaryIO:
    if file.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(file, "rb"))
    return file.open("rb")


@contextmanager
def _text(file: Path) -> Iterator[io.TextIOWrapper]:
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


def _is_plain(file: Path) -> bool:
    """Tell whether DuckDB takes the text apart as we do.

    It wants one kind of line break, and can lose rows where there are two.
    """
    before, kinds = b"", set()
    with _raw(file) as raw:
        while part := raw.read(_PART):
            if part.endswith(b"\r"):
                part += raw.read(1)
            pairs = part.count(b"\r\n")
            if pairs:
                kinds.add("pair")
            if part.count(b"\n") > pairs:
                kinds.add("feed")
            if part.count(b"\r") > pairs or len(kinds) > 1:
                return False
            if b'"' in part and _LOOSE_QUOTE.search(before + part):
                return False
            before = part[-_KEPT:]
    return True
