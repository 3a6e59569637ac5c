"""Weighted points in hyperparameters and dense coefficients, and draws by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.bent import Folded
from clustermodels.engines.conditional import Conditional, Tilt, tilt
from clustermodels.engines.laplace import Expansion
from clustermodels.engines.regression import Proposed, Regression, proposed, regressed
from clustermodels.engines.surveyed import Expand
from clustermodels.engines.weights import effective, resampled, smoothed

# Where fewer points are weighted than draws are wanted, draws are taken among so many per draw.
AMONG = 4
# So many draws by the regression are held against the density, and what it leaves there and at the
# points may have this sd; else so many times as many points more are weighted.
ASKED = 30
DEARER = 3
LEFT = 0.3
# Where what is left makes no weight larger than the others by more than this share, the shape of
# the weights' tail is of no account.
ALIKE = 0.1
# Expansions that are held together.
HELD = 64
# The proposal is moved by so many points at a time, until this share of them is effective and the
# tail of their weights is lighter than this.
TRIED = (1000, 2000, 4000, 4000)
SKEWED = 0.35
HEAVY = 0.5
# More points are weighted, where they can be afforded, until draws are worth this share of them.
ENOUGH = 0.5


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws, and what can be said for them.

    Parameters
    ----------
    x, gamma
        (T, d) and (T, r): hyperparameters and free dense coefficients.
    log_density
        (T,), up to a constant.
    pareto_k
        The shape of the weights' tail; minus infinity where no weight that was looked at is much
        larger than the others.
    effective
        How many independent draws they are worth.
    points
        How many points were weighted.
    """

    x: Values
    gamma: Values
    log_density: Values
    pareto_k: float
    effective: float
    points: int


def drawn(
    density: Callable[[Values, Values], Values],
    among: Folded,
    given: Conditional,
    rng: np.random.Generator,
    size: int,
    affordable: int,
) -> Drawn:
    """Draw from a density of hyperparameters and dense coefficients.

    Parameters
    ----------
    density
        (S, d), (S, r) -> (S,): the log density, up to a constant.
    among, given
        The proposal: of the hyperparameters, and of the coefficients given them.
    rng, size
        The generator; the number T of draws.
    affordable
        At how many points the density may be evaluated. Where these are fewer than the draws,
        their log weights are regressed on the coordinates, and the proposal is corrected by the
        regression: with many rows log weights are all but linear and quadratic.
    """
    points = min(affordable, max(1000, size + size // 4))

    def weighted(count: int, tilted: Tilt | None) -> tuple[Proposed, Values]:
        fresh = proposed(among, given, rng, count, tilted)
        return fresh, density(fresh.x, fresh.gamma) - fresh.log_density

    tilted = None
    for tried in TRIED:
        # a skewed posterior lies beside its mode: a few points tell where
        made, logs = weighted(min(points, tried), tilted)
        weights, k = smoothed(logs)
        heavy = k > HEAVY and len(weights) >= TRIED[0]  # of few points k says little
        if effective(weights) > SKEWED * len(weights) and not heavy:
            break
        tilted = tilt(made.z, weights)
    else:
        made, logs = weighted(min(points, TRIED[-1]), tilted)
    if points > len(logs):
        more, others = weighted(points - len(logs), tilted)
        made, logs = made.joined(more), np.concatenate([logs, others])
    if points > size:
        weights, _ = smoothed(logs)
        while effective(weights) < ENOUGH * size and len(logs) < affordable:
            more, others = weighted(min(len(logs), affordable - len(logs)), tilted)
            made, logs = made.joined(more), np.concatenate([logs, others])
            weights, _ = smoothed(logs)
        return _by_weights(made, logs, rng, size)
    more = proposed(among, given, rng, AMONG * size, tilted)
    fit = regressed(made, logs)
    found = _by_regression(fit, more, rng, size, lambda at: density(more.x[at], more.gamma[at]))
    if found is None:
        # far from a quadratic: dearer points then
        extra, others = weighted(DEARER * len(logs), tilted)
        found = _by_weights(made.joined(extra), np.concatenate([logs, others]), rng, size)
    return found


def drawn_exactly(
    expand: Expand,
    among: Folded,
    given: Conditional,
    rng: np.random.Generator,
    size: int,
    affordable: int,
) -> Drawn:
    """Draw where an expansion is exact: coefficients given hyperparameters are just normal.

    Only hyperparameters are weighted; the arguments are those of ``drawn``.
    """
    points = max(1000, size + size // 4)
    if points > affordable:

        def density(x: Values, gamma: Values) -> Values:
            return np.array([_joint(at, gamma[s]) for s, at in _one_by_one(expand, x)])

        return drawn(density, among, given, rng, size, affordable)
    x = among.draw(rng, points)
    proposal = among.log_density(x)
    r = given.centres.shape[1]
    exact, gamma = np.empty(points), rng.standard_normal((points, r))
    for s, at in _one_by_one(expand, x):
        x[s], exact[s] = at.x, at.log_marginal
        gamma[s] = at.centre + np.linalg.solve(at.factor, gamma[s])
    weighed = Proposed(x, x, gamma, np.empty((points, 0)), proposal, proposal, np.zeros(points))
    return _by_weights(weighed, exact - proposal, rng, size)


def _one_by_one(expand: Expand, x: Values) -> Iterator[tuple[int, Expansion]]:
    """Give the expansion of each point; few are held at once, as each has an (r, r) factor."""
    for start in range(0, len(x), HELD):
        yield from enumerate(expand(x[start : start + HELD], None), start)


def _joint(at: Expansion, gamma: Values) -> float:
    """Give the log density of hyperparameters and coefficients, without (2 pi)^(-r / 2)."""
    gap = at.factor @ (gamma - at.centre)
    return at.log_marginal + float(np.log(np.diag(at.factor)).sum() - 0.5 * gap @ gap)


def _by_weights(points: Proposed, logs: Values, rng: np.random.Generator, size: int) -> Drawn:
    """Draw among points by their weights."""
    weights, k = smoothed(logs)
    taken = resampled(rng, weights, size)
    at = (logs + points.log_density)[taken]
    worth = min(effective(weights), float(size))
    return Drawn(points.x[taken], points.gamma[taken], at, k, worth, len(logs))


def _by_regression(
    fit: Regression,
    more: Proposed,
    rng: np.random.Generator,
    size: int,
    density: Callable[[Positions], Values],
) -> Drawn | None:
    """Draw among other points by the weights that a regression gives them.

    Returns
    -------
    Drawn or None
        None where the density itself, asked at some of the draws, is not what the regression says.
    """
    logs = fit.at(more)
    weights, _ = smoothed(logs)
    taken = resampled(rng, weights, size)
    asked = taken[:ASKED]
    left = density(asked) - (logs[asked] + more.log_density[asked])
    # what the regression leaves, at the draws and where the points say that the posterior is
    there = np.unique(resampled(rng, fit.weights, len(fit.left)))
    if max(np.std(left), np.std(fit.left[there])) > LEFT:
        return None
    beyond = np.concatenate([left - left.mean(), fit.left[there]])
    ratio, k = smoothed(beyond)
    if beyond.max() - np.median(beyond) < ALIKE:
        k = -np.inf
    worth = min(effective(weights), float(size)) * effective(ratio) / len(ratio)
    # what the regression got wrong is wrong in all draws: more of them do not mend it
    unknown = float(fit.weights @ fit.left**2) / effective(fit.weights)
    worth = 1 / (1 / worth + unknown)
    at = logs + more.log_density
    return Drawn(more.x[taken], more.gamma[taken], at[taken], k, worth, len(fit.left) + len(asked))
