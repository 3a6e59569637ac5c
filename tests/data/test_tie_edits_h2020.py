"""Edits of six real networks of 150 cities, against networkx on the ties edited by hand.

Joint Horizon 2020 projects; CORDIS, (c) European Union, CC BY 4.0.
"""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.h2020 import city_ties, city_years


@pytest.fixture(scope="module")
def cities():
    return city_years()


@pytest.fixture(scope="module")
def ties():
    return city_ties()


def document(hub, other, sparse):
    return {
        "data": {
            "panel": {"cluster": "id", "year": "year"},
            "ties": {"source": "a", "target": "b", "year": "year", "weight": "leit_projects"},
        },
        "outcomes": {"leit_projects": {"family": "negative_binomial"}},
        "controls": {
            name: {"kind": "network", "measure": measure, "lag": 1, "column": name}
            for name, measure in (("near", "closeness"), ("between", "betweenness"))
        },
        "scenarios": {
            "cut": [{"tie": {"between": [hub], "remove": True}, "years": [2017, 2018]}],
            "pipeline": [{"tie": {"between": [sparse, other], "add": 3}}],
        },
    }


def test_closeness_and_betweenness_are_networkx_on_the_edited_ties(cities, ties):
    degree = pd.concat([ties["a"], ties["b"]]).value_counts()
    hub, other, sparse = degree.index[0], degree.index[1], degree.index[-1]
    spec = cm.read_spec(document(hub, other, sparse))
    panel = cm.read_panel(spec, cm.Tables(cities, ties=ties))
    gone = ((ties["a"] == hub) | (ties["b"] == hub)) & ties["year"].isin([2017, 2018])
    new = [(sparse, other, year) for year in sorted({*ties["year"]})]
    hands = {
        "cut": ties[~gone],
        "pipeline": pd.concat([ties, pd.DataFrame(new, columns=["a", "b", "year"])]),
    }
    for scenario, rows in hands.items():
        after = edited(spec, panel, scenario).rows.to_dataframe().set_index(["cluster", "year"])
        before = panel.rows.to_dataframe().set_index(["cluster", "year"])
        for year in (2017, 2018, 2019):
            graph = nx.Graph()
            graph.add_nodes_from(cities["id"])
            own = rows[rows["year"] == year - 1]
            graph.add_edges_from(zip(own["a"], own["b"], strict=True))
            for column, wanted in (
                ("near", nx.closeness_centrality(graph)),
                ("between", nx.betweenness_centrality(graph)),
            ):
                found = after.xs(year, level="year")[column]
                np.testing.assert_allclose(found, [wanted[city] for city in found.index],
                                           rtol=1e-9, atol=1e-12)  # fmt: skip
        moved = ((after["near"] - before["near"]).abs() > 0).groupby("year").sum()
        if scenario == "cut":
            assert after.loc[(hub, 2018), "near"] == 0
            assert moved[moved > 100].index.tolist() == [2018, 2019]
            assert moved.sum() == moved[[2018, 2019]].sum()
