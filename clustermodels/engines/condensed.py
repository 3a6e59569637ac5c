"""Gaussian outcomes: rows enter by sums of squares, and coefficients are integrated exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.arrow import Arrow
from clustermodels.engines.blockwise import backward, factorise, forward
from clustermodels.engines.elementary import SUMS
from clustermodels.engines.given import dense_precision, factor_of, given, log_dense_prior
from clustermodels.engines.hyper import Hyper
from clustermodels.engines.lanes import together
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
    reference
        (r,): dense coefficients around which all is counted, y being what they leave, so that no
        square of a large mean takes the digits of a small spread.
    own, tied
        (J, k, k), Z'Z of each level, and (J, k, q + 1), Z'[X, y].
    corner
        (q + 1, q + 1), [X, y]'[X, y].
    """

    arrow: Arrow
    hyper: Hyper
    reference: Values
    own: Values
    tied: Values
    corner: Values

    def expand(self, x: Values, near: Expansion | None = None) -> list[Expansion]:
        """Give the exact conditional posteriors of the dense coefficients at points x, (S, d)."""
        most = together(len(x), 1, len(self.corner) ** 2)
        x = self.hyper.inside(x)
        parts = [x[start : start + most] for start in range(0, len(x), most)]
        return [found for part in parts for found in self._expand(part)]

    def _expand(self, x: Values) -> list[Expansion]:
        arrow, points, q = self.arrow, len(x), len(self.corner)
        at = given(arrow, self.hyper, x)
        weight = at.own**-2
        precision = np.ascontiguousarray(np.moveaxis(at.precision, 0, -1))

        def one(first: int, last: int) -> tuple[Values, Values]:
            lost, root = np.zeros((q, q, points)), np.zeros(points)
            absorb(first, last, self.own, self.tied, weight, precision, lost, root)
            return lost, root

        parts = pieces(np.arange(arrow.levels + 1), points)
        lost, root = (np.sum(same, axis=0) for same in zip(*on_all(one, parts), strict=True))
        lost = np.moveaxis(lost, -1, 0)
        left = weight[:, None, None] * self.corner
        left -= np.tril(lost) + np.swapaxes(np.tril(lost, -1), 1, 2)
        basis, start = arrow.basis, np.tile(self.reference, (points, 1))
        prior = dense_precision(arrow, at)
        factor = factor_of(basis.T @ left[:, :-1, :-1] @ basis + prior)
        pull = left[:, :-1, -1] @ basis - prior @ (self.reference - arrow.centre)
        half = np.linalg.solve(np.swapaxes(factor, 1, 2), pull[..., None])
        log_marginal = (
            -len(arrow.y) * (np.log(at.own) + 0.5 * _LOG_TWO_PI)
            - 0.5 * left[:, -1, -1]
            + 0.5 * (half**2).sum(axis=(1, 2))
            + arrow.levels * at.root
            - root
            - np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
            + log_dense_prior(arrow, at, start)
            + self.hyper.log_prior(x)
        )
        centre = start + np.linalg.solve(factor, half)[..., 0]
        none = np.empty((0, 0))
        return [
            Expansion(x[s], float(log_marginal[s]), centre[s], factor[s], none)
            for s in range(points)
        ]


def condensed(arrow: Arrow, hyper: Hyper) -> Condensed:
    """Sum up the rows of a Gaussian design."""
    k, q = arrow.z.shape[1], len(arrow.basis)
    own, tied = np.zeros((arrow.levels, k, k)), np.zeros((arrow.levels, k, q + 1))
    reference, y = _left(arrow)

    def one(first: int, last: int) -> Values:
        corner = np.zeros((q + 1, q + 1))
        summed(
            first, last, arrow.starts, y, arrow.z, arrow.x, arrow.codes, arrow.values, own, tied,
            corner,
        )  # fmt: skip
        return corner

    corner = np.sum(on_all(one, pieces(arrow.starts)), axis=0)
    corner = np.tril(corner) + np.tril(corner, -1).T
    return Condensed(arrow, hyper, reference, own, tied, corner)


def _left(arrow: Arrow) -> tuple[Values, Values]:
    """Give dense coefficients that leave little of the outcome, and what they leave, (n,).

    The prior's means, but for the intercept, the first coefficient, which takes up the mean.
    """
    reference = arrow.centre.copy()
    beta = arrow.basis @ reference
    left = arrow.y - arrow.offset - arrow.x @ beta[: arrow.x.shape[1]]
    for code, value in zip(arrow.codes.T, arrow.values.T, strict=True):
        left -= beta[code] * value
    mean = left.mean()
    reference[0] += mean
    return reference, left - mean


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


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def absorb(
    first: int,
    last: int,
    own: Values,
    tied: Values,
    weight: Values,
    precision: Values,
    lost: Values,
    root: Values,
) -> None:
    """Add what integrating each level's coefficients takes from the corner, at L points.

    C' H^-1 C with H = Z'Z / sigma^2 + Q = L L' and C = Z'[X, y] / sigma^2; ``weight`` (L,) is
    1 / sigma^2, ``precision`` (k, k, L). Added to: ``lost`` (q, q, L), the lower triangle only,
    and ``root`` (L,), sum log |L_j|.
    """
    k, q, lanes = own.shape[1], tied.shape[2], weight.size
    factor, part, own_root = np.empty((k, k, lanes)), np.empty((k, q, lanes)), np.empty(lanes)
    touched = np.empty(q, dtype=np.int64)
    for j in range(first, last):
        for i in range(k):
            for c in range(k):
                for lane in range(lanes):
                    factor[i, c, lane] = weight[lane] * own[j, i, c] + precision[i, c, lane]
        factorise(factor, own_root)
        for lane in range(lanes):
            root[lane] += own_root[lane]
        size = 0
        for c in range(q):
            some = False
            for i in range(k):
                some = some or tied[j, i, c] != 0.0
            if some:
                touched[size] = c
                size += 1
        for i in range(k):
            for c in range(size):
                one = tied[j, i, touched[c]]
                for lane in range(lanes):
                    part[i, c, lane] = weight[lane] * one
                for d in range(i):
                    for lane in range(lanes):
                        part[i, c, lane] -= factor[i, d, lane] * part[d, c, lane]
                for lane in range(lanes):
                    part[i, c, lane] /= factor[i, i, lane]
            for c in range(size):
                for d in range(c + 1):
                    at, to = touched[c], touched[d]
                    for lane in range(lanes):
                        lost[at, to, lane] += part[i, c, lane] * part[i, d, lane]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
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
    """Draw each level's coefficients given T draws of everything else, into ``drawn`` (k, T, J).

    ``sigma``, ``beta`` and ``precision`` are (B, L), (B, q, L) and (B, k, k, L), draw after draw.
    """
    blocks, lanes = sigma.shape
    k, q, size = own.shape[1], tied.shape[2] - 1, drawn.shape[1]
    factor, mean = np.empty((k, k, lanes)), np.empty((k, lanes))
    weight, root = np.empty(lanes), np.empty(lanes)
    for b in range(blocks):
        for lane in range(lanes):
            weight[lane] = 1.0 / (sigma[b, lane] * sigma[b, lane])
        for j in range(first, last):
            for i in range(k):
                for lane in range(lanes):
                    mean[i, lane] = tied[j, i, q]
                for c in range(q):
                    one = tied[j, i, c]
                    if one != 0.0:
                        for lane in range(lanes):
                            mean[i, lane] -= one * beta[b, c, lane]
                for lane in range(lanes):
                    mean[i, lane] *= weight[lane]
                for c in range(k):
                    one = own[j, i, c]
                    for lane in range(lanes):
                        factor[i, c, lane] = weight[lane] * one + precision[b, i, c, lane]
            factorise(factor, root)
            forward(factor, mean)
            for i in range(k):
                for lane in range(lanes):
                    mean[i, lane] += rng.standard_normal()
            backward(factor, mean)
            for i in range(k):
                for lane in range(min(lanes, size - b * lanes)):
                    drawn[i, b * lanes + lane, j] = mean[i, lane]
