"""Passes over the levels of the eliminated factor: the parts that every kernel shares.

Everything here is for one level: rows ``low`` to ``high``, k coefficients u with prior precision
Q, and the rest of the predictor given in ``base``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.elementary import SUMS
from clustermodels.engines.likelihoods import add_at_nodes, write_at

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


@njit(inline="always", error_model="numpy", fastmath=SUMS)
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
    """Write offset + x'b of the level's rows into ``base``."""
    rows = high - low
    for t in range(rows):
        base[t] = offset[low + t]
    for c in range(x.shape[0]):
        slope = beta[c]
        for t in range(rows):
            base[t] += slope * x[c, low + t]
    for c in range(codes.shape[0]):
        for t in range(rows):
            base[t] += values[c, low + t] * beta[codes[c, low + t]]


@njit(inline="always", error_model="numpy")
def factorise(matrix: Values, k: int) -> float:
    """Turn a positive definite matrix into its lower Cholesky factor; give the log of its root."""
    root = 0.0
    for i in range(k):
        for j in range(i + 1):
            total = matrix[i, j]
            for c in range(j):
                total -= matrix[i, c] * matrix[j, c]
            if i == j:
                matrix[i, i] = math.sqrt(total)
                root += math.log(matrix[i, i])
            else:
                matrix[i, j] = total / matrix[j, j]
    return root


@njit(inline="always", error_model="numpy")
def forward(factor: Values, k: int, vector: Values) -> None:
    """Solve L v = vector in place."""
    for i in range(k):
        total = vector[i]
        for c in range(i):
            total -= factor[i, c] * vector[c]
        vector[i] = total / factor[i, i]


@njit(inline="always", error_model="numpy")
def backward(factor: Values, k: int, vector: Values) -> None:
    """Solve L' v = vector in place."""
    for i in range(k - 1, -1, -1):
        total = vector[i]
        for c in range(i + 1, k):
            total -= factor[c, i] * vector[c]
        vector[i] = total / factor[i, i]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def curvature_at(
    family: int,
    own: float,
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
    scratch: Values,
) -> float:
    """Write the gradient in u and the Cholesky factor of the curvature; give the factor's log root.

    The log density is that of the rows and of u's normal prior around 0. ``scratch`` (4, rows) is
    left holding the rows' predictors and their three numbers.
    """
    k, rows = u.size, high - low
    eta, value, first, weight = scratch[0], scratch[1], scratch[2], scratch[3]
    for t in range(rows):
        eta[t] = base[t]
    for i in range(k):
        own_u = u[i]
        for t in range(rows):
            eta[t] += own_u * z[i, low + t]
    write_at(family, low, high, y, trials, own, eta, value, first, weight)
    for i in range(k):
        rise = 0.0
        for t in range(rows):
            rise += z[i, low + t] * first[t]
        for j in range(k):
            rise -= precision[i, j] * u[j]
        gradient[i] = rise
        for j in range(i + 1):
            bend = precision[i, j]
            for t in range(rows):
                bend += weight[t] * z[i, low + t] * z[j, low + t]
            factor[i, j] = bend
    root: float = factorise(factor, k)
    return root


@njit(inline="always", error_model="numpy")
def climb(
    family: int,
    own: float,
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
    scratch: Values,
    steps: int,
    close: float,
) -> float:
    """Move u towards the mode by Newton steps; give the log root of the curvature's factor.

    The last step is one whose square, in units of the curvature, is below ``close``; the factor is
    that of the place before it. Neither quadrature nor a proposal needs to know better.
    """
    k = u.size
    root = 0.0
    for _ in range(steps):
        root = curvature_at(
            family, own, low, high, y, trials, z, base, u, precision, gradient, factor, scratch
        )
        forward(factor, k, gradient)
        length = 0.0
        for i in range(k):
            length += gradient[i] * gradient[i]
        backward(factor, k, gradient)
        reach = 0.0
        for i in range(k):
            reach = max(reach, abs(gradient[i]))
        short = LONGEST_STEP / reach if reach > LONGEST_STEP else 1.0
        for i in range(k):
            u[i] += short * gradient[i]
        if length < close:
            break
    return root


@njit(inline="always", error_model="numpy")
def at_nodes(
    family: int,
    own: float,
    low: int,
    high: int,
    y: Values,
    trials: Values,
    z: Values,
    base: Values,
    u: Values,
    precision: Values,
    factor: Values,
    nodes: Values,
    places: Values,
    eta: Values,
    total: Values,
) -> None:
    """Add log density and log prior of u at the nodes u + L^-T x_m to ``total``, (M,).

    ``places`` (k, M) is left holding the nodes in the coordinates of u.
    """
    k, count = u.size, total.size
    for m in range(count):
        for i in range(k - 1, -1, -1):
            back = nodes[m, i]
            for c in range(i + 1, k):
                back -= factor[c, i] * places[c, m]
            places[i, m] = back / factor[i, i]
    for i in range(k):
        for m in range(count):
            places[i, m] += u[i]
    for i in range(k):
        for j in range(k):
            for m in range(count):
                total[m] -= 0.5 * precision[i, j] * places[i, m] * places[j, m]
    for t in range(low, high):
        for m in range(count):
            eta[m] = base[t - low]
        for i in range(k):
            column = z[i, t]
            for m in range(count):
                eta[m] += column * places[i, m]
        add_at_nodes(family, y[t], trials[t], own, eta, total)
