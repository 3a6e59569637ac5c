"""Where points come from: laws that integrate to one, climbs, quadratics."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from clustermodels.engines.bent import Bent, Folded, Sampled
from clustermodels.engines.conditional import conditional, tilt
from clustermodels.engines.explore import (
    DF,
    Bells,
    Mixture,
    adapted,
    peak,
    polished,
    proposal,
)
from clustermodels.engines.laplace import Expansion
from clustermodels.engines.regression import Proposed, regressed
from clustermodels.engines.weights import effective

LINE = np.linspace(-400, 400, 400_001)[:, None]
SLANTED = np.array([[1.0, 0.0], [0.6, 0.5]])
ONE = Bells(np.array([[0.5]]), np.array([[0.7]]))
SEVERAL = Bells(np.array([[-2.0], [0.0], [3.0]]), np.array([[0.4]]))
BOTH = Mixture((SEVERAL, ONE), np.array([0.9, 0.1]))


def square(half, points):
    axis = np.linspace(-half, half, points)
    grid = np.stack([part.ravel() for part in np.meshgrid(axis, axis)], axis=1)
    return grid, 2 * np.log(axis[1] - axis[0])


@pytest.mark.parametrize("law", [ONE, SEVERAL, BOTH], ids=["one", "several", "both"])
def test_densities_on_a_line_integrate_to_one_and_draws_follow_them(law):
    density = np.exp(law.log_density(LINE))
    step = LINE[1, 0] - LINE[0, 0]
    assert density.sum() * step == pytest.approx(1, abs=1e-6)
    drawn = np.sort(law.draw(np.random.default_rng(1), 20_000)[:, 0])
    below = np.interp(drawn, LINE[:, 0], np.cumsum(density) * step)
    assert stats.kstest(below, "uniform").pvalue > 1e-3


def test_densities_in_the_plane_integrate_to_one():
    grid, cell = square(40, 1601)
    for law in (Bells(np.array([[0.5, -1.0], [2.0, 0.0]]), SLANTED),):
        total = np.exp(logsumexp(law.log_density(grid)) + cell)
        # a t law's radius: P(|z| > r) = (1 + r^2 / DF)^(-DF / 2)
        assert total == pytest.approx(1, abs=3 * (1 + 30**2 / DF) ** (-DF / 2) + 1e-5)


def test_a_bell_is_scipys_multivariate_t():
    law = Bells(np.array([[0.5, -1.0]]), SLANTED)
    points = np.random.default_rng(2).normal(size=(50, 2)) * 4
    expected = stats.multivariate_t([0.5, -1.0], SLANTED @ SLANTED.T, df=DF).logpdf(points)
    np.testing.assert_allclose(law.log_density(points), expected, rtol=1e-12)


def test_draws_in_the_plane_have_the_bells_moments():
    law = Bells(np.array([[0.5, -1.0], [2.0, 0.0]]), SLANTED)
    size = 100_000
    drawn = law.draw(np.random.default_rng(3), size)
    within = SLANTED @ SLANTED.T * DF / (DF - 2)
    gap = law.means - law.means.mean(axis=0)
    spread = within + gap.T @ gap / 2
    error = 5 * np.sqrt(np.diag(spread) / size)
    assert (np.abs(drawn.mean(axis=0) - law.means.mean(axis=0)) < error).all()
    np.testing.assert_allclose(np.cov(drawn.T), spread, rtol=0.05)


POSITIVE = Bent(np.array([True, False]), np.array([0.7, 0.0]))


def test_bent_coordinates_go_there_and_back():
    x = np.random.default_rng(4).normal(size=(500, 2)) * 3
    y = POSITIVE.y(x)
    np.testing.assert_allclose(POSITIVE.x(y), x, atol=1e-9)
    np.testing.assert_array_equal(y[:, 1], x[:, 1])
    # even in the sd: both images of y give the same x
    np.testing.assert_array_equal(POSITIVE.x(y * [-1, 1]), POSITIVE.x(y))
    # near 0 the sd itself, far away its logarithm
    assert POSITIVE.y(np.array([0.7 - 12, 0.0]))[0] == pytest.approx(np.exp(-12), rel=1e-6)
    assert POSITIVE.y(np.array([12.7, 0.0]))[0] == pytest.approx(12 + np.log(2), rel=1e-6)


def test_the_slope_of_bent_coordinates_is_their_derivative():
    x = np.random.default_rng(5).normal(size=(200, 2)) * 2
    step = 1e-5 * np.array([1.0, 0.0])
    slope = (POSITIVE.y(x + step) - POSITIVE.y(x - step))[:, 0] / 2e-5
    np.testing.assert_allclose(POSITIVE.log_slope(x), np.log(slope), atol=1e-6)


@pytest.mark.parametrize("mean", [0.05, 0.5, 0.88])
def test_a_folded_law_integrates_to_one_and_draws_follow_it(mean):
    """With the mode within reach of zero, half of what is proposed may lie beyond it."""
    bent = Bent(np.array([True]), np.array([0.3]))
    folded = Folded(bent, proposal(np.array([mean]), np.array([[0.3]])))
    x = np.linspace(-30, 60, 900_001)[:, None]
    x = x[bent.y(x)[:, 0] > 2e-5]
    density = np.exp(folded.log_density(x))
    step = x[1, 0] - x[0, 0]
    assert density.sum() * step == pytest.approx(1, abs=1e-4)
    drawn = folded.draw(np.random.default_rng(6), 20_000)[:, 0]
    below = np.interp(drawn, x[:, 0], np.cumsum(density) * step)
    assert stats.kstest(below, "uniform").pvalue > 1e-3


def test_a_folded_law_in_the_plane_integrates_to_one():
    covariance = np.array([[0.5, 0.2], [0.2, 0.4]])
    folded = Folded(POSITIVE, proposal(np.array([0.4, 0.3]), covariance))
    one, two = np.linspace(-11, 25, 1801), np.linspace(-15, 15, 601)
    grid = np.stack([part.ravel() for part in np.meshgrid(one, two)], axis=1)
    cell = np.log((one[1] - one[0]) * (two[1] - two[0]))
    assert np.exp(logsumexp(folded.log_density(grid)) + cell) == pytest.approx(1, abs=2e-3)


def skewed(x):
    """Give a density along a bow, (S, 2) -> (S,)."""
    return -0.5 * x[:, 0] ** 2 - 0.5 * ((x[:, 1] - 0.4 * x[:, 0] ** 2) / 0.4) ** 2


def test_rounds_of_adaptation_follow_a_skewed_target():
    rng = np.random.default_rng(7)
    straight = Bent(np.zeros(2, dtype=bool), np.zeros(2))
    first = proposal(np.zeros(2), np.diag([1.0, 0.16]))
    among = Folded(straight, first)
    sampled = Sampled(np.empty((0, 2)), np.empty(0), (), ())
    shares = []
    for _ in range(4):
        x = among.draw(rng, 1000)
        fresh = skewed(x) - among.log_density(x)
        shares.append(effective(np.exp(fresh - fresh.max())) / 1000)
        sampled = sampled.joined(x, skewed(x), among)
        among = Folded(straight, adapted(sampled.x, sampled.weights(), first, rng))
    assert shares[-1] > shares[0] + 0.15
    assert shares[-1] > 0.6
    # points that a proposal was not made from, weighted by it alone
    x = among.draw(rng, 4000)
    logs = skewed(x) - among.log_density(x)
    weights = np.exp(logs - logsumexp(logs))
    for place, mean in enumerate((0.0, 0.4)):
        gap = x[:, place] - mean
        assert abs(weights @ gap) < 4.5 * np.sqrt(weights**2 @ gap**2)


def test_few_points_are_followed_by_a_single_bell():
    rng = np.random.default_rng(8)
    first = proposal(np.zeros(2), np.eye(2))
    found = adapted(rng.normal(size=(20, 2)), np.full(20, 0.05), first, rng)
    assert len(found.laws[0].means) == 1
    assert found.laws[-1] is first.laws[0]
    assert found.shares.sum() == pytest.approx(1)


MIDDLE = np.array([1.0, -2.0, 0.5])
SPREAD = np.array([[1.0, 0.3, 0.0], [0.3, 0.5, -0.1], [0.0, -0.1, 0.2]])


def quadratic(x):
    gap = x - MIDDLE
    return -0.5 * (gap * np.linalg.solve(SPREAD, gap.T).T).sum(axis=1)


def logistic(x):
    """Its mode is at log 3, and the second derivative there -3 / 4."""
    return 3 * x[:, 0] - 4 * np.logaddexp(0, x[:, 0])


@pytest.mark.parametrize("start", [MIDDLE + 0.3, np.zeros(3), np.full(3, 8.0), np.full(3, -20.0)])
def test_the_climb_finds_mode_and_covariance(start):
    """It ends where a step would gain less than 0.001: a twentieth of an sd."""
    mode, covariance = peak(quadratic, start)
    assert -2 * quadratic(mode[None])[0] < 0.05
    np.testing.assert_allclose(covariance, SPREAD, atol=1e-4)


@pytest.mark.parametrize("start", [0.0, -9.0, 14.0])
def test_the_climb_finds_the_mode_of_what_is_not_quadratic(start):
    mode, covariance = peak(logistic, np.array([start]))
    assert mode[0] == pytest.approx(np.log(3), abs=0.06)
    # differences over half an sd see the fourth derivative
    assert covariance[0, 0] == pytest.approx(4 / 3, rel=0.1)


def test_polishing_ends_at_the_mode():
    start = MIDDLE + np.sqrt(np.diag(SPREAD)) * [1.0, -1.0, 0.5]
    mode, covariance = polished(quadratic, start, np.sqrt(np.diag(SPREAD)))
    np.testing.assert_allclose(mode, MIDDLE, atol=1e-4)
    np.testing.assert_allclose(covariance, SPREAD, atol=1e-5)


def test_a_conditional_reproduces_a_family_whose_moments_are_quadratic():
    """Means, off-diagonal elements of K and logs of its diagonal, in bent coordinates."""
    rng = np.random.default_rng(9)

    def moments(x):
        y = POSITIVE.y(x)
        a, b = y[..., 0], y[..., 1]
        mean = np.stack([1 + a - b + a * b, 2 * b**2 - a], axis=-1)
        root = np.zeros((*x.shape[:-1], 2, 2))
        root[..., 0, 0] = np.exp(0.2 * a - 0.1 * b**2)
        root[..., 1, 1] = np.exp(-0.5 + 0.1 * a * b)
        root[..., 0, 1] = 0.3 + 0.2 * b
        return mean, root

    def expansion(x):
        mean, root = moments(x)
        return Expansion(x, -0.5 * float(x @ x), mean, np.linalg.inv(root), np.empty((0, 0)))

    points = [expansion(x) for x in rng.normal(size=(60, 2))]
    found = conditional(points, POSITIVE)
    at = 0.7 * rng.normal(size=(30, 2))
    mean, root = found.moments(at)
    expected = moments(at)
    np.testing.assert_allclose(mean, expected[0], atol=2e-4)
    np.testing.assert_allclose(root, expected[1], atol=2e-4)

    size = 20_000
    gamma, z, logs = found.draw(np.tile(at[:1], (size, 1)), rng)
    law = stats.multivariate_normal(mean[0], root[0] @ root[0].T)
    np.testing.assert_allclose(logs - np.log(2 * np.pi), law.logpdf(gamma), rtol=1e-9)
    assert (np.abs(z.mean(axis=0)) < 4.5 / np.sqrt(size)).all()
    np.testing.assert_allclose(gamma, mean[0] + z @ root[0].T, rtol=1e-9)


def test_a_tilt_moves_draws_and_their_density_says_so():
    rng = np.random.default_rng(10)
    point = Expansion(np.zeros(2), 0.0, np.zeros(2), np.eye(2), np.empty((0, 0)))
    given = conditional([point], POSITIVE)
    z = rng.normal(size=(4000, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]]) + [0.7, -0.4]
    weights = np.full(4000, 1 / 4000)
    tilted = tilt(z, weights)
    np.testing.assert_allclose(tilted.mean, [0.7, -0.4], atol=0.08)
    np.testing.assert_allclose(tilted.factor @ tilted.factor.T, [[1.0, 0.5], [0.5, 0.89]], atol=0.1)
    gamma, drawn, logs = given.draw(np.zeros((500, 2)), rng, tilted)
    law = stats.multivariate_normal(tilted.mean, tilted.factor @ tilted.factor.T)
    np.testing.assert_allclose(logs - np.log(2 * np.pi), law.logpdf(gamma), rtol=1e-8)
    np.testing.assert_allclose(gamma, drawn, atol=1e-12)


def test_a_tilt_of_one_heavy_point_leans_on_the_standard_normal():
    weights = np.array([1.0, *np.zeros(99)])
    tilted = tilt(np.full((100, 3), 5.0), weights)
    # worth one point beside three coordinates: trusted by 1 / 7
    np.testing.assert_allclose(tilted.mean, 5 / 7)
    np.testing.assert_allclose(tilted.factor, np.sqrt(6 / 7) * np.eye(3), atol=1e-12)


def test_points_that_cannot_be_are_left_out_of_the_fitted_weights():
    """A quadratic log density is found again, also where some points have none."""
    rng = np.random.default_rng(5)
    straight = Bent(np.zeros(2, dtype=bool), np.zeros(2))
    among = Folded(straight, proposal(np.zeros(2), np.eye(2)))
    x = among.draw(rng, 60)
    log_x = among.log_density(x)
    points = Proposed(x, x, x, np.empty((60, 0)), log_x, log_x, np.zeros(60))
    target = -0.5 * ((x - 0.3) ** 2).sum(axis=1) - 0.2 * x[:, 0] * x[:, 1]
    logs = np.where(np.arange(60) % 9 == 0, -np.inf, target - log_x)
    fit = regressed(points, logs)
    assert len(fit.left) == 53
    # the ridge shrinks curvatures by about a hundredth, which far points show and weights do not
    assert np.sqrt(fit.weights @ fit.left**2) < 0.05
    gap = fit.at(points) + log_x - target
    near = (x**2).sum(axis=1) < 4
    assert np.ptp(gap[near]) < 0.1
