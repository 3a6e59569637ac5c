"""What measures share: degrees, components, distances."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from clustermodels.network.graphs import from_graphs
from clustermodels.network.network import make_network
from clustermodels.network.snapshot import snapshot
from tests.network.graphs import SETTINGS, SHAPES, graphs, largest, simple


def check(graph):
    taken = snapshot(from_graphs({7: graph}), 7)
    plain = simple(graph)
    nodes = sorted(graph)
    assert taken.nodes == tuple(nodes)
    dense = nx.to_numpy_array(plain, nodes, weight="weight") if nodes else np.zeros((0, 0))
    np.testing.assert_array_equal(taken.adjacency.toarray(), dense)
    assert taken.adjacency.nnz == 2 * plain.number_of_edges()
    np.testing.assert_array_equal(taken.pattern.toarray(), dense > 0)
    np.testing.assert_array_equal(taken.degree, (dense > 0).sum(axis=1))
    np.testing.assert_allclose(taken.strength, dense.sum(axis=1), rtol=1e-14)
    parts = {frozenset(part) for part in nx.connected_components(plain)}
    found: dict = {}
    for node, part in zip(nodes, taken.components.tolist(), strict=True):
        found.setdefault(part, set()).add(node)
    assert {frozenset(part) for part in found.values()} == parts
    assert {node for node, inside in zip(nodes, taken.giant, strict=True) if inside} == largest(
        plain
    )
    far = dict(nx.all_pairs_shortest_path_length(plain))
    expected = [[far[a].get(b, math.inf) for b in nodes] for a in nodes]
    np.testing.assert_array_equal(taken.hops, np.reshape(expected, dense.shape))
    far = dict(nx.all_pairs_dijkstra_path_length(plain, weight="length"))
    expected = [[far[a].get(b, math.inf) for b in nodes] for a in nodes]
    np.testing.assert_allclose(taken.distances(1.0), np.reshape(expected, dense.shape), rtol=1e-14)
    np.testing.assert_array_equal(taken.distances(0.0), taken.hops)
    assert taken.distances(None) is taken.hops


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(shape):
    check(SHAPES[shape])


@SETTINGS
@given(graphs())
def test_random_graphs(graph):
    check(graph)


def test_a_window_pools_and_the_matrix_is_symmetric_to_the_bit():
    rng = np.random.default_rng(1)
    ends = rng.integers(0, 20, (2, 500)).astype(str)
    network = make_network(*ends, rng.integers(2000, 2005, 500), rng.uniform(0, 1, 500))
    taken = snapshot(network, 2004, 3, 0.7)
    dense = taken.adjacency.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    yearly = [snapshot(network, year) for year in (2004, 2003, 2002)]
    faded = sum(0.7**age * each.adjacency.toarray() for age, each in enumerate(yearly))
    np.testing.assert_allclose(dense, faded, rtol=1e-12)
    internal = sum(0.7**age * each.internal for age, each in enumerate(yearly))
    np.testing.assert_allclose(taken.internal, internal, rtol=1e-12)


def test_a_tie_that_has_faded_to_nothing_is_none():
    network = make_network(["a", "a"], ["b", "c"], [0, 2000])
    taken = snapshot(network, 2000, 2001, 0.1)
    assert taken.degree.tolist() == [1, 0, 1]
