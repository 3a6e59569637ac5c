"""The compiled pass over rows that one Newton step in the dense coefficients needs."""

from __future__ import annotations

import numpy as np
from numba import njit

from clustermodels.data.panel import Values
from clustermodels.engines.arrow import Rows
from clustermodels.engines.blockwise import (
    at_place,
    climb,
    factorise,
    from_prior,
    from_row,
    log_sums,
    longest_level,
    predictor,
    rest_of_predictor,
)
from clustermodels.engines.elementary import SUMS
from clustermodels.engines.kernels import STEPS
from clustermodels.engines.likelihoods import write_slopes


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def expansion(
    family: int,
    own: Values,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    modes: Values,
    close: float,
    nodes: Values,
    log_weights: Values,
    height: Values,
    root: Values,
    slope: Values,
    corner: Values,
) -> None:
    """Expand sum_j log p(y_j | beta), the eliminated coefficients integrated out, at L points.

    The integral is by quadrature around each level's mode: with one node it is Laplace's. The
    gradient is E[x r | y_j], over the posterior of the level's coefficients (Fisher's identity),
    by the same quadrature. The curvature is that of Laplace's method.

    Parameters
    ----------
    own, beta, precision
        (L,), (q, L) and (k, k, L).
    modes
        (J, k, L): where the search for each level's mode begins, and then where it ended.
    close
        The search ends with a step whose square, in units of the curvature, is below this.
    nodes, log_weights
        (M, k) and (M,).
    height, root, slope
        Added to, (L,), (L,) and (q, L): sum_j log of the integrals without |Q| and without the
        root of the curvature's determinant |H_j|; the logs of these roots; the gradient.
    corner
        Added to, (q, q, L): the lower triangle of X'WX - sum_j C' H_j^-1 C, with C = Z'WX.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    q, lanes = beta.shape
    k, p, m_codes, count = z.shape[0], x.shape[0], codes.shape[0], log_weights.size
    longest = longest_level(starts, first, last)
    base, scratch = np.empty((longest, lanes)), np.empty((4, lanes))
    eta, rise, weight, expected = scratch[0], scratch[1], scratch[2], scratch[3]
    factor, gradient, u = np.empty((k, k, lanes)), np.empty((k, lanes)), np.empty((k, lanes))
    places, at_node = np.empty((count, k, lanes)), np.empty((count, lanes))
    own_root, whole = np.empty(lanes), np.empty(lanes)
    # of the dense coefficients a level touches few: their numbers, and where each stands there
    touched, position = np.empty(q, dtype=np.int64), np.full(q, -1, dtype=np.int64)
    tied = np.empty((k, q, lanes))
    for c in range(p):
        touched[c], position[c] = c, c
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        rest_of_predictor(low, high, offset, x, codes, values, beta, base)
        for i in range(k):
            for lane in range(lanes):
                u[i, lane] = modes[j, i, lane]
        climb(
            family, own, low, high, y, trials, z, base, u, precision,
            gradient, factor, own_root, scratch, STEPS, close,
        )  # fmt: skip
        size = p
        for c in range(m_codes):
            for t in range(low, high):
                if position[codes[c, t]] < 0:
                    position[codes[c, t]] = size
                    touched[size] = codes[c, t]
                    size += 1
        for i in range(k):
            for c in range(size):
                for lane in range(lanes):
                    tied[i, c, lane] = 0.0
        from_prior(u, precision, gradient, factor)
        for t in range(high - low):
            row = low + t
            predictor(base[t], z, row, u, eta)
            write_slopes(family, y[row], trials[row], own, eta, rise, weight)
            from_row(z, row, rise, weight, gradient, factor)
            for i in range(k):
                column = z[i, row]
                for c in range(p):
                    one = column * x[c, row]
                    for lane in range(lanes):
                        tied[i, c, lane] += one * weight[lane]
                for c in range(m_codes):
                    one = column * values[c, row]
                    at = position[codes[c, row]]
                    for lane in range(lanes):
                        tied[i, at, lane] += one * weight[lane]
            for c in range(p):
                for d in range(c + 1):
                    one = x[c, row] * x[d, row]
                    for lane in range(lanes):
                        corner[c, d, lane] += one * weight[lane]
            for c in range(m_codes):
                at = codes[c, row]
                for d in range(p):
                    one = values[c, row] * x[d, row]
                    for lane in range(lanes):
                        corner[at, d, lane] += one * weight[lane]
                for d in range(c + 1):
                    one = values[c, row] * values[d, row]
                    to = codes[d, row]
                    for lane in range(lanes):
                        corner[at, to, lane] += one * weight[lane]
        factorise(factor, own_root)
        for i in range(k):
            for c in range(size):
                for d in range(i):
                    for lane in range(lanes):
                        tied[i, c, lane] -= factor[i, d, lane] * tied[d, c, lane]
                for lane in range(lanes):
                    tied[i, c, lane] /= factor[i, i, lane]
            for c in range(size):
                for d in range(c + 1):
                    high_one, low_one = max(touched[c], touched[d]), min(touched[c], touched[d])
                    for lane in range(lanes):
                        corner[high_one, low_one, lane] -= tied[i, c, lane] * tied[i, d, lane]
        for m in range(count):
            for lane in range(lanes):
                at_node[m, lane] = log_weights[m]
            for i in range(k):
                for lane in range(lanes):
                    places[m, i, lane] = nodes[m, i]
            at_place(
                family, own, low, high, y, trials, z, base, u, precision, factor,
                places[m], eta, at_node[m],
            )  # fmt: skip
        log_sums(at_node, whole, eta)
        for lane in range(lanes):
            height[lane] += whole[lane]
            root[lane] += own_root[lane]
        for t in range(high - low):
            row = low + t
            for lane in range(lanes):
                expected[lane] = 0.0
            for m in range(count):
                predictor(base[t], z, row, places[m], eta)
                write_slopes(family, y[row], trials[row], own, eta, rise, weight)
                for lane in range(lanes):
                    expected[lane] += at_node[m, lane] * rise[lane]
            for c in range(p):
                for lane in range(lanes):
                    slope[c, lane] += expected[lane] * x[c, row]
            for c in range(m_codes):
                at = codes[c, row]
                for lane in range(lanes):
                    slope[at, lane] += expected[lane] * values[c, row]
        for i in range(k):
            for lane in range(lanes):
                modes[j, i, lane] = u[i, lane]
        for c in range(p, size):
            position[touched[c]] = -1
