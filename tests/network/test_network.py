"""Ties by year: what is summed, kept, refused, and read back."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from clustermodels.network.graphs import from_graphs, numbered
from clustermodels.network.network import from_dataset, make_network
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
    assert one.span == other.span
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
    looked_at = [row[2] for row in rows]
    assert network.span == ((min(looked_at), max(looked_at)) if rows else None)
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


def test_ties_lie_in_the_years_looked_at():
    with pytest.raises(ValueError, match="outside the years looked at, 2001 to 2003"):
        make_network(["a"], ["b"], [2000], looked_at=(2001, 2003))


NETWORKS = {
    "empty": network_of([]),
    "no ties": network_of([], ["b", "a"]),
    "one": network_of([("a", "b", 2000, 0.1)]),
    "several": network_of([("a", "é", 2000, 1), ("a", "a", 2001, 2), ("01", "b", 2001, 3)], ["z"]),
    "silent years": make_network(["a"], ["b"], [2001], [2], ["c"], looked_at=(1999, 2004)),
    "silence": make_network([], [], [], nodes=["a", "b"], looked_at=(2000, 2002)),
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


def test_a_file_without_the_span_has_that_of_its_ties():
    dataset = NETWORKS["silent years"].to_dataset().drop_attrs()
    assert from_dataset(dataset).span == (2001, 2001)


def test_other_regions_leave_the_span():
    for network in (NETWORKS["silent years"], NETWORKS["silence"]):
        assert network.span == network.looked_at
        assert network.restricted(["a"]).span == network.span
        assert network.with_nodes(["d"]).span == network.span
    assert NETWORKS["one"].restricted(["a"]).span == (2000, 2000)


def test_a_network_is_named_by_its_size():
    assert [repr(NETWORKS[name]) for name in ("empty", "one", "several", "silence")] == [
        "<Network: 0 regions, 0 ties between and 0 inside regions, no years>",
        "<Network: 2 regions, 1 tie between and 0 inside regions, 2000>",
        "<Network: 5 regions, 2 ties between and 1 inside regions, 2000 to 2001>",
        "<Network: 2 regions, 0 ties between and 0 inside regions, 2000 to 2002>",
    ]


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


def test_parallel_edges_add_up():
    parallel = nx.MultiGraph()
    parallel.add_weighted_edges_from([("a", "b", 2), ("b", "a", 3), ("a", "a", 4), ("a", "a", 1)])
    network = from_graphs({1: parallel, 2: nx.MultiGraph([("a", "b"), ("a", "b")])})
    assert rows_of(network) == [("a", "a", 1, 5.0), ("a", "b", 1, 5.0), ("a", "b", 2, 2.0)]


@pytest.mark.parametrize("kind", [nx.DiGraph, nx.MultiDiGraph])
def test_directed_graphs_are_refused(kind):
    with pytest.raises(ValueError, match=r"directed graph has no position.*graph\.to_undirected"):
        from_graphs({1: nx.path_graph(2), 2: kind([("a", "b")])})


def test_graphs_without_edges_are_years():
    network = from_graphs({2003: nx.empty_graph(2), 2001: nx.empty_graph(1)})
    assert network.span == (2001, 2003)
    assert network.nodes == ("0", "1")
    assert from_graphs({}).span is None


@pytest.mark.parametrize(
    ("nodes", "kind"),
    [
        (["b", "a", "10", "9"], "U"),
        ([*range(11, -1, -1)], "i"),
        ([np.int64(3), np.int64(1)], "i"),
        ([1, "1"], "O"),
        ([(0, 1), (0, 0)], "O"),
        ([True, False], "b"),
        ([0.5, 0.25], "O"),
        ([], "U"),
    ],
)
def test_graphs_keep_their_labels_and_their_order(nodes, kind):
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    network, labels = numbered({2000: graph.subgraph(nodes[:1]), 2001: graph})
    assert labels.tolist() == nodes
    assert labels.dtype.kind == kind
    assert len(network.nodes) == len(nodes)
    assert network.nodes == tuple(sorted(network.nodes))


def test_two_nodes_of_one_text_are_refused():
    with pytest.raises(ValueError, match="same text"):
        from_graphs({2000: nx.Graph([(1, "1")])})
