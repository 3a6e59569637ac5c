"""Ties from a table: what is refused with its line, what is said, and what a position makes."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import counterfactual
from tests.data.worlds import PANEL, YEARS, changed, panel_table, position, ring, tie_table
from tests.designs import block_of


def read(ties, table=None, **sections):
    spec = changed(PANEL, **sections)
    return cm.read_panel(spec, cm.Tables(panel_table() if table is None else table, ties=ties))


def column(panel, name="where"):
    return panel.rows.to_dataframe().set_index(["cluster", "year"])[name]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("c0", "c1", 2010, -1)], "w: a weight below 0. Correct it."),
        ([("c0", "c1", 2010, None)], "w: no weight. Write 0 where there is no tie."),
        ([("c0", None, 2010, 1)], "b: no region. Name it, or delete the row."),
        ([("c0", "c1", 20.5, 1)], "year: not a year. Got '20.5'; expected a whole number."),
        ([("c0", "c1", 2010, "x")], "w: not a finite number. Got 'x'; expected a number."),
    ],
)
def test_rows_that_are_no_tie(rows, words):
    with pytest.raises(cm.PanelError) as caught:
        read(tie_table([*rows, ("c0", "c1", 2011, 1)]))
    assert words in str(caught.value)


def test_a_line_of_the_file_is_named(tmp_path):
    tie_table([("c0", "c1", 2010, 1), ("c0", "c2", 2010, -3)]).to_csv(
        tmp_path / "ties.csv", index=False
    )
    panel_table().to_csv(tmp_path / "panel.csv", index=False)
    (tmp_path / "spec.yaml").write_text(
        "data:\n  panel: {path: panel.csv, cluster: city, year: year}\n"
        "  ties: {path: ties.csv, source: a, target: b, year: year, weight: w}\n"
        "outcomes: {patents: {family: poisson}}\ntreatments: [policies]\n",
        "utf-8",
    )
    with pytest.raises(cm.PanelError, match=r"ties.csv:3: w: a weight below 0"):
        cm.check(tmp_path / "spec.yaml")
    text = (tmp_path / "spec.yaml").read_text("utf-8")
    (tmp_path / "spec.yaml").write_text(text.replace("target: b", "target: be"), "utf-8")
    with pytest.raises(cm.PanelError) as caught:
        cm.check(tmp_path / "spec.yaml")
    assert "spec.yaml:3: data.ties.target: ties.csv has no column 'be'" in str(caught.value)


def test_what_is_odd_about_ties_is_said():
    rows = [
        ("c0", "c1", 2010, 1),
        ("c1", "c0", 2010, 2),
        ("c2", "c2", 2010, 4),
        ("c0", "C-2", 2010, 1),
        ("c0", "c3", 2012, 0),
        ("c0", "c3", 2013, 1),
        ("c0", "c3", 2017, 1),
    ]
    panel = read(tie_table(rows))
    said = {finding.check: finding.what for finding in panel.found}
    assert said["ties_twice"].startswith("1 row of the ties repeats a pair and year")
    assert said["ties_inside"] == "1 row of the ties joins a region to itself"
    assert said["ties_of_nothing"] == "1 row of the ties weighs 0"
    assert "'C-2' for 'c2'" in said["ties_without_region_near"]
    assert said["empty_network"].endswith("2011, 2012, 2014, 2015, 2016")
    assert said["ties_after_panel"].startswith("ties of 2017 are later than the panel")
    graph = panel.networks.ties.graph(2010)
    assert graph["c0"]["c1"]["weight"] == 3
    assert graph.nodes["c2"]["internal"] == 4
    assert "C-2" in graph


def test_no_tie_at_all_is_serious():
    panel = read(tie_table([("c0", "c1", 2010, 0)]))
    assert [f.severity for f in panel.found if f.check == "no_ties"] == ["serious"]


def test_a_position_is_that_of_the_year_before():
    ties = tie_table([("c0", "c1", 2009, 1), ("c0", "c2", 2010, 1), ("c0", "c1", 2010, 1)])
    panel = read(ties, moderators=position())
    values = column(panel)
    assert values[("c0", 2010)] == 1
    assert values[("c0", 2011)] == 2
    assert values[("c5", 2011)] == 0
    assert np.isnan(values[("c0", 2012)])
    (loss,) = panel.losses
    served = "ties of 2009 to 2010 serve 2010 to 2011 (window 1, lag 1)"
    assert loss.reason == f"no network for where: {served}"
    assert {year for _, year in loss.places} == {2012, 2013, 2014, 2015}


def test_a_window_needs_all_of_its_years():
    panel = read(ring(), moderators=position(window=3, lag=1, measure="strength"))
    values = column(panel)
    assert np.isnan(values[("c0", 2012)])
    assert values[("c0", 2013)] == 2 * 2 * 3
    faded = column(read(ring(), moderators=position(window=3, decay=0.5, measure="strength")))
    assert faded[("c0", 2013)] == 2 * 2 * (1 + 0.5 + 0.25)


NO_NETWORK = "no network for where: ties of 2010 to 2015 serve 2011 to 2016 (window 1, lag 1)"
FREEMAN = {"measure": "closeness", "variant": "freeman"}


def test_an_undefined_measure_stops_where_nothing_is_declared():
    for settings in ({}, {"disconnected": "error"}):
        with pytest.raises(cm.PanelError) as caught:
            read(ring(), moderators=position(**FREEMAN, **settings))
        said = str(caught.value)
        assert "moderators.where: 'closeness' is undefined for 5 cluster-years of 1 cluster" in said
        assert "in the networks of 2010 to 2014" in said
        assert "Got c7 (5)" in said
        assert "disconnected: zero" in said


def test_zero_drop_and_indicator():
    zero = read(ring(), moderators=position(**FREEMAN, disconnected="zero"))
    assert column(zero)[("c7", 2012)] == 0
    assert {loss.reason for loss in zero.losses} == {NO_NETWORK}

    drop = read(ring(), moderators=position(**FREEMAN, disconnected="drop"))
    lost = {loss.reason: len(loss.places) for loss in drop.losses}
    assert lost == {
        NO_NETWORK: 8,
        "where is undefined: outside the largest component": 5,
    }

    marked = read(ring(), moderators=position(**FREEMAN, disconnected="indicator"))
    values, marks = column(marked), column(marked, "where_outside")
    assert marks[("c7", 2012)] == 1
    assert marks[("c0", 2012)] == 0
    assert values[("c7", 2012)] == pytest.approx(values[("c0", 2012)])  # the mean of the others
    spec = changed(PANEL, moderators=position(**FREEMAN, disconnected="indicator"))
    names = {block.name for block in cm.design(spec, marked, cm.learn(spec, marked)).blocks}
    assert {"where", "where_outside", "policies_x_where", "policies_x_where_outside"} <= names


def test_a_network_of_clusters_only():
    clusters = {"scale": {"column": "all", "at_least": 0}, "collaboration": {"between": 1}}
    everyone = read(ring(), moderators=position(), clusters=clusters)
    assert "c7" not in column(everyone).index.get_level_values(0)
    ties = tie_table([*ring().itertuples(index=False), *[("c0", "Oslo", y, 1) for y in YEARS]])
    whole = read(ties, moderators=position())
    among = read(ties, moderators=position(network="clusters_only"), clusters=clusters)
    assert column(whole)[("c0", 2012)] == 3
    assert column(among)[("c0", 2012)] == 2


def test_a_position_as_control_and_as_outcome():
    panel = read(ring(), controls=position(transform="log1p"))
    spec = changed(PANEL, controls=position(transform="log1p"))
    learned = cm.learn(spec, panel)
    assert learned.scales["where"].symbol == "log(1 + where[i,t-1])"
    outcome = {"links": {"kind": "network", "measure": "degree", "family": "poisson"}}
    explained = read(ring(), outcomes=outcome)
    assert column(explained, "links")[("c0", 2010)] == 2
    assert not explained.losses
    halves = {"links": {"kind": "network", "measure": "closeness", "family": "poisson"}}
    with pytest.raises(cm.PanelError, match="'links' has values that are impossible here"):
        read(ring(), outcomes=halves)


def test_scenarios_may_choose_by_position():
    scenario = {"edge": [{"add": {"policies": 1}, "where": {"where": {"below": 1}}}]}
    spec = changed(PANEL, moderators=position(), scenarios=scenario)
    panel = cm.read_panel(spec, cm.Tables(panel_table(), ties=ring()))
    learned = cm.learn(spec, panel)
    before, after = cm.design(spec, panel, learned), counterfactual(spec, panel, learned, "edge")
    moved = (block_of(after, "policies").values != block_of(before, "policies").values)[:, 0]
    assert set(before.clusters[moved].tolist()) == {"c7"}


def test_a_position_does_not_hide_a_column_of_the_table():
    with pytest.raises(cm.PanelError, match=r"moderators\.where: <table> has a column 'where' too"):
        read(ring(), panel_table().assign(where=1), moderators=position())
    renamed = read(ring(), panel_table().assign(where=1), moderators=position(column="links"))
    assert column(renamed, "links")[("c0", 2011)] == 2


def test_a_year_that_was_looked_at_and_has_no_tie_is_a_network():
    rows = [*ring().itertuples(index=False), ("c0", "Oslo", 2008, 1), ("c1", "Bern", 2009, 1)]
    clusters = {"scale": {"column": "all", "at_least": 0}}
    among = position(network="clusters_only")
    panel = read(tie_table(rows), moderators=among, clusters=clusters)
    values = column(panel)
    assert not panel.losses
    assert values[("c0", 2010)] == 0  # tied in 2009 to nobody among the clusters
    assert values[("c0", 2011)] == 2
    nothing = read(tie_table([*rows, ("c0", "c1", 2007, 0)]), moderators=position(lag=3))
    assert column(nothing)[("c0", 2010)] == 0


def test_regions_that_the_ties_do_not_name():
    with pytest.raises(cm.PanelError, match="the ties name no region of the panel"):
        read(tie_table([("x", "y", 2010, 1)]))
    panel = read(ring().replace("c1", "C 1"))
    (found,) = [f for f in panel.found if f.check == "regions_without_ties_near"]
    assert found.what == (
        "2 regions of the panel have no tie in any year: c1, c7; spelt nearly alike are 'c1' for "
        "'C 1'"
    )
    assert found.severity == "warning"


def test_a_table_with_each_pair_in_both_orders_counts_twice_and_says_so():
    both = ring()
    mirrored = tie_table([*both.itertuples(index=False), *both[["b", "a", "year", "w"]].values])
    panel = read(mirrored)
    checks = {finding.check: finding for finding in panel.found}
    assert checks["ties_in_both_orders"].severity == "warning"
    assert "ties_twice" not in checks
    assert panel.networks.ties.graph(2010)["c0"]["c1"]["weight"] == 4


@pytest.mark.parametrize("measure", ["ei_index", "intraregional"])
def test_work_inside_regions_must_be_known_where_it_is_measured(measure):
    with pytest.raises(cm.PanelError, match=f"'{measure}' needs ties inside regions"):
        read(ring(), controls=position(measure=measure, disconnected="zero"))
    inside = tie_table([*ring().itertuples(index=False), *[("c0", "c0", y, 1) for y in YEARS]])
    assert np.isfinite(
        column(read(inside, controls=position(measure=measure, disconnected="zero")))[("c0", 2011)]
    )


def test_a_window_that_no_row_can_have_is_refused_at_its_line():
    with pytest.raises(cm.PanelError, match="no row has a network with window 9 and lag 1") as said:
        read(ring(), moderators=position(window=9))
    assert "Got ties of 2010 to 2015, and a panel of 2010 to 2015" in str(said.value)
