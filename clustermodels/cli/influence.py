"""The command that leaves clusters out, and what its answer looks like."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import typer

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.arguments import AsFormat, RunPath
from clustermodels.cli.outcomes import Outcome, any_of, apart, opened, together
from clustermodels.cli.progress import sampling
from clustermodels.cli.tables import (
    READABLE,
    Cell,
    Format,
    cells_of,
    interval,
    legend,
    number,
    probability,
    table,
)
from clustermodels.cli.terminal import say
from clustermodels.results.intervals import LOWER, UPPER

# So many clusters of each coefficient, unless all are asked for.
LISTED = 10


class Refit(StrEnum):
    """When a document is fitted again without a cluster."""

    auto = "auto"
    never = "never"
    always = "always"


def influence(
    run: RunPath,
    treatment: Annotated[str | None, typer.Option(help="One treatment of the document.")] = None,
    refit: Annotated[
        Refit, typer.Option(help="When to fit again; auto: where weights of draws fail.")
    ] = Refit.auto,
    every: Annotated[bool, typer.Option("--all", help="Also clusters that move little.")] = False,
    format_: AsFormat = Format.text,
    outcome: Outcome = None,
) -> None:
    """Say which clusters drive the answer.

    What each coefficient of a policy would be without each cluster.
    """
    each = opened(run, outcome)
    with sampling() as progress:
        found = {
            name: cm.influence(made, treatment, refit=refit.value, progress=progress)
            for name, made in each.items()
        }
    if format_ not in READABLE:
        table(together({name: _columns(one) for name, one in found.items()}), format_)
        return
    apart(found, format_, lambda one: _read(one, format_, every=every))
    say(cm.assumptions(any_of(each).spec))
    printing.doubts({name: cm.chain_findings(made) for name, made in each.items()}, format_)


def _columns(found: Any) -> dict[str, list[Cell]]:
    names = ("treatment", "term", "without", "how", *found.data_vars)
    return {str(name): cells_of(found[name].to_numpy()) for name in names}


def _read(found: Any, format_: Format, *, every: bool) -> None:
    """Print a table and a sentence of each coefficient, for readers."""
    terms = found["term"].to_numpy()
    for term in dict.fromkeys(terms.tolist()):
        own = found.isel(row=np.flatnonzero(terms == term))
        shown = own if every else own.isel(row=slice(LISTED + 1))
        columns = _columns(shown)
        table(
            {
                "without": [cluster or "(all clusters)" for cluster in columns["without"]],
                "median": columns["median"],
                LOWER: columns[LOWER],
                UPPER: columns[UPPER],
                "P(increase)": [*map(probability, columns["probability"])],
                "shift": [*map(_two, columns["shift"])],
                "Pareto k": [*map(_two, columns["pareto_k"])],
                "how": columns["how"],
            },
            format_,
            f"The coefficient of {term} without one cluster",
        )
        hidden = own.sizes["row"] - shown.sizes["row"]
        more = f" {hidden} more clusters move it less: see 'influence --all'." if hidden else ""
        legend(_said(own, term) + more, format_)


def _said(own: Any, term: str) -> str:
    """Say in words what the most influential cluster does."""
    columns = _columns(own)
    median = [*map(number, columns["median"])]
    ends = [interval(*both) for both in zip(columns[LOWER], columns[UPPER], strict=True)]
    many, cluster = len(median) - 1, columns["without"][1]
    unknown = [c for c, m in zip(columns["without"], columns["median"], strict=True) if m is None]
    whole = f"instead of {median[0]} {ends[0]}"
    said = (
        f"Without {cluster} the coefficient of {term} would be {median[1]} {ends[1]} {whole}: "
        f"{_two(columns['shift'][1])} posterior sds, the largest shift of the {many} clusters."
    )
    alone = f" Nothing is left of it without {', '.join(map(str, unknown))}." if unknown else ""
    return said + alone


def _two(value: Cell) -> Cell:
    """Write a number with two decimals: of shifts and of shapes of tails more mean nothing."""
    return f"{value:.2f}" if isinstance(value, float) else value
