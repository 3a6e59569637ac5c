"""Each kind of column enters the predictor as its formula says, lagged by year value."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.designs import PLAIN, designed, lookup, past, predictor, table

FORMULAS = {
    "none": lambda x: x,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "standardise": lambda x: (x - x.mean()) / x.std(ddof=1),
    "per": lambda x: x / 1000,
}


def document(**sections):
    return PLAIN | sections


def dose(transform="none", **settings):
    written = {"per": 1000} if transform == "per" else transform
    return {"money": {"transform": written, "slope": "common"} | settings}


@pytest.mark.parametrize("section", ["treatments", "controls", "moderators"])
@pytest.mark.parametrize("transform", FORMULAS)
def test_a_transformed_column_is_its_formula(section, transform):
    frame = table()
    column = dose(transform)["money"] | {"lag": 1}
    if section != "treatments":
        del column["slope"]
    sections = {"treatments": {"dose": {"slope": "common"}}} | {section: {"money": column}}
    _, _, _, design = designed(document(**sections), frame)
    x = FORMULAS[transform](past(frame, design, "money", 1))
    d = past(frame, design, "dose", 0)
    names = [block.name for block in design.blocks]
    others = {name: 0.0 for name in names if name != "money"}
    eta = predictor(design, intercept=0.5, money=1.7, **others)
    np.testing.assert_allclose(eta, 0.5 + 1.7 * (x - x.mean()), rtol=1e-12, atol=1e-12)
    assert ("dose_x_money" in names) == (section == "moderators")
    if section == "moderators":
        eta = predictor(design, intercept=0.0, **others | {"money": 0.0, "dose_x_money": 0.3})
        wanted = 0.3 * (d - d.mean()) * (x - x.mean())
        np.testing.assert_allclose(eta, wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("lag", [0, 1, 2, 4])
def test_a_lag_goes_by_year_value_across_a_gap(lag):
    frame = table().sample(frac=1.0, random_state=2)
    _, panel, _, design = designed(document(treatments=dose(lag=lag)), frame)
    there = lookup(frame, "money")
    wanted = sorted(key for key in there if (key[0], key[1] - lag) in there)
    got = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    assert got == wanted
    lost = {place for loss in panel.losses for place in loss.places}
    assert lost == set(there) - set(wanted)
    x = past(frame, design, "money", lag)
    eta = predictor(design, intercept=0.0, money=1.0)
    np.testing.assert_allclose(eta, x - x.mean(), rtol=1e-12, atol=1e-9)


def test_a_lag_never_reads_another_cluster():
    """B's first year follows A's last: its past is missing, not A's."""
    frame = pd.DataFrame(
        {
            "city": ["A", "A", "A", "B", "B", "B"],
            "year": [2010, 2011, 2012, 2013, 2014, 2015],
            "y": [1.0, 2, 4, 3, 5, 2],
            "money": [1.0, 2, 3, 10, 20, 30],
        }
    )
    _, _, _, design = designed(document(treatments=dose(lag=1)), frame)
    assert design.years.tolist() == [2011, 2012, 2014, 2015]
    x = np.array([1.0, 2, 10, 20])
    np.testing.assert_allclose(predictor(design, intercept=0.0, money=1.0), x - x.mean())


@pytest.mark.parametrize("lag", [0, 2])
def test_adoption_by_its_first_year(lag):
    """On from the first year plus the lag, also where that is before the panel; 0 or none: never"""
    first = {"A": 2011.0, "B": np.nan, "C": 0.0, "D": 2005.0, "E": 2030.0}
    frame = table().assign(start=lambda f: f["city"].map(first))
    kind = {"kind": "adoption", "first_year": "start", "slope": "common", "lag": lag}
    _, panel, _, design = designed(document(treatments={"zone": kind}), frame)
    assert not panel.losses
    on = np.array(
        [
            first[c] > 0 and y >= first[c] + lag
            for c, y in zip(design.clusters, design.years, strict=True)
        ],
        dtype=float,
    )
    assert 0 < on.mean() < 1
    eta = predictor(design, intercept=0.0, zone=2.0)
    np.testing.assert_allclose(eta, 2 * (on - on.mean()), rtol=1e-12)


def test_adoption_by_a_column_of_0_and_1_is_lagged_by_year():
    frame = table().assign(zone=lambda f: ((f["city"] < "D") & (f["year"] > 2012)) * 1)
    kind = {"kind": "adoption", "slope": "common", "lag": 1}
    _, _, learned, design = designed(document(treatments={"zone": kind}), frame)
    x = past(frame, design, "zone", 1)
    eta = predictor(design, intercept=0.0, zone=2.0)
    np.testing.assert_allclose(eta, 2 * (x - x.mean()), rtol=1e-12)
    assert learned.scales["zone"].words == "adoption of zone"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(zone=2.0), "an adoption is 0 or 1. Got 2 in A 2010. Use 'kind: dose'"),
        (
            lambda f: f.assign(zone=(f["year"] < 2014) * 1),
            "an adoption stays on, and here it ends. Got 0 in A 2014",
        ),
    ],
)
def test_what_is_no_adoption_is_refused(change, said):
    kind = {"kind": "adoption", "slope": "common"}
    with pytest.raises(cm.PanelError, match=said):
        designed(document(treatments={"zone": kind}), change(table()))


@pytest.mark.parametrize(
    ("transform", "value", "rule"),
    [("log", 0.0, "above 0"), ("log1p", -1.0, "above -1"), ("sqrt", -0.5, "0 or more")],
)
def test_a_value_that_a_transform_does_not_take_is_named(transform, value, rule):
    frame = table()
    frame.loc[(frame["city"] == "D") & (frame["year"] == 2013), "money"] = value
    with pytest.raises(cm.PanelError) as caught:
        designed(document(treatments=dose(transform)), frame)
    (problem,) = caught.value.problems
    assert problem.what == f"1 value that {transform} does not take"
    assert problem.got == f"{value:g} in D 2013"
    assert problem.expected == rule


def test_a_lagged_value_is_named_by_its_own_year():
    frame = table()
    frame.loc[(frame["city"] == "D") & (frame["year"] == 2013), "money"] = 0.0
    with pytest.raises(cm.PanelError, match=r"Got 0 in D 2013;"):
        designed(document(treatments=dose("log", lag=1)), frame)
    frame["zone"] = ((frame["city"] == "D") & (frame["year"] == 2013)) * 2
    kind = {"kind": "adoption", "slope": "common", "lag": 1}
    with pytest.raises(cm.PanelError, match=r"Got 2 in D 2013\."):
        designed(document(treatments={"zone": kind}), frame)
