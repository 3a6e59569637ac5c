"""Gaussian outcomes: rows enter by sums of squares, and coefficients are integrated exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.arrow import Arrow
from clustermodels.engines.blockwise import factorise, forward
from clustermodels.engines.given import dense_precision, factor_of, given, log_dense_prior
from clustermodels.engines.hyper import Hyper
from clustermodels.engines.laplace import Expansion
from clustermodels.engines.pieces import on_all, pieces

_LOG_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Condensed:
    """The posterior of a Gaussian design with all coefficients integrated out.

    Parameters
    ----------
    arrow, hyper
        The design, laid out; its hyperparameters.
    own, tied
        (J, k, k), Z'Z of each level, and (J, k, q + 1), Z'[X, y].
    corner
        (q + 1, q + 1), [X, y]'[X, y].
    """

    arrow: Arrow
    hyper: Hyper
    own: Values
    tied: Values
    corner: Values

    def expand(self, x: Values, near: Expansion | None = None) -> Expansion:
        """Give the exact conditional posterior of the dense coefficients at x, (d,)."""
        arrow = self.arrow
        x = self.hyper.inside(x)
        at = given(arrow, self.hyper, x[None])
        weight = float(at.own[0]) ** -2

        def one(first: int, last: int) -> tuple[Values, float]:
            lost = np.zeros_like(self.corner)
            root = absorb(first, last, self.own, self.tied, weight, at.precision[0], lost)
            return lost, root

        found = on_all(one, pieces(np.arange(arrow.levels + 1)))
        lost = np.sum([piece[0] for piece in found], axis=0)
        left = weight * self.corner - (np.tril(lost) + np.tril(lost, -1).T)
        prior = dense_precision(arrow, at)
        factor = factor_of(arrow.basis.T @ left[:-1, :-1] @ arrow.basis + prior)
        start = arrow.centre
        # around the prior's mean, where the residual sum of squares is
        beta = arrow.basis @ start
        pull = arrow.basis.T @ (left[:-1, -1] - left[:-1, :-1] @ beta)
        square = left[-1, -1] - 2 * beta @ left[:-1, -1] + beta @ left[:-1, :-1] @ beta
        half = np.linalg.solve(factor.T, pull)
        log_marginal = (
            -len(arrow.y) * (np.log(at.own[0]) + 0.5 * _LOG_TWO_PI)
            - 0.5 * square
            + 0.5 * half @ half
            + arrow.levels * at.root[0]
            - sum(piece[1] for piece in found)
            - np.log(np.diag(factor)).sum()
            + log_dense_prior(arrow, at, start[None])[0]
            + self.hyper.log_prior(x[None])[0]
        )
        centre = start + np.linalg.solve(factor, half)
        return Expansion(x, float(log_marginal), centre, factor, np.empty((0, 0)))


def condensed(arrow: Arrow, hyper: Hyper) -> Condensed:
    """Sum up the rows of a Gaussian design."""
    k, q = arrow.z.shape[1], len(arrow.basis)
    own, tied = np.zeros((arrow.levels, k, k)), np.zeros((arrow.levels, k, q + 1))

    def one(first: int, last: int) -> Values:
        corner = np.zeros((q + 1, q + 1))
        summed(
            first, last, arrow.starts, arrow.y - arrow.offset, arrow.z, arrow.x, arrow.codes,
            arrow.values, own, tied, corner,
        )  # fmt: skip
        return corner

    corner = np.sum(on_all(one, pieces(arrow.starts)), axis=0)
    corner = np.tril(corner) + np.tril(corner, -1).T
    return Condensed(arrow, hyper, own, tied, corner)


@njit(cache=True, nogil=True, error_model="numpy")
def summed(
    first: int,
    last: int,
    starts: Positions,
    y: Values,
    z: Values,
    x: Values,
    codes: NDArray[np.int32],
    values: Values,
    own: Values,
    tied: Values,
    corner: Values,
) -> None:
    """Add up the products of the rows' columns; the last column of [X, y] is the outcome."""
    k, p, m, q = z.shape[1], x.shape[1], codes.shape[1], corner.shape[0] - 1
    places, row = np.empty(p + m + 1, dtype=np.int64), np.empty(p + m + 1)
    for c in range(p):
        places[c] = c
    places[p + m] = q
    for j in range(first, last):
        for t in range(starts[j], starts[j + 1]):
            for c in range(p):
                row[c] = x[t, c]
            for c in range(m):
                places[p + c], row[p + c] = codes[t, c], values[t, c]
            row[p + m] = y[t]
            for c in range(p + m + 1):
                for d in range(c + 1):
                    corner[places[c], places[d]] += row[c] * row[d]
            for i in range(k):
                for c in range(k):
                    own[j, i, c] += z[t, i] * z[t, c]
                for c in range(p + m + 1):
                    tied[j, i, places[c]] += z[t, i] * row[c]


@njit(cache=True, nogil=True, error_model="numpy")
def absorb(
    first: int,
    last: int,
    own: Values,
    tied: Values,
    weight: float,
    precision: Values,
    lost: Values,
) -> float:
    """Add what integrating each level's coefficients takes from the corner; give sum log |L_j|.

    C' H^-1 C with H = Z'Z / sigma^2 + Q = L L' and C = Z'[X, y] / sigma^2; ``weight`` is
    1 / sigma^2. The lower triangle only.
    """
    k, q = own.shape[1], tied.shape[2]
    factor, part = np.empty((k, k)), np.empty((k, q))
    root = 0.0
    for j in range(first, last):
        for i in range(k):
            for c in range(k):
                factor[i, c] = weight * own[j, i, c] + precision[i, c]
        root += factorise(factor, k)
        for i in range(k):
            for c in range(q):
                total = weight * tied[j, i, c]
                for d in range(i):
                    total -= factor[i, d] * part[d, c]
                part[i, c] = total / factor[i, i]
        for i in range(k):
            for c in range(q):
                one = part[i, c]
                if one != 0.0:
                    for d in range(c + 1):
                        lost[c, d] += one * part[i, d]
    return root


@njit(cache=True, nogil=True, error_model="numpy")
def exact_coefficients(
    first: int,
    last: int,
    own: Values,
    tied: Values,
    sigma: Values,
    precision: Values,
    beta: Values,
    rng: np.random.Generator,
    drawn: Values,
) -> None:
    """Draw each level's coefficients given S draws of everything else, into ``drawn`` (S, J, k)."""
    k, q = own.shape[1], tied.shape[2] - 1
    factor, mean = np.empty((k, k)), np.empty(k)
    for j in range(first, last):
        for s in range(sigma.size):
            weight = 1.0 / (sigma[s] * sigma[s])
            for i in range(k):
                total = tied[j, i, q]
                for c in range(q):
                    total -= tied[j, i, c] * beta[s, c]
                mean[i] = weight * total
                for c in range(k):
                    factor[i, c] = weight * own[j, i, c] + precision[s, i, c]
            factorise(factor, k)
            forward(factor, k, mean)
            for i in range(k):
                mean[i] += rng.standard_normal()
            for i in range(k - 1, -1, -1):
                total = mean[i]
                for c in range(i + 1, k):
                    total -= factor[c, i] * mean[c]
                mean[i] = total / factor[i, i]
                drawn[s, j, i] = mean[i]
