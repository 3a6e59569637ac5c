"""Betweenness against networkx where floats decide nothing, and exact paths where they would."""

from fractions import Fraction
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustermodels.network.measures import Options
from clustermodels.network.network import make_network
from clustermodels.network.positions import positions
from tests.network.graphs import SETTINGS, SHAPES, assert_same, graphs, measured, simple


def exact(graph, length):
    """Enumerate all paths between all pairs, with lengths as fractions."""
    passed = dict.fromkeys(graph, Fraction(0))
    for one, other in combinations(graph, 2):
        paths = [*nx.all_simple_paths(graph, one, other)]
        if not paths:
            continue
        long = [sum(graph.edges[step][length] for step in pairwise(path)) for path in paths]
        shortest = [path for path, each in zip(paths, long, strict=True) if each == min(long)]
        for path in shortest:
            for node in path[1:-1]:
                passed[node] += Fraction(1, len(shortest))
    return {node: float(value) for node, value in passed.items()}


def scaled(values):
    n = len(values)
    by = (n - 1) * (n - 2) / 2 if n > 2 else 1
    return {node: value / by for node, value in values.items()}


@pytest.mark.parametrize("shape", [name for name in SHAPES if "random" not in name])
def test_every_shape_against_all_paths(shape):
    graph = simple(SHAPES[shape])
    for _, _, data in graph.edges(data=True):
        data["hop"] = 1
    for weighted, length in ((False, "hop"), (True, "exact")):
        expected = exact(graph, length)
        found = measured(SHAPES[shape], "betweenness", weighted=weighted, normalise=False)
        assert_same(found, expected)
        assert_same(measured(SHAPES[shape], "betweenness", weighted=weighted), scaled(expected))


@SETTINGS
@given(graphs())
def test_unweighted_as_networkx(graph):
    plain = simple(graph)
    for normalise in (True, False):
        expected = nx.betweenness_centrality(plain, normalized=normalise)
        assert_same(measured(graph, "betweenness", normalise=normalise), expected)


@SETTINGS
@given(graphs(weights=st.integers(0, 10**6).map(lambda draw: 0.5 + draw / 10**6)))
def test_weighted_as_networkx_where_no_two_paths_are_equally_long(graph):
    plain = simple(graph)
    rng = np.random.default_rng(plain.number_of_edges())
    for one, other, data in plain.edges(data=True):
        data["weight"] = graph.edges[one, other]["weight"] = rng.uniform(0.5, 2)
        data["length"] = 1 / data["weight"]
    for normalise in (True, False):
        expected = nx.betweenness_centrality(plain, normalized=normalise, weight="length")
        found = measured(graph, "betweenness", weighted=True, normalise=normalise)
        assert_same(found, expected)


def test_paths_that_only_rounding_tells_apart_are_equally_short():
    """1/3 + 1/3 + 1/3 against 1/2 + 1/2, in units and in thousandths of the weight."""
    ties = [("a", "b", 3), ("b", "c", 3), ("c", "d", 3), ("a", "e", 2), ("e", "d", 2)]
    for unit in (1.0, 1000.0, 0.1, 7.3):
        graph = nx.Graph()
        graph.add_weighted_edges_from((one, other, weight * unit) for one, other, weight in ties)
        found = measured(graph, "betweenness", weighted=True, normalise=False)
        # a-d: half by b and c, half by e; a-c: by b; b-d: by c; e-b: by a; e-c: by d
        assert_same(found, {"a": 1.0, "b": 1.5, "c": 1.5, "d": 1.0, "e": 0.5})


def test_two_runs_agree_to_the_bit():
    graph = nx.gnp_random_graph(200, 0.1, seed=1)
    ends = np.array(graph.edges).astype(str)
    network = make_network(ends[:, 0], ends[:, 1], np.zeros(len(ends)))
    wanted = [("betweenness", Options())]
    (first,), (second,) = (positions(network, wanted, 0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
