"""Facts of a network against networkx, and rank correlations against scipy."""

import networkx as nx
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from scipy import stats

from clustermodels.network.facts import network_facts, persistence, rank_correlations, spearman
from clustermodels.network.graphs import from_graphs
from clustermodels.network.network import make_network
from tests.network.graphs import SETTINGS, SHAPES, graphs, simple


def expected_of(graph):
    plain = simple(graph)
    active = plain.subgraph(node for node in plain if plain.degree(node))
    sizes = [len(part) for part in nx.connected_components(active)]
    between = sum(data["weight"] for _, _, data in plain.edges(data=True))
    loops = [graph.edges[edge].get("weight", 1) for edge in nx.selfloop_edges(graph)]
    n, ties = len(plain), plain.number_of_edges()
    degrees = np.array([[plain.degree(a), plain.degree(b)] for a, b in plain.edges]).reshape(-1, 2)
    mixed = np.ptp(degrees) > 0 if ties else False
    both = between + sum(loops)
    return {
        "nodes": n,
        "active": len(active),
        "ties": ties,
        "density": nx.density(plain) if n > 1 else np.nan,
        "components": len(sizes),
        "largest_share": max(sizes) / len(active) if sizes else np.nan,
        "mean_degree": 2 * ties / n if n else np.nan,
        "total_weight": both,
        "interregional_share": between / both if both else np.nan,
        "degree_assortativity": (
            nx.degree_pearson_correlation_coefficient(plain) if mixed else np.nan
        ),
    }


def check(graph):
    if not graph:
        return
    found = network_facts(from_graphs({1: graph})).sel(year=1)
    expected = expected_of(graph)
    assert {*found.data_vars} == {*expected}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(shape):
    check(SHAPES[shape])


@SETTINGS
@given(graphs())
def test_random_graphs(graph):
    check(graph)


def test_years_windows_and_words():
    network = make_network(["a", "b"], ["b", "c"], [2000, 2002])
    found = network_facts(network)
    assert found["year"].to_numpy().tolist() == [2000, 2001, 2002]
    assert found["ties"].to_numpy().tolist() == [1, 0, 1]
    pooled = network_facts(network, [2001, 2002, 2003], window=3, decay=0.5)
    np.testing.assert_array_equal(pooled["ties"], [np.nan, 2, np.nan])
    np.testing.assert_array_equal(pooled["total_weight"], [np.nan, 1.25, np.nan])
    assert all(found[name].attrs["long_name"] for name in found.data_vars)
    assert network_facts(make_network([], [], [])).sizes == {"year": 0}


def test_spearman_as_scipy_with_ties_and_gaps():
    rng = np.random.default_rng(8)
    for _ in range(50):
        one, other = rng.integers(0, 6, (2, 12)).astype(float)
        one[rng.random(12) < 0.2] = np.nan
        expected = stats.spearmanr(one, other, nan_policy="omit").statistic
        assert spearman(one, other) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("one", "other"),
    [([1, 2], [2, 1]), ([1, 1, 1], [1, 2, 3]), ([1, 2, np.nan, 4], [np.nan, 1, 2, 3]), ([], [])],
)
def test_spearman_is_undefined_without_a_warning(one, other):
    assert np.isnan(spearman(np.array(one, dtype=float), np.array(other, dtype=float)))


def values(cube, years, nodes="abcd"):
    return xr.DataArray(
        np.array(cube, dtype=float), {"year": years, "node": [*nodes]}, ("year", "node")
    )


ONE = values([[1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, 4]], [2000, 2001, 2002])
OTHER = values([[10, 20, 30, 40], [4, 3, 2, 1], [4, 3, 2, np.nan]], [2000, 2001, 2002])
FLAT = values(np.ones((3, 4)), [2000, 2001, 2002])


def test_rank_correlations_are_means_over_the_years_that_have_one():
    found = rank_correlations({"one": ONE, "other": OTHER, "flat": FLAT})
    assert found["measure"].to_numpy().tolist() == ["one", "other", "flat"]
    # 2000: 1; 2001: one is constant; 2002: -1
    expected = [[1, 0, np.nan], [0, 1, np.nan], [np.nan] * 3]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_measures_are_put_on_the_same_nodes_and_years():
    turned = ONE.isel(year=[2, 0], node=[3, 1, 0, 2])
    found = rank_correlations({"one": ONE, "turned": turned})
    np.testing.assert_allclose(found, 1, rtol=1e-12)


def test_persistence_is_with_the_year_before():
    found = persistence({"one": ONE, "other": OTHER})
    expected = [[np.nan] * 3, [np.nan, -1, 1]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.dims == ("measure", "year")
    gap = persistence({"other": OTHER.sel(year=[2002, 2000])})
    np.testing.assert_array_equal(gap, [[np.nan, np.nan]])
    assert persistence({}).shape == (0, 0)
    assert rank_correlations({}).shape == (0, 0)
