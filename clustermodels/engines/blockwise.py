"""Passes over the levels of the eliminated factor: the parts that every kernel shares.

Everything here is for one level, rows ``low`` to ``high``, and for L points side by side: values of
the hyperparameters and of the dense coefficients. The last axis of every array is that of the
points, the lanes, so that each innermost loop runs over numbers that stand side by side and are
worked on several at a time. A level has k coefficients u with prior precision Q; the rest of the
predictor is given in ``base``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.elementary import SUMS, exp, log
from clustermodels.engines.likelihoods import add_values, write_slopes

# A Newton step in a level's coefficients is kept below this, as the posterior may be far from
# quadratic where it starts.
LONGEST_STEP = 3.0


@njit(inline="always", error_model="numpy")
def longest_level(starts: Positions, first: int, last: int) -> int:
    """Give the number of rows of the longest level."""
    rows = 1
    for j in range(first, last):
        rows = max(rows, starts[j + 1] - starts[j])
    return rows


@njit(nogil=True, error_model="numpy", fastmath=SUMS)
def rest_of_predictor(
    low: int,
    high: int,
    offset: Values,
    x: Values,
    codes: NDArray[np.int32],
    values: Values,
    beta: Values,
    base: Values,
) -> None:
    """Write offset + x'b of the level's rows into ``base`` (rows, L); ``beta`` is (q, L)."""
    lanes = beta.shape[1]
    for t in range(high - low):
        for lane in range(lanes):
            base[t, lane] = offset[low + t]
        for c in range(x.shape[0]):
            one = x[c, low + t]
            for lane in range(lanes):
                base[t, lane] += one * beta[c, lane]
        for c in range(codes.shape[0]):
            one = values[c, low + t]
            at = codes[c, low + t]
            for lane in range(lanes):
                base[t, lane] += one * beta[at, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def predictor(base: Values, z: Values, row: int, u: Values, eta: Values) -> None:
    """Write a row's predictor, base + z'u, (L,)."""
    k, lanes = u.shape
    for lane in range(lanes):
        eta[lane] = base[lane]
    for i in range(k):
        column = z[i, row]
        for lane in range(lanes):
            eta[lane] += column * u[i, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def factorise(matrix: Values, root: Values) -> None:
    """Turn positive definite matrices (k, k, L) into their lower Cholesky factors.

    The logs of the factors' determinants are written into ``root``.
    """
    k, lanes = matrix.shape[0], matrix.shape[2]
    for lane in range(lanes):
        root[lane] = 0.0
    for i in range(k):
        for j in range(i + 1):
            for c in range(j):
                for lane in range(lanes):
                    matrix[i, j, lane] -= matrix[i, c, lane] * matrix[j, c, lane]
            if i == j:
                for lane in range(lanes):
                    diagonal = np.sqrt(matrix[i, i, lane])
                    matrix[i, i, lane] = diagonal
                    root[lane] += log(diagonal)
            else:
                for lane in range(lanes):
                    matrix[i, j, lane] /= matrix[j, j, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def forward(factor: Values, vector: Values) -> None:
    """Solve L v = vector, (k, L), in place."""
    k, lanes = vector.shape
    for i in range(k):
        for c in range(i):
            for lane in range(lanes):
                vector[i, lane] -= factor[i, c, lane] * vector[c, lane]
        for lane in range(lanes):
            vector[i, lane] /= factor[i, i, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def backward(factor: Values, vector: Values) -> None:
    """Solve L' v = vector, (k, L), in place."""
    k, lanes = vector.shape
    for i in range(k - 1, -1, -1):
        for c in range(i + 1, k):
            for lane in range(lanes):
                vector[i, lane] -= factor[c, i, lane] * vector[c, lane]
        for lane in range(lanes):
            vector[i, lane] /= factor[i, i, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def from_prior(u: Values, precision: Values, gradient: Values, bend: Values) -> None:
    """Write what u's prior gives to the gradient (k, L) and to the curvature (k, k, L)."""
    k, lanes = u.shape
    for i in range(k):
        for lane in range(lanes):
            gradient[i, lane] = 0.0
        for j in range(k):
            for lane in range(lanes):
                gradient[i, lane] -= precision[i, j, lane] * u[j, lane]
        for j in range(i + 1):
            for lane in range(lanes):
                bend[i, j, lane] = precision[i, j, lane]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def from_row(
    z: Values, row: int, first: Values, weight: Values, gradient: Values, bend: Values
) -> None:
    """Add what a row gives to the gradient in u and to the curvature."""
    k, lanes = gradient.shape
    for i in range(k):
        one = z[i, row]
        for lane in range(lanes):
            gradient[i, lane] += one * first[lane]
        for j in range(i + 1):
            two = one * z[j, row]
            for lane in range(lanes):
                bend[i, j, lane] += two * weight[lane]


@njit(nogil=True, error_model="numpy", fastmath=SUMS)
def climb(
    family: int,
    own: Values,
    low: int,
    high: int,
    y: Values,
    trials: Values,
    z: Values,
    base: Values,
    u: Values,
    precision: Values,
    gradient: Values,
    factor: Values,
    root: Values,
    scratch: Values,
    steps: int,
    close: float,
) -> None:
    """Move u (k, L) towards the modes by Newton steps.

    The last step is one whose square, in units of the curvature, is below ``close`` at every
    point; factor and root are those of the place before it. Neither quadrature nor a proposal
    needs to know better. ``scratch`` is (4, L).
    """
    k, lanes = u.shape
    eta, first, weight, length = scratch[0], scratch[1], scratch[2], scratch[3]
    for _ in range(steps):
        from_prior(u, precision, gradient, factor)
        for t in range(high - low):
            predictor(base[t], z, low + t, u, eta)
            write_slopes(family, y[low + t], trials[low + t], own, eta, first, weight)
            from_row(z, low + t, first, weight, gradient, factor)
        factorise(factor, root)
        forward(factor, gradient)
        for lane in range(lanes):
            length[lane] = 0.0
        for i in range(k):
            for lane in range(lanes):
                length[lane] += gradient[i, lane] * gradient[i, lane]
        backward(factor, gradient)
        for lane in range(lanes):
            first[lane] = LONGEST_STEP
        for i in range(k):
            for lane in range(lanes):
                first[lane] = max(first[lane], abs(gradient[i, lane]))
        for i in range(k):
            for lane in range(lanes):
                u[i, lane] += LONGEST_STEP / first[lane] * gradient[i, lane]
        furthest = 0.0
        for lane in range(lanes):
            furthest = max(furthest, length[lane])
        if furthest < close:
            break


@njit(nogil=True, error_model="numpy", fastmath=SUMS)
def at_place(
    family: int,
    own: Values,
    low: int,
    high: int,
    y: Values,
    trials: Values,
    z: Values,
    base: Values,
    u: Values,
    precision: Values,
    factor: Values,
    place: Values,
    eta: Values,
    total: Values,
) -> None:
    """Add log density and log prior at u + L^-T e to ``total``, (L,).

    ``place`` (k, L) holds e, and then the place in the coordinates of u.
    """
    k, lanes = u.shape
    backward(factor, place)
    for i in range(k):
        for lane in range(lanes):
            place[i, lane] += u[i, lane]
    for i in range(k):
        for j in range(k):
            for lane in range(lanes):
                total[lane] -= 0.5 * precision[i, j, lane] * place[i, lane] * place[j, lane]
    for t in range(high - low):
        predictor(base[t], z, low + t, place, eta)
        add_values(family, y[low + t], trials[low + t], own, eta, total)


@njit(nogil=True, error_model="numpy", fastmath=SUMS)
def log_sums(at_node: Values, whole: Values, most: Values) -> None:
    """Write the logs of the sums over nodes of exp ``at_node``, (M, L), into ``whole``, (L,).

    ``at_node`` is left holding each node's share.
    """
    nodes, lanes = at_node.shape
    for lane in range(lanes):
        most[lane] = at_node[0, lane]
    for m in range(1, nodes):
        for lane in range(lanes):
            most[lane] = max(most[lane], at_node[m, lane])
    for lane in range(lanes):
        whole[lane] = 0.0
    for m in range(nodes):
        for lane in range(lanes):
            at_node[m, lane] = exp(at_node[m, lane] - most[lane])
            whole[lane] += at_node[m, lane]
    for m in range(nodes):
        for lane in range(lanes):
            at_node[m, lane] /= whole[lane]
    for lane in range(lanes):
        whole[lane] = most[lane] + log(whole[lane])
