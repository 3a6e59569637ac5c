"""Sentences and tables: on the terminal, and as csv, json and markdown."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

import typer
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from clustermodels.results.intervals import LOWER, UPPER

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


def console() -> Console:
    """Give the terminal, or 120 columns where the output goes to a file."""
    width = None if os.environ.get("COLUMNS") or os.isatty(1) else 120
    return Console(highlight=False, soft_wrap=False, width=width)


def say(text: str) -> None:
    """Print a sentence, wrapped to the terminal."""
    console().print(Text(text))


def complain(text: str) -> None:
    """Print to the error stream, a problem a line, unwrapped so that it can be searched."""
    typer.echo(text, err=True)


def json_text(data: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def number(value: Cell) -> str:
    """Write a cell: numbers to four significant digits, missing ones as nothing.

    Examples
    --------
    >>> number(1234.567), number(0.001234567), number(None), number(1e-9)
    ('1235', '0.001235', '', '1e-09')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) >= 1000 and math.isfinite(value)):
        return f"{value:.0f}" if abs(value) < 1e7 else f"{value:.3e}"
    return f"{value:.4g}"


def table(columns: Columns, format_: Format, title: str = "") -> None:
    """Print a table: names to cells, all of one length."""
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
            typer.echo(_latex(names, rows, title))
        case _:
            if title:
                console().print(Text(title, style="bold"))
            console().print(_rich(names, rows))


def records(columns: Columns) -> list[dict[str, Cell]]:
    """Give a table as JSON has it, an object a row."""
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]


def _joined(columns: Columns) -> Columns:
    """Join the two ends of an interval in one column, for readers."""
    if LOWER not in columns:
        return columns
    ends = zip(columns[LOWER], columns[UPPER], strict=True)
    joined = [interval(low, high) for low, high in ends]
    named = {name: joined if name == LOWER else cells for name, cells in columns.items()}
    return {("eti95" if n == LOWER else n): cells for n, cells in named.items() if n != UPPER}


def interval(low: Cell, high: Cell) -> str:
    """Write the two ends of an interval in one cell."""
    return f"[{number(low)}, {number(high)}]" if number(low) else ""


def _plain(cell: Cell) -> Cell:
    """Give JSON a null for what is missing or infinite: it has no other word."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def csv_text(names: list[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as CSV, what is missing or infinite as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if _plain(cell) is None else cell for cell in row] for row in rows)
    return text.getvalue()


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


def _latex(names: list[str], rows: Sequence[Sequence[Cell]], title: str) -> str:
    """Write a table for the package booktabs; numbers stand right."""
    sides = [
        "l" if all(isinstance(row[position], str) for row in rows) else "r"
        for position in range(len(names))
    ]
    lines = [f"% {title}"] if title else []
    lines += [rf"\begin{{tabular}}{{{''.join(sides)}}}", r"\toprule"]
    lines += [" & ".join(map(tex, names)) + r" \\", r"\midrule"]
    lines += [" & ".join(tex(number(cell)) for cell in row) + r" \\" for row in rows]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _rich(names: list[str], rows: Sequence[Sequence[Cell]]) -> RichTable:
    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(names):
        text = all(isinstance(row[position], str) for row in rows)
        # a number that is broken in two reads as another
        whole = not text or "eti95" in name
        side: Literal["left", "right"] = "left" if text else "right"
        made.add_column(Text(name), justify=side, overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(Text(number(cell)) for cell in row))
    return made
