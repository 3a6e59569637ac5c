"""Closeness against networkx, closed forms, and sums written out."""

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tests.network.graphs import SETTINGS, SHAPES, assert_same, graphs, largest, measured, simple


def distances(graph, length):
    if length is None:
        return dict(nx.all_pairs_shortest_path_length(graph))
    return dict(nx.all_pairs_dijkstra_path_length(graph, weight=length))


def freeman(graph, length, normalise):
    giant = largest(graph)
    far = distances(graph, length)
    above = len(giant) - 1 if normalise else 1
    return {v: above / sum(far[v].values()) if v in giant else math.nan for v in graph}


def wasserman_faust(graph, length, normalise):
    values = nx.closeness_centrality(graph, distance=length)
    return {v: each / (1 if normalise else max(len(graph) - 1, 1)) for v, each in values.items()}


def harmonic(graph, length, normalise):
    values = nx.harmonic_centrality(graph, distance=length)
    return {v: each / (max(len(graph) - 1, 1) if normalise else 1) for v, each in values.items()}


ORACLES = {"freeman": freeman, "wasserman_faust": wasserman_faust, "harmonic": harmonic}


def check(graph):
    plain = simple(graph)
    for variant, oracle in ORACLES.items():
        for weighted in (False, True):
            for normalise in (True, False):
                options = {"weighted": weighted, "normalise": normalise}
                found = measured(graph, "closeness", variant=variant, **options)
                assert_same(found, oracle(plain, "length" if weighted else None, normalise))
                if variant == "harmonic":
                    assert_same(measured(graph, "harmonic", **options), found, rtol=0, atol=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_variants_on_all_shapes(shape):
    check(SHAPES[shape])


@SETTINGS
@given(graphs())
def test_all_variants_on_random_graphs(graph):
    check(graph)


def test_the_closed_form():
    """[(n_c - 1) / (n - 1)] (n_c - 1) / sum: the middle and the end of a path of 3 among 5."""
    graph = nx.Graph([("a", "b"), ("b", "c"), ("d", "d")])
    graph.add_node("e")
    found = measured(graph, "closeness")
    assert_same(found, {"a": 2 / 4 * 2 / 3, "b": 2 / 4 * 2 / 2, "c": 1 / 3, "d": 0, "e": 0})


def test_two_pairs_have_no_largest_component_for_freeman():
    assert all(
        map(math.isnan, measured(SHAPES["two pairs"], "closeness", variant="freeman").values())
    )


def test_not_normalised_the_two_agree_where_all_is_connected():
    one, other = (
        measured(SHAPES["barbell"], "closeness", variant=variant, normalise=False)
        for variant in ("freeman", "wasserman_faust")
    )
    assert_same(one, other)


def test_exponents_bend_lengths():
    """One strong detour: 1 / 2 + 1 / 2 beats 1 / 1 only where weights count enough."""
    graph = nx.Graph()
    graph.add_weighted_edges_from([("a", "b", 0.8), ("a", "c", 2), ("c", "b", 2)])
    for exponent in (0.0, 0.5, 1.0, 2.0):
        direct, detour = 0.8**-exponent, 2 * 2.0**-exponent
        expected = 1 / min(direct, detour) + 2.0**exponent
        found = measured(graph, "harmonic", weighted=True, exponent=exponent, normalise=False)
        assert found["a"] == pytest.approx(expected, rel=1e-14)
    unweighted = measured(graph, "harmonic")
    assert_same(measured(graph, "harmonic", weighted=True, exponent=0.0), unweighted)
    assert not np.isclose(measured(graph, "harmonic", weighted=True)["a"], unweighted["a"])
