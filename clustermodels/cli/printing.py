"""What each answer looks like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    console,
    csv_text,
    interval,
    json_text,
    number,
    records,
    say,
    table,
    tex,
)
from clustermodels.errors import Finding, FitError
from clustermodels.preview.assumptions import ASSUMPTIONS
from clustermodels.results.intervals import LOWER, UPPER
from clustermodels.tables.writing import whole


def findings(found: Sequence[Finding], format_: Format = Format.text) -> None:
    """Print findings, each with the line of the document to change."""
    if format_ is not Format.text:
        table(_finding_columns(found), format_)
        return
    if not found:
        say("No findings.")
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


def _cells(values: Any) -> list[Cell]:
    """Give an array as cells; nan, which equals nothing, as None."""
    return [None if cell != cell else cell for cell in values.tolist()]


def summary(numbers: Any, format_: Format, *, every: bool) -> None:
    """Print the posterior; what varies by level only where asked."""
    quantity = _cells(numbers["quantity"].to_numpy())
    keep = [
        every or "[" not in str(name) or str(name).startswith("cluster_means[") for name in quantity
    ]
    columns: dict[str, list[Cell]] = {
        "quantity": [q for q, k in zip(quantity, keep, strict=True) if k]
    }
    for name, values in numbers.data_vars.items():
        cells = zip(_cells(values.to_numpy()), keep, strict=True)
        columns[str(name)] = [cell for cell, kept in cells if kept]
    if format_ is Format.text:  # the smaller of the two, so that a line fits a terminal
        sizes = zip(columns.pop("ess_bulk"), columns.pop("ess_tail"), strict=True)
        columns["ess"] = [min((x for x in pair if x is not None), default=None) for pair in sizes]
    table(columns, format_, "Posterior")
    hidden = len(keep) - sum(keep)
    if hidden and format_ is Format.text:
        say(f"{hidden} more quantities vary by level: see 'summary --all'.")


def diagnosis(found: Any, format_: Format) -> None:
    """Print a diagnosis; as csv, its findings alone."""
    checks: dict[str, list[Cell]] = {"statistic": _cells(found.checks["statistic"].to_numpy())}
    checks |= {str(k): _cells(v.to_numpy()) for k, v in found.checks.data_vars.items()}
    if format_ is Format.json:
        told = [vars(finding) for finding in found.findings]
        json_text({"sampler": found.sampler, "checks": records(checks), "findings": told})
        return
    if format_ is not Format.csv:
        sampler: dict[str, list[Cell]] = {
            "sampler": [*found.sampler],
            "value": [*found.sampler.values()],
        }
        table(sampler, format_, "Chains")
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
    predictive: dict[str, list[Cell]] = {"statistic": _cells(expected["statistic"].to_numpy())}
    predictive |= {str(k): _cells(v.to_numpy()) for k, v in expected.data_vars.items()}
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
    table(priors, format_, "\nPriors")
    table(predictive, format_, "\nWhat the prior expects (90 % of data sets) beside the data")


def effects(tables: Sequence[Any], format_: Format, outcome: str) -> None:
    """Print estimates: a table each for readers, all in one for programs."""
    columns = [_columns(estimate) for estimate in tables if estimate.sizes["row"]]
    if format_ in (Format.csv, Format.json):
        table(_stacked(columns), format_)
        return
    for estimate in columns:
        title, kind = "The policy's effect", "scale"
        if "scenario" in estimate:
            title = f"{outcome} under '{estimate.pop('scenario')[0]}' against the observed policies"
            kind = "quantity"
        per = dict.fromkeys(str(cell) for cell in estimate.pop("per", []) if cell != "unit")
        if "moderator_value" in estimate:
            values = zip(estimate["at"], estimate.pop("moderator_value"), strict=True)
            estimate["at"] = [f"{at} ({number(value)})" if at else "" for at, value in values]
        whole = _side_by_side(estimate, kind)
        # a probability of neither is that of a row in which nothing changes
        moved = [cell is not None for cell in whole["P(increase)"]]
        changed = {n: [c for c, k in zip(v, moved, strict=True) if k] for n, v in whole.items()}
        table(changed, format_, title)
        still = len(moved) - sum(moved)
        if still:
            say(f"Nothing changes in {still} of {len(moved)} lines; csv and json list them.")
        if per:
            say(f"The coefficient is per unit as it enters; the other for {', '.join(per)}.")
        say("")
    say("Medians, with 95 % equal-tailed intervals in brackets.")
    say(ASSUMPTIONS)


def _columns(estimate: Any) -> dict[str, list[Cell]]:
    """Give an estimate's labels and numbers as columns."""
    labels = [n for n, v in estimate.coords.items() if v.dims == ("row",) and n != "row"]
    return {str(n): _cells(estimate[n].to_numpy()) for n in (*labels, *estimate.data_vars)}


def _probability(share: Cell) -> Cell:
    """Write a share of draws; that of all or none is known only to be close to 1 or 0."""
    if not isinstance(share, float):
        return None
    return ">0.999" if share > 0.999 else "<0.001" if share < 0.001 else f"{share:.3f}"


def _stacked(tables: Sequence[Columns]) -> Columns:
    """Put tables under one another: the columns of all, empty where a table lacks one."""
    numbers = ("median", LOWER, UPPER, "probability")
    names = dict.fromkeys(name for columns in tables for name in columns)
    labels = [name for name in names if name not in numbers]
    return {
        name: [
            cell
            for columns in tables
            for cell in columns.get(name, [None] * len(columns["median"]))
        ]
        for name in (*labels, *(name for name in numbers if name in names))
    }


def _side_by_side(columns: Columns, kind: str) -> Columns:
    """Set the rows that differ in ``kind`` alone beside each other: median and interval a cell."""
    last = ("P(increase)", "beyond data")
    numbers = (kind, "median", LOWER, UPPER, "probability", "beyond_data")
    labels = [name for name in columns if name not in numbers]
    rows: dict[tuple[Cell, ...], dict[str, Cell]] = {}
    for spot in range(len(columns[kind])):
        about = tuple(columns[name][spot] for name in labels)
        median, low, high = (columns[name][spot] for name in ("median", LOWER, UPPER))
        row = rows.setdefault(about, dict(zip(labels, about, strict=True)))
        row[f"{columns[kind][spot]} [eti95]"] = f"{number(median)} {interval(low, high)}"
        row.setdefault("P(increase)", _probability(columns["probability"][spot]))
        if "beyond_data" in columns:
            row.setdefault("beyond data", columns["beyond_data"][spot] or "")
    names = dict.fromkeys(name for row in rows.values() for name in row if name not in last)
    names |= dict.fromkeys(name for name in last if any(name in row for row in rows.values()))
    asked = "P(increase)"
    kept = [n for n in names if n == asked or any(number(row[n]) for row in rows.values())]
    return {name: [row[name] for row in rows.values()] for name in kept}


def write_panel(rows: Any, cluster: str, year: str, out: Path) -> None:
    """Write a panel as CSV, whole or not at all; whole numbers without a decimal point."""
    columns: dict[str, list[Cell]] = {
        cluster: _cells(rows["cluster"].to_numpy()),
        year: _cells(rows["year"].to_numpy()),
    }
    for name, values in rows.data_vars.items():
        columns[str(name)] = [
            int(cell) if isinstance(cell, float) and cell.is_integer() else cell
            for cell in _cells(values.to_numpy())
        ]
    try:
        with whole(out) as part:
            text = csv_text(list(columns), list(zip(*columns.values(), strict=True)))
            part.write_text(text, "utf-8")
    except OSError as error:
        raise FitError(f"{out} could not be written because {error.strerror}.") from None
