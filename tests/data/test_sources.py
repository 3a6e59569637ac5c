"""Panel, records and ties meet: counts are joined, and what does not match is said."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.data.worlds import PANEL, RECORDS, changed, panel_table, record_table


def count_document():
    return changed(
        PANEL,
        data={
            "records": RECORDS["data"]["records"]
            | {"count": {"projects": {"distinct": "unit"}, "firms": {"distinct": "organisation"}}},
            "ties": {"from": "records"},
        },
        controls=["projects"],
    )


def test_records_alone_are_a_panel_with_zeros():
    panel = cm.read_panel(changed(RECORDS), cm.Tables(records=record_table()))
    rows = panel.rows.to_dataframe().set_index(["cluster", "year"])
    assert rows.index.get_level_values(0).unique().tolist() == ["c0", "c1", "c2", "c3"]
    assert len(rows) == 4 * 6
    assert rows.loc[("c0", 2010), ["patents", "policies"]].tolist() == [1, 1]
    assert rows.loc[("c3", 2012), ["patents", "policies"]].tolist() == [0, 2]
    assert panel.networks.ties.nodes == ("c0", "c1", "c2", "c3")
    ties = panel.networks.ties.graph(2010)
    assert sorted(map(sorted, ties.edges)) == [
        ["c0", "c1"],
        ["c0", "c2"],
        ["c1", "c2"],
        ["c2", "c3"],
    ]
    assert ties.nodes["c3"]["internal"] == 1  # two of its organisations in one project


def test_a_year_without_records_between_others_is_zero():
    table = record_table()
    panel = cm.read_panel(changed(RECORDS), cm.Tables(records=table[table["year"] != 2012]))
    at = (panel.rows["year"] == 2012).to_numpy()
    np.testing.assert_array_equal(panel.rows["policies"].to_numpy()[at], 0)


def test_counts_are_joined_to_the_panel_and_strangers_are_named():
    table = record_table()
    table.loc[table["city"] == "c1", "city"] = "C 1"
    panel = cm.read_panel(count_document(), cm.Tables(panel=panel_table(), records=table))
    rows = panel.rows.to_dataframe().set_index(["cluster", "year"])
    assert rows.loc[("c2", 2011), "projects"] == 2
    assert np.isnan(rows.loc[("c1", 2011), "projects"])
    found = {finding.check: finding for finding in panel.found}
    near = found["records_without_region_near"]
    assert near.severity == "warning"
    assert "5 regions of the panel are not in the records: c1, c4, c5, c6, c7" in near.what
    assert "'c1' for 'C 1'" in near.what
    assert "panel_without_region_near" in found
    assert [loss.reason for loss in panel.losses] == ["no projects"]


def test_spellings_of_one_table_are_named_and_not_merged():
    table = record_table()
    table.loc[(table["city"] == "c1") & (table["year"] > 2012), "city"] = "C1"
    panel = cm.read_panel(changed(RECORDS), cm.Tables(records=table))
    (found,) = [f for f in panel.found if f.check == "regions_alike"]
    assert found.what == "regions are spelt nearly alike: 'C1' and 'c1'"
    assert {"C1", "c1"} <= set(panel.rows["cluster"].values)


def test_years_outside_the_records_are_missing_and_said():
    table = record_table()
    table = table[table["year"] < 2014]
    panel = cm.read_panel(count_document(), cm.Tables(panel=panel_table(), records=table))
    at = ((panel.rows["cluster"] == "c2") & (panel.rows["year"] == 2014)).to_numpy()
    assert np.isnan(panel.rows["projects"].to_numpy()[at]).all()
    (found,) = [f for f in panel.found if f.check == "records_without_year"]
    assert found.what == "the records go from 2010 to 2013, and the panel has 2014, 2015"


def test_a_count_that_the_panel_has_as_a_column_is_refused():
    table = panel_table().assign(projects=1)
    with pytest.raises(cm.PanelError, match=r"data.records.count.projects: <table> has a column"):
        cm.read_panel(count_document(), cm.Tables(panel=table, records=record_table()))


def test_problems_of_records_stand_at_their_line(tmp_path):
    record_table().to_csv(tmp_path / "records.csv", index=False)
    (tmp_path / "spec.yaml").write_text(
        "data:\n"
        "  records:\n"
        "    path: records.csv\n"
        "    unit: project\n"
        "    region: city\n"
        "    year: year\n"
        "    count:\n"
        "      patents: {distinct: unit, where: {topc: {is: AI}}}\n"
        "outcomes: {patents: {family: poisson}}\n"
        "controls: [{trend: {column: year}}]\n",
        "utf-8",
    )
    with pytest.raises(cm.PanelError) as caught:
        cm.check(tmp_path / "spec.yaml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path / 'spec.yaml'}:8: data.records.count.patents.where.topc: ")
    assert "Did you mean 'topic'?" in line


def test_without_own_is_made_of_the_other_units():
    spec = changed(
        RECORDS,
        moderators={"d": {"kind": "network", "measure": "degree", "without_own": True}},
    )
    panel = cm.read_panel(spec, cm.Tables(records=record_table()))
    apart = panel.networks.without_own.graph(2010)
    assert [*map(sorted, apart.edges)] == [["c2", "c3"]]
    rows = panel.rows.to_dataframe().set_index(["cluster", "year"])
    assert rows.loc[("c0", 2011), "d"] == 0
    assert rows.loc[("c2", 2011), "d"] == 1


def test_a_network_of_own_units_alone_is_refused():
    spec = changed(
        RECORDS,
        moderators={"d": {"kind": "network", "measure": "degree", "without_own": True}},
    )
    table = record_table()
    with pytest.raises(cm.PanelError, match="every tie comes from a unit that the outcome counts"):
        cm.read_panel(spec, cm.Tables(records=table[table["topic"] == "AI"]))


def test_halves_share_no_unit():
    document = changed(
        RECORDS,
        moderators={"d": {"kind": "network", "measure": "degree", "without_own": "half"}},
    )
    rng = np.random.default_rng(4)
    rows = [
        (f"u{unit}", f"c{city}", 2010 + unit % 6, f"o{city}", "AI")
        for unit in range(200)
        for city in rng.choice(8, 2, replace=False)
    ]
    table = pd.DataFrame(rows, columns=["project", "city", "year", "org", "topic"])
    panel = cm.read_panel(document, cm.Tables(records=table))
    counted = panel.rows["patents"].sum() / 2  # each unit has two regions
    tied = panel.networks.without_own.weight.sum()
    assert counted + tied == 200
    assert 60 < tied < 140
    assert panel.networks.ties.weight.sum() == 200


def test_a_document_without_a_file_needs_its_table():
    with pytest.raises(cm.PanelError, match=r"data\.records: no table"):
        cm.read_panel(changed(RECORDS))
    with pytest.raises(cm.PanelError, match=r"data\.panel: no table"):
        cm.read_panel(changed(PANEL))
    with pytest.raises(cm.PanelError, match=r"data\.ties: no table"):
        cm.read_panel(changed(PANEL), panel_table())


def test_a_value_of_a_list_that_no_record_has_is_noted():
    document = changed(RECORDS)
    listed = document.plain()
    listed["data"]["records"]["count"]["patents"]["where"]["topic"]["is"] = ["AI", "chips"]
    panel = cm.read_panel(cm.read_spec(listed), cm.Tables(records=record_table()))
    (found,) = [f for f in panel.found if f.check == "value_without_records"]
    assert "'chips'" in found.what
    assert found.path == "data.records.count.patents.where.topic.is"
