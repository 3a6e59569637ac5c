"""Commands on a run."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import AsFormat, Picture, RunPath, wrote
from clustermodels.cli.endings import FailOn, Severity, fail
from clustermodels.cli.estimates import effects as show_effects
from clustermodels.cli.outcomes import Outcome, any_of, chosen, one_picture, opened, runs, shared
from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say


def summary(
    run: RunPath,
    format_: AsFormat = Format.text,
    every: Annotated[bool, typer.Option("--all", help="Also what varies by level.")] = False,
    outcome: Outcome = None,
) -> None:
    """Print the posterior.

    Means, intervals, cluster-robust standard deviations, convergence.
    """
    made = cm.load_fit(run)
    each, together = chosen(runs(made), outcome), shared(made, outcome)
    tables = {name: cm.summary(one) for name, one in each.items()}
    both = {name: cm.shared_summary(fits) for name, fits in together.items()}
    printing.summaries(tables | both, format_, every=every)
    doubts = {name: cm.chain_findings(one, tables[name]) for name, one in each.items()}
    across = {name: cm.shared_findings(fits) for name, fits in together.items()}
    printing.doubts({**doubts, **across}, format_)


def diagnose(
    run: RunPath,
    format_: AsFormat = Format.text,
    fail_on: FailOn = Severity.never,
    outcome: Outcome = None,
) -> None:
    """Say whether a run can be trusted.

    Have the chains agreed, and could the model have made the data?
    """
    made = cm.load_fit(run)
    found = {name: cm.diagnose(one) for name, one in chosen(runs(made), outcome).items()}
    printing.diagnoses(found, format_)
    doubts = {name: cm.shared_findings(fits) for name, fits in shared(made, outcome).items()}
    printing.doubts(doubts, format_)
    fail(chain(*(one.findings for one in found.values()), *doubts.values()), fail_on)


def predict(
    run: RunPath,
    scenario: Annotated[str | None, typer.Option(help="One scenario of the document.")] = None,
    scenarios: Annotated[Path | None, typer.Option(help="A file of other scenarios.")] = None,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Compare scenarios with the observed policies.

    In total, year by year and cluster by cluster; and the policy's effect where its moderators
    are low, middle and high.
    """
    each = opened(run, outcome)
    if scenarios is not None:
        each = {
            name: cm.Fit(cm.read_scenarios(scenarios, one.spec), one.panel, one.learned, one.tree)
            for name, one in each.items()
        }
    known = [*dict.fromkeys(name for one in each.values() for name in one.spec.scenarios)]
    names = [scenario] if scenario is not None else known
    tables = {
        name: [cm.effects(made), *(cm.effects(made, asked) for asked in names)]
        for name, made in each.items()
    }
    doubts = {
        name: [
            *dict.fromkeys(  # some hold for every scenario
                [
                    *cm.chain_findings(made),
                    *cm.attenuation_findings(made),
                    *(found for asked in names for found in cm.extrapolation_findings(made, asked)),
                ]
            )
        ]
        for name, made in each.items()
    }
    show_effects(tables, format_, any_of(each).spec)
    if format_ in (Format.text, Format.markdown) and not names:
        say("The document has no scenarios; write some, or give a file: --scenarios.")
    printing.doubts(doubts, format_)


def event_study(
    run: RunPath, format_: AsFormat = Format.text, picture: Picture = None, outcome: Outcome = None
) -> None:
    """Put the effects of an adoption together: overall, by event time, by cohort, by year."""
    each = opened(run, outcome)
    one_picture(each, picture)
    found = {name: cm.event_study(made) for name, made in each.items()}
    for name, course in found.items():
        if picture is not None:
            cm.draw_course(course, picture, f"{name} once the policy is adopted")
    show_effects({n: [course] for n, course in found.items()}, format_, any_of(each).spec)
    wrote(picture, format_)


def dynamics(
    run: RunPath,
    years: Annotated[int, typer.Option(min=0, help="How long responses are followed.")] = 10,
    format_: AsFormat = Format.text,
    picture: Picture = None,
    outcome: Outcome = None,
) -> None:
    """Say how long effects last: persistence, the long run, responses year by year."""
    each = opened(run, outcome)
    one_picture(each, picture)
    found = {name: cm.dynamics(made, years) for name, made in each.items()}
    for name, course in found.items():
        if picture is not None:
            cm.draw_course(course, picture, f"{name} in the years after the policy moves")
    show_effects({n: [course] for n, course in found.items()}, format_, any_of(each).spec)
    wrote(picture, format_)


def within_between(run: RunPath, format_: AsFormat = Format.text, outcome: Outcome = None) -> None:
    """Set slopes within clusters beside those between them, with the difference."""
    each = opened(run, outcome)
    found = {name: [cm.within_between(made)] for name, made in each.items()}
    show_effects(found, format_, any_of(each).spec)


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
