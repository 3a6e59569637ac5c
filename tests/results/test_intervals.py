"""Quantiles to the last bit of numpy's, and shares."""

import numpy as np
import pytest

from clustermodels.results.intervals import increase, summarised


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
