"""Truths drawn from each document's priors are recovered as well as its posterior says.

Two chains of 500 draws a replicate; every tenth draw is nearly independent of the one before, so
ranks are taken among 99 of those. With ``-rP`` pytest prints what was found, per quantity.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import clustermodels as cm
from tests.recovery import checks, world

REPLICATES = 100
THINNED = 99
COMMON = ("policies", "centrality", "policies_x_centrality", "gdp")


@dataclass(frozen=True)
class Replicates:
    """Truths (replicate, quantity), draws (replicate, draw, quantity), shares that diverged."""

    names: tuple[str, ...]
    truths: NDArray[np.float64]
    draws: NDArray[np.float64]
    diverged: float

    def held(self, probability: float) -> NDArray[np.bool_]:
        tail = (1 - probability) / 2
        low, high = np.quantile(self.draws, [tail, 1 - tail], axis=1)
        return (low <= self.truths) & (self.truths <= high)


@pytest.fixture(scope="module", params=world.FAMILIES)
def replicates(request):
    family = request.param
    rows = world.table()
    truths, draws, diverged = [], [], []
    for number in range(REPLICATES):
        spec = cm.read_spec(world.document(family, seed=number))
        truth = world.truth(spec, np.random.default_rng([5, number]))
        made = cm.fit(spec, world.outcome(spec, truth, rows, seed=number))
        quantities = dict(_quantities(truth, made))
        truths.append([value for value, _ in quantities.values()])
        draws.append(np.column_stack([drawn for _, drawn in quantities.values()]))
        diverged.append(made.tree["sample_stats"]["diverging"].mean().item())
    made = Replicates(
        tuple(quantities), np.array(truths), np.array(draws), float(np.mean(diverged))
    )
    _report(family, made)
    return made


def _report(family, made):
    means = made.draws.mean(axis=1)
    apart = means - made.truths
    z = apart.mean(axis=0) / apart.std(axis=0, ddof=1) * np.sqrt(len(apart))
    left = made.draws.var(axis=1).mean(axis=0) / made.truths.var(axis=0)
    half, most = made.held(0.5), made.held(0.9)
    print(f"{family}: {half.mean():.3f} in 50 %, {most.mean():.3f} in 90 %, all together")
    for at, name in enumerate(made.names):
        print(
            f"{name}: {half[:, at].mean():.2f} in 50 %, {most[:, at].mean():.2f} in 90 %, "
            f"bias {z[at]:+.1f} errors, {left[at]:.2f} of the prior's variance is left"
        )


def _quantities(truth, made):
    """Pair every true number with its draws, chains one after another."""
    for name, value in truth.items():
        drawn = made.posterior[name].stack(every=("chain", "draw")).transpose("every", ...)
        if isinstance(value, dict):
            labels = drawn.coords[drawn.dims[1]].to_numpy().tolist()
            for position, label in enumerate(labels):
                yield f"{name}.{label}", (value[str(label)], drawn[:, position].to_numpy())
        else:
            yield name, (value, drawn.to_numpy().reshape(len(drawn)))


def _worst(replicates, probabilities):
    name = replicates.names[int(np.argmin(probabilities))]
    return f"{name}: probability {np.min(probabilities):.1e}"


def test_sampling_was_sound(replicates):
    """Calibration says little where chains did not move: few divergences, and chains that agree."""
    assert replicates.diverged < 0.005
    first, second = np.split(replicates.draws, 2, axis=1)
    apart = np.abs(first.mean(axis=1) - second.mean(axis=1)) / replicates.draws.std(axis=1)
    assert np.quantile(apart, 0.99) < 0.5


def test_ranks_are_uniform(replicates):
    every = replicates.draws.shape[1] // (THINNED + 1)
    thinned = replicates.draws[:, ::every][:, :THINNED]
    ranks = (thinned < replicates.truths[:, None]).sum(axis=1)
    found = checks.rank_probability(ranks, THINNED + 1)
    assert checks.smallest(found) > checks.LEVEL, _worst(replicates, found)


@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_intervals_cover(replicates, probability):
    held = replicates.held(probability)
    found = checks.coverage_probability(held, probability)
    assert checks.smallest(found) > checks.LEVEL / 2, _worst(replicates, found)
    together = checks.mean_probability(held.mean(axis=1), probability)
    assert together > checks.LEVEL / 2, f"{held.mean():.3f} where {probability} is meant"


def test_posterior_means_have_no_bias(replicates):
    apart = replicates.draws.mean(axis=1) - replicates.truths
    found = checks.mean_probability(apart, 0.0)
    assert checks.smallest(found) > checks.LEVEL, _worst(replicates, found)


def test_the_slopes_are_learned_from_the_data(replicates):
    """A posterior that were its prior would be calibrated as well, and tell nothing."""
    means = replicates.draws.mean(axis=1)
    for name in COMMON:
        at = replicates.names.index(name)
        found = stats.pearsonr(replicates.truths[:, at], means[:, at], alternative="greater")
        assert found.pvalue * len(COMMON) < checks.LEVEL, f"{name}: {found}"
