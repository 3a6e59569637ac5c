"""Edits of ties: the network that they make, and the positions measured in it again."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.horizon import extended
from clustermodels.data.scenarios import counterfactual, edited
from tests.data.edited_ties import (
    SCALE,
    SEEN,
    TWO,
    by_hand,
    is_of,
    panel_of,
    rows_of,
    ties_in,
    world_ties,
)
from tests.data.worlds import CITIES, YEARS, panel_table, position


def added(rows):
    return pd.concat([rows, rows_of([("c0", "c3", 5)], SEEN)])


def cut(rows):
    return rows[~(is_of(rows, "c1", "c4") & (rows["year"] >= 2012))]


def stronger(rows):
    own = (rows["a"] == "c2") ^ (rows["b"] == "c2")
    return rows.assign(
        w=np.where(own & rows["year"].isin([2010, 2013]), rows["w"] * 2.5, rows["w"])
    )


def inside(rows):
    return pd.concat([rows, rows_of([("c4", "c4", 2)], SEEN)])


def joined(rows):
    return pd.concat([rows, rows_of([("c7", "c0", 3), ("c7", "Oslo", 1)], range(2011, 2016))])


def newcomer(rows):
    return pd.concat([rows, rows_of([("Rome", "c0", 3), ("Rome", "c5", 1)], SEEN)])


STAR = [["c0", "c1", 3], ["c6", "c0", 1], ["c2", "c2", 4], ["c0", "c1", 0.5], ["c4", "c5", 0]]


def rewired(rows):
    years = range(2012, 2014)
    return pd.concat([rows[~rows["year"].isin(years)], rows_of(STAR, years)])


EDITS = {
    "add": ([{"tie": {"between": ["c3", "c0"], "add": 5}}], added),
    "remove": ([{"tie": {"between": ["c1", "c4"], "remove": True}, "years": {"from": 2012}}], cut),
    "scale": ([{"tie": {"between": ["c2"], "scale": 2.5}, "years": [2010, 2013]}], stronger),
    "inside": ([{"tie": {"between": ["c4", "c4"], "add": 2}}], inside),
    "join": (
        [{"join": {"region": "c7", "with": {"c0": 3, "Oslo": 1}}, "years": {"from": 2011}}],
        joined,
    ),
    "newcomer": ([{"join": {"region": "Rome", "with": {"c0": 3, "c5": 1}}}], newcomer),
    "rewire": ([{"rewire": {"edges": STAR}, "years": {"from": 2012, "to": 2013}}], rewired),
}
ALL = [edit for edits, _ in EDITS.values() for edit in edits]


@pytest.mark.parametrize("name", EDITS)
def test_the_ties_are_those_of_a_table_edited_by_hand(name):
    edits, hand = EDITS[name]
    _, panel, after = panel_of(edits)
    wanted = by_hand(hand(world_ties()))
    pd.testing.assert_frame_equal(ties_in(after), wanted, check_dtype=False)
    assert not ties_in(panel).equals(ties_in(after))
    assert after.networks.ties.span == panel.networks.ties.span
    assert {*after.networks.ties.nodes} == {*panel.networks.ties.nodes, *wanted["a"], *wanted["b"]}


def test_edits_of_ties_follow_each_other():
    _, _, after = panel_of(ALL)
    rows = world_ties()
    for _, hand in EDITS.values():
        rows = by_hand(hand(rows))
    pd.testing.assert_frame_equal(ties_in(after), rows, check_dtype=False)


FREEMAN = {"variant": "freeman"}
MEASURES = {
    "closeness": (lambda g: nx.closeness_centrality(g), {}),
    "harmonic": (
        lambda g: {n: v / (len(g) - 1) for n, v in nx.harmonic_centrality(g).items()},
        {},
    ),
    "betweenness": (lambda g: nx.betweenness_centrality(g), {}),
    "degree": (lambda g: dict(g.degree()), {}),
    "strength": (lambda g: dict(g.degree(weight="weight")), {}),
    "core_number": (lambda g: nx.core_number(g), {}),
    "pagerank": (lambda g: nx.pagerank(g, 0.85, tol=1e-13, max_iter=500), {"weighted": True}),
    "clustering": (lambda g: nx.clustering(g), {"disconnected": "zero"}),
}


def measured_by_hand(rows, measure, window, decay, lag, nodes):
    """Give networkx's measure of each city and panel year, in ties pooled by hand."""
    values = {}
    for year in YEARS:
        graph = nx.Graph()
        graph.add_nodes_from(nodes)
        for row in rows.itertuples():
            age = year - lag - row.year
            if 0 <= age < window and row.a != row.b and {row.a, row.b} <= {*nodes}:
                before = graph.get_edge_data(row.a, row.b, {"weight": 0.0})["weight"]
                graph.add_edge(row.a, row.b, weight=before + row.w * decay**age)
        found = measure(graph)
        values |= {(city, year): found[city] for city in CITIES}
    return pd.Series(values)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("name", ["all", "cut"])
def test_every_position_is_networkx_on_the_ties_edited_by_hand(measure, name):
    edits = ALL if name == "all" else EDITS["remove"][0]
    settings = MEASURES[measure][1] | {"measure": measure, "window": 2, "lag": 1}
    decay = 0.5 if measure in ("strength", "pagerank") else 1.0
    settings |= {"decay": decay} if decay < 1 else {}
    _, panel, after = panel_of(edits, moderators=position(**settings))
    wanted = measured_by_hand(
        ties_in(after), MEASURES[measure][0], 2, decay, 1, after.networks.ties.nodes
    )
    before, found = (
        each.rows.to_dataframe().set_index(["cluster", "year"])["where"] for each in (panel, after)
    )
    np.testing.assert_allclose(found, wanted.loc[found.index], rtol=1e-7, atol=1e-9)
    assert not np.allclose(found, before)
    untouched = found.index.get_level_values("year") < (2013 if name == "cut" else 0)
    np.testing.assert_array_equal(found[untouched], before[untouched])


def test_a_network_of_the_clusters_alone_sees_their_ties_only():
    among = position(network="clusters_only", measure="closeness")
    edits = [*EDITS["add"][0], {"tie": {"between": ["c0", "Oslo"], "add": 1}}]
    _, _, after = panel_of(edits, moderators=among, clusters=SCALE)
    wanted = measured_by_hand(ties_in(after), nx.closeness_centrality, 1, 1.0, 1, CITIES)
    found = after.rows.to_dataframe().set_index(["cluster", "year"])["where"]
    np.testing.assert_allclose(found, wanted.loc[found.index], rtol=1e-12)
    stranger = [{"tie": {"between": ["Bern", "Oslo"], "add": 1}}]
    _, panel, after = panel_of(stranger, moderators=among, clusters=SCALE)
    assert after.rows.identical(panel.rows)


@pytest.mark.parametrize("name", [*EDITS, "all"])
def test_the_design_is_that_of_a_document_whose_ties_were_edited_by_hand(name):
    """With what the unedited panel taught."""
    edits, hand = ([*ALL], None) if name == "all" else EDITS[name]
    spec, panel, after = panel_of(edits, moderators=TWO, controls={"links": {
        "kind": "network", "measure": "degree", "transform": "log1p"}})  # fmt: skip
    learned = cm.learn(spec, panel)
    table = ties_in(after) if hand is None else hand(world_ties())
    again = cm.read_panel(spec, cm.Tables(panel_table(), ties=table))
    made, wanted = counterfactual(spec, panel, learned, "it"), cm.design(spec, again, learned)
    before = cm.design(spec, panel, learned)
    assert [block.name for block in made.blocks] == [block.name for block in wanted.blocks]
    moved = False
    for one, other, old in zip(made.blocks, wanted.blocks, before.blocks, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-12, atol=1e-12)
        moved |= not np.allclose(one.values, old.values)
    assert moved == (name != "inside")  # of these measures none reads work inside


NOTHING = {
    "add nothing": [{"tie": {"between": ["c0", "c3"], "add": 0}}],
    "scale by one": [{"tie": {"between": ["c2"], "scale": 1}}],
    "there and back": [
        {"tie": {"between": ["c0", "c3"], "add": 0.1}},
        {"tie": {"between": ["c0", "c3"], "add": 0.2}},
        {"tie": {"between": ["c0", "c3"], "add": -0.3}},
    ],
    "weights that no measure reads": [{"tie": {"between": ["c2"], "scale": 3}}],
}


@pytest.mark.parametrize("name", NOTHING)
def test_an_edit_of_nothing_changes_exactly_nothing(name):
    among = {"where": TWO["where"]} if name.startswith("weights") else TWO
    ties = world_ties()
    ties = ties[~is_of(ties, "c0", "c3")]
    spec, panel, after = panel_of(NOTHING[name], ties, moderators=among)
    assert after.rows.identical(panel.rows)
    (idle,) = [f for f in cm.check(spec, panel) if f.check == "idle_scenario"]
    assert idle.what_to_do.endswith("and whether a position reads weights.")


def test_a_window_reaches_as_many_years_as_it_pools():
    edits = [{"tie": {"between": ["c0"], "scale": 7}, "years": [2010]}]
    work = position(measure="strength", window=3, lag=1)
    _, panel, after = panel_of(edits, moderators=work)
    moved = after.rows["where"].values != panel.rows["where"].values
    assert {*after.rows["year"].values[moved].tolist()} == {2011, 2012, 2013}


def test_columns_are_edited_after_ties_and_conditions_see_what_was():
    edits = [
        {"scale": {"where": 10}, "where": {"where": {"below": 1}}},
        {"tie": {"between": ["c7", "c0"], "add": 1}},
    ]
    _, panel, after = panel_of(edits)
    frame = after.rows.to_dataframe().set_index(["cluster", "year"])["where"]
    before = panel.rows.to_dataframe().set_index(["cluster", "year"])["where"]
    assert (before["c7"] == 0).all()
    assert (frame["c7"] == 10).all()
    kept = [city for city in CITIES if city not in ("c0", "c7") and (before[city] >= 1).all()]
    assert kept
    assert (frame[kept] == before[kept]).all()


AHEAD = {"years": 3, "covariates": {"policies": "last"}, "year_effect": "last"}


@pytest.mark.parametrize("settings", [{}, {"disconnected": "indicator", **FREEMAN}])
def test_years_ahead_have_the_position_of_the_edited_ties_and_then_keep_it(settings):
    edits = [*EDITS["add"][0], *EDITS["join"][0], *EDITS["scale"][0]]
    moderators = {
        "where": {"kind": "network", "measure": "closeness", "lag": 2, "window": 2, **settings},
        "work": {"kind": "network", "measure": "strength", "lag": 1, "column": "work"},
    }
    spec, panel, _ = panel_of(edits, moderators=moderators, horizon=AHEAD)
    learned = cm.learn(spec, panel)
    whole, _ = extended(spec, panel, learned)
    after = edited(spec, whole, "it")
    table = by_hand(scaled_and_joined(world_ties()))
    again = cm.read_panel(spec, cm.Tables(panel_table(), ties=table))
    wanted, _ = extended(spec, again, learned)
    found, hand, before = (
        each.rows.to_dataframe().set_index(["cluster", "year"]) for each in (after, wanted, whole)
    )
    outside = found["where_outside"] == 1 if settings else np.zeros(len(found), dtype=bool)
    for column in ("where", "work"):
        spots = ~outside if column == "where" else slice(None)  # there the fitted mean stays
        np.testing.assert_allclose(found[column][spots], hand[column][spots], rtol=1e-12)
        assert not np.allclose(found[column], before[column])
    each = found["work"].unstack()
    strength = by_hand(table)
    ends = pd.concat([strength[strength["a"] != strength["b"]].set_index(end)
                      for end in ("a", "b")])  # fmt: skip
    last = ends[ends["year"] == 2015].groupby(level=0)["w"].sum().reindex(CITIES, fill_value=0)
    for year in (2016, 2017, 2018):
        np.testing.assert_allclose(each[year], last.loc[each.index])


def scaled_and_joined(rows):
    return stronger(by_hand(joined(added(rows))))
