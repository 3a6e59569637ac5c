"""The beta prior on shares: brute force, published arithmetic on real cities, and the limits."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from clustermodels.network.counts import not_counts
from clustermodels.network.shares import (
    LOWEST_PRECISION,
    BetaPrior,
    above,
    fit_shares,
    interval,
    posterior,
)

CITIES = Path(__file__).parents[2].parent / "shared" / "data" / "h2020_city_year.csv"
X = np.array([0.0, 2.0, 9.0, 30.0, 55.0, 4.0])
N = np.array([12.0, 40.0, 60.0, 90.0, 100.0, 4.0])


def integrand(p, x, n, a, b):
    return stats.binom.pmf(x, n, p) * stats.beta.pdf(p, a, b)


def marginal(a, b, x=X, n=N):
    """Give the log likelihood by numerical integration over each region's share."""
    each = [
        integrate.quad(integrand, 0, 1, (xi, ni, a, b), points=[xi / ni], epsabs=0, epsrel=1e-10)[0]
        for xi, ni in zip(x, n, strict=True)
    ]
    return np.log(each).sum()


def closed(a, b, x, n):
    return (special.betaln(a + x, b + n - x) - special.betaln(a, b)).sum()


def test_no_prior_nearby_is_likelier_by_brute_force():
    prior = fit_shares(X, N)
    best = marginal(prior.a, prior.b)
    for factor in (0.98, 1.02):
        assert marginal(prior.a * factor, prior.b) < best
        assert marginal(prior.a, prior.b * factor) < best
        assert marginal(prior.a * factor, prior.b * factor) < best


def test_the_maximum_of_a_grid_is_next_to_it():
    prior = fit_shares(X, N)
    step = 0.01
    a, b = (np.exp(np.arange(-3, 3, step)) for _ in range(2))
    heights = sum(
        special.betaln(a[:, None] + x, b + n - x) - special.betaln(a[:, None], b)
        for x, n in zip(X, N, strict=True)
    )
    at_a, at_b = np.unravel_index(heights.argmax(), heights.shape)
    np.testing.assert_allclose(np.log([a[at_a], b[at_b]]), np.log([prior.a, prior.b]), atol=step)
    assert closed(prior.a, prior.b, X, N) >= heights.max()


def test_the_slope_vanishes_at_the_maximum():
    """The derivatives in log a and log b, from digamma functions, are 0."""
    prior = fit_shares(X, N)
    a, b = prior.a, prior.b
    both = special.digamma(a + b) - special.digamma(a + b + N)
    in_a = a * (special.digamma(a + X) - special.digamma(a) + both).sum()
    in_b = b * (special.digamma(b + N - X) - special.digamma(b) + both).sum()
    np.testing.assert_allclose([in_a, in_b], 0.0, atol=1e-10)


@pytest.mark.parametrize(("x", "n"), [(0, 5), (5, 5), (3, 7), (40, 200)])
def test_the_posterior_against_integration(x, n):
    prior, cut = BetaPrior(2.8, 14.0), 0.2
    arguments = (x, n, prior.a, prior.b)
    whole = integrate.quad(integrand, 0, 1, arguments, epsrel=1e-12, epsabs=0)[0]
    beyond = integrate.quad(integrand, cut, 1, arguments, epsrel=1e-10, epsabs=0)[0]
    np.testing.assert_allclose(above(prior, [x], [n], cut), beyond / whole, rtol=1e-8)
    for prob in (0.5, 0.95):
        lower, upper = interval(prior, [x], [n], prob)
        inside = integrate.quad(integrand, lower[0], upper[0], arguments, epsrel=1e-10)[0]
        np.testing.assert_allclose(inside / whole, prob, rtol=1e-8)
        np.testing.assert_allclose(above(prior, [x], [n], upper[0]), (1 - prob) / 2, rtol=1e-8)


def test_a_region_without_a_total_has_the_prior():
    prior = fit_shares([*X, 0.0], [*N, 0.0])
    assert prior == fit_shares(X, N)
    np.testing.assert_allclose(above(prior, [0], [0], 0.2), stats.beta.sf(0.2, prior.a, prior.b))
    np.testing.assert_allclose(
        np.ravel(interval(prior, [0], [0])), stats.beta.ppf([0.025, 0.975], prior.a, prior.b)
    )


def test_what_is_not_known_stays_unknown():
    x, n = [*X, np.nan, 3.0], [*N, 10.0, np.nan]
    prior = fit_shares(x, n)
    assert prior == fit_shares(X, N)
    np.testing.assert_array_equal(np.isnan(above(prior, x, n, 0.2)), [False] * 6 + [True] * 2)
    np.testing.assert_array_equal(np.isnan(interval(prior, x, n)[1]), [False] * 6 + [True] * 2)


@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([3], [10]),  # one region
        ([5, 5, 5], [50, 50, 50]),  # equal shares
        ([5, 10, 20], [50, 100, 200]),
        ([0, 0, 0], [10, 20, 30]),
        ([10, 20, 30], [10, 20, 30]),
        ([1, 0, 1, 0], [1, 1, 1, 1]),  # single observations cannot tell
    ],
)
def test_shares_that_do_not_differ_are_one_share(x, n):
    """There every likelihood over a finite a + b is below its limit, or the same."""
    prior = fit_shares(x, n)
    some, others = sum(x), sum(n) - sum(x)
    assert prior == BetaPrior(some + 0.5, others + 0.5, pooled=True)
    limit = special.xlogy(some, some / sum(n)) + special.xlogy(others, others / sum(n))
    a, b = np.meshgrid(np.logspace(-3, 6, 60), np.logspace(-3, 6, 60))
    heights = sum(
        special.betaln(a + xi, b + ni - xi) - special.betaln(a, b)
        for xi, ni in zip(x, n, strict=True)
    )
    assert heights.max() <= limit + 1e-6
    # The region's own counts are in the common share's posterior, and are not counted again.
    expected = stats.beta.sf(0.3, prior.a, prior.b)
    np.testing.assert_allclose(above(prior, x, n, 0.3), expected, rtol=1e-12)
    assert posterior(prior, x, n)[0].tolist() == [prior.a] * len(x)


def test_all_or_none_everywhere_stops_at_the_lowest_precision():
    prior = fit_shares([5, 0, 7, 0], [5, 6, 7, 8])
    assert not prior.pooled
    np.testing.assert_allclose(prior.precision, LOWEST_PRECISION)
    probability = above(prior, [5, 0], [5, 6], 0.5)
    np.testing.assert_allclose(probability, [1, 0], atol=1e-3)


def test_a_share_of_all_or_none_is_never_certain():
    prior = fit_shares(X, N)
    probability = above(prior, X, N, 0.3)
    assert 0 < probability[0] < 0.1
    assert 0.9 < probability[5] < 1


def test_the_cut_may_be_beyond_a_share():
    prior = fit_shares(X, N)
    assert above(prior, X, N, 1.0).tolist() == [0.0] * 6
    assert above(prior, X, N, 1.7).tolist() == [0.0] * 6


def test_large_counts_of_a_rare_activity():
    """A known prior is found to its standard error, at shares near 1 in 100,000."""
    rng = np.random.default_rng(3)
    truth = BetaPrior(3.0, 300_000.0)
    n = rng.integers(100_000, 10_000_000, 2000)
    prior = fit_shares(rng.binomial(n, rng.beta(truth.a, truth.b, 2000)), n)
    np.testing.assert_allclose([prior.a, prior.b], [truth.a, truth.b], rtol=0.15)


@pytest.mark.parametrize(
    ("x", "n", "words"),
    [
        ([1, 2.5], [3, 4], "the activity is not whole numbers"),
        ([1, 2], [3, 4.5], "the total is not whole numbers"),
        ([-1, 2], [3, 4], "the activity is negative in 1 of 2 regions"),
        ([1, 5], [3, 4], "the activity exceeds the total in 1 of 2 regions$"),
        (
            [3, 4, 1],
            [1, 2, 5],
            r"the activity exceeds the total in 2 of 3 regions; are they swapped\?",
        ),
        ([1, np.inf], [3, np.inf], "the activity is not whole numbers"),
    ],
)
def test_what_is_not_a_count_is_refused(x, n, words):
    assert re.fullmatch(words, not_counts(x, n))
    with pytest.raises(ValueError, match=words):
        fit_shares(x, n)
    with pytest.raises(ValueError, match=words):
        above(BetaPrior(1, 1), x, n, 0.5)


@pytest.mark.parametrize(("x", "n"), [([], []), ([0, 0], [0, 0]), ([np.nan], [3])])
def test_nothing_to_learn_from(x, n):
    with pytest.raises(ValueError, match="no region has a total above 0"):
        fit_shares(x, n)


counts = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=1,
    max_size=12,
)


@given(counts)
@settings(max_examples=60, deadline=None)
def test_no_prior_of_a_grid_is_likelier(pairs):
    x, n = np.array(pairs, dtype=float).T
    prior = fit_shares(x, n)
    a, b = np.meshgrid(np.logspace(-2.5, 3, 40), np.logspace(-2.5, 3, 40))
    inside = a + b <= n.sum()
    heights = sum(
        special.betaln(a + xi, b + ni - xi) - special.betaln(a, b)
        for xi, ni in zip(x, n, strict=True)
    )
    if prior.pooled:
        some, others = x.sum(), (n - x).sum()
        best = special.xlogy(some, some / n.sum()) + special.xlogy(others, others / n.sum())
    else:
        best = closed(prior.a, prior.b, x, n)
    assert heights[inside].max(initial=-np.inf) <= best + 2e-6


@given(counts)
@settings(max_examples=30, deadline=None)
def test_what_counts_as_the_activity_and_the_order_do_not_matter(pairs):
    x, n = np.array(pairs, dtype=float).T
    prior, mirrored = fit_shares(x, n), fit_shares((n - x)[::-1], n[::-1])
    np.testing.assert_allclose([mirrored.b, mirrored.a], [prior.a, prior.b], rtol=1e-6)
    np.testing.assert_allclose(
        above(prior, x, n, 0.3) + above(mirrored, n - x, n, 0.7), 1.0, atol=1e-6
    )


def test_the_cities_of_horizon_2020():
    if not CITIES.exists():
        pytest.skip("the shared data folder is absent")
    cities = pd.read_csv(CITIES).groupby("id")[["leit_part", "participations"]].sum()
    x, n = cities["leit_part"].to_numpy(), cities["participations"].to_numpy()
    prior = fit_shares(x, n)
    assert (round(prior.a, 4), round(prior.b, 4)) == (2.8145, 13.9751)
    probability = np.sort(above(prior, x, n, 0.192390))[::-1]
    assert (probability > 0.95).sum() == 34
    assert round(probability[34], 3) == 0.949
