"""Weighted points in hyperparameters and dense coefficients, and draws by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.engines.bent import Folded
from clustermodels.engines.conditional import Conditional, Tilt, tilt
from clustermodels.engines.surveyed import Expand
from clustermodels.engines.weights import effective, resampled, smoothed

# Where fewer points are weighted than draws are wanted, draws are taken among so many per draw.
AMONG = 4
# Of the least squares fit of log weights: as if so many more points had had no weight to explain.
RIDGE = 1.0
# The proposal is moved by so many points at a time, until this share of them is effective.
TRIED = (1000, 2000, 4000, 4000)
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
        The shape of the weights' tail.
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
    points = min(affordable, max(1000, size + size // 2))

    def weighted(count: int, tilted: Tilt | None) -> tuple[Proposed, Values]:
        made = _proposed(among, given, rng, count, tilted)
        return made, density(made.x, made.gamma) - made.log_density

    tilted = None
    for tried in TRIED:
        # a skewed posterior lies beside its mode: a few points tell where
        proposed, logs = weighted(min(points, tried), tilted)
        weights, _ = smoothed(logs)
        if effective(weights) > ENOUGH * len(weights):
            break
        tilted = tilt(proposed.z, weights)
    else:
        proposed, logs = weighted(min(points, TRIED[-1]), tilted)
    if points > len(logs):
        more, others = weighted(points - len(logs), tilted)
        proposed, logs = proposed.joined(more), np.concatenate([logs, others])
    if points > size:
        weights, k = smoothed(logs)
        while effective(weights) < ENOUGH * size and len(logs) < affordable:
            more, others = weighted(min(len(logs), affordable - len(logs)), tilted)
            proposed, logs = proposed.joined(more), np.concatenate([logs, others])
            weights, k = smoothed(logs)
        taken = resampled(rng, weights, size)
        worth = min(effective(weights), float(size))
        at = (logs + proposed.log_density)[taken]
        return Drawn(proposed.x[taken], proposed.gamma[taken], at, k, worth, len(logs))
    fit = _regressed(proposed, logs)
    more = _proposed(among, given, rng, AMONG * size, tilted)
    return _corrected(fit, more, rng, size)


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
    points = min(affordable, max(1000, size + size // 2))
    x = among.draw(rng, points)
    proposal = among.log_density(x)
    r = given.centres.shape[1]
    exact, gamma = np.empty(points), np.empty((points, r))
    for s, z in enumerate(rng.standard_normal((points, r))):
        found = expand(x[s], None)
        exact[s] = found.log_marginal
        gamma[s] = found.centre + np.linalg.solve(found.factor, z)
    if points > size:
        weights, k = smoothed(exact - proposal)
        taken = resampled(rng, weights, size)
        worth = min(effective(weights), float(size))
        return Drawn(x[taken], gamma[taken], exact[taken], k, worth, points)
    nothing = np.empty((points, 0))
    fit = _regressed(Proposed(x, gamma, nothing, proposal), exact - proposal)
    return _corrected(fit, _proposed(among, given, rng, AMONG * size), rng, size)


def _corrected(fit: _Regression, more: Proposed, rng: np.random.Generator, size: int) -> Drawn:
    """Draw from points whose weights a regression gives."""
    logs = fit.at(more)
    weights, _ = smoothed(logs)
    taken = resampled(rng, weights, size)
    left, k = smoothed(fit.left)
    points = len(left)
    worth = min(effective(weights), float(size)) * effective(left) / points
    at = logs + more.log_density
    return Drawn(more.x[taken], more.gamma[taken], at[taken], k, worth, points)


@dataclass(frozen=True, eq=False)
class Proposed:
    """Points of the proposal: with what standard normal numbers they were made."""

    x: Values
    gamma: Values
    z: Values
    log_density: Values

    def joined(self, other: Proposed) -> Proposed:
        """Put other points behind these."""
        return Proposed(
            np.concatenate([self.x, other.x]),
            np.concatenate([self.gamma, other.gamma]),
            np.concatenate([self.z, other.z]),
            np.concatenate([self.log_density, other.log_density]),
        )


def _proposed(
    among: Folded,
    given: Conditional,
    rng: np.random.Generator,
    size: int,
    tilted: Tilt | None = None,
) -> Proposed:
    x = among.draw(rng, size)
    gamma, z, logs = given.draw(x, rng, tilted)
    return Proposed(x, gamma, z, logs + among.log_density(x))


@dataclass(frozen=True, eq=False)
class _Regression:
    """Log weights as a function of the points, and what it leaves at the points themselves.

    ``width`` says how many of the standard normal numbers count; ``left`` is what each point's log
    weight is beyond what the others alone predict for it.
    """

    middle: Values
    scale: Values
    width: int
    squares: bool
    slopes: Values
    left: Values

    def features(self, points: Proposed) -> Values:
        z = np.column_stack([(points.x - self.middle) / self.scale, points.z[:, : self.width]])
        columns = [np.ones(len(z)), z]
        if self.squares:
            columns.append(z**2 - 1)
        return np.column_stack(columns)

    def at(self, points: Proposed) -> Values:
        return np.asarray(self.features(points) @ self.slopes)


def _regressed(points: Proposed, logs: Values) -> _Regression:
    middle, scale = points.x.mean(axis=0), points.x.std(axis=0)
    size, width = len(logs), points.z.shape[1]
    squares = size > 4 * (2 * (points.x.shape[1] + width) + 1)
    empty = _Regression(middle, scale, width, squares, np.empty(0), np.empty(0))
    features = empty.features(points)
    penalty = RIDGE * np.eye(features.shape[1])
    penalty[0, 0] = 0.0
    solver = np.linalg.solve(features.T @ features + penalty, features.T)
    slopes = solver @ logs
    leverage = np.einsum("sf,fs->s", features, solver)
    left = (logs - features @ slopes) / np.maximum(1 - leverage, 1e-3)
    return _Regression(middle, scale, width, squares, slopes, left)
