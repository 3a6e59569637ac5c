"""Weighted points in hyperparameters and dense coefficients, and draws by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.bent import Folded
from clustermodels.engines.conditional import Conditional, Tilt, tilt
from clustermodels.engines.surveyed import Expand
from clustermodels.engines.weights import effective, resampled, smoothed

# Where fewer points are weighted than draws are wanted, draws are taken among so many per draw.
AMONG = 4
# Of the least squares fit of log weights: as if so many more points had had no weight to explain.
RIDGE = 1.0
# So many draws by the regression are held against the density, and what it leaves there and at the
# points may have this sd; else so many times as many points more are weighted.
ASKED = 30
DEARER = 3
LEFT = 0.3
# The proposal is moved by so many points at a time, until this share of them is effective.
TRIED = (1000, 2000, 4000, 4000)
ENOUGH = 0.3


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
    points = min(affordable, max(1000, size + size // 4))

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
        weights, _ = smoothed(logs)
        while effective(weights) < ENOUGH * size and len(logs) < affordable:
            more, others = weighted(min(len(logs), affordable - len(logs)), tilted)
            proposed, logs = proposed.joined(more), np.concatenate([logs, others])
            weights, _ = smoothed(logs)
        return _by_weights(proposed, logs, rng, size)
    more = _proposed(among, given, rng, AMONG * size, tilted)
    fit = _regressed(proposed, logs)
    found = _by_regression(fit, more, rng, size, lambda at: density(more.x[at], more.gamma[at]))
    if found is None:
        # far from a quadratic: dearer points then
        extra, others = weighted(DEARER * len(logs), tilted)
        found = _by_weights(proposed.joined(extra), np.concatenate([logs, others]), rng, size)
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
    points = min(affordable, max(1000, size + size // 4))
    x = among.draw(rng, points)
    proposal = among.log_density(x)
    r = given.centres.shape[1]
    exact, gamma = np.empty(points), np.empty((points, r))
    for s, z in enumerate(rng.standard_normal((points, r))):
        found = expand(x[s], None)
        x[s], exact[s] = found.x, found.log_marginal
        gamma[s] = found.centre + np.linalg.solve(found.factor, z)
    weighed = Proposed(x, gamma, np.empty((points, 0)), proposal, np.zeros(points))
    if points > size:
        return _by_weights(weighed, exact - proposal, rng, size)
    fit = _regressed(weighed, exact - proposal)
    more = _proposed(among, given, rng, AMONG * size)

    def density(at: Positions) -> Values:
        # coefficients are drawn from their own law but for the interpolation of it
        marginal = np.array([expand(point, None).log_marginal for point in more.x[at]])
        return marginal + more.log_gamma[at]

    taken = _by_regression(fit, more, rng, size, density)
    return taken or _by_weights(weighed, exact - proposal, rng, size)


def _by_weights(points: Proposed, logs: Values, rng: np.random.Generator, size: int) -> Drawn:
    """Draw among points by their weights."""
    weights, k = smoothed(logs)
    taken = resampled(rng, weights, size)
    at = (logs + points.log_density)[taken]
    worth = min(effective(weights), float(size))
    return Drawn(points.x[taken], points.gamma[taken], at, k, worth, len(logs))


def _by_regression(
    fit: _Regression,
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
    ratio, k = smoothed(np.concatenate([left - left.mean(), fit.left[there]]))
    worth = min(effective(weights), float(size)) * effective(ratio) / len(ratio)
    at = logs + more.log_density
    return Drawn(more.x[taken], more.gamma[taken], at[taken], k, worth, len(fit.left) + len(asked))


@dataclass(frozen=True, eq=False)
class Proposed:
    """Points of the proposal.

    Parameters
    ----------
    x, gamma, z
        (S, d), (S, r), and what numbers gamma was made with.
    log_x, log_gamma
        (S,): the proposal's log density of x, and of gamma given x.
    """

    x: Values
    gamma: Values
    z: Values
    log_x: Values
    log_gamma: Values

    @property
    def log_density(self) -> Values:
        """The proposal's log density at the points, (S,)."""
        return self.log_x + self.log_gamma

    def joined(self, other: Proposed) -> Proposed:
        """Put other points behind these."""
        return Proposed(
            np.concatenate([self.x, other.x]),
            np.concatenate([self.gamma, other.gamma]),
            np.concatenate([self.z, other.z]),
            np.concatenate([self.log_x, other.log_x]),
            np.concatenate([self.log_gamma, other.log_gamma]),
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
    return Proposed(x, gamma, z, among.log_density(x), logs)


@dataclass(frozen=True, eq=False)
class _Regression:
    """The log density of x, and of gamma beside its proposal, as a quadratic.

    With many rows it is one but for little. Of x the density itself is fitted, as its proposal has
    heavier tails; of gamma what its proposal leaves.

    Parameters
    ----------
    middle, scale
        (d,): x is standardised by them.
    width
        How many of the numbers z count.
    squares
        Whether their squares do.
    slopes
        The quadratic's coefficients.
    weights
        (S,), of the points, summing to one.
    left
        (S,): what each point's log density is beyond what the others alone predict for it.
    """

    middle: Values
    scale: Values
    width: int
    squares: bool
    slopes: Values
    weights: Values
    left: Values

    def at(self, points: Proposed) -> Values:
        """Give log weights, (S,)."""
        features = _features(points, self.middle, self.scale, self.width, self.squares)
        return np.asarray(features @ self.slopes - points.log_x, dtype=np.float64)


def _features(points: Proposed, middle: Values, scale: Values, width: int, squares: bool) -> Values:
    y = (points.x - middle) / scale
    d = y.shape[1]
    z = points.z[:, :width]
    columns = [np.ones((len(y), 1)), y, z]
    columns += [(y[:, i] * y[:, j])[:, None] for i in range(d) for j in range(i + 1)]
    return np.column_stack([*columns, z**2 - 1] if squares else columns)


def _regressed(points: Proposed, logs: Values) -> _Regression:
    """Fit the quadratic by least squares, each point by its weight."""
    weights, _ = smoothed(logs)
    middle = weights @ points.x
    scale = np.sqrt(weights @ (points.x - middle) ** 2)
    size, width, d = len(logs), points.z.shape[1], points.x.shape[1]
    squares = size > 3 * (1 + d + d * (d + 1) // 2 + 2 * width)
    features = _features(points, middle, scale, width, squares)
    penalty = RIDGE * np.eye(features.shape[1])
    penalty[: 1 + d, : 1 + d] = 0.0
    heavy = weights[:, None] * size * features
    solver = np.linalg.solve(heavy.T @ features + penalty, heavy.T)
    target = logs + points.log_x
    slopes = solver @ target
    leverage = np.einsum("sf,fs->s", features, solver)
    left = (target - features @ slopes) / np.maximum(1 - leverage, 1e-3)
    return _Regression(middle, scale, width, squares, slopes, weights, left)
