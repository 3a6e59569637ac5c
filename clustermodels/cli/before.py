"""Commands on a document, before its fit."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import AsFormat, Picture, SpecPath, wrote
from clustermodels.cli.endings import FailOn, Severity, fail
from clustermodels.cli.landscape import landscape as show_landscape
from clustermodels.cli.outcomes import ACROSS, Outcome, chosen
from clustermodels.cli.tables import Format, json_text
from clustermodels.cli.terminal import say
from clustermodels.errors import FitError


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


def explain(spec: SpecPath, format_: AsFormat = Format.text, outcome: Outcome = None) -> None:
    """Say the model, its defaults and its priors in words.

    With its equation, and what the priors expect of the outcome beside the data.
    """
    document = cm.read_spec(spec)
    each = chosen(cm.equations(document), outcome)
    printing.explanations({name: cm.explain(one) for name, one in each.items()}, format_)
    if format_ is Format.text:
        printing.lines(ACROSS, cm.jointly(document))


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
    wrote(picture, format_)
    fail(found.findings, fail_on)


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
    read = document.files
    if any(out.resolve() == (document.source.folder / path).resolve() for path in read):
        raise FitError(f"{out} is not replaced because the document reads it. Name another file.")
    drawn = cm.simulate(document, cm.read_truth(at), seed=seed)
    printing.write_panel(drawn, document.data.cluster, document.data.year, out)
    say(f"wrote {out}")


def schema() -> None:
    """Print the JSON Schema of documents, for editors."""
    json_text(cm.json_schema())
