"""Answers to scenarios on ties: predictions, who moves, and runs that are read from their file."""

import json

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.read import read_scenarios, read_text
from tests.data.edited_ties import SEEN, TWO, is_of, rows_of, world_ties
from tests.data.test_rewire_files import OTHER, written
from tests.data.worlds import PANEL, panel_table
from tests.designs import made_fit

NOTHING = [{"tie": {"between": ["c0"], "scale": 1}}]
CUT = [
    {"tie": {"between": ["c1", "c4"], "remove": True}},
    {"join": {"region": "c7", "with": {"c0": 2}}},
]
DOCUMENT = PANEL | {
    "moderators": TWO,
    "fixed_effects": {"cluster": {"pooling": "partial"}},
    "scenarios": {"nothing": NOTHING, "cut": CUT},
}


@pytest.fixture(scope="module")
def run():
    return made_fit(DOCUMENT, cm.Tables(panel_table(), ties=world_ties()))


@pytest.fixture(scope="module")
def cut():
    """Give the panel of a table of ties that was edited by hand."""
    rows = world_ties()
    rows = pd.concat([rows[~is_of(rows, "c1", "c4")], rows_of([("c7", "c0", 2)], SEEN)])
    return cm.read_panel(cm.read_spec(DOCUMENT), cm.Tables(panel_table(), ties=rows))


def test_predictions_are_those_of_ties_edited_by_hand(run, cut):
    by_hand = cm.Fit(run.spec, cut, run.learned, run.tree)
    wanted, before = cm.predict(by_hand), cm.predict(run)
    np.testing.assert_allclose(cm.predict(run, "cut"), wanted, rtol=1e-12)
    assert not np.allclose(before, wanted, rtol=1e-3)
    total = cm.effects(run, "cut").isel(row=0)
    change = (wanted - before).sum("obs").median()
    assert float(total["median"]) == pytest.approx(float(change), rel=1e-9)


def test_an_edit_of_nothing_changes_exactly_nothing(run):
    np.testing.assert_array_equal(cm.predict(run, "nothing"), cm.predict(run))
    answer = cm.effects(run, "nothing")
    changes = answer["median"].values[answer["quantity"].values == "change"]
    assert (changes == 0).all()
    assert cm.positions_moved(run, "nothing").sizes["row"] == 0


def test_who_moves_from_where_to_where_and_in_how_many_years(run, cut):
    moved = cm.positions_moved(run, "cut").to_dataframe()
    old, new = (panel.rows.to_dataframe()[panel.rows["used"].values] for panel in (run.panel, cut))
    for column, rows in moved.groupby("position"):
        distance = (new[column] - old[column]).abs().groupby(old["cluster"]).mean()
        wanted = distance[distance > 0].sort_values(ascending=False)
        assert rows["cluster"].tolist() == wanted.index.tolist()
        for numbers, name in ((old, "before"), (new, "after")):
            means = numbers.groupby("cluster")[column].mean()
            np.testing.assert_allclose(rows[name], means[rows["cluster"]], rtol=1e-12)
        np.testing.assert_allclose(rows["change"], rows["after"] - rows["before"])
        differ = (new[column] != old[column]).groupby(old["cluster"]).sum()
        assert rows["years"].tolist() == differ[rows["cluster"]].tolist()
    assert {*moved["position"]} == {"where", "work"}
    assert {*moved["scenario"]} == {"cut"}
    assert {"c0", "c1", "c4", "c7"} <= {*moved["cluster"]}
    assert {*moved[moved["position"] == "work"]["cluster"]} == {"c0", "c1", "c4", "c7"}


def test_that_clusters_stay_is_among_the_assumptions(run):
    said = "Where a scenario edits ties, the same regions are clusters"
    assert said in cm.assumptions(run.spec)
    assert said not in cm.assumptions(cm.read_spec(DOCUMENT | {"scenarios": {}}))


def test_a_run_from_its_file_answers_without_any_table(tmp_path):
    other = world_ties(seed=9)
    spec = written(tmp_path, OTHER, other=other)
    made = made_fit(spec, None)
    cm.save(made, tmp_path / "run.nc")
    for name in ("panel", "ties", "other"):
        (tmp_path / f"{name}.csv").unlink()
    loaded = cm.load_fit(tmp_path / "run.nc")
    np.testing.assert_array_equal(cm.predict(loaded, "it"), cm.predict(made, "it"))
    assert not np.allclose(cm.predict(loaded, "it"), cm.predict(loaded), rtol=1e-6)
    (held,) = loaded.panel.networks.rewired.items()
    assert held[0] == "other.csv"
    assert held[1].to_dataset().identical(made.panel.networks.rewired["other.csv"].to_dataset())
    assert set(loaded.tree.children) == set(made.tree.children)


def test_runs_of_several_outcomes_keep_the_files_ties(tmp_path):
    spec = written(tmp_path, OTHER, other=world_ties(seed=9))
    outcomes = {"patents": {"family": "poisson"}, "all": {"family": "poisson"}}
    both = read_text(json.dumps(spec.plain() | {"outcomes": outcomes}), "spec.json", tmp_path)
    runs = {name: made_fit(one, None) for name, one in cm.equations(both).items()}
    cm.save(cm.Fits(both, runs), tmp_path / "both.nc")
    loaded = cm.load_fit(tmp_path / "both.nc")
    for name, run in runs.items():
        np.testing.assert_array_equal(cm.predict(loaded.of(name), "it"), cm.predict(run, "it"))


def test_other_scenarios_edit_ties_too_and_read_no_file(run, tmp_path):
    file = tmp_path / "more.yaml"
    file.write_text(
        "hub: [{rewire: {edges: [[c0, c1, 1], [c0, c2, 1]]}, years: [2012]}]\n"
        "again: [{tie: {between: [c1, c4], remove: true}}, "
        "{join: {region: c7, with: {c0: 2}}}]\n"
        "elsewhere: [{rewire: {path: other.csv}}]\n"
    )
    more = cm.Fit(read_scenarios(file, run.spec), run.panel, run.learned, run.tree)
    np.testing.assert_array_equal(cm.predict(more, "again"), cm.predict(run, "cut"))
    assert cm.positions_moved(more, "hub").sizes["row"] > 0
    with pytest.raises(cm.PanelError) as caught:
        cm.predict(more, "elsewhere")
    assert str(caught.value) == (
        f"{file}:3: scenarios.elsewhere.0.rewire.path: a file that was not read with the panel, "
        "and an answer reads no files. Got 'other.csv'. Write the ties themselves: {edges: "
        "[[A, B, WEIGHT], ..]}; or name the file in the document and fit again."
    )


def test_an_edit_that_takes_a_position_beyond_the_data_is_found(run):
    spec = cm.read_spec(
        DOCUMENT | {"scenarios": {"more": [{"tie": {"between": ["c0", "c1"], "add": 1000}}]}}
    )
    more = cm.Fit(spec, run.panel, run.learned, run.tree)
    beyond = cm.extrapolation(more, "more").to_dataframe()
    assert {*beyond[beyond["column"] == "work"]["cluster"]} == {"c0", "c1"}
    checks = {finding.check for finding in cm.extrapolation_findings(more, "more")}
    assert "extrapolation" in checks
    assert "position_edited" not in checks
