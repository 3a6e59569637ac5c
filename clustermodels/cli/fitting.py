"""The command that fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import SpecPath
from clustermodels.cli.endings import FailOn, Severity, fail
from clustermodels.cli.outcomes import heading, runs, shared
from clustermodels.cli.progress import sampling
from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say
from clustermodels.errors import Finding


def fit(
    spec: SpecPath,
    out: Annotated[Path, typer.Option(help="The file to write, whole or not at all.")],
    fail_on: FailOn = Severity.never,
) -> None:
    """Draw from the posterior, and save it with all that made it.

    A document with several outcomes is fitted one by one, or jointly, into one file.
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
    for name, fits in shared(made, None).items():
        heading(name, Format.text)
        printing.summary(cm.shared_summary(fits), Format.text, every=True)
        doubts = cm.shared_findings(fits)
        after += doubts
        printing.findings(doubts, none="No findings on the fit.")
    if len(each) == 1:
        printing.findings(after, none="No findings on the fit.")
    say(f"saved {out}")
    fail((*before, *after), fail_on)
