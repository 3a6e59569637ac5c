"""Text files: every cell as it is written, with the line that it stands on."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem
from clustermodels.tables.table import Table, refused

MISSING = frozenset({"", "NA", "NaN", "."})
_DELIMITERS = ",;\t|"
_GUESSES = (
    ("UTF-16", (b"\xff\xfe", b"\xfe\xff")),
    ("UTF-32", (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")),
)


def decoded(file: Path, name: str) -> str:
    """Give a file's text; refuse what is not UTF-8, naming the encoding that it most likely is."""
    try:
        raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError) as error:
        raise refused(name, f"cannot be read: {error}", "Save the file again.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        likely = _encoding(raw)
        raise refused(
            name,
            f"not UTF-8 text; most likely {likely}",
            f"Convert it: iconv -f {likely} -t UTF-8 {file.name} > utf8.csv",
            line,
        ) from None
    if "\0" in text:
        raise refused(name, "not a text file", "Check the suffix, or save it as UTF-8.")
    return text


def _encoding(raw: bytes) -> str:
    for name, marks in _GUESSES:
        if raw.startswith(marks):
            return name
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return "ISO-8859-1"
    ideographs = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    others = sum(letter > "\x7f" for letter in text)
    return "GB18030" if ideographs >= 0.8 * others else "ISO-8859-1"


def read_delimited(file: Path, name: str, columns: Sequence[str] | None, sha256: str) -> Table:
    """Read CSV or the like; the delimiter is the commonest of , ; tab | in the header."""
    text = decoded(file, name)
    if not text.strip():
        raise refused(name, "the file is empty", "Write a header and a row per cluster-year.")
    first = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = [column.strip() for column in next(reader)]
    _check_header(header, name)
    rows: list[list[str]] = []
    lines: list[int] = []
    problems: list[Problem] = []
    line = reader.line_num + 1
    try:
        for row in reader:
            if row and len(row) != len(header):
                fix = "Quote cells that hold the delimiter, and check this line and the one above."
                problems.append(
                    Problem(
                        f"{len(row)} cells where the header has {len(header)}",
                        fix,
                        file=name,
                        line=line,
                    )
                )
            elif row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused(name, f"not valid CSV: {error}", "Check the quotes.", line) from None
    if problems:
        raise PanelError(problems[:5])
    if not rows:
        raise refused(name, "a header and no rows", "Write a row per cluster and year.", 1)
    wanted = [i for i, column in enumerate(header) if columns is None or column in columns]
    cells = list(zip(*rows, strict=True))
    values = {header[i]: _cleaned(cells[i]) for i in wanted}
    return Table(name, values, tuple(header), np.array(lines, dtype=np.int64), sha256)


def _check_header(header: list[str], name: str) -> None:
    if any(not column for column in header):
        raise refused(name, "a column without a name", "Name every column in the header.", 1)
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise refused(
            name, f"the header has '{twice[0]}' twice", "Give each column its own name.", 1
        )


def _cleaned(cells: Sequence[str]) -> NDArray[np.object_]:
    stripped = [cell.strip() for cell in cells]
    return np.array([None if cell in MISSING else cell for cell in stripped], dtype=object)


def read_json_lines(file: Path, name: str, columns: Sequence[str] | None, sha256: str) -> Table:
    """Read one JSON object a line."""
    records: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(decoded(file, name).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
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


def _typed(cells: list[object], name: str, column: str, lines: list[int]) -> NDArray[np.generic]:
    """Keep numbers as numbers; where some cells are text, write all of them as text."""
    for cell, line in zip(cells, lines, strict=True):
        if isinstance(cell, (list, dict)):
            raise refused(name, f"'{column}' is nested", "Write one value a cell.", line)
    numeric = all(cell is None or type(cell) in (int, float) for cell in cells)
    if numeric:
        try:
            return np.array([np.nan if cell is None else cell for cell in cells], dtype=float)
        except OverflowError:
            numeric = False
    return _cleaned(["" if cell is None else _text(cell) for cell in cells])


def _text(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
