"""Burt's measures and clustering against networkx, and against the formulas written out."""

import math

import networkx as nx
import pytest
from hypothesis import given

from tests.network.graphs import SETTINGS, SHAPES, assert_same, graphs, measured, simple


def parts(graph, weight):
    w = {v: {u: d[weight] if weight else 1.0 for u, d in graph[v].items()} for v in graph}
    p = {v: {u: x / sum(w[v].values()) for u, x in w[v].items()} for v in w}
    m = {v: {u: x / max(w[v].values()) for u, x in w[v].items()} for v in w}
    return p, m


def constraint(graph, weight):
    """c_i = sum_j (p_ij + sum_q p_iq p_qj)^2."""
    p, _ = parts(graph, weight)
    return {
        i: sum((p[i][j] + sum(p[i][q] * p[q].get(j, 0) for q in p[i])) ** 2 for j in p[i])
        if p[i]
        else math.nan
        for i in graph
    }


def effective_size(graph, weight):
    """Sum over j of 1 - sum_q p_iq m_jq."""
    p, m = parts(graph, weight)
    return {
        i: sum(1 - sum(p[i][q] * m[j].get(q, 0) for q in p[i]) for j in p[i]) if p[i] else math.nan
        for i in graph
    }


def check(graph):
    plain = simple(graph)
    for weight in (None, "weight"):
        options = {"weighted": weight is not None}
        found = measured(graph, "constraint", **options)
        assert_same(found, constraint(plain, weight))
        assert_same(found, nx.constraint(plain, [*plain], weight))
        found = measured(graph, "effective_size", **options)
        assert_same(found, effective_size(plain, weight))
        # node by node: networkx's way for all nodes divides weighted ties by the wrong largest one
        assert_same(found, nx.effective_size(plain, [*plain], weight))
        shares = {v: found[v] / len(plain[v]) if plain[v] else math.nan for v in plain}
        assert_same(measured(graph, "efficiency", **options), shares)
        closed = nx.clustering(plain, weight=weight)
        closed |= {v: math.nan for v in plain if len(plain[v]) < 2}
        assert_same(measured(graph, "clustering", **options), closed)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(shape):
    check(SHAPES[shape])


@SETTINGS
@given(graphs())
def test_random_graphs(graph):
    check(graph)


def test_closed_forms():
    """A star's centre of k: 1 / k and k; one of a complete graph of n: known too."""
    assert measured(SHAPES["star"], "constraint")["n00"] == pytest.approx(1 / 5)
    assert measured(SHAPES["star"], "effective_size")["n00"] == pytest.approx(5)
    n = 5
    share = 1 / (n - 1)
    expected = (n - 1) * (share + (n - 2) * share**2) ** 2
    assert_same(
        measured(SHAPES["complete"], "constraint"), dict.fromkeys(SHAPES["complete"], expected)
    )
    assert_same(
        measured(SHAPES["complete"], "effective_size"), dict.fromkeys(SHAPES["complete"], 1.0)
    )
    assert_same(measured(SHAPES["complete"], "clustering"), dict.fromkeys(SHAPES["complete"], 1.0))


def test_no_partner_and_one_partner():
    graph = SHAPES["a tie and an isolate"]
    alone = {"n00": 1.0, "n01": 1.0, "n02": math.nan}
    for measure in ("constraint", "effective_size", "efficiency"):
        assert_same(measured(graph, measure), alone)
    assert all(map(math.isnan, measured(graph, "clustering").values()))
