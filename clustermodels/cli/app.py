"""The commands. Each one calls the verb of its name; nothing is computed here."""

from __future__ import annotations

import gc
import sys
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.endings import FailOn, Severity, ended, fail
from clustermodels.cli.estimates import effects as show_effects
from clustermodels.cli.landscape import landscape as show_landscape
from clustermodels.cli.outcomes import Outcome, any_of, chosen, heading, one_picture, opened, runs
from clustermodels.cli.progress import sampling
from clustermodels.cli.tables import Format, json_text
from clustermodels.cli.terminal import say
from clustermodels.errors import Finding, FitError

app = typer.Typer(
    name="clustermodels",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The document (YAML or JSON).")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A file that 'fit' wrote.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", help="Draw it too: a .png, .svg or .pdf file.")
]
AsFormat = Annotated[Format, typer.Option("--format", help="How tables are printed.")]


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


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write.")] = Path(),
    panel: Annotated[Path | None, typer.Option(help="Your own table.")] = None,
    cluster: Annotated[str, typer.Option(help="Its column with the cluster.")] = "cluster",
    year: Annotated[str, typer.Option(help="Its column with the year.")] = "year",
) -> None:
    """Write a starter project, or a spec for your own table.

    Nothing that is there is overwritten.
    """
    if panel is None:
        written = cm.start_project(folder)
    else:
        written = cm.draft_spec(panel, cluster, year, folder)
    for path in written:
        typer.echo(f"wrote {path}")
    spec = next(path for path in written if path.name == "spec.yaml")
    typer.echo(f"next: clustermodels check {spec}")


@app.command()
def check(
    spec: SpecPath,
    format_: AsFormat = Format.text,
    fail_on: FailOn = Severity.never,
    outcome: Outcome = None,
) -> None:
    """Find what is wrong in a document and its data.

    Every problem at once, with its line; then findings on what the design can tell.
    """
    ready = cm.prepare_each(spec)
    found = {name: cm.check(one) for name, one in chosen(ready.equations, outcome).items()}
    if format_ is Format.text:
        say(f"{spec}: no mistakes in the document and its data.")
    printing.findings_of(found, format_)
    fail(chain(*found.values()), fail_on)


@app.command()
def explain(spec: SpecPath, format_: AsFormat = Format.text, outcome: Outcome = None) -> None:
    """Say the model, its defaults and its priors in words.

    With its equation, and what the priors expect of the outcome beside the data.
    """
    each = chosen(cm.equations(cm.read_spec(spec)), outcome)
    printing.explanations({name: cm.explain(one) for name, one in each.items()}, format_)


@app.command()
def landscape(
    spec: SpecPath,
    format_: AsFormat = Format.text,
    every: Annotated[bool, typer.Option("--all", help="Also regions far from a cluster.")] = False,
    picture: Picture = None,
    fail_on: FailOn = Severity.never,
) -> None:
    """Say which regions are clusters, and where they stand.

    Location quotients with their uncertainty, joint work inside and between regions,
    centralities, and the network year by year. In csv it is the table of all regions; json has
    everything.
    """
    document = cm.read_spec(spec)
    found = cm.landscape(document)
    if picture is not None:
        cm.draw_landscape(found, picture)
    show_landscape(found, document.clusters, format_, every=every)
    _wrote(picture, format_)
    fail(found.findings, fail_on)


@app.command()
def fit(
    spec: SpecPath,
    out: Annotated[Path, typer.Option(help="The file to write, whole or not at all.")],
    fail_on: FailOn = Severity.never,
) -> None:
    """Draw from the posterior, and save it with all that made it.

    A document with several outcomes is fitted one by one, into one file.
    """
    ready = cm.prepare_each(spec)
    before = [*dict.fromkeys(f for one in ready.equations.values() for f in cm.check(one))]
    after: list[Finding] = []
    with cm.saving(out) as save:
        with sampling() as progress:
            made = cm.fit(ready, progress=progress)
        save(made)
        each = runs(made)
        for name, run in each.items():
            table = cm.summary(run)
            if len(each) > 1:
                heading(name, Format.text)
            printing.drawn_by(run.tree.attrs)
            printing.summary(table, Format.text, every=False)
            found = cm.diagnose(run, table).findings
            after += found
            if len(each) > 1:
                printing.findings(found, none="No findings on the fit.")
    serious = [finding for finding in before if finding.severity == Severity.serious]
    if serious:
        printing.findings(serious)
    if before:
        many = f"{len(before)} finding{'s' * (len(before) > 1)}"
        say(f"{many} on the document and its data: see 'clustermodels check {spec}'.")
    if len(each) == 1:
        printing.findings(after, none="No findings on the fit.")
    say(f"saved {out}")
    fail((*before, *after), fail_on)


@app.command()
def summary(
    run: RunPath,
    format_: AsFormat = Format.text,
    every: Annotated[bool, typer.Option("--all", help="Also what varies by level.")] = False,
    outcome: Outcome = None,
) -> None:
    """Print the posterior.

    Means, intervals, cluster-robust standard deviations, convergence.
    """
    each = opened(run, outcome)
    tables = {name: cm.summary(made) for name, made in each.items()}
    printing.summaries(tables, format_, every=every)
    doubts = {name: cm.chain_findings(made, tables[name]) for name, made in each.items()}
    printing.doubts(doubts, format_)


@app.command()
def diagnose(
    run: RunPath,
    format_: AsFormat = Format.text,
    fail_on: FailOn = Severity.never,
    outcome: Outcome = None,
) -> None:
    """Say whether a run can be trusted.

    Have the chains agreed, and could the model have made the data?
    """
    each = opened(run, outcome)
    found = {name: cm.diagnose(made) for name, made in each.items()}
    printing.diagnoses(found, format_)
    fail(chain(*(one.findings for one in found.values())), fail_on)


@app.command()
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


@app.command()
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
    _wrote(picture, format_)


@app.command()
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
    _wrote(picture, format_)


def _wrote(picture: Path | None, format_: Format) -> None:
    if picture is not None and format_ is Format.text:
        say(f"wrote {picture}")


@app.command()
def within_between(run: RunPath, format_: AsFormat = Format.text, outcome: Outcome = None) -> None:
    """Set slopes within clusters beside those between them, with the difference."""
    each = opened(run, outcome)
    found = {name: [cm.within_between(made)] for name, made in each.items()}
    show_effects(found, format_, any_of(each).spec)


@app.command()
def simulate(
    spec: SpecPath,
    at: Annotated[Path, typer.Option(help="True values: posterior names to numbers.")],
    out: Annotated[Path, typer.Option(help="The CSV file to write.")],
    seed: int = 1,
) -> None:
    """Draw outcomes from the model at stated values.

    The table holds the columns that the document names, with the outcome drawn.
    """
    document = cm.read_spec(spec)
    read = document.data.paths
    if any(out.resolve() == (document.source.folder / path).resolve() for path in read):
        raise FitError(f"{out} is not replaced because the document reads it. Name another file.")
    drawn = cm.simulate(document, cm.read_truth(at), seed=seed)
    printing.write_panel(drawn, document.data.cluster, document.data.year, out)
    say(f"wrote {out}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of documents, for editors."""
    json_text(cm.json_schema())


def main() -> None:
    """Run a command; 0 done, 1 findings that the user asked to fail on, 2 wrong input, 3 failed."""
    # what is loaded stays: looking for garbage in it ten times over delays every command
    gc.set_threshold(100_000, 50)
    sys.exit(ended(app))
