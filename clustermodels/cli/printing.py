"""What each answer looks like."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.text import Text

from clustermodels.cli.outcomes import apart, heading, together
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


def findings_of(each: Mapping[str, Sequence[Finding]], format_: Format) -> None:
    """Print the findings on each outcome."""
    if format_ is Format.text:
        apart(each, format_, findings)
    else:
        columns = {outcome: _finding_columns(found) for outcome, found in each.items()}
        table(together(columns), format_)


def doubts(each: Mapping[str, Sequence[Finding]], format_: Format) -> None:
    """Print the findings that there are, under an answer for readers."""
    if format_ not in (Format.text, Format.markdown):
        return
    for outcome, found in each.items():
        if found and len(each) > 1:
            heading(outcome, format_)
        if found:
            findings(found)


def summaries(each: Mapping[str, Any], format_: Format, *, every: bool) -> None:
    """Print the posterior of each outcome."""
    if format_ in (Format.csv, Format.json):
        columns = {o: _summary_columns(_shown(n, every=every)) for o, n in each.items()}
        table(together(columns), format_)
    else:
        apart(each, format_, lambda numbers: summary(numbers, format_, every=every))


def _shown(numbers: Any, *, every: bool) -> Any:
    return numbers if every else numbers.isel(quantity=np.flatnonzero(numbers["main"].to_numpy()))


def _summary_columns(shown: Any) -> dict[str, list[Cell]]:
    columns = {"quantity": cells_of(shown["quantity"].to_numpy())}
    return columns | {str(k): cells_of(values.to_numpy()) for k, values in shown.data_vars.items()}


def summary(numbers: Any, format_: Format, *, every: bool) -> None:
    """Print the posterior; what varies by level only where asked."""
    shown = _shown(numbers, every=every)
    columns = _summary_columns(shown)
    if format_ is Format.text:  # the smaller of the two, so that a line fits a terminal
        sizes = zip(columns.pop("ess_bulk"), columns.pop("ess_tail"), strict=True)
        columns["ess"] = [min((x for x in pair if x is not None), default=None) for pair in sizes]
        if all(cell is None for cell in columns["rhat"]):
            del columns["rhat"]
    table(columns, format_, "Posterior")
    hidden = numbers.sizes["quantity"] - shown.sizes["quantity"]
    if hidden and format_ is Format.text:
        say(f"{hidden} more quantities vary by level: see 'summary --all'.")
    if "effective_draws" in numbers.attrs:
        legend(_worth(numbers.attrs), format_)


def corrections(each: Mapping[str, Any], format_: Format) -> None:
    """Print coefficients as they are, and without the sampling error of ties."""
    columns = {
        outcome: {"coefficient": cells_of(found["coefficient"].to_numpy())}
        | {str(k): cells_of(v.to_numpy()) for k, v in found.items() if v.dims == ("coefficient",)}
        for outcome, found in each.items()
    }
    if format_ in (Format.csv, Format.json):
        table(together(columns), format_)
    else:
        title = "Slopes of positions, without the sampling error of ties"
        apart(columns, format_, lambda told: table(told, format_, title))


def drawn_by(about: Mapping[Any, Any]) -> None:
    """Say which engine was chosen, and why, where the document left that open."""
    if "engine_because" in about:
        say(f"Drawn by {about['engine']}, because {about['engine_because']}.")


def _worth(numbers: Mapping[str, float]) -> str:
    """Say what independent draws are worth."""
    said = f"{numbers['draws']:,.0f} independent draws worth {numbers['effective_draws']:,.0f}"
    weighted = math.isfinite(numbers["pareto_k"])
    return f"{said}; Pareto k {numbers['pareto_k']:.2f}." if weighted else f"{said}."


def diagnoses(each: Mapping[str, Any], format_: Format) -> None:
    """Print the diagnosis of each outcome; as csv, its findings alone."""
    if format_ is Format.json:
        told = {
            outcome: {
                "sampler": found.sampler,
                "checks": records(_checks(found)),
                "findings": [vars(finding) for finding in found.findings],
            }
            for outcome, found in each.items()
        }
        json_text(told if len(told) > 1 else next(iter(told.values())))
    elif format_ is Format.csv:
        findings_of({outcome: found.findings for outcome, found in each.items()}, format_)
    else:
        apart(each, format_, lambda found: diagnosis(found, format_))


def _checks(found: Any) -> dict[str, list[Cell]]:
    checks: dict[str, list[Cell]] = {"statistic": cells_of(found.checks["statistic"].to_numpy())}
    return checks | {str(k): cells_of(v.to_numpy()) for k, v in found.checks.data_vars.items()}


def diagnosis(found: Any, format_: Format) -> None:
    """Print a diagnosis, for readers."""
    if "effective_draws" in found.sampler:
        legend(_worth(found.sampler), format_)
    else:
        sampler: dict[str, list[Cell]] = {
            "sampler": [*found.sampler],
            "value": [*found.sampler.values()],
        }
        table(sampler, format_, "Chains")
    table(_checks(found), format_, "Data against data drawn from the fitted model")
    findings(found.findings, format_)


def _finding_columns(found: Sequence[Finding]) -> dict[str, list[Cell]]:
    names = ("check", "severity", "what", "so_what", "what_to_do", "path", "line")
    return {name: [getattr(finding, name) for finding in found] for name in names}


def explanations(each: Mapping[str, Any], format_: Format) -> None:
    """Print the explanation of each outcome; as csv, its priors alone."""
    if format_ is Format.json:
        told = {
            outcome: {
                "words": told.words,
                "equation": told.equation,
                "defaults": told.defaults,
                "priors": _priors(told),
                "prior_predictive": _predictive(told),
            }
            for outcome, told in each.items()
        }
        json_text(told if len(told) > 1 else next(iter(told.values())))
    elif format_ is Format.csv:
        table(together({outcome: _priors(told) for outcome, told in each.items()}), format_)
    else:
        apart(each, format_, lambda told: explanation(told, format_))


def _priors(told: Any) -> dict[str, list[Cell]]:
    return {
        "name": [prior.name for prior in told.priors],
        "prior": [prior.law for prior in told.priors],
        "in words": [prior.words for prior in told.priors],
        "from": ["document" if prior.stated else "default" for prior in told.priors],
    }


def _predictive(told: Any) -> dict[str, list[Cell]]:
    expected = told.prior_predictive
    columns: dict[str, list[Cell]] = {"statistic": cells_of(expected["statistic"].to_numpy())}
    return columns | {str(k): cells_of(v.to_numpy()) for k, v in expected.data_vars.items()}


def lines(title: str, said: Sequence[str]) -> None:
    """Print sentences under a title, where there are any."""
    if said:
        console().print(Text(f"\n{title}", style="bold"))
    for line in said:
        console().print(Text(f"  {line}"))


def explanation(told: Any, format_: Format) -> None:
    """Print an explanation, for readers."""
    for title, said in (
        ("The model", told.words),
        ("As an equation", told.equation),
        ("Defaults that were taken", told.defaults),
    ):
        if format_ is Format.markdown:
            fence = (
                ["```", *said, "```"]
                if title == "As an equation"
                else [f"- {line}" for line in said]
            )
            typer.echo("\n".join([f"**{title}**", "", *fence, ""]))
        elif format_ is Format.latex:
            items = [rf"\item {tex(line)}" for line in said]
            listed = [r"\begin{itemize}", *items, r"\end{itemize}"]
            typer.echo("\n".join([rf"\paragraph{{{title}}}", *listed, ""]))
        else:
            lines(title, said)
    table(_priors(told), format_, "\nPriors", folds=("in words",))
    table(
        _predictive(told), format_, "\nWhat the prior expects (90 % of data sets) beside the data"
    )


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
