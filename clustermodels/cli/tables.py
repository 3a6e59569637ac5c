"""Tables: for readers as text, markdown and LaTeX, for programs as csv and json."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

import typer

from clustermodels.cli.terminal import Column, print_table, say

Cell = str | float | int | None
Columns = Mapping[str, Sequence[Cell]]


class Format(StrEnum):
    """How tables are printed."""

    text = "text"
    csv = "csv"
    json = "json"
    markdown = "markdown"
    latex = "latex"


# Formats for readers: intervals stand in one cell, and numbers are rounded.
READABLE = (Format.text, Format.markdown, Format.latex)


def json_text(data: Any) -> None:
    """Print data as JSON, which has no word for what is no number: null."""
    typer.echo(json.dumps(_plain(data), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(data: Any) -> Any:
    """Give data as JSON has it: arrays as lists, what is missing or infinite as null."""
    match data:
        case Mapping():
            return {name: _plain(value) for name, value in data.items()}
        case list() | tuple():
            return [_plain(value) for value in data]
        case float():
            return data if math.isfinite(data) else None
        case None | str() | int():
            return data
        case _:
            return _plain(data.tolist())


def cells_of(values: Any) -> list[Cell]:
    """Give an array as cells; nan, which equals nothing, as None."""
    return [None if cell != cell else cell for cell in values.tolist()]


def number(value: Cell) -> str:
    """Write a cell: numbers to four significant digits, missing ones as nothing.

    Examples
    --------
    >>> number(1234.567), number(0.001234567), number(None), number(1e-9), number(True)
    ('1235', '0.001235', '', '1e-09', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) >= 1000 and math.isfinite(value)):
        return f"{value:.0f}" if abs(value) < 1e7 else f"{value:.3e}"
    return f"{value:.4g}"


def probability(share: Cell) -> Cell:
    """Write a share of draws; that of all or none is known only to be close to 1 or 0.

    Examples
    --------
    >>> probability(1.0), probability(0.98184), probability(1e-22), probability(None)
    ('>0.999', '0.982', '<0.001', None)
    """
    if not isinstance(share, float) or math.isnan(share):
        return None
    return ">0.999" if share > 0.999 else "<0.001" if share < 0.001 else f"{share:.3f}"


def table(
    columns: Columns,
    format_: Format,
    title: str = "",
    *,
    keys: int = 1,
    folds: Sequence[str] = (),
) -> None:
    """Print a table: names to cells, all of one length.

    Parameters
    ----------
    keys
        How many of the first columns name a row.
    folds
        Columns whose cells are sentences.
    """
    if format_ in READABLE:
        columns = _joined(columns)
    names = list(columns)
    rows = list(zip(*columns.values(), strict=True))
    match format_:
        case Format.csv:
            typer.echo(csv_text(names, rows), nl=False)
        case Format.json:
            json_text(records(columns))
        case Format.markdown:
            typer.echo(_markdown(names, rows, title))
        case Format.latex:
            typer.echo(_latex(columns, title))
        case _:
            if title:
                say(title, "bold")
            worded = [
                Column(name, [*map(number, cells)], _side(cells), name in folds)
                for name, cells in columns.items()
            ]
            print_table(worded, keys)


def note(text: str, format_: Format) -> None:
    """Say something of an answer under its tables; in LaTeX, as a comment."""
    if format_ is Format.latex:
        typer.echo(f"% {text}" if text else "")
    else:
        say(text)


def legend(text: str, format_: Format) -> None:
    """Say under a table what its numbers are; programs know it from the documentation."""
    if format_ is Format.text:
        say(text, "dim")
        say("")
    elif format_ in READABLE:
        typer.echo(f"% {text}\n" if format_ is Format.latex else f"{text}\n")


# A number, also one that is known only to be beyond a limit.
_NUMERAL = re.compile(r"[<>]?-?\d+(\.\d+)?")


def _side(cells: Sequence[Cell]) -> Literal["left", "right"]:
    words = [cell for cell in cells if isinstance(cell, str)]
    numbers = len(words) < len(cells) or all(map(_NUMERAL.fullmatch, words))
    return "right" if numbers else "left"


def records(columns: Columns) -> list[dict[str, Cell]]:
    """Give a table as JSON has it, an object a row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def stacked(tables: Sequence[Columns], last: Sequence[str] = ()) -> Columns:
    """Put tables under one another: the columns of all, empty where a table lacks one.

    ``last`` names columns that stand at the end, in this order.
    """
    names = dict.fromkeys(name for columns in tables for name in columns)
    ordered = [name for name in names if name not in last]
    sizes = [len(next(iter(columns.values()), ())) for columns in tables]
    return {
        name: [
            cell
            for columns, size in zip(tables, sizes, strict=True)
            for cell in columns.get(name, [None] * size)
        ]
        for name in (*ordered, *(name for name in last if name in names))
    }


def _joined(columns: Columns) -> Columns:
    """Join the two ends of each interval in one column, for readers."""
    told: dict[str, Sequence[Cell]] = {}
    for name, cells in columns.items():
        kind, lower, _ = name.partition("_lower")
        if lower and f"{kind}_upper" in columns:
            ends = zip(cells, columns[f"{kind}_upper"], strict=True)
            told[kind] = [interval(low, high) for low, high in ends]
        elif not (name.endswith("_upper") and f"{name.removesuffix('_upper')}_lower" in columns):
            told[name] = cells
    return told


def interval(low: Cell, high: Cell) -> str:
    """Write the two ends of an interval in one cell."""
    return f"[{number(low)}, {number(high)}]" if number(low) else ""


def csv_text(names: list[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as CSV: missing or infinite as nothing, true as 1 and false as 0."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, bool) else _plain(cell)  # None is written as nothing


def _markdown(names: list[str], rows: Iterable[Sequence[Cell]], title: str) -> str:
    lines = [f"**{title}**", ""] if title else []
    lines.append(f"| {' | '.join(names)} |")
    lines.append(f"|{'---|' * len(names)}")
    lines += [
        f"| {' | '.join(number(c).replace('|', chr(92) + '|') for c in row)} |" for row in rows
    ]
    return "\n".join([*lines, ""])


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def tex(text: str) -> str:
    r"""Write text as LaTeX prints it.

    Examples
    --------
    >>> print(tex("R&D_share: 5 %"))
    R\&D\_share: 5 \%
    """
    return "".join(_TEX.get(letter, letter) for letter in text)


def _latex(columns: Columns, title: str) -> str:
    """Write a table for the package booktabs; numbers stand right."""
    sides = [_side(cells)[0] for cells in columns.values()]
    lines = [f"% {title}"] if title else []
    lines += [rf"\begin{{tabular}}{{{''.join(sides)}}}", r"\toprule"]
    lines += [" & ".join(map(tex, columns)) + r" \\", r"\midrule"]
    rows = zip(*columns.values(), strict=True)
    lines += [" & ".join(tex(number(cell)) for cell in row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
