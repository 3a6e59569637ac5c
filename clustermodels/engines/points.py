"""Weighted points in hyperparameters and dense coefficients, and draws by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.bent import Folded
from clustermodels.engines.conditional import Conditional, Tilt, tilt
from clustermodels.engines.laplace import Expansion
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
SKEWED = 0.35
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
        if effective(weights) > SKEWED * len(weights):
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
    points = max(1000, size + size // 4)
    if points > affordable:

        def density(x: Values, gamma: Values) -> Values:
            both = zip(x, gamma, strict=True)
            return np.array([_joint(expand(at, None), given_at) for at, given_at in both])

        return drawn(density, among, given, rng, size, affordable)
    x = among.draw(rng, points)
    proposal = among.log_density(x)
    r = given.centres.shape[1]
    exact, gamma = np.empty(points), np.empty((points, r))
    for s, z in enumerate(rng.standard_normal((points, r))):
        found = expand(x[s], None)
        x[s], exact[s] = found.x, found.log_marginal
        gamma[s] = found.centre + np.linalg.solve(found.factor, z)
    weighed = Proposed(x, x, gamma, np.empty((points, 0)), proposal, proposal, np.zeros(points))
    return _by_weights(weighed, exact - proposal, rng, size)


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
    # what the regression got wrong is wrong in all draws: more of them do not mend it
    unknown = float(fit.weights @ fit.left**2) / effective(fit.weights)
    worth = 1 / (1 / worth + unknown)
    at = logs + more.log_density
    return Drawn(more.x[taken], more.gamma[taken], at[taken], k, worth, len(fit.left) + len(asked))


@dataclass(frozen=True, eq=False)
class Proposed:
    """Points of the proposal.

    Parameters
    ----------
    x, y, gamma, z
        (S, d), also in bent coordinates, (S, r), and what numbers gamma was made with.
    log_x, log_y, log_gamma
        (S,): the proposal's log density of x, of y, and of gamma given x.
    """

    x: Values
    y: Values
    gamma: Values
    z: Values
    log_x: Values
    log_y: Values
    log_gamma: Values

    @property
    def log_density(self) -> Values:
        """The proposal's log density at the points, (S,)."""
        return self.log_x + self.log_gamma

    def joined(self, other: Proposed) -> Proposed:
        """Put other points behind these."""
        return Proposed(
            np.concatenate([self.x, other.x]),
            np.concatenate([self.y, other.y]),
            np.concatenate([self.gamma, other.gamma]),
            np.concatenate([self.z, other.z]),
            np.concatenate([self.log_x, other.log_x]),
            np.concatenate([self.log_y, other.log_y]),
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
    log_x = among.log_density(x)
    log_y = log_x - among.bent.log_slope(x)
    return Proposed(x, among.bent.y(x), gamma, z, log_x, log_y, logs)


@dataclass(frozen=True, eq=False)
class _Regression:
    """The log density of y, and of gamma beside its proposal, as a quadratic.

    With many rows it is one but for little. Of y the density itself is fitted, as its proposal has
    heavier tails; of gamma what its proposal leaves.

    Parameters
    ----------
    middle, scale
        (d,): y is standardised by them.
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
        return np.asarray(features @ self.slopes - points.log_y, dtype=np.float64)


def _features(points: Proposed, middle: Values, scale: Values, width: int, squares: bool) -> Values:
    y = (points.y - middle) / scale
    d = y.shape[1]
    z = points.z[:, :width]
    columns = [np.ones((len(y), 1)), y, z]
    columns += [(y[:, i] * y[:, j])[:, None] for i in range(d) for j in range(i + 1)]
    return np.column_stack([*columns, z**2 - 1] if squares else columns)


def _regressed(points: Proposed, logs: Values) -> _Regression:
    """Fit the quadratic by least squares, each point by its weight."""
    weights, _ = smoothed(logs)
    middle = weights @ points.y
    scale = np.sqrt(weights @ (points.y - middle) ** 2)
    size, width, d = len(logs), points.z.shape[1], points.y.shape[1]
    squares = size > 3 * (1 + d + d * (d + 1) // 2 + 2 * width)
    features = _features(points, middle, scale, width, squares)
    penalty = RIDGE * np.eye(features.shape[1])
    penalty[: 1 + d, : 1 + d] = 0.0
    heavy = weights[:, None] * size * features
    solver = np.linalg.solve(heavy.T @ features + penalty, heavy.T)
    target = logs + points.log_y
    slopes = solver @ target
    leverage = np.einsum("sf,fs->s", features, solver)
    left = (target - features @ slopes) / np.maximum(1 - leverage, 1e-3)
    return _Regression(middle, scale, width, squares, slopes, weights, left)
