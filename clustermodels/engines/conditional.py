"""The dense coefficients given hyperparameters: a normal whose moments follow them smoothly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.engines.bent import Bent
from clustermodels.engines.laplace import Expansion

# Beyond so many sds of the points that it was fitted to, the quadratic is not followed.
FURTHEST = 3.0
# Points this much less likely than the best say nothing about where draws will be.
RELEVANT = 15.0


@dataclass(frozen=True, eq=False)
class Tilt:
    """How far the numbers that coefficients are made from are from standard normal.

    Parameters
    ----------
    mean, factor
        (r,), and (r, r), the Cholesky factor of their covariance.
    """

    mean: Values
    factor: Values


def tilt(z: Values, weights: Values) -> Tilt:
    """Fit a tilt to weighted points, as far as they are worth many."""
    r = z.shape[1]
    worth = 1 / float((weights**2).sum())
    mean = weights @ z
    gap = z - mean
    trust = worth / (worth + 2.0 * r)
    covariance = trust * (weights[:, None] * gap).T @ gap + (1 - trust) * np.eye(r)
    return Tilt(mean * trust, np.linalg.cholesky(covariance))


@dataclass(frozen=True, eq=False)
class Conditional:
    """N(m(x), K(x) K(x)') with m and K quadratic in y(x), K upper triangular.

    Parameters
    ----------
    bent
        Gives y of the hyperparameters x.
    middle, scale
        (d,) and (d, d): y is whitened by them.
    centres, factors
        The quadratics' coefficients, (features, r) and (features, r (r + 1) / 2); of K's diagonal
        they are those of its logarithm.
    """

    bent: Bent
    middle: Values
    scale: Values
    centres: Values
    factors: Values

    def moments(self, x: Values) -> tuple[Values, Values]:
        """Give means (S, r) and factors (S, r, r) at x, (S, d)."""
        features = _features(
            np.clip((self.bent.y(x) - self.middle) @ self.scale, -FURTHEST, FURTHEST)
        )
        r = self.centres.shape[1]
        rows, columns = np.triu_indices(r)
        factor = np.zeros((len(x), r, r))
        factor[:, rows, columns] = features @ self.factors
        diagonal = np.arange(r)
        factor[:, diagonal, diagonal] = np.exp(factor[:, diagonal, diagonal])
        return features @ self.centres, factor

    def draw(
        self, x: Values, rng: np.random.Generator, tilt: Tilt | None = None
    ) -> tuple[Values, Values, Values]:
        """Draw coefficients at x, (S, d).

        Parameters
        ----------
        x, rng
            Where; by which generator.
        tilt
            The law of the numbers z that coefficients are made from, m + K z; standard normal
            where there is none.

        Returns
        -------
        gamma, z, log_density
            (S, r) each, and the log density at gamma, (S,), without (2 pi)^(-r / 2).
        """
        normal = rng.standard_normal((len(x), self.centres.shape[1]))
        z = normal if tilt is None else tilt.mean + normal @ tilt.factor.T
        tilted = 0.0 if tilt is None else np.log(np.diag(tilt.factor)).sum()
        gamma, logs = np.empty_like(z), np.empty(len(x))
        # few at a time: the factors are r x r each
        size = max(1, 4_000_000 // max(1, z.shape[1] ** 2))
        for start in range(0, len(x), size):
            here = slice(start, start + size)
            mean, factor = self.moments(x[here])
            gamma[here] = mean + np.einsum("sab,sb->sa", factor, z[here])
            root = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
            logs[here] = -root - tilted - 0.5 * (normal[here] ** 2).sum(axis=1)
        return gamma, z, logs


def _features(z: Values) -> Values:
    """Give 1, z, and the products of z's coordinates, (S, features)."""
    d = z.shape[1]
    products = [z[:, i] * z[:, j] for i in range(d) for j in range(i + 1)]
    return np.column_stack([np.ones(len(z)), z, *products])


def conditional(points: list[Expansion], bent: Bent) -> Conditional:
    """Fit the quadratics to the expansions at a design of hyperparameters."""
    most = max(point.log_marginal for point in points)
    near = [point for point in points if point.log_marginal > most - RELEVANT]
    x = bent.y(np.stack([point.x for point in near]))
    middle = x.mean(axis=0)
    gap = x - middle
    d = x.shape[1]
    spread = gap.T @ gap / max(1, len(x) - 1) + 1e-12 * np.eye(d)
    scale = np.linalg.inv(np.linalg.cholesky(spread)).T if d else np.zeros((0, 0))
    r = len(near[0].centre)
    upper = np.triu_indices(r)
    inverses = np.stack([np.linalg.inv(point.factor) for point in near])
    diagonal = np.arange(r)
    inverses[:, diagonal, diagonal] = np.log(inverses[:, diagonal, diagonal])
    outputs = np.column_stack(
        [np.stack([point.centre for point in near]), inverses[:, upper[0], upper[1]]]
    )
    features = _features(gap @ scale)
    # a whiff of ridge, so that few points give the flattest quadratic through them
    gram = features.T @ features + 1e-6 * len(x) * np.diag([0.0] + [1.0] * (features.shape[1] - 1))
    base = outputs.mean(axis=0)
    solved = np.linalg.lstsq(gram, features.T @ (outputs - base), rcond=None)[0]
    solved[0] += base
    return Conditional(bent, middle, scale, solved[:, :r], solved[:, r:])
