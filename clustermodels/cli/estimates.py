"""What effects and predictions look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import clustermodels as cm
from clustermodels.cli.outcomes import apart, together
from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    cells_of,
    interval,
    number,
    probability,
    stacked,
    table,
)
from clustermodels.cli.terminal import say
from clustermodels.results.intervals import LOWER, UPPER

# What stands last in a table of estimates.
_NUMBERS = ("median", LOWER, UPPER, "probability")


def effects(each: Mapping[str, Sequence[Any]], format_: Format, spec: cm.Spec) -> None:
    """Print the estimates of each outcome: a table each for readers, all in one for programs."""
    columns = {
        outcome: [_columns(estimate) for estimate in tables if estimate.sizes["row"]]
        for outcome, tables in each.items()
    }
    if format_ in (Format.csv, Format.json):
        whole = together({outcome: stacked(found) for outcome, found in columns.items()})
        table(stacked([whole], _NUMBERS), format_)
        return
    apart(
        {outcome: (outcome, tables) for outcome, tables in columns.items()},
        format_,
        lambda told: _read(*told, format_),
    )
    say("Medians, with 95 % equal-tailed intervals in brackets.")
    say(cm.assumptions(spec))


def _read(outcome: str, columns: Sequence[dict[str, list[Cell]]], format_: Format) -> None:
    """Print the tables of one outcome, for readers."""
    for estimate in columns:
        title, kind = "The policy's effect", "scale"
        if "years_since" in estimate:
            title, kind = f"{outcome} in the years after the policy moves", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "factor" in estimate:
            title, kind = "Slopes within and between, on the coefficient's scale", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "form" in estimate:
            title, kind = "Products with moderators, on the coefficient's scale", "what"
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


def _columns(estimate: Any) -> dict[str, list[Cell]]:
    """Give an estimate's labels and numbers as columns."""
    labels = [n for n, v in estimate.coords.items() if v.dims == ("row",) and n != "row"]
    return {str(n): cells_of(estimate[n].to_numpy()) for n in (*labels, *estimate.data_vars)}


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
