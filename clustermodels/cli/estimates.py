"""What effects and predictions look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import clustermodels as cm
from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    cells_of,
    interval,
    number,
    probability,
    table,
)
from clustermodels.cli.terminal import say
from clustermodels.results.intervals import LOWER, UPPER


def effects(tables: Sequence[Any], format_: Format, spec: cm.Spec) -> None:
    """Print estimates of a document: a table each for readers, all in one for programs."""
    outcome, _ = spec.outcome
    columns = [_columns(estimate) for estimate in tables if estimate.sizes["row"]]
    if format_ in (Format.csv, Format.json):
        table(_stacked(columns), format_)
        return
    for estimate in columns:
        title, kind = "The policy's effect", "scale"
        if "years_since" in estimate:
            title, kind = f"{outcome} in the years after the policy moves", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "factor" in estimate:
            title, kind = "Slopes within and between, on the coefficient's scale", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "by" in estimate:
            title, kind = f"{outcome} once the policy is adopted", "quantity"
        compared = "scenario" in estimate
        if compared:
            title = f"{outcome} under '{estimate.pop('scenario')[0]}' against the observed policies"
            kind = "quantity"
        per = dict.fromkeys(str(c) for c in estimate.pop("per", []) if c not in ("unit", ""))
        if "moderator_value" in estimate:
            values = zip(estimate["at"], estimate.pop("moderator_value"), strict=True)
            estimate["at"] = [f"{at} ({number(value)})" if at else "" for at, value in values]
        whole = _side_by_side(estimate, kind)
        # under a scenario a probability of neither is that of a row in which nothing changes
        moved = [not compared or cell is not None for cell in whole["P(increase)"]]
        changed = {n: [c for c, k in zip(v, moved, strict=True) if k] for n, v in whole.items()}
        keys = sum(name in estimate for name in changed)
        table(changed, format_, title, keys=keys)
        still = len(moved) - sum(moved)
        if still:
            say(f"Nothing changes in {still} of {len(moved)} lines; csv and json list them.")
        if per:
            said = f"for {', '.join(per)}"
            slopes = "scale" in estimate and kind == "scale"
            say(
                f"The coefficient is per unit as it enters; the other {said}."
                if slopes
                else f"Effects are {said}."
            )
        say("")
    say("Medians, with 95 % equal-tailed intervals in brackets.")
    say(cm.assumptions(spec))


def _columns(estimate: Any) -> dict[str, list[Cell]]:
    """Give an estimate's labels and numbers as columns."""
    labels = [n for n, v in estimate.coords.items() if v.dims == ("row",) and n != "row"]
    return {str(n): cells_of(estimate[n].to_numpy()) for n in (*labels, *estimate.data_vars)}


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
        row.setdefault("P(increase)", probability(columns["probability"][spot]))
        if "beyond_data" in columns:
            row.setdefault("beyond data", columns["beyond_data"][spot] or "")
    names = dict.fromkeys(name for row in rows.values() for name in row if name not in last)
    names |= dict.fromkeys(name for name in last if any(name in row for row in rows.values()))
    asked = "P(increase)"
    kept = [n for n in names if n == asked or any(number(row[n]) for row in rows.values())]
    return {name: [row[name] for row in rows.values()] for name in kept}
