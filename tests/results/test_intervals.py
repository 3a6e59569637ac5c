"""Quantiles to the last bit of numpy's, and shares."""

import numpy as np
import pytest

from clustermodels.results.intervals import increase, summarised, weighed


@pytest.mark.parametrize("draws", [1, 2, 3, 40, 41, 400])
@pytest.mark.parametrize("shape", [(), (7,), (3, 2)])
def test_quantiles_are_numpys(draws, shape):
    values = np.random.default_rng(draws).normal(size=(draws, *shape))
    given = values.copy()
    got = summarised(values)
    wanted = np.quantile(values, [0.5, (1 - 0.95) / 2, 1 - (1 - 0.95) / 2], axis=0)
    assert [*got] == ["median", "eti95_lower", "eti95_upper"]
    for numbers, quantile in zip(got.values(), wanted, strict=True):
        np.testing.assert_array_equal(numbers, quantile)
    np.testing.assert_array_equal(values, given, err_msg="draws stay as they are")


def test_a_column_with_a_nan_has_none_and_infinities_are_numbers():
    values = np.zeros((8, 3))
    values[2, 0] = np.nan
    values[:, 1] = np.inf
    got = summarised(values)
    for numbers in got.values():
        np.testing.assert_array_equal(numbers, [np.nan, np.inf, 0.0])


def test_the_share_of_an_increase():
    draws = np.array([[1.0, 0.0, 2.0], [3.0, 0.0, 0.5]])
    np.testing.assert_array_equal(increase(draws, np.array([0.0, 0.0, 1.0])), [1.0, np.nan, 0.5])


def test_weighed_draws_are_draws_that_are_repeated():
    """Equal weights are none, and whole ones are copies."""
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(4001, 2))
    equal = weighed(draws, np.full(4001, 1 / 4001))
    for name, values in summarised(draws).items():
        np.testing.assert_allclose(equal[name], values, rtol=1e-9)
    np.testing.assert_allclose(equal["probability"], increase(draws))
    times = rng.integers(0, 4, 4001)
    got, copies = weighed(draws, times / times.sum()), np.repeat(draws, times, axis=0)
    for name, share in (("median", 0.5), ("eti95_lower", 0.025), ("eti95_upper", 0.975)):
        below = (copies <= got[name]).sum(axis=0)
        assert np.abs(below - share * len(copies)).max() <= 3, "between two draws, with copies"
    np.testing.assert_allclose(got["probability"], increase(copies))
