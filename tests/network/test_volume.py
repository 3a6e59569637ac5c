"""Counts and weights of ties against networkx and closed forms."""

import math

import networkx as nx
import pytest
from hypothesis import given

from tests.network.graphs import SETTINGS, SHAPES, assert_same, graphs, measured, simple


def check(graph):
    plain = simple(graph)
    inside = {
        v: float(graph.edges[v, v].get("weight", 1)) if graph.has_edge(v, v) else 0.0 for v in graph
    }
    outside = dict(plain.degree(weight="weight"))
    assert_same(measured(graph, "degree"), dict(plain.degree()))
    assert_same(measured(graph, "strength"), outside)
    assert_same(measured(graph, "intraregional"), inside)
    assert_same(measured(graph, "core_number"), nx.core_number(plain))
    both = {v: outside[v] + inside[v] for v in graph}
    expected = {v: (outside[v] - inside[v]) / both[v] if both[v] else math.nan for v in graph}
    assert_same(measured(graph, "ei_index"), expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(shape):
    check(SHAPES[shape])


@SETTINGS
@given(graphs())
def test_random_graphs(graph):
    check(graph)


def test_the_ei_index_runs_from_inwards_to_outwards():
    graph = nx.Graph()
    graph.add_weighted_edges_from([("a", "b", 3), ("a", "a", 1), ("c", "c", 2)])
    graph.add_node("d")
    assert_same(measured(graph, "ei_index"), {"a": 0.5, "b": 1.0, "c": -1.0, "d": math.nan})
