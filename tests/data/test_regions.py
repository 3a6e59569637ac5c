"""Which regions of a panel are clusters, and what the document's rules are judged on."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.data.worlds import PANEL, changed, panel_table, ring, tie_table

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
    assert "clusters: no region passes every rule. Got of 8 regions scale: 0" in str(caught.value)


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
