"""Betweenness: the share of shortest paths between others that pass through a node."""

from __future__ import annotations

import numpy as np
import rustworkx as rx

from clustermodels.network.distances import PATHS
from clustermodels.network.measures import Measure, Options
from clustermodels.network.network import Codes, Values
from clustermodels.network.snapshot import Snapshot

# Lengths are quotients of floats: paths count as equally short when they differ by less than this
# share, so that weights in thousands give the same betweenness as weights in units.
EQUAL = 1e-10
# rustworkx adds up in whatever order its threads finish, and floats differ in the last digit:
# one thread, so that two runs agree to the bit.
ONE_THREAD = 2**31


def _betweenness(snapshot: Snapshot, options: Options) -> Values:
    n = len(snapshot.nodes)
    if options.weighted:
        pairs = _dependency(snapshot, options.exponent) / 2
    else:
        found = rx.graph_betweenness_centrality(
            snapshot.graph, normalized=False, parallel_threshold=ONE_THREAD
        )
        pairs = np.array([*found.values()], dtype=np.float64).reshape(n)
    return pairs * 2 / ((n - 1) * (n - 2)) if options.normalise and n > 2 else pairs


def _dependency(snapshot: Snapshot, exponent: float) -> Values:
    """Sum over sources s of Brandes's dependency of s on each node, (node,)."""
    tail, head = snapshot.ends
    length = snapshot.lengths(exponent).data
    total = np.zeros(len(snapshot.nodes))
    for source, far in enumerate(snapshot.distances(exponent)):
        here, there = far[tail], far[head]
        # where both are infinite the second comparison fails
        shortest = (here + length <= there * (1 + EQUAL)) & (here < there)
        total += _one_source(source, tail[shortest], head[shortest], len(total))
    return total


def _one_source(source: int, tail: Codes, head: Codes, n: int) -> Values:
    """Count paths forwards, then hand dependencies back, over the ties on shortest paths.

    Both are sums over the number of ties of a path: the k-th term is the (k-1)-th carried over
    one more tie, and the ties have no cycle, so the terms end.
    """
    paths = np.zeros(n)
    term = np.zeros(n)
    term[source] = 1.0
    while term.any():
        paths += term
        term = np.bincount(head, term[tail], n).astype(np.float64)
    used = paths[tail] > 0
    tail, head = tail[used], head[used]
    share = paths[tail] / paths[head]
    dependency = np.zeros(n)
    term = np.bincount(tail, share, n).astype(np.float64)
    while term.any():
        dependency += term
        term = np.bincount(tail, share * term[head], n).astype(np.float64)
    dependency[source] = 0.0
    return dependency


BETWEENNESS = Measure(
    "betweenness",
    _betweenness,
    PATHS,
    "betweenness: the share of shortest paths between two others that pass through the node",
)
