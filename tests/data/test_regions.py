"""Which regions of a panel are clusters, and what the document's rules are judged on."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.data.worlds import PANEL, RECORDS, changed, panel_table, ring, tie_table

LQ = {"activity": "patents", "total": "all"}
SHARES = {"c0": 8, "c1": 5, "c2": 1}


def small():
    """Three cities over two years with shares of 8, 5 and 1 in 20."""
    rows = [(c, y, n / 2, 10, 1) for c, n in SHARES.items() for y in (2010, 2011)]
    return pd.DataFrame(rows, columns=["city", "year", "patents", "all", "policies"])


def read(table, ties=None, **clusters):
    sections = {"clusters": clusters}
    data = {"ties": None} if ties is None else {}
    spec = changed(PANEL, data=data, **sections)
    return cm.read_panel(spec, cm.Tables(table, ties=ties))


def test_quotients_are_of_sums_over_the_years():
    doubled = small().assign(patents=lambda t: t["patents"] * 2, all=lambda t: t["all"] * 2)
    panel = read(doubled, location_quotient=LQ)
    share = 14 / 60
    expected = [0.4 / share, 0.25 / share, 0.05 / share]
    np.testing.assert_allclose(panel.regions["lq"], expected)
    assert panel.regions["cluster"].values.tolist() == [True, True, False]
    assert set(panel.rows["cluster"].values) == {"c0", "c1"}
    assert panel.regions.attrs["years"] == "2010 to 2011"


def test_years_reference_and_probability():
    table = panel_table()
    panel = read(
        table,
        location_quotient=LQ | {"reference": 0.05, "probability": 0.99},
        years={"from": 2012, "to": 2014},
    )
    picked = table[(table["year"] >= 2012) & (table["year"] <= 2014)]
    sums = picked.groupby("city")[["patents", "all"]].sum()
    np.testing.assert_allclose(panel.regions["lq"], sums["patents"] / sums["all"] / 0.05)
    assert (panel.regions["probability"][panel.regions["cluster"].values] > 0.99).all()
    assert panel.regions.attrs["periods"] == 1


def test_collaboration_is_judged_by_ties_or_by_columns():
    ties = tie_table([*ring().itertuples(index=False), *[(c, c, 2011, 3) for c in ("c0", "c1")]])
    panel = read(panel_table(), ties, collaboration={"within": 3, "between": 20})
    assert panel.regions["within"].values.tolist() == [3, 3, 0, 0, 0, 0, 0, 0]
    assert panel.regions["between"].values.tolist() == [24] * 7 + [0]
    assert set(panel.rows["cluster"].values) == {"c0", "c1"}
    assert panel.regions["failed_rules"].values[-1] == "within, between"
    column = read(panel_table(), collaboration={"within": {"column": "all", "at_least": 200}})
    sums = panel_table().groupby("city")["all"].sum()
    np.testing.assert_array_equal(column.regions["cluster"], sums >= 200)


def spec_panel(folder):
    return {"path": str(folder / "panel.csv"), "cluster": "city", "year": "year"}


def test_nobody_passes():
    with pytest.raises(cm.PanelError) as caught:
        read(panel_table(), scale={"column": "patents", "at_least": 1e6})
    assert "no region passes every rule. Got of 8 regions pass: scale 0 (short by" in str(
        caught.value
    )


def test_years_that_are_not_there():
    with pytest.raises(cm.PanelError, match=r"clusters\.years: years that the panel does not have"):
        read(panel_table(), location_quotient=LQ, years=[2010, 2031])


def test_amounts_have_no_probability():
    table = small().assign(patents=lambda t: t["patents"] + 0.25)
    with pytest.raises(cm.PanelError, match="a quotient has no probability here"):
        read(table, location_quotient=LQ | {"probability": 0.9})


def test_the_same_rules_without_a_document():
    found = cm.identify_clusters(
        panel_table(),
        {"location_quotient": LQ, "collaboration": {"between": 1}},
        region="city",
        network=cm.read_network(ring(), source="a", target="b", weight="w"),
    )
    panel = read(panel_table(), ring(), location_quotient=LQ, collaboration={"between": 1})
    for name in ("lq", "probability", "between", "stability"):
        np.testing.assert_array_equal(found[name], panel.regions[name])
    with pytest.raises(cm.PanelError, match="no column 'alll'"):
        cm.identify_clusters(
            panel_table(), {"location_quotient": LQ | {"total": "alll"}}, region="city"
        )
    with pytest.raises(cm.PanelError, match=r"<rules>: scale.at_least: missing"):
        cm.identify_clusters(panel_table(), {"scale": {"column": "all"}}, region="city")
    twice = pd.concat([panel_table(), panel_table().head(1)])
    with pytest.raises(cm.PanelError, match="a region and year stands twice"):
        cm.identify_clusters(twice, {"location_quotient": LQ}, region="city")
    with pytest.raises(cm.PanelError, match="it has 2010 to 2015"):
        cm.identify_clusters(
            panel_table(), {"location_quotient": LQ, "years": [1999]}, region="city"
        )


def test_networks_are_read_from_documents_files_and_tables(tmp_path):
    ring().to_csv(tmp_path / "ties.csv", index=False)
    from_file = cm.read_network(tmp_path / "ties.csv", source="a", target="b", weight="w")
    from_table = cm.read_network(ring(), source="a", target="b", weight="w")
    assert from_file.to_dataset().identical(from_table.to_dataset())
    with pytest.raises(cm.PanelError, match="no column 'target'"):
        cm.read_network(ring(), source="a", weight="w")
    panel_table().to_csv(tmp_path / "panel.csv", index=False)
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "data:\n  panel: {path: panel.csv, cluster: city, year: year}\n"
        "  ties: {path: ties.csv, source: a, target: b, year: year, weight: w}\n"
        "outcomes: {patents: {family: poisson}}\ntreatments: [policies]\n",
        "utf-8",
    )
    assert cm.read_network(spec).nodes == tuple(f"c{i}" for i in range(8))
    assert cm.read_network(cm.read_spec(spec)).years == tuple(range(2010, 2016))
    with pytest.raises(cm.PanelError, match="no ties"):
        cm.read_network(changed(PANEL, data={"panel": spec_panel(tmp_path), "ties": None}))


def test_a_quotient_is_of_the_years_in_which_both_numbers_are_known():
    rows = [(c, y, 20.0, 100.0, 1) for c in "ABCD" for y in range(2010, 2016)]
    table = pd.DataFrame(rows, columns=["city", "year", "patents", "all", "policies"])
    table.loc[(table["city"] == "A") & (table["year"] < 2013), "patents"] = np.nan
    rule = {"location_quotient": LQ | {"reference": 0.2, "above": 0.9}}
    found = cm.identify_clusters(table, rule, region="city")
    assert found["lq"].values.tolist() == [1, 1, 1, 1]
    assert found["total"].values.tolist() == [300, 600, 600, 600]
    assert found["unknown"].values.tolist() == [3, 0, 0, 0]
    assert found["stability"].values.tolist() == [1, 1, 1, 1]
    spec = changed(PANEL, data={"ties": None}, clusters=rule)
    (finding,) = [f for f in cm.landscape(spec, table).findings if f.check.startswith("judged_by")]
    assert "1 region of 4 lacks a number" in finding.what
    assert "A (3)" in finding.what


def test_gaps_between_judged_years_leave_stability_unknown():
    table = panel_table()
    table = table[table["year"] % 2 == 0]
    panel = read(table, location_quotient=LQ)
    assert panel.regions["stability"].isnull().all()
    assert panel.regions.attrs["periods"] == 0
    assert panel.regions.attrs["years"] == "2010, 2012, 2014"


def test_each_period_is_held_against_its_own_share():
    rows = []
    for year, share in zip(range(2010, 2016), (0.5, 0.4, 0.3, 0.2, 0.1, 0.05), strict=True):
        rows += [("A", year, 1.2 * share * 1000, 1000, 1), ("B", year, 0.8 * share * 1000, 1000, 1)]
    table = pd.DataFrame(rows, columns=["city", "year", "patents", "all", "policies"])
    found = cm.identify_clusters(table, {"location_quotient": LQ, "rolling": 1}, region="city")
    assert found["stability"].values.tolist() == [1, 0]


def test_ties_inside_cannot_be_asked_of_a_table_that_has_none():
    with pytest.raises(cm.PanelError, match="'within' asks for ties inside regions"):
        read(panel_table(), ring(), collaboration={"within": 1})


def test_a_period_without_any_activity_has_no_quotient():
    rows = [
        (f"{city}{year}{n}", city, year, "x")
        for city in "AB"
        for year in (2010, 2011, 2012)
        for n in range(9)
    ]
    table = pd.DataFrame(rows, columns=["project", "city", "year", "org"])
    young = (table["year"] == 2010) | ((table["city"] == "B") & (table.index % 3 > 0))
    table["topic"] = np.where(young, "bio", "AI")
    quotient = {"activity": "patents", "total": "policies", "reference": "all_regions"}
    spec = changed(RECORDS, clusters={"location_quotient": quotient | {"above": 0.1}, "rolling": 1})
    found = cm.landscape(spec, cm.Tables(records=table)).regions
    assert found.attrs["periods"] == 2
    assert found["stability"].values.tolist() == [1, 1]
