"""The commands. Each one calls the verb of its name; nothing is computed here."""

from __future__ import annotations

import gc
import sys
from importlib import metadata
from typing import Annotated

import typer

from clustermodels.cli import after, asked, before, fitting, influence, moderation, split
from clustermodels.cli.endings import ended
from clustermodels.cli.terminal import say

app = typer.Typer(
    name="clustermodels",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# In the order in which --help lists them.
COMMANDS = (
    before.init,
    before.check,
    before.explain,
    before.landscape,
    fitting.fit,
    after.summary,
    after.diagnose,
    after.predict,
    asked.effects,
    asked.compare,
    after.event_study,
    after.dynamics,
    after.within_between,
    after.high_low,
    moderation.test_moderation,
    split.moderation_split,
    split.attenuation,
    after.ranks,
    influence.influence,
    before.simulate,
    before.schema,
)
for command in COMMANDS:
    app.command()(command)


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Policy effects in regional clusters: one document, from data to a counterfactual answer."""
    if version:
        say(f"clustermodels {metadata.version('clustermodels')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run a command; 0 done, 1 findings that the user asked to fail on, 2 wrong input, 3 failed."""
    # what is loaded stays: looking for garbage in it ten times over delays every command
    gc.set_threshold(100_000, 50)
    sys.exit(ended(app))
