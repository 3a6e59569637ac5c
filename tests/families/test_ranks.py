"""Where outcomes stand in their law, against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from clustermodels.families import table
from clustermodels.families.family import Ranks
from tests.families.test_families import EACH, oracle, points

CONTINUOUS = ["gaussian", "student_t", "lognormal", "gamma", "beta"]
ZEROS = ["zero_inflated_negative_binomial", "hurdle_negative_binomial"]
# Far into both ends, and across the middle.
SHARES = np.concatenate([[1e-30, 1e-9, 1e-4], np.linspace(0.01, 0.99, 57)])


def tails(name, y, eta, trials, parameters):
    """Give scipy's P(Y <= y) and P(Y > y); with zeros set apart, from the plain count's."""
    law = oracle(name, eta, trials, parameters)
    if name not in ZEROS:
        return law.cdf(y), law.sf(y)
    counts, share = law.counts, parameters["zero_share"]
    own = counts.sf(0) if name == ZEROS[1] else 1.0
    above = (1 - share) * counts.sf(y) / own
    within = counts.cdf(y) - (counts.pmf(0) if name == ZEROS[1] else 0.0)
    return np.where(y < 0, 0, share + (1 - share) * within / own), np.where(y < 0, 1, above)


def ranks(name) -> Ranks:
    declared = table.find(name).ranks
    assert declared is not None
    return declared


@EACH
def test_both_tails_are_scipys(name):
    y, eta, trials, parameters = points(name)
    for at in (y, y - 1) if name not in CONTINUOUS else (y,):
        below, above = tails(name, at, eta, trials, parameters)
        found = ranks(name)
        got = found.below(at, eta, trials, parameters), found.above(at, eta, trials, parameters)
        np.testing.assert_allclose(got[0], below, rtol=1e-9, atol=1e-300)
        np.testing.assert_allclose(got[1], above, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_of_amounts_are_scipys_in_both_tails(name):
    _, eta, trials, parameters = points(name, len(SHARES))
    law = oracle(name, eta, trials, parameters)
    quantile = ranks(name).quantile
    low = quantile(SHARES, 1 - SHARES, eta, trials, parameters)
    high = quantile(1 - SHARES, SHARES, eta, trials, parameters)
    np.testing.assert_allclose(low, np.clip(law.ppf(SHARES), *_ends(name)), rtol=1e-8)
    np.testing.assert_allclose(high, np.clip(law.isf(SHARES), *_ends(name)), rtol=1e-8)


def _ends(name):
    return (np.finfo(float).tiny, 1 - np.finfo(float).epsneg) if name == "beta" else (None, np.inf)


@pytest.mark.parametrize("name", [n for n in table.names() if n not in CONTINUOUS])
def test_quantiles_of_counts_are_the_smallest_that_reach_a_share(name):
    _, eta, trials, parameters = points(name, len(SHARES))
    eta = eta * 3  # rare ones and thousands
    quantile = ranks(name).quantile
    for below, above in ((SHARES, 1 - SHARES), (1 - SHARES, SHARES)):
        found = quantile(below, above, eta, trials, parameters)
        assert (found >= 0).all()
        assert (found == np.floor(found)).all()
        here, over = tails(name, found, eta, trials, parameters)
        before, over_before = tails(name, found - 1, eta, trials, parameters)
        upper = above < below
        # scipy's own tails may differ in the last digits
        near = 1e-10
        assert (np.where(upper, over <= above * (1 + near), here >= below * (1 - near))).all()
        assert (
            np.where(upper, over_before > above * (1 - near), before < below * (1 + near))
            | (found == 0)
        ).all()


@EACH
def test_quantiles_lead_back_to_the_outcome(name):
    y, eta, trials, parameters = points(name)
    found = ranks(name)
    below, above = (
        found.below(y, eta, trials, parameters),
        found.above(y, eta, trials, parameters),
    )
    if name not in CONTINUOUS:  # from the middle of the outcome's own step
        below = (below + found.below(y - 1, eta, trials, parameters)) / 2
        above = (above + found.above(y - 1, eta, trials, parameters)) / 2
    got = found.quantile(below, above, eta, trials, parameters)
    np.testing.assert_allclose(got, y, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", CONTINUOUS[:-1])
def test_what_moves_as_a_whole_moves_as_ranks_do(name):
    y, eta, trials, parameters = points(name)
    found, other = ranks(name), eta + np.linspace(-1, 1, len(eta))
    below, above = found.below(y, eta, trials, parameters), found.above(y, eta, trials, parameters)
    by_ranks = found.quantile(below, above, other, trials, parameters)
    moved = found.moved(y, eta, other, parameters)
    np.testing.assert_allclose(moved, by_ranks, rtol=1e-6, atol=1e-9)
    assert (found.moved(y, eta, eta, parameters) == y).all()


def test_a_count_of_infinite_mean_is_infinite_and_one_of_none_is_zero():
    below, above = np.full(2, 0.5), np.full(2, 0.5)
    eta = np.array([800.0, -800.0])
    poisson = ranks("poisson").quantile(below, above, eta, np.ones(2), {})
    assert poisson.tolist() == [np.inf, 0.0]
    plain = ranks("negative_binomial").quantile(
        below, above, eta, np.ones(2), {"dispersion": np.full(2, 0.5)}
    )
    assert plain.tolist() == [np.inf, 0.0]


def test_far_in_a_tail_a_rank_is_told_from_above():
    """Where 1 is expected the rank of 60 from below is 1 in floats, and that of 59 too."""
    found, one = ranks("poisson"), np.ones(1)
    eta, other = np.zeros(1), np.full(1, np.log(2.0))
    for count in (59.0, 60.0):
        below, above = (tail(count * one, eta, one, {}) for tail in (found.below, found.above))
        assert below == 1.0
        counts = np.arange(200)
        wanted = counts[stats.poisson(2.0).sf(counts) <= stats.poisson(1.0).sf(count)][0]
        assert found.quantile(below, above, other, one, {})[0] == wanted
