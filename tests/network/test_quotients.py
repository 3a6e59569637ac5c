"""The location quotient: by hand, on real cities, and what it refuses or leaves unknown."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clustermodels.network.quotients import RESAMPLES, location_quotient
from clustermodels.network.shares import BetaPrior, fit_shares

CITIES = Path(__file__).parents[2].parent / "shared" / "data" / "h2020_city_year.csv"
REGISTER = 0.192390

# Three regions by three industries: 20 of 100, 60 of 200, 20 of 100 in the first, and so on.
TABLE = np.array([[20, 30, 50], [60, 90, 50], [20, 30, 50]])
BY_HAND = np.array(
    [
        [0.8, 0.8, 4 / 3],  # 20/100 over 100/400, 30/100 over 150/400, 50/100 over 150/400
        [1.2, 1.2, 2 / 3],
        [0.8, 0.8, 4 / 3],
    ]
)


@pytest.mark.parametrize("industry", [0, 1, 2])
def test_a_table_by_hand(industry):
    found = location_quotient(TABLE[:, industry], TABLE.sum(axis=1))
    np.testing.assert_allclose(found["lq"], BY_HAND[:, industry], rtol=1e-14)
    np.testing.assert_array_equal(found["passes"], BY_HAND[:, industry] > 1)
    assert found.attrs["reference"] == TABLE[:, industry].sum() / 400
    logs = np.log(BY_HAND[:, industry])
    z = (logs - logs.mean()) / logs.std(ddof=1)
    np.testing.assert_allclose(found["z"], z, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 3, 10, 49, 98, 103, 107, 161])
def test_equal_shares_are_exactly_ordinary(size):
    """1 / 49 x 49 is below 1 in floats: a quotient of 1 must not pass because of it."""
    found = location_quotient([1, 2, 7], [size, 2 * size, 7 * size])
    assert found["lq"].values.tolist() == [1.0, 1.0, 1.0]
    assert not found["passes"].any()


def test_interval_and_probability_are_those_of_the_share():
    prior = BetaPrior(2.0, 6.0)
    found = location_quotient([3, 0], [10, 0], reference=0.25, above=1.2, prior=prior)
    # nothing is known of a region without units: the prior's 0.45 is not about it
    a, b = np.array([5.0, np.nan]), np.array([13.0, np.nan])
    np.testing.assert_allclose(found["eti95_lower"], stats.beta.ppf(0.025, a, b) / 0.25)
    np.testing.assert_allclose(found["eti95_upper"], stats.beta.ppf(0.975, a, b) / 0.25)
    np.testing.assert_allclose(found["probability"], stats.beta.sf(0.3, a, b))
    np.testing.assert_array_equal(found["lq"], [1.2, np.nan])
    assert found["passes"].values.tolist() == [False, False]  # not above 1.2, and nan
    assert found.attrs["uncertainty"] == "beta"
    assert (found.attrs["prior_a"], found.attrs["prior_pooled"]) == (2.0, 0)
    assert found["interval_probability"] == 0.95


def test_the_prior_is_learned_from_the_regions_given():
    x, n = [2, 9, 30, 55], [40, 60, 90, 100]
    prior = fit_shares(x, n)
    xr.testing.assert_identical(location_quotient(x, n), location_quotient(x, n, prior=prior))


def test_a_region_without_units_does_not_change_the_others():
    found = location_quotient([2, 9, 0, 30], [40, 60, 0, 90], reference=0.2)
    without = location_quotient([2, 9, 30], [40, 60, 90], reference=0.2)
    for name in ("lq", "probability", "eti95_lower", "eti95_upper", "z"):
        assert np.isnan(found[name][2])
        np.testing.assert_array_equal(found[name][[0, 1, 3]], without[name])
    assert found["passes"].values.tolist()[2] is False


def test_labels_are_matched():
    x = pd.Series([3, 2, 8], index=["Guilin", "Beijing", "Hefei"])
    n = xr.DataArray([40, 10, 20], coords={"region": ["Hefei", "Guilin", "Beijing"]})
    found = location_quotient(x, n, reference=0.1)
    assert found["region"].values.tolist() == ["Guilin", "Beijing", "Hefei"]
    np.testing.assert_allclose(found["lq"], [3.0, 1.0, 2.0])
    bare = location_quotient(x, [10, 20, 40], reference=0.1)
    xr.testing.assert_identical(found, bare)
    other_way = location_quotient([8, 3, 2], n, reference=0.1)
    xr.testing.assert_allclose(other_way, found.sel(region=["Hefei", "Guilin", "Beijing"]))


def test_a_missing_value_stays_missing_and_counts_nowhere():
    found = location_quotient(
        pd.array([3, 2, None], dtype="Int64").to_numpy(float, na_value=np.nan), [10, 20, 40]
    )
    assert found.attrs["reference"] == 5 / 30
    np.testing.assert_allclose(found["lq"], [1.8, 0.6, np.nan])
    nullable = location_quotient(pd.Series([3, 2, None], dtype="Int64"), [10, 20, 40])
    xr.testing.assert_identical(found, nullable)
    for name in ("probability", "eti95_lower", "z"):
        np.testing.assert_array_equal(np.isnan(found[name]), [False, False, True])


@pytest.mark.parametrize(
    ("x", "n", "counts", "why"),
    [
        ([1.5, 2.5], [3.0, 4.0], True, "the activity is not whole numbers"),
        ([30, 20], [3, 40], True, "the activity exceeds the total in 1 of 2 regions"),
        ([1, 2], [3, 4], False, "the activity is amounts, not counts"),
        (
            [30] * 3,
            [3] * 3,
            True,
            "the activity exceeds the total in 3 of 3 regions; are they swapped?",
        ),
        ([1.5, 2], [3, 1], True, "the activity exceeds the total in 1 of 2 regions"),
        ([1, 2], [3, 1], False, "the activity exceeds the total in 1 of 2 regions"),
    ],
)
def test_amounts_have_a_quotient_but_no_probability(x, n, counts, why):
    found = location_quotient(x, n, counts=counts)
    np.testing.assert_allclose(found["lq"], np.divide(x, n) / (sum(x) / sum(n)))
    for name in ("eti95_lower", "eti95_upper", "probability"):
        assert np.isnan(found[name]).all()
    assert found.attrs["uncertainty"] == f"none: {why}"
    assert "prior_a" not in found.attrs


@pytest.mark.parametrize(
    ("x", "n", "why"),
    [
        ([0, 0], [3, 4], "no region has any of the activity"),
        ([0, 0], [0, 0], "no region has an activity and a total"),
    ],
)
@pytest.mark.parametrize("method", ["threshold", "standardised", "bootstrap"])
def test_nothing_to_compare(x, n, why, method):
    found = location_quotient(x, n, method=method)
    assert np.isnan(found["lq"]).all()
    assert np.isnan(found["probability"]).all()
    assert not found["passes"].any()
    assert found.attrs["uncertainty"] == f"none: {why}"


@pytest.mark.parametrize("method", ["standardised", "bootstrap"])
@pytest.mark.parametrize(("x", "n"), [([3], [10]), ([3, 6, 0], [10, 20, 5])])
def test_without_spread_nothing_is_standardised(x, n, method):
    found = location_quotient(x, n, method=method)
    assert np.isnan(found["z"]).all()
    assert not found["passes"].any()


def test_a_quotient_of_0_is_left_out_of_mean_and_sd():
    found = location_quotient([0, 2, 4, 8], [10, 10, 10, 10], reference=0.2)
    np.testing.assert_allclose(found["z"], [np.nan, -1, 0, 1], atol=1e-14)


def test_the_critical_values():
    rng = np.random.default_rng(5)
    x, n = rng.integers(1, 50, 40), np.full(40, 100)
    normal = location_quotient(x, n, method="standardised", confidence=0.9)
    assert normal.attrs["critical"] == pytest.approx(stats.norm.ppf(0.9))
    np.testing.assert_array_equal(normal["passes"], normal["z"] > stats.norm.ppf(0.9))

    resampled = location_quotient(x, n, method="bootstrap", confidence=0.9)
    logs = np.log(np.divide(x, n))
    other = np.random.default_rng(99)
    quantiles = []
    for _ in range(RESAMPLES):
        drawn = other.choice(logs, 40)
        quantiles.append(np.quantile((drawn - drawn.mean()) / drawn.std(ddof=1), 0.9))
    error = np.std(quantiles) / np.sqrt(RESAMPLES)
    # two independent simulations: their difference has sqrt(2) times the error
    assert abs(resampled.attrs["critical"] - np.mean(quantiles)) < 4 * np.sqrt(2) * error
    np.testing.assert_array_equal(resampled["passes"], resampled["z"] > resampled.attrs["critical"])


def test_the_bootstrap_is_seeded_and_knows_no_order():
    x, n = np.array([3, 9, 1, 7, 5]), np.array([20, 30, 25, 28, 22])
    one = location_quotient(x, n, method="bootstrap")
    again = location_quotient(x[::-1], n[::-1], method="bootstrap")
    assert one.attrs["critical"] == again.attrs["critical"]
    assert (
        one.attrs["critical"]
        != location_quotient(x, n, method="bootstrap", seed=2).attrs["critical"]
    )


def test_two_regions_resampled_to_one_say_nothing():
    found = location_quotient([2, 6], [10, 10], method="bootstrap")
    assert np.isfinite(found.attrs["critical"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"reference": 0.0}, "reference share is a finite number above 0, not 0"),
        ({"reference": np.nan}, "reference share is a finite number above 0, not nan"),
        ({"above": 0.0}, "a finite number above 0, not 0"),
        ({"confidence": 1.0}, "confidence lies between 0 and 1; 1 does not"),
        ({"total": [-1, 4]}, "total has a value that is negative or infinite"),
        ({"total": [1, 4, 3]}, "total has 3 values for 2 regions"),
        ({"total": [[1, 4]]}, "total has 2 dimensions"),
        ({"total": pd.Series([1, 4], ["A", "A"])}, "total has the region 'A' more than once"),
        (
            {"activity": pd.Series([1, 2], ["A", "B"]), "total": pd.Series([3, 4], ["A", "C"])},
            "activity has no value for the region 'C'",
        ),
        (
            {"activity": pd.Series([1, 2], ["A", "B"]), "total": pd.Series([3], ["A"])},
            "total has no value for the region 'B'",
        ),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        location_quotient(**({"activity": [1, 2], "total": [3, 4]} | arguments))


regions = st.lists(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))),
    min_size=2,
    max_size=10,
)


@given(regions, st.floats(1e-3, 1e3))
@settings(max_examples=40, deadline=None)
def test_units_of_the_total_do_not_matter(pairs, unit):
    x, n = np.array(pairs, dtype=float).T
    found, scaled = location_quotient(x, n), location_quotient(x, n * unit)
    np.testing.assert_allclose(scaled["lq"], found["lq"], rtol=1e-12)
    if np.isfinite(found["z"]).all():
        np.testing.assert_allclose(scaled["z"], found["z"], rtol=1e-6, atol=1e-8)


def test_the_cities_of_horizon_2020():
    if not CITIES.exists():
        pytest.skip("the shared data folder is absent")
    cities = pd.read_csv(CITIES).groupby("city")[["leit_part", "participations"]].sum()
    found = location_quotient(cities["leit_part"], cities["participations"], reference=REGISTER)
    assert len(cities) == 150
    assert found["passes"].sum() == 52
    assert (found["probability"] > 0.95).sum() == 34
    assert round(found.attrs["prior_a"], 4) == 2.8145
    assert found["eti95_lower"].sel(region="PARIS") > 0.7
