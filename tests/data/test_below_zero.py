"""Scenarios that would make a count negative."""

import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.designs import PLAIN, table

DOCUMENT = PLAIN | {"treatments": {"dose": {}, "money": {}}, "controls": ["yearly"]}


def run(edits, frame=None):
    spec = cm.read_spec(DOCUMENT | {"scenarios": {"it": edits}})
    return edited(spec, cm.read_panel(spec, table() if frame is None else frame), "it")


def test_a_negative_count_is_refused_with_its_cluster_years():
    frame = table()
    low = frame[frame["dose"] < 2]
    with pytest.raises(cm.PanelError) as caught:
        run([{"add": {"dose": -2}}])
    said = str(caught.value)
    assert f"makes it negative in {len(low)} cluster-years" in said
    first = low.iloc[0]
    assert f"{first['dose'] - 2:g} in {first['city']} {first['year']}" in said
    assert "scenarios.it.0.add.dose" in said


def test_what_the_last_edit_leaves_is_judged():
    run([{"add": {"dose": -2}}, {"add": {"dose": 2}}])
    run([{"add": {"dose": -1}}])  # to 0, where the fewest is 1


def test_amounts_that_reach_0_have_a_floor_and_others_have_none():
    frame = table()
    run([{"add": {"yearly": -100}}], frame)
    frame.loc[3, "money"] = 0.0
    with pytest.raises(cm.PanelError, match="'money' is nowhere below 0"):
        run([{"add": {"money": -0.5}}], frame)
    frame.loc[4, "money"] = -1.0
    run([{"add": {"money": -0.5}}], frame)
