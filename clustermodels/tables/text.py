"""Text files: every cell as it is written, with the line that it stands on."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shlex
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem
from clustermodels.tables.table import Table, refused

MISSING = frozenset({"", "NA", "NaN", "."})
_DELIMITERS = ",;\t|"
_MARKS = (  # UTF-32's begins with UTF-16's, so it is looked for first
    ("UTF-32", (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")),
    ("UTF-16", (b"\xff\xfe", b"\xfe\xff")),
)


def decoded(file: Path, name: str) -> str:
    """Give a file's text; refuse what is not UTF-8, naming the encoding that it most likely is."""
    try:
        raw = file.read_bytes()
        if file.suffix.lower() == ".gz":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise refused(name, f"cannot be read: {error}", "Save the file again.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        likely = _encoding(raw)
        what = f"not UTF-8 text; most likely {likely}"
        raise refused(name, what, _convert(file, likely), line) from None
    if "\0" in text:
        if text.count("\0") >= len(text) / 3:
            likely = "UTF-16BE" if text.startswith("\0") else "UTF-16LE"
            raise refused(name, f"not UTF-8 text; most likely {likely}", _convert(file, likely), 1)
        raise refused(name, "not a text file", "Check the suffix, or save it as UTF-8.")
    return text


def _convert(file: Path, encoding: str) -> str:
    command = f"iconv -f {encoding} -t UTF-8 {shlex.quote(file.name)} > utf8.csv"
    return f"Save it as UTF-8 (in Excel: 'CSV UTF-8'), or run: {command}"


def _encoding(raw: bytes) -> str:
    """Guess an encoding: Chinese letters are pairs of high bytes, accented ones stand alone."""
    for name, marks in _MARKS:
        if raw.startswith(marks):
            return name
    high = sum(byte > 0x7F for byte in raw)
    pairs = 2 * len(re.findall(rb"[\xa1-\xfe]{2}", raw))
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        pairs = 0
    if pairs >= 0.8 * high:
        return "GB18030"
    return "WINDOWS-1252" if re.search(rb"[\x80-\x9f]", raw) else "ISO-8859-1"


@dataclass(frozen=True)
class Delimited:
    """A text of rows: its header, and the rows after it as they are asked for.

    Parameters
    ----------
    header
        The columns' names.
    line
        The line that the header stands on.
    delimiter
        What stands between cells.
    rows
        The line that each row starts on, and its cells, as many as the header has. Rows of
        another length are refused, five at once.
    """

    header: list[str]
    line: int
    delimiter: str
    rows: Iterator[tuple[int, list[str]]]


def delimited(lines: Iterator[str], name: str) -> Delimited:
    """Take a text apart, its line breaks as they are in the file."""
    blank = 0
    first = next(lines)
    while not first.strip("\r\n"):
        blank += 1
        first = next(lines)
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=unquoted.count)
    numbered = _numbered(chain([first], lines), delimiter, blank, name)
    line, names = next(numbered)
    header = [column.strip() for column in names]
    _check_header(header, name, line)
    return Delimited(header, line, delimiter, _whole(numbered, len(header), name))


def _numbered(
    lines: Iterator[str], delimiter: str, before: int, name: str
) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank, with the line that it starts on."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = before + 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = before + reader.line_num + 1
    except csv.Error as error:
        what, fix = f"not valid CSV: {error}", "Check the quotes."
        if "field limit" in str(error) or "unexpected end" in str(error):
            what = "a quote that opens on this line is never closed"
            fix = f"Close it; a cell holds up to {csv.field_size_limit()} characters."
        raise refused(name, what, fix, line) from None


def _whole(
    numbered: Iterator[tuple[int, list[str]]], cells: int, name: str
) -> Iterator[tuple[int, list[str]]]:
    """Pass on the rows of the header's length; refuse where there are others."""
    problems: list[Problem] = []
    for line, row in numbered:
        if len(row) == cells:
            yield line, row
            continue
        what = f"{len(row)} cell{'s' * (len(row) > 1)} where the header has {cells}"
        fix = "Quote cells that hold the delimiter, and check this line and the one above."
        problems.append(Problem(what, fix, file=name, line=line))
    if problems:
        raise PanelError(problems[:5])


def _check_header(header: list[str], name: str, line: int) -> None:
    if any(not column for column in header):
        fix = "Name every column, and leave out row numbers (R: row.names = FALSE)."
        raise refused(name, "a column without a name", fix, line)
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise refused(
            name, f"the header has '{twice[0]}' twice", "Give each column its own name.", line
        )


def cleaned(cells: NDArray[np.generic]) -> NDArray[np.object_]:
    """Take the blanks off cells of text, (row,), and give None for those that are missing.

    Each different cell is looked at once, and rows share its text.
    """
    codes, different = pd.factorize(cells)
    stripped = [cell.strip() for cell in different.tolist()]
    known = [None if cell in MISSING else cell for cell in stripped]
    return np.array([*known, None], dtype=object)[codes]


def read_json_lines(file: Path, name: str, columns: Sequence[str] | None, sha256: str) -> Table:
    """Read one JSON object a line."""
    records: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(decoded(file, name).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise refused(name, f"not JSON: {error}", "Write one object a line.", number) from None
        if not isinstance(record, dict):
            raise refused(name, "not a JSON object", "Write {...} on each line.", number)
        records.append(record)
        lines.append(number)
    if not records:
        raise refused(name, "no rows", "Write one object a line.")
    available = tuple(dict.fromkeys(key for record in records for key in record))
    values = {
        key: _typed([record.get(key) for record in records], name, key, lines)
        for key in available
        if columns is None or key in columns
    }
    return Table(name, values, available, np.array(lines, dtype=np.int64), sha256)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a key stands twice")
    return record


def _typed(cells: list[object], name: str, column: str, lines: list[int]) -> NDArray[np.generic]:
    """Keep numbers as numbers; where some cells are text, write all of them as text."""
    for cell, line in zip(cells, lines, strict=True):
        if isinstance(cell, (list, dict)):
            raise refused(name, f"'{column}' is nested", "Write one value a cell.", line)
    if all(isinstance(cell, bool) for cell in cells):
        return np.array(cells, dtype=bool)
    if all(cell is None or _is_exact(cell) for cell in cells):
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=float)
    return cleaned(np.array([None if cell is None else _text(cell) for cell in cells], object))


def _is_exact(cell: object) -> bool:
    """Tell numbers from text; a code of so many digits that a float would lose some is text."""
    return isinstance(cell, float) or (type(cell) is int and abs(cell) <= 2**53)


def _text(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else _paired(str(cell))


def _paired(text: str) -> str:
    """Join the surrogate pairs that JSON writes, and replace halves that stand alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
