"""Edits of ties that the network does not take, and positions that they leave undefined."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.data.edited_ties import SEEN, by_hand, is_of, panel_of, rows_of, world_ties
from tests.data.worlds import CITIES, position

FREEMAN = {"measure": "closeness", "variant": "freeman"}


def lonely():
    """Give a chain of seven cities; c7 stands alone in 2008 only."""
    rows = rows_of([(a, b, 1) for a, b in pairwise(CITIES[:7])], SEEN)
    return pd.concat([rows, rows_of([("c6", "c7", 1)], [y for y in SEEN if y != 2010])])


def test_where_it_becomes_undefined_zero_and_indicator_hold_as_in_the_fit():
    edits = [{"tie": {"between": ["c6", "c7"], "remove": True}, "years": [2012]}]
    for settings in ({"disconnected": "zero"}, {"disconnected": "indicator"}):
        _, panel, after = panel_of(edits, lonely(), moderators=position(**FREEMAN, **settings))
        before, frame = (
            each.rows.to_dataframe().set_index(["cluster", "year"]) for each in (panel, after)
        )
        fitted, found = before.loc[("c7", 2011)], frame.loc[("c7", 2013)]
        assert found["where"] == fitted["where"]  # exactly: no mean is taken again
        assert frame["where"].isna().equals(before["where"].isna())
        if settings["disconnected"] == "zero":
            assert found["where"] == 0
        else:
            marks = frame["where_outside"]
            assert (fitted["where_outside"], found["where_outside"]) == (1, 1)
            assert marks.sum() == before["where_outside"].sum() + 1
            defined = before["where"][before["where_outside"] == 0]
            assert found["where"] == pytest.approx(defined.mean(), rel=1e-14)


def test_an_indicator_that_marked_nobody_before():
    ties = rows_of([(a, b, 1) for a, b in pairwise(CITIES)], SEEN)
    edits = [{"tie": {"between": ["c7"], "remove": True}, "years": [2012]}]
    _, panel, after = panel_of(edits, ties, controls=position(**FREEMAN, disconnected="indicator"),
                               moderators={})  # fmt: skip
    found = after.rows.to_dataframe().set_index(["cluster", "year"])
    assert found["where_outside"].sum() == 1
    assert found.loc[("c7", 2013), "where"] == np.mean(panel.rows["where"].values)


@pytest.mark.parametrize("declared", [None, "error", "drop"])
def test_where_nothing_is_declared_a_position_may_not_become_undefined(declared):
    ties = rows_of([(a, b, 1) for a, b in pairwise(CITIES)], SEEN)
    settings = FREEMAN | ({} if declared is None else {"disconnected": declared})
    edits = [{"tie": {"between": ["c7"], "remove": True}, "years": [2012, 2014]}]
    with pytest.raises(cm.PanelError) as caught:
        panel_of(edits, ties, moderators=position(**settings))
    (problem,) = caught.value.problems
    assert problem.path == "scenarios.it"
    assert problem.got == "c7 (2)"
    assert problem.what.startswith(
        "it leaves 'where' undefined for 2 cluster-years of 1 cluster, outside the largest"
    )
    ends = "no value to predict with" if declared == "drop" else "nothing says what holds there"
    assert problem.what.endswith(ends)


def test_rows_that_were_dropped_stay_so_and_are_no_reason_to_stop():
    edits = [{"tie": {"between": ["c0", "c1"], "add": 1}}]
    _, panel, after = panel_of(edits, lonely(), moderators=position(**FREEMAN, disconnected="drop"))
    assert after.used.tolist() == panel.used.tolist()
    assert len(panel.used) == panel.rows.sizes["obs"] - 1


def problems_of(edits, **sections):
    with pytest.raises(cm.PanelError) as caught:
        panel_of(edits, **sections)
    return [str(cm.PanelError([problem])) for problem in caught.value.problems]


def test_all_that_the_network_does_not_have_is_said_at_once():
    edits = [
        {"tie": {"between": ["c0", "Bernn"], "add": 1}},
        {"tie": {"between": ["c7", "c0"], "remove": True}},
        {"tie": {"between": ["c7"], "scale": 2}, "years": [2010, 2012]},
        {"tie": {"between": ["c0", "c3"], "add": -9}, "years": [2011]},
        {"tie": {"between": ["c0", "c3"], "add": 1}, "years": [2010, 2030, 2031]},
        {"tie": {"between": ["c0", "c3"], "add": 1}, "years": {"from": 2017}},
        {"join": {"region": "c0", "with": {"c1": 2}}},
        {"join": {"region": "oslo", "with": {"c1": 2}}},
        {"join": {"region": "Rome", "with": {"c1": 2, "Osl": 1, "Paris": 1}}},
        {"rewire": {"edges": [["c0", "Osl", 1], ["x9", "c1", 1]]}},
    ]
    names = "Bern, Oslo, c0, c1, c2, c3, c4, c5, c6, c7"
    ties = by_hand(world_ties())
    weight = ties[is_of(ties, "c0", "c3") & (ties["year"] == 2011)]["w"].sum()
    many = int(((ties["a"] == "c0") ^ (ties["b"] == "c0")).sum())
    none = "a region that the network does not have"
    years = "years that the network does not have"
    span = "expected years in 2007 to 2015."
    place = "<spec>: scenarios.it"
    assert problems_of(edits) == [
        f"{place}.0.tie.between.1: {none}. Got 'Bernn'; expected {names}. Did you mean 'Bern'?",
        f"{place}.1.tie.between: there is no tie of c7 and c0 in 2007 to 2015. Expected a partner "
        "of c7: it has none.",
        f"{place}.2.tie.between: there is no tie of c7 in 2010, 2012. Expected a partner of c7: it "
        "has none.",
        f"{place}.3.tie.add: it leaves a tie of c0 and c3 that weighs less than nothing. Got -9, "
        f"and weights of {weight:g} in 2011; expected 0 or more in every year. Take away less, "
        "limit 'years', or write 'remove: true'.",
        f"{place}.4.years: {years}. Got 2030, 2031; {span}",
        f"{place}.5.years: {years}. Got 2017 or later; {span}",
        f"{place}.6.join.region: 'c0' is in the network already, with {many} ties in 2007 to "
        "2015. Write {tie: {between: [c0, c1], add: 2}}, or limit 'years'.",
        f"{place}.7.join.region: the network has no such region, and has 'Oslo'. Got 'oslo'. "
        "Write 'Oslo', or give a new region a name less like it.",
        f"{place}.8.join.with.Osl: {none}. Got 'Osl'; expected {names}. Did you mean 'Oslo'?",
        f"{place}.8.join.with.Paris: {none}. Got 'Paris'; expected {names}. Use one of these.",
        f"{place}.9.rewire.edges: it names 2 regions that the network does not have. Got Osl, x9. "
        "Did you mean 'Oslo' for 'Osl'?",
    ]
