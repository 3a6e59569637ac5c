"""What is wrong with the tables that a document names: all at once, each at its own line."""

import pytest

import clustermodels as cm
from tests.data.worlds import RECORDS, changed, panel_table, record_table

DOCUMENT = """data:
  panel: {path: PANEL, cluster: city, year: year}
  records:
    path: RECORDS
    unit: project
    region: city
    year: year
    count: {projects: {distinct: unit}}
  ties:
    path: TIES
    source: a
    target: b
    year: year
outcomes: {patents: {family: poisson}}
controls: [projects]
"""


def refused(folder, text, tables=None):
    (folder / "spec.yaml").write_text(text, "utf-8")
    with pytest.raises(cm.PanelError) as caught:
        cm.read_panel(cm.read_spec(folder / "spec.yaml"), tables)
    return str(caught.value).replace(f"{folder / 'spec.yaml'}", "spec.yaml").splitlines()


def documented(**names):
    text = DOCUMENT
    for part in ("panel", "records", "ties"):
        text = text.replace(part.upper(), names.get(part, f"{part}.csv"))
    return text


def test_files_that_are_not_there_are_said_at_once_at_their_lines(tmp_path):
    for name in ("panel", "records", "ties"):
        (tmp_path / f"{name}.csv").write_text("x\n1\n")
    text = documented(panel="panels.csv", records="record.csv", ties="tie.csv")
    assert refused(tmp_path, text) == [
        "spec.yaml:2: data.panel.path: panels.csv: no such file. Did you mean 'panel.csv'?",
        "spec.yaml:4: data.records.path: record.csv: no such file. Did you mean 'records.csv'?",
        "spec.yaml:10: data.ties.path: tie.csv: no such file. Did you mean 'ties.csv'?",
    ]


def test_files_that_cannot_be_opened_say_what_belongs_in_them(tmp_path, monkeypatch):
    (tmp_path / "panel.csv").write_text("")
    (tmp_path / "records.csv").write_text("")
    (tmp_path / "ties.csv").mkdir()
    assert refused(tmp_path, documented()) == [
        "spec.yaml:2: data.panel.path: panel.csv: the file is empty. "
        "Write a header and a row per cluster-year.",
        "spec.yaml:4: data.records.path: records.csv: the file is empty. "
        "Write a header and a row per record.",
        "spec.yaml:10: data.ties.path: ties.csv: this is a folder. Name a file in it.",
    ]
    monkeypatch.setattr("os.access", lambda *_: False)
    assert refused(tmp_path, documented())[1] == (
        "spec.yaml:4: data.records.path: records.csv: cannot be read: permission denied. "
        "Ask for the right to read it."
    )


def test_no_file_is_missed_where_a_table_is_handed_over(tmp_path):
    tables = cm.Tables(panel=panel_table(), records=record_table())
    (line,) = refused(tmp_path, documented(), tables)
    assert line.startswith("spec.yaml:10: data.ties.path: ties.csv: no such file.")


def test_what_is_wrong_with_the_panel_and_with_the_records_is_said_at_once(tmp_path):
    (tmp_path / "panel.csv").write_text("city,year\nA\n")
    (tmp_path / "records.csv").write_text("projekt,city,year\np,A,2020\n")
    (tmp_path / "ties.csv").write_text("a,b,year\nA,B,2020\n")
    first, second = refused(tmp_path, documented())
    assert first.startswith("panel.csv:2: 1 cell where the header has 2.")
    assert second.startswith("spec.yaml:5: data.records.unit: records.csv has no column 'project'.")


def test_a_column_that_is_not_counted():
    with pytest.raises(cm.PanelError) as caught:
        cm.read_panel(changed(RECORDS, controls=["gdp"]), cm.Tables(records=record_table()))
    assert str(caught.value) == (
        "<spec>: controls.gdp: the panel counted from <records> has no column 'gdp'. Expected "
        "city, year, patents, policies. Add it to data.records.count."
    )


def test_a_condition_may_name_positions():
    spec = changed(
        RECORDS,
        moderators={"near": {"kind": "network", "measure": "degree"}},
        scenarios={"a": [{"add": {"policies": 1}, "where": {"degree": {"above": 1}}}]},
    )
    with pytest.raises(cm.PanelError) as caught:
        cm.read_panel(spec, cm.Tables(records=record_table()))
    assert str(caught.value) == (
        "<spec>: scenarios.a.0.where.degree: the panel counted from <records> has no column "
        "'degree'. Expected city, year, patents, policies, near. Add it to data.records.count."
    )


def test_columns_of_rules_for_clusters_stand_at_their_own_lines(tmp_path):
    text = (
        "data:\n"
        "  panel: {cluster: city, year: year}\n"
        "clusters:\n"
        "  location_quotient:\n"
        "    activity: patent\n"
        "    total: total\n"
        "  scale: {column: size, at_least: 3}\n"
        "  collaboration:\n"
        "    within: {column: inside, at_least: 1}\n"
        "outcomes: {patents: {family: poisson}}\n"
        "controls: [policies]\n"
    )
    lines = refused(tmp_path, text, panel_table())
    assert [line.partition(": <table>")[0] for line in lines] == [
        "spec.yaml:5: clusters.location_quotient.activity",
        "spec.yaml:6: clusters.location_quotient.total",
        "spec.yaml:7: clusters.scale.column",
        "spec.yaml:9: clusters.collaboration.within.column",
    ]
    assert lines[0].endswith("Did you mean 'patents'?")
