"""What each answer looks like."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.text import Text

from clustermodels.cli.tables import (
    Cell,
    Format,
    cells_of,
    csv_text,
    json_text,
    legend,
    records,
    table,
    tex,
)
from clustermodels.cli.terminal import console, say
from clustermodels.errors import Finding, FitError
from clustermodels.tables.writing import whole


def findings(
    found: Sequence[Finding], format_: Format = Format.text, none: str = "No findings."
) -> None:
    """Print findings, each with the line of the document to change."""
    if format_ is not Format.text:
        table(_finding_columns(found), format_)
        return
    if not found:
        say(none)
        return
    terminal = console()
    styles = {"serious": "bold red", "warning": "yellow", "note": "cyan"}
    for finding in found:
        place = (
            f" (line {finding.line}: {finding.path})"
            if finding.line
            else (f" ({finding.path})" if finding.path else "")
        )
        text = Text()
        text.append(f"{finding.severity}: ", style=styles[finding.severity])
        what = finding.what[:1].upper() + finding.what[1:]
        text.append(f"{what}. {finding.so_what} ")
        text.append(f"{finding.what_to_do}{place}", style="dim")
        terminal.print(text)


def summary(numbers: Any, format_: Format, *, every: bool) -> None:
    """Print the posterior; what varies by level only where asked."""
    names = numbers["quantity"].to_numpy().tolist()
    keep = [every or "[" not in name or name.startswith("cluster_means[") for name in names]
    shown = numbers.isel(quantity=np.flatnonzero(keep))
    columns = {"quantity": cells_of(shown["quantity"].to_numpy())}
    columns |= {str(k): cells_of(values.to_numpy()) for k, values in shown.data_vars.items()}
    if format_ is Format.text:  # the smaller of the two, so that a line fits a terminal
        sizes = zip(columns.pop("ess_bulk"), columns.pop("ess_tail"), strict=True)
        columns["ess"] = [min((x for x in pair if x is not None), default=None) for pair in sizes]
        if all(cell is None for cell in columns["rhat"]):
            del columns["rhat"]
    table(columns, format_, "Posterior")
    hidden = len(keep) - sum(keep)
    if hidden and format_ is Format.text:
        say(f"{hidden} more quantities vary by level: see 'summary --all'.")
    if "effective_draws" in numbers.attrs:
        legend(_worth(numbers.attrs), format_)


def drawn_by(about: Mapping[Any, Any]) -> None:
    """Say which engine was chosen, and why, where the document left that open."""
    if "engine_because" in about:
        say(f"Drawn by {about['engine']}, because {about['engine_because']}.")


def _worth(numbers: Mapping[str, float]) -> str:
    """Say what independent draws are worth."""
    said = f"{numbers['draws']:,.0f} independent draws worth {numbers['effective_draws']:,.0f}"
    weighted = math.isfinite(numbers["pareto_k"])
    return f"{said}; Pareto k {numbers['pareto_k']:.2f}." if weighted else f"{said}."


def diagnosis(found: Any, format_: Format) -> None:
    """Print a diagnosis; as csv, its findings alone."""
    checks: dict[str, list[Cell]] = {"statistic": cells_of(found.checks["statistic"].to_numpy())}
    checks |= {str(k): cells_of(v.to_numpy()) for k, v in found.checks.data_vars.items()}
    if format_ is Format.json:
        told = [vars(finding) for finding in found.findings]
        json_text({"sampler": found.sampler, "checks": records(checks), "findings": told})
        return
    if "effective_draws" in found.sampler:
        legend(_worth(found.sampler), format_)
    elif format_ is not Format.csv:
        sampler: dict[str, list[Cell]] = {
            "sampler": [*found.sampler],
            "value": [*found.sampler.values()],
        }
        table(sampler, format_, "Chains")
    if format_ is not Format.csv:
        table(checks, format_, "Data against data drawn from the fitted model")
    findings(found.findings, format_)


def _finding_columns(found: Sequence[Finding]) -> dict[str, list[Cell]]:
    names = ("check", "severity", "what", "so_what", "what_to_do", "path", "line")
    return {name: [getattr(finding, name) for finding in found] for name in names}


def explanation(told: Any, format_: Format) -> None:
    """Print an explanation."""
    priors = {
        "name": [prior.name for prior in told.priors],
        "prior": [prior.law for prior in told.priors],
        "in words": [prior.words for prior in told.priors],
        "from": ["document" if prior.stated else "default" for prior in told.priors],
    }
    expected = told.prior_predictive
    predictive: dict[str, list[Cell]] = {"statistic": cells_of(expected["statistic"].to_numpy())}
    predictive |= {str(k): cells_of(v.to_numpy()) for k, v in expected.data_vars.items()}
    if format_ is Format.json:
        json_text(
            {
                "words": told.words,
                "equation": told.equation,
                "defaults": told.defaults,
                "priors": priors,
                "prior_predictive": predictive,
            }
        )
        return
    if format_ is Format.csv:
        table(priors, format_)
        return
    for heading, lines in (
        ("The model", told.words),
        ("As an equation", told.equation),
        ("Defaults that were taken", told.defaults),
    ):
        if format_ is Format.markdown:
            fence = (
                ["```", *lines, "```"]
                if heading == "As an equation"
                else [f"- {line}" for line in lines]
            )
            typer.echo("\n".join([f"**{heading}**", "", *fence, ""]))
        elif format_ is Format.latex:
            items = [rf"\item {tex(line)}" for line in lines]
            listed = [r"\begin{itemize}", *items, r"\end{itemize}"]
            typer.echo("\n".join([rf"\paragraph{{{heading}}}", *listed, ""]))
        else:
            console().print(Text(f"\n{heading}", style="bold"))
            for line in lines:
                console().print(Text(f"  {line}"))
    table(priors, format_, "\nPriors", folds=("in words",))
    table(predictive, format_, "\nWhat the prior expects (90 % of data sets) beside the data")


def write_panel(rows: Any, cluster: str, year: str, out: Path) -> None:
    """Write a panel as CSV, whole or not at all; whole numbers without a decimal point."""
    columns: dict[str, list[Cell]] = {
        cluster: cells_of(rows["cluster"].to_numpy()),
        year: cells_of(rows["year"].to_numpy()),
    }
    for name, values in rows.data_vars.items():
        columns[str(name)] = [
            int(cell) if isinstance(cell, float) and cell.is_integer() else cell
            for cell in cells_of(values.to_numpy())
        ]
    try:
        with whole(out) as part:
            text = csv_text(list(columns), list(zip(*columns.values(), strict=True)))
            part.write_text(text, "utf-8")
    except OSError as error:
        raise FitError(f"{out} could not be written because {error.strerror}.") from None
