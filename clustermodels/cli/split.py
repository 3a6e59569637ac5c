"""Commands on what a moderator's bend is of, and what sampled ties leave of it."""

from __future__ import annotations

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import AsFormat, RunPath
from clustermodels.cli.estimates import effects as show_effects
from clustermodels.cli.outcomes import Outcome, any_of, opened
from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say


def moderation_split(
    run: RunPath, format_: AsFormat = Format.text, outcome: Outcome = None
) -> None:
    """Set what becoming and being high on a moderator do beside the plain product."""
    each = opened(run, outcome)
    found = {name: cm.moderation_split(made) for name, made in each.items()}
    show_effects({n: [table] for n, table in found.items()}, format_, any_of(each).spec)
    if format_ in (Format.text, Format.markdown):
        say(next(iter(found.values())).attrs["why"])
    doubts = {name: cm.moderation_findings(each[name], table) for name, table in found.items()}
    printing.doubts(doubts, format_)


def attenuation(run: RunPath, format_: AsFormat = Format.text, outcome: Outcome = None) -> None:
    """Take the sampling error of counted ties out of what a position does."""
    each = opened(run, outcome)
    found = {name: cm.attenuation(made) for name, made in each.items()}
    printing.corrections(found, format_)
    doubts = {name: cm.attenuation_findings(each[name], table) for name, table in found.items()}
    printing.doubts(doubts, format_)
