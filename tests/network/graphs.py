"""Small graphs of all shapes, random ones, and the way to a measure of one graph."""

from fractions import Fraction

import networkx as nx
import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from clustermodels.network.positions import centrality

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True)


def lettered(graph):
    return nx.relabel_nodes(graph, lambda node: f"n{node:02d}")


def weighted(graph, seed=0):
    rng = np.random.default_rng(seed)
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(rng.choice([0.25, 0.5, 1.0, 2.0, 3.0, 6.0]))
    return graph


def _shapes():
    looped = nx.Graph([(0, 1), (1, 2), (1, 1), (3, 3)])
    looped.add_node(4)
    shapes = {
        "empty": nx.empty_graph(0),
        "one": nx.empty_graph(1),
        "one with a loop": nx.Graph([(0, 0)]),
        "three isolates": nx.empty_graph(3),
        "one tie": nx.path_graph(2),
        "a tie and an isolate": nx.disjoint_union(nx.path_graph(2), nx.empty_graph(1)),
        "two pairs": nx.disjoint_union(nx.path_graph(2), nx.path_graph(2)),
        "star": nx.star_graph(5),
        "path": nx.path_graph(6),
        "complete": nx.complete_graph(5),
        "cycle": nx.cycle_graph(6),
        "barbell": nx.barbell_graph(4, 2),
        "bipartite": nx.complete_bipartite_graph(2, 4),
        "three parts": nx.disjoint_union_all(
            [nx.path_graph(4), nx.complete_graph(3), nx.empty_graph(2)]
        ),
        "with loops": looped,
        "random": nx.gnp_random_graph(12, 0.25, seed=3),
    }
    named = {name: lettered(graph) for name, graph in shapes.items()}
    return named | {f"weighted {name}": weighted(graph.copy()) for name, graph in named.items()}


SHAPES = _shapes()


WEIGHTS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0, 6.0])


@st.composite
def graphs(draw, weights=WEIGHTS):
    size = draw(st.integers(0, 9))
    pairs = [(a, b) for a in range(size) for b in range(a, size)]
    tied = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    graph = nx.empty_graph(size)
    graph.add_weighted_edges_from((*pair, draw(weights)) for pair in tied)
    return lettered(graph)


def simple(graph):
    """The graph that a measure sees: no loops, and the length of each tie."""
    copy = nx.Graph(graph)
    copy.remove_edges_from([*nx.selfloop_edges(copy)])
    for _, _, data in copy.edges(data=True):
        data["weight"] = data.get("weight", 1)
        data["length"] = 1 / data["weight"]
        data["exact"] = 1 / Fraction(data["weight"])
    return copy


def measured(graph, measure, **options):
    values = centrality(graph, measure, **options)
    return dict(zip(values["node"].to_numpy().tolist(), values.to_numpy().tolist(), strict=True))


def assert_same(found, expected, **tolerance):
    assert found.keys() == expected.keys()
    names = [*expected]
    np.testing.assert_allclose(
        [found[name] for name in names],
        [expected[name] for name in names],
        **({"rtol": 1e-10, "atol": 1e-12} | tolerance),
    )


def largest(graph):
    """The nodes of the largest component; none where two share the size, or it is one node."""
    parts = sorted(nx.connected_components(graph), key=len, reverse=True)
    if not parts or len(parts[0]) < 2 or (len(parts) > 1 and len(parts[0]) == len(parts[1])):
        return set()
    return parts[0]
