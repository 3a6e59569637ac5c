"""Stocks of doses, and adoptions that a scenario moves or ends."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.columns import raw_columns
from clustermodels.data.panel import reader
from clustermodels.data.scenarios import counterfactual, edited
from tests.designs import PLAIN, block_of, designed, lookup, table

STOCK = {"kind": "stock", "column": "dose", "depreciation": 0.15, "initial": 3.0}


def by_hand(frame, city, year, keep, initial):
    """Add doses up year by year; None where one is missing."""
    doses = lookup(frame, "dose")
    first = min(when for where, when in doses if where == city)
    stock = initial  # also in the year before the first row
    for when in range(first, year + 1):
        if (city, when) not in doses or np.isnan(doses[city, when]):
            return None
        stock = keep * stock + doses[city, when]
    return stock


@pytest.mark.parametrize("lag", [0, 1])
def test_a_stock_is_what_doses_add_up_to(lag):
    frame = table()
    document = PLAIN | {"treatments": {"capital": STOCK | {"lag": lag, "slope": "common"}}}
    spec, panel, _, design = designed(document, frame)
    column = raw_columns(spec, reader(panel))["capital"]
    wanted = [
        by_hand(frame, city, year - lag, 0.85, 3.0)
        for city, year in zip(design.clusters, design.years, strict=True)
    ]
    np.testing.assert_allclose(column.values, wanted, rtol=1e-13)
    # B has no 2012: what it had accumulated is unknown from then on
    places = {where: loss.reason for loss in panel.losses for where in loss.places}
    lost = {year for (city, year) in places if city == "B"}
    assert lost == set(range(2013, 2019))
    said = "a year without dose among all" + (" until 1 year before" if lag else "")
    assert places["B", 2017] == said
    assert set(design.years[design.clusters == "B"]) == {2010, 2011}


def test_a_missing_dose_is_missing_ever_after():
    frame = table()
    frame.loc[(frame["city"] == "A") & (frame["year"] == 2014), "dose"] = np.nan
    document = PLAIN | {"treatments": {"capital": STOCK}}
    _, panel, _, design = designed(document, frame)
    assert set(design.years[design.clusters == "A"]) == set(range(2010, 2014))
    assert sum(len(loss.places) for loss in panel.losses) >= 5


def test_an_edited_dose_stays_in_the_stock():
    frame = table()
    document = PLAIN | {
        "treatments": {"capital": STOCK | {"transform": "log1p", "slope": "common"}},
        "scenarios": {"push": [{"add": {"dose": 2}, "years": [2012]}]},
    }
    spec, panel, learned, before = designed(document, frame)
    after = counterfactual(spec, panel, learned, "push")
    assert edited(spec, panel, "push") is not panel
    scale = learned.scales["capital"]
    one, other = (
        np.expm1(block_of(made, "capital").values[:, 0] * scale.spread + scale.centre)
        for made in (before, after)
    )
    years = before.years
    kept = np.where(years < 2012, 0.0, 2 * 0.85 ** (years - 2012.0))
    np.testing.assert_allclose(other - one, kept, atol=1e-9)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"kind": "stock"}, "initial: missing"),
        ({"kind": "stock", "initial": 0, "depreciation": 1.0}, "depreciation"),
        ({"kind": "stock", "initial": "none"}, "initial"),
    ],
)
def test_a_stock_says_how_it_begins_and_what_it_loses(written, words):
    with pytest.raises(cm.SpecError, match=words):
        cm.read_spec(PLAIN | {"treatments": {"dose": written}})


ADOPTED = {"A": 2012.0, "B": 2014.0, "C": 2013.0, "D": 0.0, "E": 2011.0}


def adopters():
    frame = table()
    began = frame["city"].map(ADOPTED)
    return frame.assign(began=began, zone=((began > 0) & (frame["year"] >= began)).astype(float))


def switched(treatment, *edits, name="zone"):
    """Give the adoption's column, 0 or 1, before and after a scenario, by (city, year)."""
    document = PLAIN | {
        "treatments": {name: treatment | {"slope": "common"}},
        "scenarios": {"other": list(edits)},
    }
    spec, panel, learned, before = designed(document, adopters())
    after = counterfactual(spec, panel, learned, "other")
    scale = learned.scales[name]
    found = []
    for made in (before, after):
        on = block_of(made, name).values[:, 0] * scale.spread + scale.centre
        found.append(pd.Series(on.round(9), [made.clusters, made.years]))
    return found


YEARLY = {"kind": "adoption", "first_year": "began"}
SWITCH = {"kind": "adoption"}


@pytest.mark.parametrize(("treatment", "column"), [(YEARLY, "began"), (SWITCH, "zone")])
@pytest.mark.parametrize("lag", [0, 1])
def test_a_delay_and_a_repeal(treatment, column, lag):
    treatment = treatment | {"lag": lag}
    _, later = switched(treatment, {"delay": {column: 2}})
    _, ended = switched(treatment, {"repeal": {column: 2015}})
    _, some = switched(
        treatment, {"repeal": {column: 2015}, "where": {"cluster": {"is": ["A", "E"]}}}
    )
    _, both = switched(treatment, {"delay": {column: 2}}, {"repeal": {column: 2015}})
    for city, year in later.index:
        start = ADOPTED[city] or np.inf
        assert later[city, year] == (year >= start + 2 + lag)
        assert ended[city, year] == (start + lag <= year < 2015 + lag)
        end = 2015 + lag if city in "AE" else np.inf
        assert some[city, year] == (start + lag <= year < end)
        assert both[city, year] == (start + 2 + lag <= year < 2015 + lag)


def test_the_earlier_of_two_repeals_counts():
    _, ended = switched(YEARLY, {"repeal": {"began": 2016}}, {"repeal": {"began": 2014}})
    years = ended.index.get_level_values(1)
    assert ended[years >= 2014].sum() == 0
    assert ended[years < 2014].sum() > 0


def test_a_repeal_ends_effects_by_cohort_and_year():
    document = PLAIN | {
        "treatments": {"zone": YEARLY | {"by": "cohort_year"}},
        "fixed_effects": {"cluster": {}, "year": {}},
        "scenarios": {"off": [{"repeal": {"began": 2015}}]},
    }
    spec, panel, learned, before = designed(document, adopters())
    after = counterfactual(spec, panel, learned, "off")
    one, other = (block_of(made, "zone_by_cohort_year").values[:, 0] for made in (before, after))
    np.testing.assert_array_equal(other, np.where(before.years < 2015, one, 0.0))


def test_a_condition_of_a_repeal_is_judged_once_for_the_cluster():
    """In the year of the repeal, whatever it is in other years."""
    edit = {"repeal": {"began": 2015}, "where": {"dose": {"above": 2.5}}}
    _, ended = switched(YEARLY, edit)
    doses = lookup(adopters(), "dose")
    for city in "ABDE":
        off = doses[city, 2015] > 2.5
        for year in range(2015, 2019):
            assert ended[city, year] == (bool(ADOPTED[city]) and not off)


def test_a_delay_asks_nothing_of_clusters_that_it_leaves_alone():
    frame = adopters()
    frame.loc[frame["city"] == "E", "zone"] = 1.0
    edit = {"delay": {"zone": 1}, "where": {"cluster": {"is": ["A", "B"]}}}
    document = PLAIN | {
        "treatments": {"zone": SWITCH | {"slope": "common"}},
        "scenarios": {"later": [edit]},
    }
    spec, panel, learned, before = designed(document, frame)
    after = counterfactual(spec, panel, learned, "later")
    moved = before.blocks[0].values[:, 0] != after.blocks[0].values[:, 0]
    assert set(before.clusters[moved]) == {"A", "B"}


def test_a_repeal_in_no_year_of_the_panel_is_a_slip():
    with pytest.raises(cm.PanelError, match="a year that the panel does not have"):
        switched(YEARLY, {"repeal": {"began": 12}})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"delay": {"dose": 1}}, "'delay' is for adoptions, and this is none"),
        ({"repeal": {"began": 2014.5}}, "repeal takes a year"),
        ({"delay": {"began": 0}}, "whole number of years, 1 or more"),
        ({"delay": {"began": 1}, "years": [2014]}, "says in which years by itself"),
    ],
)
def test_edits_of_adoptions_that_mean_nothing(edit, words):
    document = PLAIN | {"treatments": {"zone": YEARLY, "dose": {}}, "scenarios": {"s": [edit]}}
    with pytest.raises(cm.SpecError, match=words):
        cm.read_spec(document)


def test_a_switch_that_was_on_from_the_start_cannot_be_delayed():
    frame = adopters()
    frame.loc[frame["city"] == "E", "zone"] = 1.0
    document = PLAIN | {
        "treatments": {"zone": SWITCH},
        "scenarios": {"later": [{"delay": {"zone": 1}}]},
    }
    spec, panel, learned, _ = designed(document, frame)
    with pytest.raises(cm.PanelError, match=r"nobody knows since when: E\. Give the year"):
        counterfactual(spec, panel, learned, "later")
