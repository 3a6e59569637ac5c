"""The posterior of a few hyperparameters: its mode, then importance sampling that adapts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from clustermodels.data.panel import Values

# Of points, (S, d) -> (S,).
Density = Callable[[Values], Values]

# A finite difference moves a coordinate by this, at first.
REACH = 1e-3
ROUNDS = 40
POLISHES = 6
# The climb ends where the next step would gain less than this in log density.
CLOSE = 1e-3
# Degrees of freedom of the proposals, heavier in the tails than what they cover.
DF = 6.0
# Towards 0 an sd's logarithm has a tail like e^x; proposals are this much wider than at the mode.
WIDER = 1.3
# Bells are put at so many points, once the weights are worth so many points a dimension.
CENTRES = 100
FOLLOWED = 20
# The wide bell beside them is so many times as wide as the posterior.
TAIL = 2.0
# Points whose distances to all bells are held together.
BATCH = 2000


@dataclass(frozen=True, eq=False)
class Bells:
    """A mixture of multivariate t laws of one shape.

    Parameters
    ----------
    means
        (C, d).
    factor
        (d, d): the Cholesky factor of their scale.
    """

    means: Values
    factor: Values

    def draw(self, rng: np.random.Generator, size: int) -> Values:
        """Draw (size, d)."""
        z = rng.standard_normal((size, self.means.shape[1]))
        stretch = np.sqrt(DF / rng.chisquare(DF, size))
        centres = self.means[rng.permutation(np.arange(size) % len(self.means))]
        return np.asarray(centres + (z * stretch[:, None]) @ self.factor.T, dtype=np.float64)

    def log_density(self, x: Values) -> Values:
        """Give the normalised log density, (S, d) -> (S,)."""
        count, d = self.means.shape
        white = np.linalg.solve(self.factor, x.T).T
        middles = np.linalg.solve(self.factor, self.means.T).T
        root = np.log(np.diag(self.factor)).sum()
        constant = gammaln((DF + d) / 2) - gammaln(DF / 2) - 0.5 * d * np.log(DF * np.pi) - root
        found = np.empty(len(x))
        for start in range(0, len(x), BATCH):
            here = white[start : start + BATCH]
            gap = (here**2).sum(axis=1)[:, None] + (middles**2).sum(axis=1) - 2 * here @ middles.T
            heights = np.exp(-0.5 * (DF + d) * np.log1p(np.maximum(gap, 0.0) / DF))
            found[start : start + BATCH] = np.log(heights.sum(axis=1))
        return np.asarray(found + constant - np.log(count))


@dataclass(frozen=True, eq=False)
class Mixture:
    """Laws, and the share of each."""

    laws: tuple[Bells, ...]
    shares: Values

    def draw(self, rng: np.random.Generator, size: int) -> Values:
        """Draw (size, d), as many from each law as its share says."""
        cuts = np.round(np.cumsum(self.shares) * size).astype(int)
        counts = np.diff(np.concatenate([[0], cuts]))
        drawn = [law.draw(rng, n) for law, n in zip(self.laws, counts, strict=True)]
        return rng.permutation(np.concatenate(drawn), axis=0)

    def log_density(self, x: Values) -> Values:
        """Give the normalised log density, (S, d) -> (S,)."""
        each = np.stack([law.log_density(x) for law in self.laws])
        return np.asarray(logsumexp(each, axis=0, b=self.shares[:, None]))


def peak(density: Density, start: Values) -> tuple[Values, Values]:
    """Climb to the mode by BFGS with finite differences.

    Returns
    -------
    x, covariance
        (d,), and (d, d): minus the inverse of the second derivatives there, by finite differences.
    """
    d = len(start)
    reach = np.full(d, REACH)
    x = start
    height, gradient = _slope(density, x, reach)
    inverse = 0.3 * np.eye(d)
    for _ in range(ROUNDS):
        step = inverse @ gradient
        step *= min(1.0, 1.5 / max(np.abs(step).max(), 1e-12))
        if gradient @ step < CLOSE:
            break
        share = 1.0
        while True:
            moved = x + share * step
            new, slope = _slope(density, moved, reach)
            if new > height + 1e-4 * share * float(gradient @ step) or share < 1e-4:
                break
            share /= 3
        if new <= height:
            break
        change, bend = moved - x, gradient - slope
        if change @ bend > 1e-10:
            scale = 1 / float(change @ bend)
            left = np.eye(d) - scale * np.outer(change, bend)
            inverse = left @ inverse @ left.T + scale * np.outer(change, change)
        x, height, gradient = moved, new, slope
    return x, curvature(density, x, np.sqrt(np.diag(inverse)))


def polished(density: Density, start: Values, sds: Values) -> tuple[Values, Values]:
    """Climb to the mode from close by; ``sds`` say over which distances it bends.

    A step is no longer than such a distance, or than three sds of its own, where these are more.

    Returns
    -------
    x, covariance
        As ``peak`` gives them, the covariance from where the climb began.
    """
    x = start
    covariance = curvature(density, x, sds)
    own = np.sqrt(np.diag(covariance))
    furthest = np.maximum(3.0 * own, sds)
    for _ in range(POLISHES):
        _, gradient = _slope(density, x, 0.5 * own)
        step = covariance @ gradient
        x = x + step * min(1.0, 1.0 / float(np.abs(step / furthest).max()))
        if gradient @ step < 0.05:
            break
    return x, covariance


def _slope(density: Density, x: Values, reach: Values) -> tuple[float, Values]:
    """Give the density at x and its gradient, all points at once."""
    steps = np.diag(reach)
    found = density(np.concatenate([x[None], x + steps, x - steps]))
    up, down = found[1:].reshape(2, -1)
    return float(found[0]), (up - down) / (2 * reach)


def curvature(density: Density, x: Values, sds: Values) -> Values:
    """Give minus the inverse of the second derivatives at x, from differences over half an sd."""
    d = len(x)
    width = 0.5 * np.clip(sds, 1e-4, 1.0)
    steps = np.diag(width)
    rows, columns = np.tril_indices(d, -1)
    both = steps[rows] + steps[columns]
    found = density(np.concatenate([x[None], x + steps, x - steps, x + both, x - both]))
    height = found[0]
    up, down = found[1 : 1 + 2 * d].reshape(2, d)
    ahead, behind = found[1 + 2 * d :].reshape(2, -1)
    hessian = np.diag((up - 2 * height + down) / width**2)
    singly = (up + down)[rows] + (up + down)[columns]
    cross = (ahead + behind - singly + 2 * height) / (2 * width[rows] * width[columns])
    hessian[rows, columns] = hessian[columns, rows] = cross
    return _inverse_of_positive(-hessian)


def _inverse_of_positive(matrix: Values) -> Values:
    """Invert, with every direction's variance kept within what a prior would leave."""
    values, vectors = np.linalg.eigh(matrix)
    variances = 1 / np.maximum(values, 0.1)
    return np.asarray((vectors * variances) @ vectors.T)


def proposal(mean: Values, covariance: Values) -> Mixture:
    """Give the first proposal, around the mode."""
    factor = np.linalg.cholesky(covariance) if len(mean) else np.zeros((0, 0))
    return Mixture((Bells(mean[None], WIDER * factor),), np.ones(1))


def adapted(points: Values, weights: Values, first: Mixture, rng: np.random.Generator) -> Mixture:
    """Follow weighted points: bells at some of them, as in a kernel density estimate.

    Bells of the posterior's own covariance, narrowed as Silverman's rule says for as many points
    as the weights are worth, can bend as it bends, where a group sd is near zero for one. Beside
    them stand a wide bell, as the sd of a few levels has a long tail, and a tenth of the first
    proposal, for what the points have missed.

    Parameters
    ----------
    points, weights
        (S, d), and (S,) summing to one.
    """
    d = points.shape[1]
    mean = weights @ points
    gap = points - mean
    worth = 1 / float((weights**2).sum())
    spread = (weights[:, None] * gap).T @ gap
    # few points say little about a covariance: lean on the first one as far as they are few
    trust = worth / (worth + 2.0 * d)
    own = first.laws[0].factor / WIDER
    factor = np.linalg.cholesky(trust * spread + (1 - trust) * own @ own.T)
    wide = Bells(mean[None], TAIL * factor)
    if worth < FOLLOWED * d:
        laws, shares = (Bells(mean[None], 1.1 * factor), wide, first.laws[0]), (0.7, 0.15, 0.15)
        return Mixture(laws, np.array(shares))
    spots = np.searchsorted(
        np.cumsum(weights), (rng.random() + np.arange(CENTRES)) / CENTRES * (1 - 1e-12)
    )
    width = float((4 / ((d + 2) * worth)) ** (1 / (d + 4)))
    laws = (Bells(points[spots], width * factor), wide, first.laws[0])
    return Mixture(laws, np.array([0.82, 0.1, 0.08]))
