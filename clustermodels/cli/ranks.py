"""What ranks of clusters look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import clustermodels as cm
from clustermodels.cli.outcomes import apart, together
from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    cells_of,
    interval,
    legend,
    note,
    number,
    probability,
    table,
)
from clustermodels.errors import choices
from clustermodels.results.intervals import LOWER, UPPER

_STANDS = {
    "own": ", with moderators at each cluster's own means",
    "centre": ", with moderators at their centres",
}


def ranks(each: Mapping[str, Any], format_: Format, spec: cm.Spec) -> None:
    """Print the clusters of each outcome in order: a table a policy for readers."""
    columns = {outcome: _columns(found) for outcome, found in each.items()}
    if format_ in (Format.csv, Format.json):
        table(together(columns), format_)
        return
    apart(columns, format_, lambda found: _read(found, format_))
    note(
        "Medians and mean ranks, with 95 % equal-tailed intervals; rank 1 is the highest effect.",
        format_,
    )
    note(cm.assumptions(spec), format_)


def _columns(found: Any) -> Columns:
    """Give labels and numbers as columns."""
    labels = [name for name, v in found.coords.items() if v.dims == ("row",) and name != "row"]
    return {str(name): cells_of(found[name].to_numpy()) for name in (*labels, *found.data_vars)}


def _read(columns: Columns, format_: Format) -> None:
    """Print a table for each policy, for readers."""
    for policy in dict.fromkeys(columns["treatment"]):
        here = [spot for spot, name in enumerate(columns["treatment"]) if name == policy]
        own = {name: [cells[spot] for spot in here] for name, cells in columns.items()}
        scale, per, at, top = (own[name][0] for name in ("scale", "per", "at", "top"))
        ordered = own | {"rank_mean": [f"{mean:.1f}" for mean in own["rank_mean"]]}
        shown: dict[str, list[Cell]] = {
            "cluster": own["cluster"],
            f"{scale} [eti95]": _told(own, "median", LOWER, UPPER),
            "P(increase)": [*map(probability, own["probability"])],
            "mean rank [eti95]": _told(
                ordered, "rank_mean", "rank_eti95_lower", "rank_eti95_upper"
            ),
            f"P(top {top})": [*map(probability, own["probability_top"])],
            "P(highest)": [*map(probability, own["probability_highest"])],
        }
        table(shown, format_, f"Clusters by the effect of {policy}")
        legend(f"Effects are for {per}{_STANDS.get(str(at), '')}.", format_)
        still = [
            city for city, moves in zip(own["cluster"], own["changes"], strict=True) if not moves
        ]
        if still:
            note(
                f"{policy} never changes in {choices(map(str, still))}: what is said of these is "
                "what the others make likely.",
                format_,
            )


def _told(columns: Columns, middle: str, low: str, high: str) -> list[Cell]:
    """Write a number and its interval in one cell."""
    cells = zip(columns[middle], columns[low], columns[high], strict=True)
    return [f"{number(value)} {interval(least, most)}" for value, least, most in cells]
