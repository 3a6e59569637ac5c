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
    note,
    number,
    probability,
    stacked,
    table,
)
from clustermodels.results.intervals import LOWER, UPPER

# How many of those whose position moves are shown to readers.
MOVED = 10

# What stands last in a table of estimates.
_NUMBERS = ("median", LOWER, UPPER, "probability")
# How far a scenario leaves the data: how many rows, by how many sds, and jointly.
_LEAVING = ("beyond_data", "furthest", "joint")
_BEYOND, _JOINT = "beyond data", "joint"
# On the identity link these may be one number.
_SAME = ("coefficient [eti95]", "difference [eti95]")


def effects(each: Mapping[str, Sequence[Any]], format_: Format, spec: cm.Spec) -> None:
    """Print the estimates of each outcome: a table each for readers, all in one for programs."""
    columns = {
        outcome: [found for estimate in tables if (found := columns_of(estimate))]
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
    note("Medians, with 95 % equal-tailed intervals in brackets.", format_)
    bending = [spec.moderators[moderator] for _, moderator in spec.moderated()]
    if any(each.kind != "categorical" and each.split == "none" for each in bending):
        note(
            "Whether a moderator bends the effect along a line, and where: 'test-moderation'.",
            format_,
        )
    note(cm.assumptions(spec), format_)


def _read(outcome: str, columns: Sequence[dict[str, list[Cell]]], format_: Format) -> None:
    """Print the tables of one outcome, for readers."""
    for estimate in columns:
        if "before" in estimate:
            _moved(estimate, format_)
            continue
        title, kind = "The policy's effect", "scale"
        if "years_since" in estimate:
            title, kind = f"{outcome} in the years after the policy moves", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "against" in estimate:
            _compared(outcome, estimate, format_)
            continue
        if "under" in estimate:
            _ahead(outcome, estimate, format_)
            continue
        if "coefficient" in estimate.get("contrast", ()):
            title, kind = f"Interactions on the link's scale, and in {outcome} itself", "what"
            estimate["what"] = ["median" for _ in estimate.pop("contrast")]
        elif "contrast" in estimate:
            title = f"What {outcome} differs by where a column is moved in all rows"
        if "factor" in estimate:
            title, kind = "Slopes within and between, on the coefficient's scale", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
        if "form" in estimate:
            title, kind = "Products with moderators, on the coefficient's scale", "what"
            estimate["what"] = ["median" for _ in estimate["median"]]
            if len({*zip(estimate["treatment"], estimate["moderator"], strict=True)}) == 1:
                one, other = estimate.pop("treatment")[0], estimate.pop("moderator")[0]
                title = f"Products of {one} and {other}, on the coefficient's scale"
            estimate.pop("sd")  # the interval says it
            estimate["source"] = [str(s).removeprefix("conditional ") for s in estimate["source"]]
        if "by" in estimate:
            title, kind = f"{outcome} once the policy is adopted", "quantity"
        compared = "scenario" in estimate
        if compared:
            title = f"{outcome} under '{estimate.pop('scenario')[0]}' against the observed policies"
            kind = "quantity"
        per = dict.fromkeys(str(c) for c in estimate.pop("per", []) if c not in ("unit", ""))
        if "moderator_value" in estimate:
            estimate["at"] = at_values(estimate["at"], estimate.pop("moderator_value"))
        whole = _side_by_side(estimate, kind)
        # under a scenario a probability of neither is that of a row in which nothing changes
        moved = [not compared or cell is not None for cell in whole["P(increase)"]]
        changed = {n: [c for c, k in zip(v, moved, strict=True) if k] for n, v in whole.items()}
        keys = sum(name in estimate for name in changed)
        table(changed, format_, title, keys=keys, folds=("form",))
        still = len(moved) - sum(moved)
        if still:
            note(
                f"Nothing changes in {still} of {len(moved)} lines; csv and json list them.",
                format_,
            )
        if per:
            said = f"for {', '.join(per)}"
            slopes = "scale" in estimate and kind == "scale" and _SAME[0] in whole
            note(
                f"The coefficient is per unit as it enters; the other {said}."
                if slopes
                else f"Effects are {said}.",
                format_,
            )
        note("", format_)


def at_values(at: Sequence[Cell], values: Sequence[Cell]) -> list[Cell]:
    """Say where along a moderator, in words and its own number."""
    pairs = zip(at, values, strict=True)
    return [word if value is None else f"{word} ({number(value)})" for word, value in pairs]


def _compared(outcome: str, columns: Columns, format_: Format) -> None:
    """Print which scenario is best, and each against every other."""
    first, other = columns["scenario"], columns["against"]
    own = [spot for spot, name in enumerate(first) if name == other[spot]]
    kind = columns["best_is"][0]
    best: Columns = {
        "scenario": [first[spot] for spot in own],
        f"P({kind})": [probability(columns["best"][spot]) for spot in own],
    }
    years = ", years ahead" if columns["years"][0] == "ahead" else ""
    if not any(columns["median"]) and not any(columns[UPPER]):
        note(f"No scenario changes the total of {outcome}{years}.", format_)
        note("", format_)
        return
    table(best, format_, f"Which has the {kind} total of {outcome}{years}", keys=1)
    order = [first[spot] for spot in own]
    pairs = [s for s in range(len(first)) if order.index(first[s]) > order.index(other[s])]
    numbers = [columns[name] for name in ("median", LOWER, UPPER, "probability")]
    cells = [[values[spot] for values in numbers] for spot in pairs]
    apart_: Columns = {
        "scenario": [first[spot] for spot in pairs],
        "less": [other[spot] for spot in pairs],
        "difference [eti95]": [f"{number(m)} {interval(low, up)}" for m, low, up, _ in cells],
        "P(increase)": [probability(p) for *_, p in cells],
    }
    table(apart_, format_, f"Total {outcome} of each scenario less that of another{years}", keys=2)
    note("", format_)


def _ahead(outcome: str, columns: Columns, format_: Format) -> None:
    """Print what is expected of the years beyond the panel: a column for each scenario."""
    order = [*dict.fromkeys(columns["under"])]
    size = len(columns["under"]) // len(order)
    shown: dict[str, list[Cell]] = {"year": [level or "all" for level in columns["level"][:size]]}
    for place, name in enumerate(order):
        spots = range(place * size, (place + 1) * size)
        shown[f"{name} [eti95]"] = [
            f"{number(columns['median'][s])} {interval(columns[LOWER][s], columns[UPPER][s])}"
            for s in spots
        ]
    what = {"sum": "of all clusters", "mean": "of a cluster on average"}[
        str(columns["quantity"][0])
    ]
    table(shown, format_, f"{outcome} {what} in the years beyond the data", keys=1)
    note("", format_)


def _moved(positions: dict[str, list[Cell]], format_: Format) -> None:
    """Print who stands elsewhere in the network under a scenario, those moved most."""
    scenario, size = positions.pop("scenario")[0], len(positions["cluster"])
    shown = {name: cells[:MOVED] for name, cells in positions.items()}
    table(shown, format_, f"Who stands elsewhere in the network under '{scenario}'", keys=2)
    if size > MOVED:
        note(f"{size - MOVED} more move less; csv and json list them.", format_)
    note(
        "Means over a cluster's rows, before any transform; years: in how many of them it moves.",
        format_,
    )
    note("", format_)


def columns_of(estimate: Any) -> dict[str, list[Cell]]:
    """Give an estimate's labels and numbers as columns; nothing of none.

    Scenarios that are compared have a row for each pair.
    """
    if "against" in estimate.dims:
        pairs = estimate.stack(row=("scenario", "against"), create_index=False)
        size = pairs.sizes["row"]
        shared = {n: ("row", [str(estimate[n].item())] * size) for n in ("best_is", "years")}
        return columns_of(pairs.assign_coords(shared))
    if not estimate.sizes["row"]:
        return {}
    labels = [n for n, v in estimate.coords.items() if v.dims == ("row",) and n != "row"]
    return {str(n): cells_of(estimate[n].to_numpy()) for n in (*labels, *estimate.data_vars)}


def _side_by_side(columns: Columns, kind: str) -> Columns:
    """Set the rows that differ in ``kind`` alone beside each other: median and interval a cell."""
    last = ("P(increase)", _BEYOND, _JOINT)
    numbers = (kind, "median", LOWER, UPPER, "probability", *_LEAVING)
    labels = [name for name in columns if name not in numbers]
    rows: dict[tuple[Cell, ...], dict[str, Cell]] = {}
    for spot in range(len(columns[kind])):
        about = tuple(columns[name][spot] for name in labels)
        median, low, high = (columns[name][spot] for name in ("median", LOWER, UPPER))
        row = rows.setdefault(about, dict(zip(labels, about, strict=True)))
        row[f"{columns[kind][spot]} [eti95]"] = f"{number(median)} {interval(low, high)}"
        row.setdefault("P(increase)", probability(columns["probability"][spot]))
        if "beyond_data" in columns:
            count, furthest, joint = (columns[name][spot] for name in _LEAVING)
            row.setdefault(_BEYOND, f"{count} ({furthest:.2g} sd)" if count else "")
            row.setdefault(_JOINT, f"{joint:.2g}" if isinstance(joint, float) and joint > 1 else "")
    names = dict.fromkeys(name for row in rows.values() for name in row if name not in last)
    names |= dict.fromkeys(name for name in last if any(name in row for row in rows.values()))
    asked = "P(increase)"
    kept = [n for n in names if n == asked or any(number(row[n]) for row in rows.values())]
    if all(row.get(_SAME[0]) == row.get(_SAME[1]) for row in rows.values()):  # of one unit
        kept = [name for name in kept if name != _SAME[0]]
    return {name: [row[name] for row in rows.values()] for name in kept}
