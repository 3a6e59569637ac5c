"""Measures by year: which years, which windows, which kinds of network."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from clustermodels.network.centrality import find, names
from clustermodels.network.graphs import from_graphs
from clustermodels.network.measures import Options
from clustermodels.network.network import make_network
from clustermodels.network.positions import centrality, positions

# no ties in 2002; d never has any
NETWORK = make_network(
    ["a", "b", "a", "c"], ["b", "c", "a", "a"], [2000, 2001, 2003, 2003], [1, 2, 3, 4], ["d"]
)


def test_every_year_from_the_first_to_the_last():
    found = centrality(NETWORK, "degree")
    assert found.dims == ("year", "node")
    assert found["year"].to_numpy().tolist() == [2000, 2001, 2002, 2003]
    assert found["node"].to_numpy().tolist() == ["a", "b", "c", "d"]
    assert found.name == "degree"
    assert found.to_numpy().tolist() == [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0]]


def test_a_window_that_is_not_wholly_observed_is_undefined():
    found = centrality(NETWORK, "strength", window=2, decay=0.5)
    assert np.isnan(found.sel(year=2000)).all()
    assert found.sel(year=[2001, 2002, 2003]).to_numpy().tolist() == [
        [0.5, 2.5, 2, 0],
        [0, 1, 1, 0],
        [4, 0, 4, 0],
    ]


def test_years_that_are_asked_for_and_were_never_observed():
    found = centrality(NETWORK, "degree", years=[2003, 1999, 2004])
    assert found["year"].to_numpy().tolist() == [2003, 1999, 2004]
    assert np.isnan(found.to_numpy()).all(axis=1).tolist() == [False, True, True]


def test_a_network_without_ties_has_no_years():
    empty = make_network([], [], [], nodes=["a"])
    assert centrality(empty, "closeness").shape == (0, 1)
    assert np.isnan(centrality(empty, "closeness", years=[2000])).all()
    assert centrality({}, "closeness").shape == (0, 0)


@pytest.mark.parametrize("name", names())
def test_a_network_and_its_graphs_agree(name):
    found = centrality(NETWORK, name)
    graphs = {year: NETWORK.graph(year) for year in range(2000, 2004)}
    np.testing.assert_array_equal(centrality(graphs, name), found)
    for year, graph in graphs.items():
        one = centrality(graph, name)
        assert one.dims == ("node",)
        np.testing.assert_array_equal(one, found.sel(year=year, drop=True))


def test_an_empty_graph_is_an_observed_year():
    graphs = {2000: nx.empty_graph(["a"]), 2001: nx.Graph([("a", "b")])}
    assert centrality(graphs, "degree").to_numpy().tolist() == [[0, 0], [1, 1]]


def test_one_graph_has_no_years():
    for given in ({"window": 2}, {"decay": 0.5}, {"years": [1]}):
        with pytest.raises(ValueError, match="year: graph"):
            centrality(nx.path_graph(3), "degree", **given)


def test_a_graph_keeps_its_labels_and_its_order():
    graph = nx.path_graph([*range(11, -1, -1)])
    found = centrality(graph, "closeness")
    assert found["node"].to_numpy().tolist() == [*graph]
    assert found.sel(node=3) == nx.closeness_centrality(graph)[3]
    np.testing.assert_allclose(found, [*nx.closeness_centrality(graph).values()])


def test_graphs_keep_their_labels_in_the_order_of_first_appearance():
    graphs = {2001: nx.Graph([(3, 1), (1, "b")]), 2000: nx.Graph([(1, 2), (1, "1")])}
    found = centrality(graphs, "degree")
    assert found["node"].to_numpy().tolist() == [3, 1, "b", 2, "1"]
    assert found["year"].to_numpy().tolist() == [2000, 2001]
    assert found.to_numpy().tolist() == [[0, 2, 0, 1, 1], [1, 2, 1, 0, 0]]
    assert found.sel(year=2001, node="b") == 1


@pytest.mark.parametrize("given", [pd.DataFrame({"city_a": ["x"]}), {"a": [1]}, "ties.csv", None])
def test_what_is_no_network(given):
    with pytest.raises(TypeError, match="not a network: a table of ties is read with read_network"):
        centrality(given, "degree")


def test_years_of_graphs_are_numbers():
    with pytest.raises(ValueError, match="got '2020'"):
        centrality({"2020": nx.path_graph(2)}, "degree")


@pytest.mark.parametrize("given", [nx.DiGraph([(1, 2)]), {2000: nx.DiGraph([(1, 2)])}])
def test_a_directed_graph_has_no_position(given):
    with pytest.raises(ValueError, match="directed"):
        centrality(given, "degree")


def test_years_that_were_looked_at_without_finding_ties_are_years_of_isolates():
    silent = make_network(["a"], ["b"], [2001], [2], ["c"], looked_at=(2000, 2002))
    found = centrality(silent, "strength", window=2)
    assert found["year"].to_numpy().tolist() == [2000, 2001, 2002]
    assert np.isnan(found[0]).all()
    assert found[1:].to_numpy().tolist() == [[2, 2, 0], [2, 2, 0]]
    alone = centrality(silent.restricted(["c"]), "strength")
    assert alone.to_numpy().tolist() == [[0], [0], [0]]
    more = centrality(silent.with_nodes(["d"]), "closeness").sel(node="d")
    assert more.to_numpy().tolist() == [0, 0, 0]
    nothing = make_network([], [], [], nodes=["a"], looked_at=(2000, 2001))
    assert centrality(nothing, "degree").to_numpy().tolist() == [[0], [0]]


def test_refusals_come_before_any_work():
    for given, said in (
        ({"measure": "nearness"}, "not a measure"),
        ({"measure": "degree", "variant": "freeman"}, "no option 'variant'"),
        ({"measure": "degree", "window": 0}, "window"),
        ({"measure": "degree", "decay": 2}, "decay"),
    ):
        with pytest.raises(ValueError, match=said):
            centrality(make_network([], [], []), **given)


def test_positions_of_a_year_are_those_of_centrality():
    wanted = [(name, Options()) for name in names()]
    wanted += [("closeness", Options(variant="freeman", weighted=True, exponent=0.5))]
    found = positions(NETWORK, wanted, 2003, 2, 0.5)
    for (name, options), values in zip(wanted, found, strict=True):
        given = {} if options == Options() else {"variant": "freeman", "weighted": True}
        given |= {"exponent": 0.5} if given else {}
        expected = centrality(NETWORK, name, window=2, decay=0.5, **given).sel(year=2003)
        np.testing.assert_array_equal(values, expected)
    for values in positions(NETWORK, wanted, 2000, 2):
        assert values.shape == (4,)
        assert np.isnan(values).all()


def test_options_and_words_are_written_beside_the_values():
    found = centrality(NETWORK, "closeness", window=2, variant="freeman", weighted=True)
    assert found.attrs["window"] == 2
    assert found.attrs["variant"] == "freeman"
    assert "closeness" in found.attrs["long_name"]


@pytest.mark.parametrize("name", names())
def test_relabelling_and_scaling(name):
    """Other labels, another order of nodes: the same values; weights times 7: the same shares."""
    graph = nx.gnp_random_graph(12, 0.3, seed=4)
    rng = np.random.default_rng(3)
    for one, other in graph.edges:
        graph.edges[one, other]["weight"] = float(rng.integers(1, 5))
    graph.add_edge(0, 0, weight=2.0)
    renamed = nx.relabel_nodes(graph, {node: f"r{node * 7 % 12:02d}" for node in graph})
    found = centrality(graph, name)
    names_there = [f"r{node * 7 % 12:02d}" for node in graph]
    turned = centrality(renamed, name).sel(node=names_there)
    np.testing.assert_allclose(turned, found, rtol=1e-10)
    network = from_graphs({0: nx.relabel_nodes(graph, {node: f"{node:02d}" for node in graph})})
    heavier = replace(network, weight=network.weight * 7)
    by = 7 if name in ("strength", "intraregional") else 1
    np.testing.assert_allclose(centrality(heavier, name)[0], found * by, rtol=1e-10)
    if "weighted" in find(name).takes:
        lighter, same = (centrality(each, name, weighted=True) for each in (network, heavier))
        # lengths have a unit where paths are weighted, and so have closenesses
        by = 7 if name in ("closeness", "harmonic") else 1
        np.testing.assert_allclose(same, lighter * by, rtol=1e-10)
