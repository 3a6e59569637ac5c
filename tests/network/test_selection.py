"""Which regions are clusters: every rule, the margins, real cities, and rolling windows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clustermodels.network.quotients import location_quotient
from clustermodels.network.selection import QuotientRule, Rules, rolling, select

CITIES = Path(__file__).parents[2].parent / "shared" / "data" / "h2020_city_year.csv"
REGISTER = 0.192390
REGIONS = ["Beijing", "Hefei", "Sanya", "Fuxin"]
RULES = Rules(QuotientRule(probability=0.9), scale=60, within=1, between=1)


def quotients(**settings):
    x = pd.Series([90, 70, 12, 20], index=REGIONS)
    return location_quotient(x, [300, 350, 40, 200], reference=0.2, **settings)


def test_every_rule_and_by_how_much():
    given = quotients()
    found = select(
        REGIONS,
        rules=RULES,
        quotients=given,
        scale=[90, 70, 12, 20],
        within=pd.Series([5, 1, 2, 0], index=REGIONS),
        between=xr.DataArray([3, np.nan, 4, 9], coords={"region": REGIONS[::-1]}),
    )
    assert found["between"].values.tolist()[:2] == [9, 4]
    assert found["cluster"].values.tolist() == [True, False, False, False]
    assert found["failed_rules"].values.tolist() == [
        "",
        "lq, probability",  # 1 is not above 1
        "scale, between",  # what is not known does not pass
        "lq, probability, scale, within",
    ]
    assert found["first_failed"].values.tolist() == ["", "lq", "scale", "lq"]
    assert found["failed"].values.tolist() == [0, 2, 2, 4]
    np.testing.assert_allclose(found["lq_margin"], [0.5, 0.0, 0.5, -0.5], atol=1e-14)
    np.testing.assert_allclose(found["probability_margin"], given["probability"] - 0.9)
    np.testing.assert_array_equal(found["scale_margin"], [30, 10, -48, -40])
    np.testing.assert_array_equal(found["within_margin"], [4, 0, 1, -1])
    assert found["within_passes"].values.tolist() == [True, True, True, False]
    np.testing.assert_array_equal(found["between_margin"], [8, 3, np.nan, 2])
    xr.testing.assert_equal(found["eti95_lower"], given["eti95_lower"])
    assert found.attrs == given.attrs


def test_a_rule_that_is_not_asked_is_not_judged():
    found = select(REGIONS, rules=Rules(scale=60), quotients=quotients(), scale=[90, 70, 12, 20])
    assert found["cluster"].values.tolist() == [True, True, False, False]
    assert "lq_passes" not in found
    assert "lq" in found
    assert select(REGIONS, rules=Rules())["cluster"].all()


def test_only_the_regions_asked_for_in_their_order():
    found = select(
        ["Sanya", "Beijing"],
        rules=Rules(scale=60),
        quotients=quotients(),
        scale=pd.Series([90, 70, 12], index=REGIONS[:3]),
    )
    assert found["region"].values.tolist() == ["Sanya", "Beijing"]
    assert found["cluster"].values.tolist() == [False, True]
    np.testing.assert_allclose(found["lq"], [1.5, 1.5])


@pytest.mark.parametrize("method", ["standardised", "bootstrap"])
def test_standardised_quotients_are_judged_by_z(method):
    given = quotients(method=method, confidence=0.6)
    rules = Rules(QuotientRule(method=method, confidence=0.6))
    found = select(REGIONS, rules=rules, quotients=given)
    np.testing.assert_allclose(found["lq_margin"], given["z"] - given.attrs["critical"])
    np.testing.assert_array_equal(found["cluster"], given["passes"])
    assert found["cluster"].any()
    assert not found["cluster"].all()


def test_without_a_probability_none_passes_and_the_table_says_why():
    rules = Rules(QuotientRule(probability=0.9))
    found = select(REGIONS, rules=rules, quotients=quotients(counts=False))
    assert not found["cluster"].any()
    assert found["failed_rules"].values.tolist()[0] == "probability"
    assert found.attrs["uncertainty"] == "none: the activity is amounts, not counts"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rules": Rules(within=1)}, "the rule 'within' is asked, but its numbers are not given"),
        ({"rules": Rules(QuotientRule())}, "quotients are not given"),
        (
            {"rules": Rules(QuotientRule(above=1.5)), "quotients": quotients()},
            "the quotients' above is 1.0; the rule's is 1.5",
        ),
        (
            {"rules": Rules(scale=1), "scale": pd.Series([1], ["Hefei"])},
            "scale has no value for the region 'Beijing'",
        ),
        ({"rules": Rules(scale=1), "scale": [1, 2]}, "scale has 2 values for 4 regions"),
        ({"rules": Rules(), "regions": ["A", "A"]}, "the region 'A' is there more than once"),
    ],
)
def test_what_is_refused(arguments, words):
    arguments = {"regions": REGIONS} | arguments
    with pytest.raises(ValueError, match=words):
        select(arguments.pop("regions"), **arguments)


def test_the_cities_of_horizon_2020():
    if not CITIES.exists():
        pytest.skip("the shared data folder is absent")
    columns = ["leit_part", "participations", "leit_intra", "leit_inter"]
    cities = pd.read_csv(CITIES).groupby("city")[columns].sum()
    given = {
        "quotients": location_quotient(
            cities["leit_part"], cities["participations"], reference=REGISTER
        ),
        "scale": cities["leit_part"],
        "within": cities["leit_intra"],
        "between": cities["leit_inter"],
    }

    def number(rules):
        return int(select(list(cities.index), rules=rules, **given)["cluster"].sum())

    sure = QuotientRule(probability=0.95)
    assert number(Rules(QuotientRule())) == 52
    assert number(Rules(QuotientRule(), scale=60)) == 33
    assert number(Rules(QuotientRule(), scale=60, within=1, between=1)) == 32
    assert number(Rules(sure)) == 34
    assert number(Rules(sure, scale=60, within=1, between=1)) == 24


def series(values, years=(2010, 2011, 2012, 2013)):
    return xr.DataArray(
        np.array(values, dtype=float),
        coords={"year": list(years), "region": ["A", "B", "C"]},
        dims=("year", "region"),
    )


ACTIVITY = series([[1, 2, 3], [5, 1, 0], [2, 2, 2], [4, 0, 3]])
TOTAL = series([[10, 10, 20], [20, 10, 10], [10, 30, 20], [10, 10, 30]])


def test_windows_by_hand():
    found = rolling(ACTIVITY, TOTAL, [2013, 2011, 2010, 2012], 2)
    assert found["period_end"].values.tolist() == [2011, 2012, 2013]
    # 2010 and 2011: 6 of 30, 3 of 20, 3 of 30 over 12 of 80; 2012 and 2013: 6, 2, 5 of 20, 40, 50
    expected = [
        [6 / 30 / 0.15, 3 / 20 / 0.15, 3 / 30 / 0.15],
        [7 / 30 / 0.12, 3 / 40 / 0.12, 2 / 30 / 0.12],
        [6 / 20 / (13 / 110), 2 / 40 / (13 / 110), 5 / 50 / (13 / 110)],
    ]
    np.testing.assert_allclose(found["lq"], expected)
    assert found["passes"].values.tolist() == [[True, False, False]] * 3
    assert found["stability"].values.tolist() == [1.0, 0.0, 0.0]


def test_each_window_is_a_location_quotient():
    rule = QuotientRule(above=0.7, probability=0.6)
    found = rolling(ACTIVITY, TOTAL, range(2010, 2014), 3, rule=rule, reference=0.1)
    alone = location_quotient(
        ACTIVITY[1:].sum("year"), TOTAL[1:].sum("year"), reference=0.1, above=0.7
    )
    np.testing.assert_allclose(found["probability"].sel(period_end=2013), alone["probability"])
    passes = alone["passes"] & (alone["probability"] > 0.6)
    assert 0 < passes.sum() < 3
    np.testing.assert_array_equal(found["passes"].sel(period_end=2013), passes)
    np.testing.assert_allclose(found["stability"], found["passes"].mean("period_end"))


def test_a_window_that_lacks_a_year_is_left_out():
    years = [2010, 2011, 2013, 2014]
    activity, total = (column.assign_coords(year=years) for column in (ACTIVITY, TOTAL))
    found = rolling(activity, total, years, 2)
    assert found["period_end"].values.tolist() == [2011, 2014]
    with pytest.raises(ValueError, match="no 3 years in a row"):
        rolling(activity, total, years, 3)
    assert rolling(ACTIVITY, TOTAL, [2010, 2012], 1)["period_end"].values.tolist() == [2010, 2012]


def test_what_is_not_known_in_a_window_passes_in_none():
    activity = ACTIVITY.copy()
    activity[0, 0] = np.nan
    found = rolling(activity, TOTAL, range(2010, 2014), 2)
    assert np.isnan(found["lq"][0, 0])
    assert found["passes"][:, 0].values.tolist() == [False, True, True]
    np.testing.assert_allclose(found["stability"], [1.0, 1 / 3, 0.0])  # of two windows, and three
    nothing = rolling(ACTIVITY.where(ACTIVITY["year"] > 2010, 0), TOTAL, [2010, 2011], 1)
    assert np.isnan(nothing["lq"][0]).all()
    assert not nothing["passes"][0].any()
    assert nothing["stability"].values.tolist() == [1.0, 0.0, 0.0]  # of 2011 alone
    never = rolling(activity, TOTAL, [2010, 2011], 2)
    assert np.isnan(never["stability"]).values.tolist() == [True, False, False]


def test_a_reference_for_each_window():
    shares = {2011: 0.1, 2012: 0.2, 2013: 0.4}
    found = rolling(ACTIVITY, TOTAL, range(2010, 2014), 2, reference=shares)
    for end, share in shares.items():
        alone = rolling(ACTIVITY, TOTAL, [end - 1, end], 2, reference=share)
        xr.testing.assert_equal(
            found.sel(period_end=[end]).drop_vars("stability"), alone.drop_vars("stability")
        )


def test_regions_are_matched_by_label_in_every_window():
    mixed = rolling(ACTIVITY, TOTAL[:, ::-1], range(2010, 2014), 2)
    xr.testing.assert_identical(mixed, rolling(ACTIVITY, TOTAL, range(2010, 2014), 2))
