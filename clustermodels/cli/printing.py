"""Answers on the terminal, and as csv, json and markdown."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from clustermodels.errors import Finding, FitError
from clustermodels.results.intervals import LOWER, UPPER

ASSUMPTIONS = (
    "A scenario is forward simulation under the model's assumptions, not proof of cause: nothing "
    "else may move with the policy once the model's terms are held fixed, past outcomes may not "
    "drive it, and it may not reach other clusters."
)

Cell = str | float | int | None
Columns = Mapping[str, Sequence[Cell]]


class Format(StrEnum):
    """How tables are printed."""

    text = "text"
    csv = "csv"
    json = "json"
    markdown = "markdown"


def _console(stderr: bool = False) -> Console:
    width = None if os.environ.get("COLUMNS") or os.isatty(1) else 120
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=width)


def say(text: str) -> None:
    """Print a sentence, wrapped to the terminal."""
    _console().print(Text(text))


def complain(text: str) -> None:
    """Print to the error stream, a problem a line, unwrapped so that it can be searched."""
    typer.echo(text, err=True)


def json_text(data: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def number(value: Cell) -> str:
    """Write a cell: numbers to four significant digits, missing ones as nothing.

    Examples
    --------
    >>> number(1234.567), number(0.001234567), number(None), number(1e-9)
    ('1235', '0.001235', '', '1e-09')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or (abs(value) >= 1000 and math.isfinite(value)):
        return f"{value:.0f}" if abs(value) < 1e9 else f"{value:.3e}"
    return f"{value:.4g}"


def table(columns: Columns, format_: Format, title: str = "") -> None:
    """Print a table: names to cells, all of one length."""
    if format_ in (Format.text, Format.markdown):
        columns = _joined(columns)
    names = list(columns)
    rows = list(zip(*columns.values(), strict=True))
    match format_:
        case Format.csv:
            typer.echo(_csv(names, rows), nl=False)
        case Format.json:
            json_text([dict(zip(names, map(_plain, row), strict=True)) for row in rows])
        case Format.markdown:
            typer.echo(_markdown(names, rows, title))
        case _:
            _console().print(_rich(names, rows, title))


def _joined(columns: Columns) -> Columns:
    """Join the two ends of an interval in one column, for readers."""
    if LOWER not in columns:
        return columns
    ends = zip(columns[LOWER], columns[UPPER], strict=True)
    joined = [_interval(low, high) for low, high in ends]
    named = {name: joined if name == LOWER else cells for name, cells in columns.items()}
    return {("eti95" if n == LOWER else n): cells for n, cells in named.items() if n != UPPER}


def _interval(low: Cell, high: Cell) -> str:
    return f"[{number(low)}, {number(high)}]" if number(low) else ""


def _plain(cell: Cell) -> Cell:
    """Give JSON a null for what is missing or infinite: it has no other word."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _csv(names: list[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(["" if _plain(cell) is None else cell for cell in row] for row in rows)
    return text.getvalue()


def _markdown(names: list[str], rows: Iterable[Sequence[Cell]], title: str) -> str:
    lines = [f"**{title}**", ""] if title else []
    lines.append(f"| {' | '.join(names)} |")
    lines.append(f"|{'---|' * len(names)}")
    lines += [
        f"| {' | '.join(number(c).replace('|', chr(92) + '|') for c in row)} |" for row in rows
    ]
    return "\n".join(lines)


def _rich(names: list[str], rows: Sequence[Sequence[Cell]], title: str) -> RichTable:
    made = RichTable(
        title=title or None,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
    )
    for position, name in enumerate(names):
        text = all(isinstance(row[position], str) for row in rows)
        made.add_column(name, justify="left" if text else "right", overflow="fold")
    for row in rows:
        made.add_row(*(Text(number(cell)) for cell in row))
    return made


def findings(found: Sequence[Finding], file: Path) -> None:
    """Print findings, the line of the document first."""
    if not found:
        say("No findings.")
        return
    console = _console()
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
        console.print(text)


def _cells(values: Any) -> list[Cell]:
    cells: list[Cell] = values.tolist()
    return cells


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
    table(columns, format_, "Posterior")
    hidden = len(keep) - sum(keep)
    if hidden and format_ is Format.text:
        say(f"{hidden} more quantities vary by level: see 'summary --all'.")


def diagnosis(found: Any, format_: Format, run: Path) -> None:
    """Print a diagnosis."""
    checks: dict[str, list[Cell]] = {"statistic": _cells(found.checks["statistic"].to_numpy())}
    checks |= {str(k): _cells(v.to_numpy()) for k, v in found.checks.data_vars.items()}
    if format_ is not Format.text:
        table(_finding_columns(found.findings), format_)
        return
    table(
        {"sampler": list(found.sampler), "value": list(found.sampler.values())}, format_, "Chains"
    )
    table(checks, format_, "Data against data drawn from the fitted model")
    findings(found.findings, run)


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
        else:
            _console().print(Text(f"\n{heading}", style="bold"))
            for line in lines:
                _console().print(Text(f"  {line}"))
    table(priors, format_, "\nPriors")
    table(predictive, format_, "\nWhat the prior expects (90 % of data sets) beside the data")


def effects(tables: Sequence[Any], format_: Format, outcome: str) -> None:
    """Print estimates, one table each; csv and json join what has the same columns."""
    for estimate in tables:
        if not estimate.sizes["row"]:
            continue
        labels = [
            name
            for name, values in estimate.coords.items()
            if values.dims == ("row",) and name != "row"
        ]
        columns = {str(n): _cells(estimate[n].to_numpy()) for n in labels}
        columns |= {str(n): _cells(v.to_numpy()) for n, v in estimate.data_vars.items()}
        if format_ in (Format.csv, Format.json):
            table(columns, format_)
            continue
        title, kind = "The policy's effect along its moderator", "scale"
        if "scenario" in columns:
            title = f"{outcome} under '{columns.pop('scenario')[0]}' against the observed policies"
            kind = "quantity"
        per = dict.fromkeys(str(c) for c in columns.pop("per", []) if c != "unit")
        table(_side_by_side(columns, kind), format_, title)
        if per:
            say(f"The coefficient is per unit as it enters; the other for {', '.join(per)}.")


def _side_by_side(columns: Columns, kind: str) -> Columns:
    """Set the rows that differ in ``kind`` alone beside each other: median and interval a cell."""
    numbers = (kind, "median", LOWER, UPPER, "probability")
    labels = [name for name in columns if name not in numbers]
    rows: dict[tuple[Cell, ...], dict[str, Cell]] = {}
    for spot in range(len(columns[kind])):
        about = tuple(columns[name][spot] for name in labels)
        median, low, high = (columns[name][spot] for name in ("median", LOWER, UPPER))
        row = rows.setdefault(about, dict(zip(labels, about, strict=True)))
        row[f"{columns[kind][spot]} [eti95]"] = f"{number(median)} {_interval(low, high)}"
        row.setdefault("P(gain)", columns["probability"][spot])
    names = dict.fromkeys(name for row in rows.values() for name in row if name != "P(gain)")
    kept = [n for n in names if any(row[n] != "" for row in rows.values())]
    return {name: [row[name] for row in rows.values()] for name in (*kept, "P(gain)")}


def write_panel(rows: Any, cluster: str, year: str, out: Path) -> None:
    """Write a panel as CSV, whole or not at all."""
    columns: dict[str, list[Cell]] = {
        cluster: _cells(rows["cluster"].to_numpy()),
        year: _cells(rows["year"].to_numpy()),
    }
    columns |= {str(n): _cells(v.to_numpy()) for n, v in rows.data_vars.items()}
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_text(_csv(list(columns), list(zip(*columns.values(), strict=True))), "utf-8")
        part.replace(out)
    except OSError as error:
        raise FitError(f"{out} could not be written because {error.strerror}.") from None
