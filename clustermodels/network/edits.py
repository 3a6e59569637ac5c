"""Networks that differ from another in some ties, and the years in which they do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clustermodels.network.network import Codes, Network, Values, summed

Mask = NDArray[np.bool_]


def place(network: Network, region: str) -> int:
    """Give the position of a region among the nodes, which are sorted; -1 where it is none."""
    at = int(np.searchsorted(np.array(network.nodes, dtype=object), region))
    return at if at < len(network.nodes) and network.nodes[at] == region else -1


def ties_of(network: Network, regions: Iterable[int], years: Codes) -> Mask:
    """Mark the ties of two regions in some years, or of one region with all others, (tie,)."""
    low, *rest = sorted(regions)
    if rest:
        found = (network.source == low) & (network.target == rest[0])
    else:
        found = (network.source == low) ^ (network.target == low)
    return np.asarray(found & np.isin(network.year, years))


def exchanged(
    network: Network, dropped: Mask, source: Codes, target: Codes, year: Codes, weight: Values
) -> Network:
    """Leave some ties out and put others in, of the same regions; rows that weigh 0 are no ties.

    The years in which ties were looked for stay.
    """
    there = weight > 0
    low, high = np.minimum(source, target), np.maximum(source, target)
    parts = (
        (network.source, low),
        (network.target, high),
        (network.year, year),
        (network.weight, weight),
    )
    columns = [np.concatenate([old[~dropped], new[there]]) for old, new in parts]
    return replace(summed(network.nodes, *columns), looked_at=network.span)


def years_that_differ(one: Network, other: Network) -> list[int]:
    """Give the years in which two networks of one span differ: all, where their regions do.

    Examples
    --------
    >>> from clustermodels.network.network import make_network
    >>> ends = ["A", "B"], ["B", "C"], [2020, 2021]
    >>> years_that_differ(make_network(*ends, [1, 1]), make_network(*ends, [1, 2]))
    [2021]
    """
    assert one.span is not None
    first, last = one.span
    years = np.arange(first, last + 1)
    if one.nodes != other.nodes:
        return [int(year) for year in years]
    bounds = [np.searchsorted(each.year, np.append(years, last + 1)) for each in (one, other)]
    return [
        int(year)
        for step, year in enumerate(years)
        if not _same(one, other, *(slice(*each[step : step + 2].tolist()) for each in bounds))
    ]


def _same(one: Network, other: Network, here: slice, there: slice) -> bool:
    pairs = (
        (one.source, other.source),
        (one.target, other.target),
        (one.weight, other.weight),
    )
    return all(np.array_equal(old[here], new[there]) for old, new in pairs)
