"""What commands are given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The document (YAML or JSON).")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A file that 'fit' wrote.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", help="Draw it too: a .png, .svg or .pdf file.")
]
AsFormat = Annotated[Format, typer.Option("--format", help="How tables are printed.")]


def wrote(picture: Path | None, format_: Format) -> None:
    """Say where a picture is."""
    if picture is not None and format_ is Format.text:
        say(f"wrote {picture}")


def said_of(asked: Sequence[str]) -> dict[str, str | None]:
    """Part ``NAME=WHAT`` into both; None where nothing is said.

    Examples
    --------
    >>> said_of(["policies=0:3", "gdp"])
    {'policies': '0:3', 'gdp': None}

    Raises
    ------
    BadParameter
        If a name is there twice.
    """
    parts = [each.partition("=") for each in asked]
    names = [name for name, _, _ in parts]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise typer.BadParameter(f"'{twice[0]}' is there twice. Ask once for each.")
    return {name: what if equals else None for name, equals, what in parts}


def amount(what: str | None) -> float | str | tuple[float | str, float | str]:
    """Read how far a column is moved: a number, a word, or two values with a colon between.

    Examples
    --------
    >>> amount(None), amount("2"), amount("sd"), amount("0:3"), amount("east:west")
    (1.0, 2.0, 'sd', (0.0, 3.0), ('east', 'west'))
    """
    low, colon, high = (what or "1").partition(":")
    return (_value(low), _value(high)) if colon else _value(low)


def bins(what: str | None) -> int | tuple[float, ...] | None:
    """Read how a column is cut: into how many bins, or at which edges.

    Examples
    --------
    >>> bins(None), bins("4"), bins("0:10:50")
    (None, 4, (0.0, 10.0, 50.0))

    Raises
    ------
    BadParameter
        If these are no numbers, fewer than two bins, or edges that do not rise.
    """
    if what is None:
        return None
    try:
        made = tuple(map(float, what.split(":"))) if ":" in what else int(what)
    except ValueError:
        raise typer.BadParameter(
            f"'{what}' is no number of bins, and no edges as 0:10:50"
        ) from None
    if isinstance(made, int):
        if made < 2:
            raise typer.BadParameter(f"'{what}' bins are no groups: give 2 or more")
    elif any(low >= high for low, high in pairwise(made)):
        raise typer.BadParameter(f"edges do not rise in '{what}': write them as 0:10:50")
    return made


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
