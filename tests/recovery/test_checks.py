"""The checks pass what is calibrated, and fail what is not."""

import numpy as np
import pytest

from tests.recovery import checks

R, QUANTITIES, DRAWS = 100, 12, 99


def replicate(shift: float = 0.0, scale: float = 1.0, seed: int = 1):
    """Give truths, and draws of a normal posterior that is shifted or scaled by mistake."""
    rng = np.random.default_rng(seed)
    centre = rng.normal(size=(R, QUANTITIES))
    truth = centre + rng.normal(size=(R, QUANTITIES))
    noise = rng.normal(size=(R, DRAWS, QUANTITIES))
    return truth, centre[:, None] + shift + scale * noise


def ranks(truth, draws):
    return checks.smallest(checks.rank_probability((draws < truth[:, None]).sum(axis=1), DRAWS + 1))


def coverage(truth, draws):
    low, high = np.quantile(draws, [0.25, 0.75], axis=1)
    held = (low <= truth) & (truth <= high)
    return checks.smallest(checks.coverage_probability(held, 0.5))


def pooled(truth, draws):
    low, high = np.quantile(draws, [0.25, 0.75], axis=1)
    held = (low <= truth) & (truth <= high)
    return checks.smallest(checks.mean_probability(held.mean(axis=1), 0.5))


def bias(truth, draws):
    return checks.smallest(checks.mean_probability(draws.mean(axis=1) - truth, 0.0))


WRONG = {
    ranks: [{"shift": 0.6}, {"scale": 0.5}, {"scale": 2.0}],
    coverage: [{"scale": 0.5}, {"scale": 2.0}],
    pooled: [{"scale": 0.85}, {"scale": 1.2}],
    bias: [{"shift": 0.6}, {"shift": -0.6}],
}


@pytest.mark.parametrize("check", WRONG)
def test_a_calibrated_posterior_passes(check):
    assert min(check(*replicate(seed=seed)) for seed in range(5)) > checks.LEVEL


@pytest.mark.parametrize("check", WRONG)
def test_a_wrong_posterior_fails(check):
    for mistake in WRONG[check]:
        assert check(*replicate(**mistake)) < checks.LEVEL, mistake


def test_rank_probabilities_are_those_of_a_test():
    """Under the uniform law, a probability of at most p comes up at most p of the time."""
    rng = np.random.default_rng(2)
    found = checks.rank_probability(rng.integers(0, 100, size=(R, 4000)), 100)
    for p in (0.5, 0.1, 0.01):
        error = np.sqrt(p * (1 - p) / 4000)
        assert (found <= p).mean() < p + 5 * error
    assert (found <= 0.1).mean() > 0.05
