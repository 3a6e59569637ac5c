"""Eigenvector, katz and pagerank against networkx and against their own equations."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from clustermodels.network import spectral
from tests.network.graphs import (
    SETTINGS,
    SHAPES,
    assert_same,
    graphs,
    largest,
    lettered,
    measured,
    simple,
    weighted,
)


def matrix(graph, weight):
    return nx.to_numpy_array(graph, weight=weight) if len(graph) else np.zeros((0, 0))


def eigenvector(graph, weight):
    inside = largest(graph)
    values = dict.fromkeys(graph, math.nan)
    if inside:
        # sorted nodes are no matter for the values, and networkx needs three nodes for ARPACK
        part = graph.subgraph(inside)
        vectors = np.linalg.eigh(matrix(part, weight))[1]
        values |= dict(zip(part, np.abs(vectors[:, -1]), strict=True))
    return values


def katz(graph, weight, attenuation):
    a = matrix(graph, weight)
    top = np.linalg.eigvalsh(a).max() if a.any() else 1.0
    values = np.linalg.solve(np.eye(len(a)) - attenuation / top * a, np.ones(len(a)))
    if len(a) > 1:  # networkx fails on one node
        theirs = nx.katz_centrality_numpy(graph, attenuation / top, weight=weight)
        np.testing.assert_allclose([*theirs.values()], values / np.linalg.norm(values), rtol=1e-9)
    return dict(zip(graph, values / np.linalg.norm(values), strict=True))


def check(graph, tolerance):
    plain = simple(graph)
    for weight in (None, "weight"):
        options = {"weighted": weight is not None}
        found = measured(graph, "eigenvector", **options)
        assert_same(found, eigenvector(plain, weight), **tolerance)
        if not len(plain):
            continue
        for share in (0.3, 0.85):
            expected = katz(plain, weight, share)
            found = measured(graph, "katz", attenuation=share, **options)
            assert_same(found, expected, **tolerance)
            expected = nx.pagerank(plain, share, weight=weight, tol=1e-15, max_iter=100_000)
            found = measured(graph, "pagerank", attenuation=share, **options)
            assert_same(found, expected, **tolerance)


TIGHT = {"rtol": 1e-9, "atol": 1e-10}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(shape):
    check(SHAPES[shape], TIGHT)


@SETTINGS
@given(graphs())
def test_random_graphs(graph):
    check(graph, TIGHT)


@pytest.mark.parametrize("shape", SHAPES)
def test_large_networks_use_other_algebra_with_the_same_result(shape, monkeypatch):
    monkeypatch.setattr(spectral, "DENSE", 2)
    check(SHAPES[shape], TIGHT)


def test_a_large_network_solves_its_equations():
    """700 nodes, above the size for dense algebra: each definition holds as an equation."""
    graph = weighted(lettered(nx.gnp_random_graph(700, 0.01, seed=2)), seed=5)
    inside = sorted(largest(graph))
    a = nx.to_numpy_array(graph, sorted(graph), weight="weight")
    part = nx.to_numpy_array(graph.subgraph(inside), inside, weight="weight")
    top = np.linalg.eigvalsh(part).max()
    found = measured(graph, "eigenvector", weighted=True)
    x = np.array([found[node] for node in inside])
    np.testing.assert_allclose(part @ x, top * x, rtol=0, atol=1e-9)
    assert (x > 0).all()
    assert np.linalg.norm(x) == pytest.approx(1, rel=1e-12)
    found = measured(graph, "katz", weighted=True, attenuation=0.99, normalise=False)
    x = np.array([found[node] for node in sorted(graph)])
    np.testing.assert_allclose(x, 1 + 0.99 / np.linalg.eigvalsh(a).max() * a @ x, rtol=1e-9)
    for measure in ("katz", "eigenvector", "pagerank"):
        assert_same(measured(graph, measure), measured(graph, measure), rtol=0, atol=0)


def test_pagerank_adds_up_to_one_and_else_has_mean_one():
    for graph in (SHAPES["three parts"], SHAPES["weighted random"], SHAPES["three isolates"]):
        found = measured(graph, "pagerank")
        assert sum(found.values()) == pytest.approx(1, rel=1e-12)
        plain = measured(graph, "pagerank", normalise=False)
        assert_same(plain, {node: value * len(graph) for node, value in found.items()})


def test_katz_without_ties_is_the_same_for_all():
    assert_same(
        measured(SHAPES["three isolates"], "katz"), dict.fromkeys(["n00", "n01", "n02"], 3**-0.5)
    )
