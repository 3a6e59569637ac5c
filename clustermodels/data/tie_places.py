"""Which regions and which years of a network an edit of ties names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from clustermodels.errors import PanelError, choices, unknown_among
from clustermodels.network.edits import place
from clustermodels.network.network import Codes, Network, Values
from clustermodels.spec.conditions import YearRange
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import Edit
from clustermodels.spec.source import Path


def refusal(spec: Spec, path: Path, what: str, **facts: str | None) -> PanelError:
    """Make the error of one problem."""
    return PanelError([spec.source.problem(path, what, **facts)])


def years_of(spec: Spec, ties: Network, edit: Edit, path: Path) -> Codes:
    """Give the years of an edit, which are the network's: all of them by default."""
    assert ties.span is not None
    first, last = ties.span
    asked = edit.years
    if isinstance(asked, YearRange):
        low, high = asked.from_, asked.to
        wanted = range(first if low is None else low, (last if high is None else high) + 1)
        absent = [] if {*wanted} & {*range(first, last + 1)} else [_range(low, high)]
    else:
        wanted = range(first, last + 1)
        absent = [str(year) for year in asked or () if year not in wanted]
    if absent:
        raise refusal(
            spec,
            (*path, "years"),
            "years that the network does not have",
            got=choices(absent),
            expected=f"years in {first} to {last}",
        )
    chosen = wanted if asked is None or isinstance(asked, YearRange) else sorted({*asked})
    return np.array([year for year in chosen if first <= year <= last], dtype=np.int64)


def _range(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return f"{high} or earlier" if low is None else f"{low} or later"
    return f"{low} to {high}"


def years_said(years: Codes) -> str:
    """Name some years, sorted."""
    first, last = int(years.min()), int(years.max())
    if last - first + 1 > len(years):
        return choices([str(year) for year in years.tolist()])
    return f"{first} to {last}" if first < last else str(first)


def places(spec: Spec, ties: Network, regions: Iterable[tuple[str, Path]]) -> list[int]:
    """Give the positions of regions among the nodes; refuse all that are none."""
    found = [(place(ties, region), region, path) for region, path in regions]
    unknown = [
        spec.source.problem(
            path, "a region that the network does not have", **unknown_among(region, ties.nodes)
        )
        for at, region, path in found
        if at < 0
    ]
    if unknown:
        raise PanelError(unknown)
    return [at for at, _, _ in found]


def every_year(
    source: int | Sequence[int], target: Sequence[int], weight: Sequence[float], years: Codes
) -> tuple[Codes, Codes, Codes, Values]:
    """Give the same ties in each of some years: source, target, year and weight."""
    size, count = len(target), len(years)
    own = np.broadcast_to(np.asarray(source, dtype=np.int64), size)
    other = np.asarray(target, dtype=np.int64)
    return (
        np.tile(own, count),
        np.tile(other, count),
        np.repeat(years, size),
        np.tile(np.asarray(weight, dtype=np.float64), count),
    )
