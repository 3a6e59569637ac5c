"""Points of the proposal, and their log weights as a quadratic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.panel import Values
from clustermodels.engines.bent import Folded
from clustermodels.engines.conditional import Conditional, Tilt
from clustermodels.engines.weights import smoothed

# As if so many more points had had no weight to explain.
RIDGE = 1.0


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

    @property
    def _all(self) -> tuple[Values, ...]:
        return tuple(vars(self).values())

    def joined(self, other: Proposed) -> Proposed:
        """Put other points behind these."""
        return Proposed(*map(np.concatenate, zip(self._all, other._all, strict=True)))

    def some(self, which: NDArray[np.bool_]) -> Proposed:
        """Keep some of the points."""
        return Proposed(*(values[which] for values in self._all))


def proposed(
    among: Folded,
    given: Conditional,
    rng: np.random.Generator,
    size: int,
    tilted: Tilt | None = None,
) -> Proposed:
    """Draw points from the proposal, (size,) of them."""
    x = among.draw(rng, size)
    gamma, z, logs = given.draw(x, rng, tilted)
    log_x = among.log_density(x)
    log_y = log_x - among.bent.log_slope(x)
    return Proposed(x, among.bent.y(x), gamma, z, log_x, log_y, logs)


@dataclass(frozen=True, eq=False)
class Regression:
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


def regressed(points: Proposed, logs: Values) -> Regression:
    """Fit the quadratic to log weights by least squares, each point by its weight."""
    some = np.isfinite(logs)
    points, logs = points.some(some), logs[some]
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
    return Regression(middle, scale, width, squares, slopes, weights, left)
