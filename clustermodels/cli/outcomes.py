"""Answers for each outcome of a document, under its name, or for the one that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

import clustermodels as cm
from clustermodels.cli.tables import Columns, Format, stacked, tex
from clustermodels.cli.terminal import say
from clustermodels.errors import FitError, choices

Outcome = Annotated[
    str | None, typer.Option("--outcome", help="One outcome of a document with several.")
]

# What outcomes that are fitted jointly share, beside their names.
ACROSS = "across outcomes"


def runs(made: cm.Fit | cm.Fits) -> Mapping[str, cm.Fit]:
    """Give the fit of each outcome."""
    return made.runs if isinstance(made, cm.Fits) else {made.spec.outcome[0]: made}


def shared(made: cm.Fit | cm.Fits, outcome: str | None) -> dict[str, cm.Fits]:
    """Give fits that have something in common, under ``ACROSS``, where no outcome is asked for."""
    if outcome is None and isinstance(made, cm.Fits) and made.shared.data_vars:
        return {ACROSS: made}
    return {}


def opened(path: Path, outcome: str | None) -> dict[str, cm.Fit]:
    """Load the fit of each outcome, or of the one that is asked for."""
    return chosen(runs(cm.load_fit(path)), outcome)


def any_of(each: Mapping[str, cm.Fit]) -> cm.Fit:
    """Give the fit of one outcome: treatments and scenarios are those of all."""
    return next(iter(each.values()))


def chosen[T](each: Mapping[str, T], outcome: str | None) -> dict[str, T]:
    """Keep the outcome that is asked for.

    Raises
    ------
    FitError
        If there is no such outcome.
    """
    if outcome is None:
        return dict(each)
    if outcome not in each:
        raise FitError(
            f"'{outcome}' cannot be shown because it is no outcome here. Choose among: "
            f"{choices(each)}."
        )
    return {outcome: each[outcome]}


def one_picture(each: Mapping[str, object], asked: object) -> None:
    """Refuse one picture of several outcomes.

    Raises
    ------
    FitError
        If there are several, and a picture is asked for.
    """
    if asked is not None and len(each) > 1:
        raise FitError(
            f"no picture is drawn because one shows a single outcome, and here are {choices(each)}."
            " Choose with --outcome."
        )


def apart[T](each: Mapping[str, T], format_: Format, show: Callable[[T], None]) -> None:
    """Print what there is of each outcome, for readers."""
    for outcome, answer in each.items():
        if len(each) > 1:
            heading(outcome, format_)
        show(answer)


def heading(outcome: str, format_: Format) -> None:
    """Print the name of an outcome over what is said of it."""
    if format_ is Format.markdown:
        typer.echo(f"## {outcome}\n")
    elif format_ is Format.latex:
        typer.echo(f"\\subsection*{{{tex(outcome)}}}\n")
    else:
        say(f"\n{outcome}\n{'=' * len(outcome)}", "bold")


def together(each: Mapping[str, Columns]) -> Columns:
    """Put the tables of all outcomes under one another, for programs: whose, in a first column."""
    if len(each) == 1:
        return next(iter(each.values()))
    owned = []
    for outcome, columns in each.items():
        size = len(next(iter(columns.values())))
        owned.append({"outcome": [outcome] * size, **columns})
    return stacked(owned)
