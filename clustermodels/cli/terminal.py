"""Sentences and tables on a terminal, whatever its width."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

# What a table takes beside its cells: at its two edges, and between columns, at best and at least.
EDGES, WIDE, NARROW = 2, 3, 2
# Sentences that have fewer columns than this are hard to read.
SENTENCE = 24


def console(least: int = 0) -> Console:
    """Give the terminal, or 120 columns where the output goes to a file; no fewer than asked."""
    known = os.environ.get("COLUMNS") or os.isatty(1)
    made = Console(highlight=False, soft_wrap=False, width=None if known else 120)
    return Console(highlight=False, soft_wrap=False, width=least) if made.width < least else made


def say(text: str, style: str = "") -> None:
    """Print a sentence, wrapped to the terminal."""
    console().print(Text(text, style=style))


def complain(text: str) -> None:
    """Print to the error stream, a problem a line, unwrapped so that it can be searched."""
    typer.echo(text, err=True)


@dataclass(frozen=True)
class Column:
    """A column in words.

    Parameters
    ----------
    name, cells
        What is printed.
    side
        Where they stand: words left, numbers right.
    folds
        Whether its cells are sentences, which may go on in a line below. Numbers and names never
        do: a number that is broken in two reads as another.
    """

    name: str
    cells: Sequence[str]
    side: Literal["left", "right"]
    folds: bool

    @property
    def most(self) -> int:
        """The width at which nothing is folded."""
        return max(map(cell_len, (self.name, *self.cells)))

    @property
    def least(self) -> int:
        """The least width: headings, and sentences, are folded at spaces."""
        whole = [word for cell in self.cells for word in cell.split()] if self.folds else self.cells
        return max(map(cell_len, (*self.name.split(), *whole)), default=0)

    @property
    def fair(self) -> int:
        """The least width that reads well."""
        return max(self.least, min(self.most, SENTENCE)) if self.folds else self.least


def print_table(columns: Sequence[Column], keys: int) -> None:
    """Print a table, in blocks of columns where the terminal is too narrow for all of them.

    Each block begins with the first ``keys`` columns, which name the rows.
    """
    room = console().width
    gap = WIDE if len(_blocks(columns, keys, room, WIDE)) == 1 else NARROW
    for block in _blocks(columns, keys, room, gap):
        widths = _widths(block, room, gap)
        padding = (0, 1, 0, gap - NARROW)  # the rest of a gap is the box's own
        made = RichTable(box=box.SIMPLE_HEAD, padding=padding, pad_edge=False)
        for column, width in zip(block, widths, strict=True):
            made.add_column(Text(column.name), justify=column.side, overflow="fold", width=width)
        for cells in zip(*(column.cells for column in block), strict=True):
            made.add_row(*map(Text, cells))
        console(_taken(widths, gap)).print(made)


def _taken(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1) + EDGES


def _blocks(columns: Sequence[Column], keys: int, room: int, gap: int) -> list[list[Column]]:
    blocks = [[*columns[:keys]]]
    for column in columns[keys:]:
        wider = [each.fair for each in (*blocks[-1], column)]
        if len(blocks[-1]) > keys and _taken(wider, gap) > room:
            blocks.append([*columns[:keys]])
        blocks[-1].append(column)
    return blocks


def _widths(block: Sequence[Column], room: int, gap: int) -> list[int]:
    """Give every column what it needs, and share out the rest, small wishes first."""
    short = max(_taken([column.fair for column in block], gap) - room, 0)
    widths = [max(column.fair - short, column.least) for column in block]
    spare = max(room - _taken(widths, gap), 0)
    wishes = sorted((column.most - widths[spot], spot) for spot, column in enumerate(block))
    for others, (wish, spot) in zip(range(len(block), 0, -1), wishes, strict=True):
        given = min(wish, spare // others)
        widths[spot] += given
        spare -= given
    return widths
