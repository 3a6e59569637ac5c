"""Ties of labelled regions by year: the network as data, before any graph is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import networkx as nx
else:
    # every document passes here, few ask for a graph: they alone wait for it
    nx = lazy_loader.load("networkx")

Codes = NDArray[np.int64]
Values = NDArray[np.float64]
# The first and the last year of something; None where there is none.
Span = tuple[int, int] | None


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Undirected, weighted ties of regions by year: one row for each pair and year.

    Make one with :func:`make_network`, :func:`from_dataset`, or ``from_graphs``, which keep the
    promises below.

    Parameters
    ----------
    nodes
        The regions' labels, sorted; also those without any tie.
    source, target
        The ends of each tie, (tie,), indices into ``nodes``; ``source <= target``, and equal where
        the tie is intraregional.
    year
        The year of each tie, (tie,).
    weight
        Its weight, (tie,), above 0. A pair has one row a year; rows are sorted by year, source and
        target.
    looked_at
        The first and the last year in which ties were looked for, found or not; those with ties
        where it is not known.
    """

    nodes: tuple[str, ...]
    source: Codes
    target: Codes
    year: Codes
    weight: Values
    looked_at: Span = None

    def __repr__(self) -> str:
        inside = int((self.source == self.target).sum())
        between = len(self.source) - inside
        years = " to ".join(map(str, sorted({*self.span}))) if self.span else "no years"
        size = f"{len(self.nodes)} region{'s' * (len(self.nodes) != 1)}"
        ties = f"{between} tie{'s' * (between != 1)} between and {inside} inside regions"
        return f"<Network: {size}, {ties}, {years}>"

    @property
    def span(self) -> Span:
        """The first and the last year of the network, which may have no ties; None without any."""
        if self.looked_at is not None:
            return self.looked_at
        return (int(self.year[0]), int(self.year[-1])) if len(self.year) else None

    @property
    def years(self) -> tuple[int, ...]:
        """The years that have ties, sorted."""
        return tuple(np.unique(self.year).tolist())

    def pooled(self, year: int, window: int = 1, decay: float = 1.0) -> tuple[Codes, Codes, Values]:
        """Add up each pair's weights over the ``window`` years that end with ``year``.

        The weight of pair (i, j) is sum_a decay^a w_ij(year - a), a = 0, ..., window - 1.

        Returns
        -------
        Source, target and weight of every pair with a tie, intraregional ones too.

        Raises
        ------
        ValueError
            When the window is no whole number of years from 1, or the decay not in (0, 1].
        """
        check_window(window, decay)
        first, last = np.searchsorted(self.year, [year - window + 1, year + 1])
        ties = slice(first, last)
        size = max(len(self.nodes), 1)
        pairs, of_pair = np.unique(
            self.source[ties] * size + self.target[ties], return_inverse=True
        )
        faded = self.weight[ties] * decay ** (year - self.year[ties])
        weight = np.bincount(of_pair, faded, len(pairs)).astype(np.float64)
        kept = weight > 0  # an old tie may have faded to nothing
        return pairs[kept] // size, pairs[kept] % size, weight[kept]

    def restricted(self, nodes: Iterable[str]) -> Network:
        """Keep only the ties among these regions, which become all regions of the network."""
        return self._among(tuple(sorted(set(nodes))))

    def with_nodes(self, nodes: Iterable[str]) -> Network:
        """Add regions, without ties."""
        return self._among(tuple(sorted({*self.nodes, *nodes})))

    def _among(self, nodes: tuple[str, ...]) -> Network:
        # both lists are sorted, so new codes keep the order of the ties and of their ends
        code = {node: index for index, node in enumerate(nodes)}
        renamed = np.array([code.get(node, -1) for node in self.nodes], dtype=np.int64)
        source, target = renamed[self.source], renamed[self.target]
        kept = (source >= 0) & (target >= 0)
        part = source[kept], target[kept], self.year[kept], self.weight[kept]
        return Network(nodes, *part, self.span)

    def graph(self, year: int, window: int = 1, decay: float = 1.0) -> nx.Graph[str]:
        """Give the graph of a year: all regions, ``weight`` on edges, no self loops.

        A region's intraregional weight is its node attribute ``internal``. See :meth:`pooled` for
        ``window`` and ``decay``.
        """
        graph: nx.Graph[str] = nx.Graph()
        graph.add_nodes_from(self.nodes, internal=0.0)
        for source, target, weight in zip(
            *(part.tolist() for part in self.pooled(year, window, decay)), strict=True
        ):
            if source == target:
                graph.nodes[self.nodes[source]]["internal"] = weight
            else:
                graph.add_edge(self.nodes[source], self.nodes[target], weight=weight)
        return graph

    def to_dataset(self) -> xr.Dataset:
        """Give the ties on ``tie``, labels on ``node``, and first and last year as ``span``."""
        rows = {
            "source": ("tie", self.source),
            "target": ("tie", self.target),
            "year": ("tie", self.year),
            "weight": ("tie", self.weight),
        }
        labels = np.array(self.nodes, dtype=str)
        about = {"span": np.array(self.span, dtype=np.int64)} if self.span is not None else {}
        return xr.Dataset(rows, {"node": labels}, about)


def check_window(window: int, decay: float) -> None:
    """Refuse a window or a decay that means nothing.

    Raises
    ------
    ValueError
        When the window is no whole number of years from 1, or the decay not in (0, 1].
    """
    if isinstance(window, bool) or window != int(window) or window < 1:
        raise ValueError(f"window is a whole number of years, 1 or more; got {window!r}")
    if not 0 < decay <= 1:
        raise ValueError(f"decay is above 0 and at most 1; got {decay!r}")


def make_network(
    source: ArrayLike,
    target: ArrayLike,
    year: ArrayLike,
    weight: ArrayLike | None = None,
    nodes: Iterable[str] = (),
    looked_at: Span = None,
) -> Network:
    """Make a network from rows of ties; repeated pairs, in either order, add up.

    Parameters
    ----------
    source, target
        The labels of the two ends of each row; equal for an intraregional tie.
    year
        The year of each row.
    weight
        Its weight, 1 where not given. A row of weight 0 is no tie, but names two regions.
    nodes
        Further regions, which may have no tie.
    looked_at
        The first and the last year in which ties were looked for, found or not; those of the rows
        by default, also of rows that weigh 0.

    Raises
    ------
    ValueError
        When lengths differ, a label is missing, a year is not whole or not among those looked at,
        or a weight is negative, missing or infinite.

    Examples
    --------
    >>> network = make_network(["B", "A", "C"], ["A", "B", "C"], [2020, 2020, 2021], [1, 2, 4])
    >>> network.nodes, network.source.tolist(), network.target.tolist(), network.weight.tolist()
    (('A', 'B', 'C'), [0, 2], [1, 2], [3.0, 4.0])
    """
    ends = [_labels(source, "source"), _labels(target, "target")]
    years = _whole(year)
    weights = np.ones(len(years)) if weight is None else np.asarray(weight, dtype=np.float64)
    lengths = [len(part) for part in (*ends, years, weights)]
    if len({*lengths}) > 1:
        raise ValueError(f"source, target, year and weight differ in length: {lengths}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("a weight is negative, missing or infinite; give numbers, 0 or more")
    known = tuple(sorted({*ends[0], *ends[1], *_labels([*nodes], "nodes")}))
    index = pd.Index(known, dtype=object)
    one, other = (index.get_indexer(pd.Index(end, dtype=object)).astype(np.int64) for end in ends)
    kept = weights > 0
    low, high = np.minimum(one, other)[kept], np.maximum(one, other)[kept]
    if len(years):
        first, last = looked_at or (int(years.min()), int(years.max()))
        if years.min() < first or years.max() > last:
            raise ValueError(f"a tie is outside the years looked at, {first} to {last}")
        looked_at = first, last
    return replace(summed(known, low, high, years[kept], weights[kept]), looked_at=looked_at)


def summed(
    nodes: tuple[str, ...], source: Codes, target: Codes, year: Codes, weight: Values
) -> Network:
    """Make a network of coded ties, in any order, with ``source <= target``; repeated ones add."""
    order = np.lexsort((target, source, year))
    rows = np.stack([year, source, target])[:, order]
    first = np.flatnonzero(np.r_[len(order) > 0, (rows[:, 1:] != rows[:, :-1]).any(axis=0)])
    total = np.add.reduceat(weight[order], first) if len(first) else weight
    return Network(nodes, rows[1, first], rows[2, first], rows[0, first], total)


def _labels(values: ArrayLike, what: str) -> NDArray[np.object_]:
    labels = np.asarray(values, dtype=object).reshape(-1)
    if pd.isna(labels).any():
        raise ValueError(f"{what} has a missing label")
    return np.array([str(label) for label in labels], dtype=object)


def _whole(values: ArrayLike) -> Codes:
    years = np.asarray(values).reshape(-1)
    whole = np.isfinite(years.astype(np.float64)) & (years == np.round(years.astype(np.float64)))
    if not whole.all():
        raise ValueError("a year is missing or not a whole number")
    return years.astype(np.int64)


def from_dataset(dataset: xr.Dataset) -> Network:
    """Make the network again that :meth:`Network.to_dataset` wrote."""
    nodes = np.array([str(node) for node in dataset["node"].to_numpy()], dtype=object)
    source, target = (nodes[dataset[end].to_numpy().astype(int)] for end in ("source", "target"))
    year, weight = dataset["year"].to_numpy(), dataset["weight"].to_numpy()
    span = dataset.attrs.get("span")
    looked_at = None if span is None else (int(span[0]), int(span[1]))
    return make_network(source, target, year, weight, nodes.tolist(), looked_at)
