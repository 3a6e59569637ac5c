"""A network at a glance: its size and shape by year, and how its measures move together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clustermodels.network.network import Network, Values
from clustermodels.network.positions import observed
from clustermodels.network.snapshot import Snapshot, snapshot

WORDS = {
    "nodes": "regions",
    "active": "regions tied to another",
    "ties": "pairs of regions that are tied",
    "density": "ties as a share of all pairs of regions",
    "components": "components among the active regions",
    "largest_share": "share of the active regions that is in the largest component",
    "mean_degree": "mean number of partners, over all regions",
    "total_weight": "weight of all ties, intraregional ones too",
    "interregional_share": "share of the weight that is between regions",
    "degree_assortativity": "correlation of the degrees at the two ends of a tie",
}

# A rank correlation of two regions is 1 or -1 whatever they are.
LEAST = 3


def network_facts(
    network: Network, years: Iterable[int] | None = None, window: int = 1, decay: float = 1.0
) -> xr.Dataset:
    """Describe the network of each year: size, density, components, volume, mixing.

    Parameters
    ----------
    years
        The years to describe; every year of the network where not given.
    window, decay
        As in :func:`~clustermodels.network.positions.centrality`.

    Returns
    -------
    On ``year``, each variable with its words in ``long_name``; nan where it is undefined (a share
    of nothing, a correlation without variation), and everywhere where the window is not wholly
    within the years of the network.

    Raises
    ------
    ValueError
        When the window is no whole number of years from 1, or the decay not in (0, 1].
    """
    within = network.span
    every = range(within[0], within[1] + 1) if within else range(0)
    wanted = [*every] if years is None else [int(year) for year in years]
    rows = [
        _of(snapshot(network, year, window, decay)) if observed(within, year, window) else {}
        for year in wanted
    ]
    facts = {
        name: ("year", np.array([row.get(name, np.nan) for row in rows]), {"long_name": words})
        for name, words in WORDS.items()
    }
    return xr.Dataset(facts, {"year": np.array(wanted, dtype=np.int64)})


def _of(taken: Snapshot) -> dict[str, float]:
    n = len(taken.nodes)
    active = taken.degree > 0
    ties = taken.adjacency.nnz / 2
    between, inside = float(taken.strength.sum() / 2), float(taken.internal.sum())
    sizes = np.bincount(taken.components[active])
    sizes = sizes[sizes > 0]
    tail, head = taken.ends
    return {
        "nodes": n,
        "active": int(active.sum()),
        "ties": ties,
        "density": _share(ties, n * (n - 1) / 2),
        "components": len(sizes),
        "largest_share": _share(int(sizes.max(initial=0)), int(active.sum())),
        "mean_degree": _share(2 * ties, n),
        "total_weight": between + inside,
        "interregional_share": _share(between, between + inside),
        "degree_assortativity": _correlation(taken.degree[tail], taken.degree[head]),
    }


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else np.nan


def _correlation(one: Values, other: Values) -> float:
    """Give Pearson's correlation; nan where a side is constant or there is nothing."""
    if len(one) == 0 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def spearman(one: Values, other: Values) -> float:
    """Give the rank correlation over the regions where both are defined.

    Ties take their mean rank. nan where fewer than three regions are left, or one side is constant.
    """
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < LEAST:
        return np.nan
    return _correlation(_ranks(one[both]), _ranks(other[both]))


def _ranks(values: Values) -> Values:
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def rank_correlations(values: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """Say how alike measures rank regions: Spearman's correlation, a mean over the years.

    Parameters
    ----------
    values
        The values of each measure, (year, node).

    Returns
    -------
    (measure, other), symmetric; a year in which one of the two is constant or hardly defined does
    not enter the mean, and nan says that no year does.
    """
    names = [*values]
    aligned = _aligned(values)
    size = len(names)
    found = np.full((size, size), np.nan)
    for row in range(size):
        for column in range(row + 1):
            pairs = zip(aligned[row], aligned[column], strict=True)
            by_year = np.array([spearman(one, other) for one, other in pairs])
            defined = by_year[np.isfinite(by_year)]
            if len(defined):
                found[row, column] = found[column, row] = defined.mean()
    labels = np.array(names, dtype=str)
    return xr.DataArray(found, {"measure": labels, "other": labels}, ("measure", "other"))


def persistence(values: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """Say how much of a ranking lasts: Spearman's correlation of a year with the year before.

    Parameters
    ----------
    values
        The values of each measure, (year, node).

    Returns
    -------
    (measure, year); nan where the year before is missing, or a year is constant or hardly defined.
    """
    years = sorted({int(year) for each in values.values() for year in each["year"].to_numpy()})
    row = {year: index for index, year in enumerate(years)}
    found = np.full((len(values), len(years)), np.nan)
    for index, by_year in enumerate(_aligned(values)):
        for year in years:
            if year - 1 in row:
                found[index, row[year]] = spearman(by_year[row[year]], by_year[row[year - 1]])
    coords = {"measure": np.array([*values], dtype=str), "year": np.array(years, dtype=np.int64)}
    return xr.DataArray(found, coords, ("measure", "year"))


def _aligned(values: Mapping[str, xr.DataArray]) -> list[Values]:
    """Put all measures on the same years, sorted, and nodes; nan where one has no value."""
    aligned = xr.align(*values.values(), join="outer")
    return [
        each.sortby("year").transpose("year", "node").to_numpy().astype(np.float64)
        for each in aligned
    ]
