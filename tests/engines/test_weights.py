"""Importance weights: Pareto smoothing as ArviZ does it, resampling, effective size."""

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.special import logsumexp

from clustermodels.engines.weights import effective, resampled, smoothed


def logs_of(kind, size, seed=1):
    rng = np.random.default_rng(seed)
    if kind == "light":
        return 0.3 * rng.normal(size=size)
    if kind == "bounded":
        return np.log(rng.uniform(0.5, 1, size))
    if kind == "heavy":
        return np.log(rng.pareto(1.5, size) + 1)
    if kind == "hopeless":
        return np.log(rng.pareto(0.5, size) + 1)
    return -1e5 + 3 * rng.normal(size=size)


KINDS = ("light", "bounded", "heavy", "hopeless", "far below")


@pytest.mark.parametrize("size", [30, 224, 225, 226, 1000, 5003])
@pytest.mark.parametrize("kind", KINDS)
def test_the_tail_and_the_smoothed_weights_are_arvizs(kind, size):
    logs = logs_of(kind, size)
    theirs, k = array_stats.psislw(-logs)
    weights, ours = smoothed(logs)
    assert ours == pytest.approx(float(k), abs=1e-6)
    np.testing.assert_allclose(np.log(weights), theirs, atol=1e-6)
    assert weights.sum() == pytest.approx(1)


def test_the_shape_tells_heavy_from_light():
    """That of weights whose tail is x^-a is 1 / a."""
    for a in (0.8, 1.25, 2.0, 4.0):
        found = [
            smoothed(np.log(np.random.default_rng(s).pareto(a, 4000) + 1))[1] for s in range(20)
        ]
        # shrunk to 0.5 by ten of the 189 in the tail
        wanted = (189 / a + 5) / 199
        assert abs(np.mean(found) - wanted) < 4 * np.std(found) / np.sqrt(20) + 0.02


def test_smoothing_keeps_the_order_and_touches_the_tail_alone():
    logs = logs_of("heavy", 900)
    weights, _ = smoothed(logs)
    order = np.argsort(logs)
    assert (np.diff(weights[order]) >= -1e-18).all()
    body = order[:-90]
    ratio = weights[body] / np.exp(logs[body])
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    raw = np.exp(logs - logsumexp(logs))
    assert not np.allclose(weights[order[-90:]], raw[order[-90:]])


def test_a_constant_makes_no_difference():
    logs = logs_of("heavy", 500)
    one, two = smoothed(logs), smoothed(logs + 1e4)
    np.testing.assert_allclose(one[0], two[0], rtol=1e-9)
    assert one[1] == pytest.approx(two[1], abs=1e-8)


def test_equal_weights_are_kept_and_few_ones_have_no_shape():
    weights, k = smoothed(np.full(300, -3.0))
    np.testing.assert_allclose(weights, 1 / 300, rtol=1e-12)
    assert k == -np.inf
    few = np.log(np.arange(1.0, 21))
    weights, k = smoothed(few)
    assert np.isnan(k)
    np.testing.assert_allclose(weights, np.arange(1.0, 21) / 210, rtol=1e-12)


def test_one_point_that_takes_all_is_not_to_be_relied_on():
    logs = np.append(np.random.default_rng(3).normal(size=999), 60.0)
    weights, k = smoothed(logs)
    assert k > 0.7
    assert effective(weights) < 20


def test_a_point_without_any_density_has_no_weight():
    logs = np.append(logs_of("light", 400), [-np.inf, -np.inf])
    weights, k = smoothed(logs)
    assert (weights[-2:] == 0).all()
    assert np.isfinite(k)


def test_effective_is_kishs():
    assert effective(np.full(7, 0.2)) == pytest.approx(7)
    assert effective(np.array([1.0, 0, 0])) == pytest.approx(1)
    assert effective(np.array([3.0, 1.0])) == pytest.approx(16 / 10)
    weights = np.random.default_rng(1).gamma(2, size=200_000)
    # E(w)^2 / E(w^2) of a gamma of shape 2 is 2 / 3
    assert effective(weights) / 200_000 == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize("size", [1, 10, 999, 4000])
def test_every_point_is_drawn_as_often_as_expected_up_to_one(size):
    rng = np.random.default_rng(5)
    weights = rng.gamma(0.5, size=300)
    weights[::7] = 0.0
    taken = resampled(rng, weights, size)
    assert taken.shape == (size,)
    counts = np.bincount(taken, minlength=300)
    expected = size * weights / weights.sum()
    assert (np.abs(counts - expected) < 1 + 1e-9).all()
    assert (counts[::7] == 0).all()


def test_drawn_points_are_right_on_average_and_in_no_order():
    weights = np.array([0.5, 0.2, 0.0, 0.3])
    rng = np.random.default_rng(6)
    many = np.stack([resampled(rng, weights, 3) for _ in range(4000)])
    shares = np.bincount(many.ravel(), minlength=4) / many.size
    assert (np.abs(shares - weights) < 4 * np.sqrt(weights / many.size) + 1e-12).all()
    first = np.bincount(many[:, 0], minlength=4) / 4000
    assert (np.abs(first - weights) < 4 * np.sqrt(weights * (1 - weights) / 4000) + 1e-12).all()
