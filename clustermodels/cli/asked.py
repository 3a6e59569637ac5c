"""Commands that ask of a run what no scenario does, or of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

import clustermodels as cm
from clustermodels.cli.arguments import AsFormat, RunPath, amount, bins, said_of
from clustermodels.cli.compared import compared, named
from clustermodels.cli.estimates import effects as show_effects
from clustermodels.cli.outcomes import Outcome, any_of, chosen, opened, runs
from clustermodels.cli.tables import READABLE, Format, note
from clustermodels.cli.terminal import say

OVERALL, RESPONSE, THESE = "overall", "response", "these"


def effects(
    run: RunPath,
    variables: Annotated[
        list[str] | None,
        typer.Option(help="NAME, NAME=2, NAME=sd, iqr or minmax, NAME=LOW:HIGH; may be repeated."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="cluster, year, a column, or COLUMN=4 for bins; may be repeated."),
    ] = None,
    slopes: Annotated[bool, typer.Option("--slopes", help="Derivatives, not comparisons.")] = False,
    scale: Annotated[
        str, typer.Option(help="response, link, ratio, lnratio; of slopes also elasticity.")
    ] = RESPONSE,
    target: Annotated[str, typer.Option(help="these, average or new clusters.")] = THESE,
    interaction: Annotated[
        str | None,
        typer.Option(metavar="MODERATOR", help="How it bends the effect, on both scales."),
    ] = None,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Say what the policy does, or what goes along with any column.

    The policy's effect where its moderators are low, middle and high; with --variables, what the
    outcome differs by where a column is moved in all rows, on average; with --interaction, what a
    moderator does to the effect on the link's scale and on the outcome's.
    """
    each = opened(run, outcome)
    moved = {name: amount(what) for name, what in said_of(variables or []).items()}
    groups = {name: bins(what) for name, what in said_of(by or []).items() if name != OVERALL}
    if interaction is not None and (moved or slopes or scale != RESPONSE):
        raise typer.BadParameter(
            "--interaction stands alone, with --by and --target: ask for the rest by itself"
        )
    asked = groups or slopes or scale != RESPONSE or target != THESE
    if asked and not moved and interaction is None:
        raise typer.BadParameter(
            "--by, --slopes, --scale and --target say how columns are moved: name these by "
            "--variables"
        )
    if slopes and any("=" in each for each in variables or []):
        raise typer.BadParameter("--slopes takes no amounts: name the columns alone")

    def answers(made: cm.Fit) -> list[Any]:
        if interaction is not None:
            bent = [t for t, m in made.spec.moderated() if m == interaction] or [""]
            return [
                cm.interaction(made, t, interaction, by=groups or OVERALL, target=target)
                for t in bent
            ]
        if not moved:
            return [cm.effects(made)]
        if slopes:
            return [cm.slopes(made, [*moved], by=groups or OVERALL, scale=scale, target=target)]
        return [cm.comparisons(made, moved, by=groups or OVERALL, scale=scale, target=target)]

    found = {name: answers(made) for name, made in each.items()}
    show_effects(found, format_, any_of(each).spec)
    left = [said for tables in found.values() for one in tables for said in _beyond(one)]
    for said in dict.fromkeys(left) if format_ in READABLE else ():
        note(said, format_)
    if target != THESE and format_ is Format.text:
        say(f"Of {'an average' if target == 'average' else 'a new'} cluster.")


def _beyond(table: Any) -> Sequence[str]:
    """Give what is said of columns that are moved beyond the data, where readers see it."""
    return [str(said) for said in table.attrs.get("beyond_data", ())]


def compare(
    run: Annotated[list[Path], typer.Argument(metavar="RUN RUN..", help="Files that 'fit' wrote.")],
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Set fits of the same rows side by side.

    Which predicts better, with the weights of a mixture; coefficients and effects.
    """
    each = {name: runs(cm.load_fit(path)) for name, path in named(run).items()}
    asked = [*chosen(next(iter(each.values())), outcome)]
    alone = (
        outcome is None and len(asked) == 1
    )  # runs of other outcomes are told apart by 'compare'
    told = {
        name: {m: any_of(made) if alone else chosen(made, name)[name] for m, made in each.items()}
        for name in asked
    }
    compared({name: cm.compare(fits) for name, fits in told.items()}, format_)
