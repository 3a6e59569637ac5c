"""Graphs of networkx as a network of ties by year."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import lazy_loader
import numpy as np
from numpy.typing import NDArray

from clustermodels.network.network import Network, make_network

if TYPE_CHECKING:
    import networkx as nx
else:
    nx = lazy_loader.load("networkx")  # as in network.py

type Graphs = Mapping[int, nx.Graph[Any]]


def from_graphs(graphs: Graphs) -> Network:
    """Make a network from a graph for each year.

    Self loops, and the node attribute ``internal`` that :meth:`Network.graph` writes, become
    intraregional ties. Parallel edges add up; an edge without ``weight`` weighs 1. Nodes go by
    their text, so 1 becomes '1'. A graph without edges is a year of isolates.

    Raises
    ------
    TypeError
        When it is something else.
    ValueError
        When two nodes have the same text, a graph is directed, a year is not whole, or a weight is
        negative, missing or infinite.

    Examples
    --------
    >>> from_graphs({2020: nx.path_graph(3), 2021: nx.empty_graph(3)})
    <Network: 3 regions, 2 ties between and 0 inside regions, 2020 to 2021>
    """
    _check(graphs)
    names = {node: str(node) for graph in graphs.values() for node in graph}
    if len({*names.values()}) < len(names):
        raise ValueError("two nodes have the same text, such as 1 and '1'; rename one")
    return _network(graphs, names)


def numbered(graphs: Graphs) -> tuple[Network, NDArray[np.generic]]:
    """Make a network whose regions are numbered, and give their labels in the graphs.

    Returns
    -------
    The network, and the graphs' own nodes in the order of first appearance, which is also that of
    the network's regions: whole numbers or texts where all are, else objects.

    Raises
    ------
    TypeError, ValueError
        As ``from_graphs``, but nodes may have the same text.
    """
    _check(graphs)
    nodes = [*dict.fromkeys(node for graph in graphs.values() for node in graph)]
    digits = len(str(len(nodes)))
    # with leading zeros, the order of the texts is that of the numbers
    names = {node: f"{place:0{digits}d}" for place, node in enumerate(nodes)}
    return _network(graphs, names), _labels(nodes)


def _check(graphs: Graphs) -> None:
    if not isinstance(graphs, Mapping) or not all(
        isinstance(graph, nx.Graph) for graph in graphs.values()
    ):
        raise TypeError(
            f"{type(graphs).__name__} is not a network: a table of ties is read with read_network; "
            "give what it returns, a networkx graph, or {year: graph}"
        )
    for year, graph in graphs.items():
        if not isinstance(year, (int, np.integer)):
            raise ValueError(f"a year is a whole number, as in {{2020: graph}}; got {year!r}")
        if graph.is_directed():
            raise ValueError(
                "a directed graph has no position here, since ties have no direction; give "
                "graph.to_undirected(), and add the two weights up first where a pair has both "
                "directions"
            )


def _network(graphs: Graphs, names: Mapping[Hashable, str]) -> Network:
    rows: list[tuple[str, str, int, float]] = []
    for year, graph in graphs.items():
        for one, other, weight in graph.edges(data="weight", default=1):
            rows.append((names[one], names[other], year, weight))
        for node, about in graph.nodes(data=True):
            rows.append((names[node], names[node], year, about.get("internal", 0)))
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    source, target, years, weights = (list(column) for column in columns)
    looked_at = (int(min(graphs)), int(max(graphs))) if graphs else None
    return make_network(source, target, years, weights, names.values(), looked_at)


def _labels(nodes: list[Hashable]) -> NDArray[np.generic]:
    kinds = {type(node) for node in nodes}
    if kinds <= {str}:
        return np.array(nodes, dtype=str)
    if len(kinds) == 1 and all(isinstance(node, (int, np.integer)) for node in nodes):
        return np.array(nodes)
    return np.fromiter(nodes, dtype=object, count=len(nodes))
