"""Commands on a run."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import AsFormat, Picture, RunPath, wrote
from clustermodels.cli.contrasts import high_low as show_high_low
from clustermodels.cli.endings import FailOn, Severity, fail
from clustermodels.cli.estimates import effects as show_effects
from clustermodels.cli.outcomes import Outcome, any_of, chosen, one_picture, opened, runs, shared
from clustermodels.cli.ranks import ranks as show_ranks
from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say

# What is taken for granted where shocks are kept.
KEPT = (
    "Assumes that ranks are preserved: each cluster-year keeps the place that it had among the "
    "outcomes it could have had, under every scenario."
)
BEGUN = (
    "Years ahead go on from the outcomes of the fitted years; under a scenario that edits these, "
    "from what they would have been if ranks are preserved."
)


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
    scenario: Annotated[
        list[str] | None, typer.Option(help="A scenario of the document; may be given again.")
    ] = None,
    scenarios: Annotated[Path | None, typer.Option(help="A file of other scenarios.")] = None,
    keep_shocks: Annotated[
        bool, typer.Option("--keep-shocks", help="Keep each cluster-year's own residual.")
    ] = False,
    lowest: Annotated[
        bool, typer.Option("--lowest", help="The lowest total is best, not the highest.")
    ] = False,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Compare scenarios with the observed policies, and with each other.

    In total, year by year and cluster by cluster; which is best; whose position in the network
    they move; the years beyond the panel, where the document has a horizon; and the policy's effect
    where its moderators are low, middle and high.
    """
    each = opened(run, outcome)
    if scenarios is not None:
        each = {
            name: cm.Fit(cm.read_scenarios(scenarios, one.spec), one.panel, one.learned, one.tree)
            for name, one in each.items()
        }
    known = [*dict.fromkeys(name for one in each.values() for name in one.spec.scenarios)]
    names = known if scenario is None else [*dict.fromkeys(scenario)]
    tables = {
        name: [
            cm.effects(made),
            *(
                answer
                for asked in names
                for answer in (
                    cm.effects(made, asked, keep_shocks=keep_shocks),
                    cm.positions_moved(made, asked),
                )
            ),
        ]
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
    for name, made in each.items():
        if made.spec.horizon is not None:
            tables[name].append(cm.forecast(made, names, keep_shocks=keep_shocks))
    if len(names) > 1:
        for name, made in each.items():
            for ahead in (False, True)[: 1 if made.spec.horizon is None else 2]:
                best = {"lowest": lowest, "keep_shocks": keep_shocks, "ahead": ahead}
                tables[name].append(cm.compare_scenarios(made, names, **best))
    show_effects(tables, format_, any_of(each).spec)
    if format_ in (Format.text, Format.markdown):
        if not names:
            say("The document has no scenarios; write some, or give a file: --scenarios.")
        spec = any_of(each).spec
        if keep_shocks or (spec.horizon is not None and spec.dynamics is not None):
            say(KEPT if keep_shocks else BEGUN)
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


def high_low(
    run: RunPath,
    moderator: Annotated[
        str | None, typer.Option(help="Which one: by default the only one, or the only position.")
    ] = None,
    low: Annotated[float, typer.Option(help="The quantile that counts as low.")] = 0.25,
    high: Annotated[float, typer.Option(help="The quantile that counts as high.")] = 0.75,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Set clusters that stand high in a moderator against those that stand low."""
    each = opened(run, outcome)
    found = {name: cm.high_low(made, moderator, low, high) for name, made in each.items()}
    show_high_low(found, format_, any_of(each).spec)
    printing.doubts({name: cm.chain_findings(made) for name, made in each.items()}, format_)


def ranks(
    run: RunPath,
    treatment: Annotated[str | None, typer.Option(help="One policy of the document.")] = None,
    at: Annotated[
        Literal["own", "centre"],
        typer.Option(help="Where moderators stand: at each cluster's own means, or the same."),
    ] = "own",
    top: Annotated[int | None, typer.Option(help="How many are the group at the top.")] = None,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Rank clusters by what a policy does in each, and say how sure the ranks are."""
    each = opened(run, outcome)
    found = {name: cm.rank_clusters(made, treatment, at=at, top=top) for name, made in each.items()}
    show_ranks(found, format_, any_of(each).spec)
    printing.doubts({name: cm.chain_findings(made) for name, made in each.items()}, format_)
