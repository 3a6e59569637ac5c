"""One graph at one time, and what several measures of it share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import rustworkx as rx
import scipy.sparse as sp  # loads its own rooms when they are first used, which few commands do
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from clustermodels.network.network import Network, Values

type Matrix = csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A weighted graph without self loops, and each node's intraregional weight.

    Parameters
    ----------
    nodes
        The regions' labels.
    adjacency
        Weights, (node, node), symmetric; no diagonal, no stored zeros.
    internal
        Intraregional weight, (node,).
    """

    nodes: tuple[str, ...]
    adjacency: Matrix
    internal: Values
    _distances: dict[float, Values] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def pattern(self) -> Matrix:
        """A one for each tie, (node, node)."""
        return _with_data(self.adjacency, np.ones(self.adjacency.nnz))

    def matrix(self, weighted: bool) -> Matrix:
        """Give the weights, or a one for each tie."""
        return self.adjacency if weighted else self.pattern

    @cached_property
    def degree(self) -> Values:
        """The number of other nodes tied to, (node,)."""
        return np.diff(self.adjacency.indptr).astype(np.float64)

    @cached_property
    def strength(self) -> Values:
        """The weight of ties to others, (node,)."""
        return np.asarray(self.adjacency.sum(axis=1), dtype=np.float64).reshape(-1)

    @cached_property
    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The two nodes of each tie, in both directions, in the order of the matrix's data."""
        indptr = self.adjacency.indptr
        tail = np.repeat(np.arange(len(self.nodes)), np.diff(indptr))
        return tail.astype(np.int64), self.adjacency.indices.astype(np.int64)

    @cached_property
    def components(self) -> NDArray[np.int64]:
        """The component of each node, (node,), numbered from 0; an isolate is one of its own."""
        if not self.nodes:
            return np.zeros(0, dtype=np.int64)
        _, labels = sp.csgraph.connected_components(self.adjacency, directed=False)
        return np.asarray(labels, dtype=np.int64)

    @cached_property
    def giant(self) -> NDArray[np.bool_]:
        """Whether a node is in the largest component, (node,).

        False everywhere where there is none: two components share the largest size, or no node has
        a tie.
        """
        sizes = np.bincount(self.components)
        largest = sizes.max(initial=0)
        if largest < 2 or (sizes == largest).sum() > 1:
            return np.zeros(len(self.nodes), dtype=np.bool_)
        return np.equal(self.components, sizes.argmax())

    @cached_property
    def graph(self) -> rx.PyGraph[None, None]:
        """The graph without weights, for rustworkx."""
        graph: rx.PyGraph[None, None] = rx.PyGraph()
        graph.add_nodes_from([None] * len(self.nodes))
        tail, head = self.ends
        once = tail < head
        graph.add_edges_from_no_data([*zip(tail[once].tolist(), head[once].tolist(), strict=True)])
        return graph

    @cached_property
    def hops(self) -> Values:
        """The least number of ties from node to node, (node, node), infinite without a path."""
        # rustworkx's own null is 0, which would make strangers the closest of all
        far = rx.graph_distance_matrix(self.graph, null_value=np.inf)
        return far.reshape(len(self.nodes), len(self.nodes))

    def lengths(self, exponent: float) -> Matrix:
        """Give the length of each tie, 1 / weight^exponent, (node, node)."""
        return _with_data(self.adjacency, self.adjacency.data**-exponent)

    def distances(self, exponent: float | None = None) -> Values:
        """Give distances over ties of length 1 / weight^exponent, or of length 1 for None.

        Returns
        -------
        (node, node), infinite where there is no path.
        """
        if exponent is None or not self.nodes:
            return self.hops
        if exponent not in self._distances:
            # each tie stands in the matrix in both directions
            self._distances[exponent] = sp.csgraph.dijkstra(self.lengths(exponent), directed=True)
        return self._distances[exponent]


def _with_data(matrix: Matrix, data: Values) -> Matrix:
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def snapshot(network: Network, year: int, window: int = 1, decay: float = 1.0) -> Snapshot:
    """Take the graph of a year, its weights pooled over the years of a window.

    The weight of pair (i, j) is sum_a decay^a w_ij(year - a), a = 0, ..., window - 1. Years
    without ties count as zeros; whether they were observed is for the caller to judge.

    Raises
    ------
    ValueError
        When the window is no whole number of years from 1, or the decay not in (0, 1].
    """
    source, target, weight = network.pooled(year, window, decay)
    within = source == target
    size = len(network.nodes)
    internal = np.bincount(source[within], weight[within], size).astype(np.float64)
    ends = (source[~within], target[~within])
    half = coo_array((weight[~within], ends), shape=(size, size)).tocsr()
    return Snapshot(network.nodes, csr_array(half + half.T), internal)
