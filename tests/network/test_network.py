"""Ties by year: what is summed, kept, refused, and read back."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from clustermodels.network.network import from_dataset, from_graphs, make_network
from tests.network.graphs import SETTINGS, SHAPES

ROWS = st.lists(
    st.tuples(
        st.sampled_from("ABCDE"),
        st.sampled_from("ABCDE"),
        st.integers(2000, 2004),
        st.integers(0, 3),
    )
)


def network_of(rows, nodes=()):
    source, target, year, weight = zip(*rows, strict=True) if rows else ((), (), (), ())
    return make_network(source, target, year, weight, nodes)


def rows_of(network):
    ends = ([network.nodes[code] for code in end] for end in (network.source, network.target))
    return [*zip(*ends, network.year.tolist(), network.weight.tolist(), strict=True)]


def assert_equal(one, other):
    assert one.nodes == other.nodes
    assert rows_of(one) == rows_of(other)
    for part in ("source", "target", "year"):
        assert getattr(one, part).dtype == getattr(other, part).dtype == np.int64
    assert one.weight.dtype == other.weight.dtype == np.float64


@SETTINGS
@given(ROWS)
def test_rows_of_a_pair_and_year_add_up_whatever_their_order(rows):
    expected: dict = {}
    for a, b, year, weight in rows:
        key = (year, *sorted((a, b)))
        expected[key] = expected.get(key, 0) + weight
    network = network_of(rows, ["F"])
    found = {(year, a, b): weight for a, b, year, weight in rows_of(network)}
    assert found == {key: weight for key, weight in expected.items() if weight}
    assert [*found] == sorted(found)
    assert network.nodes == tuple(sorted({"F", *(end for row in rows for end in row[:2])}))
    assert network.years == tuple(sorted({key[0] for key in found}))
    turned = [(b, a, year, weight) for a, b, year, weight in reversed(rows)]
    assert_equal(network_of(turned, ["F"]), network)


def test_weights_are_one_where_none_are_given():
    network = make_network(["a", "b"], ["b", "a"], [2000, 2000])
    assert rows_of(network) == [("a", "b", 2000, 2.0)]


def test_labels_stay_text_and_columns_may_be_pandas():
    table = pd.DataFrame({"a": ["01001", "1001"], "b": ["é", "01001"], "year": [2000.0, 2001.0]})
    network = make_network(table["a"], table["b"], table["year"])
    assert rows_of(network) == [("01001", "é", 2000, 1.0), ("01001", "1001", 2001, 1.0)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "b", 2000, -1)], "negative"),
        ([("a", "b", 2000, np.nan)], "missing"),
        ([("a", "b", 2000, np.inf)], "infinite"),
        ([("a", None, 2000, 1)], "target has a missing label"),
        ([(np.nan, "b", 2000, 1)], "source has a missing label"),
        ([("a", "b", 2000.5, 1)], "year"),
        ([("a", "b", np.nan, 1)], "year"),
    ],
)
def test_refusals(rows, said):
    with pytest.raises(ValueError, match=said):
        network_of(rows)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match=r"\[2, 1, 2, 2\]"):
        make_network(["a", "b"], ["b"], [1, 2])


NETWORKS = {
    "empty": network_of([]),
    "no ties": network_of([], ["b", "a"]),
    "one": network_of([("a", "b", 2000, 0.1)]),
    "several": network_of([("a", "é", 2000, 1), ("a", "a", 2001, 2), ("01", "b", 2001, 3)], ["z"]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_dataset_survives_a_file(name, tmp_path):
    network = NETWORKS[name]
    assert_equal(from_dataset(network.to_dataset()), network)
    network.to_dataset().to_netcdf(tmp_path / "ties.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "ties.nc", engine="h5netcdf") as read:
        assert_equal(from_dataset(read.load()), network)
    tree = xr.DataTree.from_dict({"/ties": network.to_dataset()})
    tree.to_netcdf(tmp_path / "tree.nc", engine="h5netcdf")
    with xr.open_datatree(tmp_path / "tree.nc", engine="h5netcdf") as read:
        assert_equal(from_dataset(read["ties"].to_dataset()), network)


def test_restricted_has_these_regions_and_only_the_ties_among_them():
    network = NETWORKS["several"].restricted(["é", "a", "unheard of"])
    assert network.nodes == ("a", "unheard of", "é")
    assert rows_of(network) == [("a", "é", 2000, 1.0), ("a", "a", 2001, 2.0)]
    assert NETWORKS["several"].restricted([]).nodes == ()


def test_regions_can_be_added():
    network = NETWORKS["several"].with_nodes(["0", "a"])
    assert network.nodes == ("0", "01", "a", "b", "z", "é")
    assert rows_of(network) == rows_of(NETWORKS["several"])


@SETTINGS
@given(ROWS, st.integers(2000, 2006), st.integers(1, 4), st.sampled_from([1.0, 0.5]))
def test_pooled_weights_fade_with_age(rows, year, window, decay):
    network = network_of(rows)
    expected: dict = {}
    for a, b, when, weight in rows:
        if year - window < when <= year and weight:
            key = tuple(sorted((a, b)))
            expected[key] = expected.get(key, 0) + weight * decay ** (year - when)
    source, target, weight = network.pooled(year, window, decay)
    pairs = [(network.nodes[a], network.nodes[b]) for a, b in zip(source, target, strict=True)]
    assert dict(zip(pairs, weight.tolist(), strict=True)) == expected
    graph = network.graph(year, window, decay)
    assert set(graph) == set(network.nodes)
    assert {tuple(sorted(edge)): graph.edges[edge]["weight"] for edge in graph.edges} == {
        pair: value for pair, value in expected.items() if pair[0] != pair[1]
    }
    assert {node: value for node, value in graph.nodes(data="internal") if value} == {
        pair[0]: value for pair, value in expected.items() if pair[0] == pair[1]
    }


@pytest.mark.parametrize(
    ("window", "decay"), [(0, 1), (1.5, 1), (True, 1), (1, 0), (1, 1.1), (1, np.nan)]
)
def test_a_window_or_decay_that_means_nothing(window, decay):
    with pytest.raises(ValueError, match=r"window|decay"):
        NETWORKS["several"].graph(2000, window, decay)


@pytest.mark.parametrize("shape", SHAPES)
def test_graphs_become_ties_and_graphs_again(shape):
    graph = SHAPES[shape]
    network = from_graphs({1999: graph, 2000: graph})
    assert set(network.nodes) == set(graph)
    expected = {
        (*sorted(edge), year): float(graph.edges[edge].get("weight", 1))
        for edge in graph.edges
        for year in (1999, 2000)
    }
    assert {tuple(row[:3]): row[3] for row in rows_of(network)} == expected
    again = from_graphs({year: network.graph(year) for year in (1999, 2000)})
    assert_equal(again, network)


def test_directed_and_parallel_edges_add_up():
    directed = nx.DiGraph()
    directed.add_weighted_edges_from([("a", "b", 2), ("b", "a", 3), ("a", "a", 4)])
    parallel = nx.MultiGraph([("a", "b"), ("a", "b")])
    network = from_graphs({1: directed, 2: parallel})
    assert rows_of(network) == [("a", "a", 1, 4.0), ("a", "b", 1, 5.0), ("a", "b", 2, 2.0)]


def test_two_nodes_of_one_text_are_refused():
    with pytest.raises(ValueError, match="same text"):
        from_graphs({2000: nx.Graph([(1, "1")])})
