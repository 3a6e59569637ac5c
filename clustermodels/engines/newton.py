"""The compiled pass over rows that one Newton step in all coefficients needs."""

from __future__ import annotations

import numpy as np
from numba import njit

from clustermodels.data.panel import Values
from clustermodels.engines.arrow import Rows
from clustermodels.engines.blockwise import (
    factorise,
    forward,
    longest_level,
    rest_of_predictor,
)
from clustermodels.engines.elementary import SUMS
from clustermodels.engines.likelihoods import write_at


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def curvature(
    family: int,
    own: float,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    u: Values,
    inverse: Values,
    band: Values,
    pull: Values,
    corner: Values,
    slope: Values,
) -> tuple[float, float]:
    """Expand the log density around (beta, u): what one Newton step for all coefficients needs.

    Parameters
    ----------
    beta, u
        (q,) and (J, k).
    inverse, band, pull
        Written: for each level L^-1 (k, k) of its curvature H = L L'; C (k, q), the curvature
        between u_j and beta; the gradient in u_j.
    corner, slope
        Added to: (q, q), X'WX - sum_j C' H^-1 C; (q,), X'r - sum_j C' H^-1 g.

    Returns
    -------
    tuple
        log density of rows and of u's prior (without |Q|), and sum_j log |L_j|.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    q, k, p, m = beta.size, u.shape[1], x.shape[0], codes.shape[0]
    longest = longest_level(starts, first, last)
    base, weighted = np.empty(longest), np.empty(longest)
    value, rise, weight = np.empty(longest), np.empty(longest), np.empty(longest)
    factor = np.empty((k, k))
    tied = np.empty((k, q))
    gradient = np.empty(k)
    height = root = 0.0
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        rest_of_predictor(low, high, offset, x, codes, values, beta, base)
        for i in range(k):
            total = 0.0
            for c in range(k):
                total += precision[i, c] * u[j, c]
                factor[i, c] = precision[i, c]
            gradient[i] = -total
            height -= 0.5 * u[j, i] * total
            for c in range(q):
                band[j, i, c] = 0.0
        many = high - low
        for i in range(k):
            for t in range(many):
                base[t] += u[j, i] * z[i, low + t]
        write_at(family, low, high, y, trials, own, base, value, rise, weight)
        for t in range(many):
            height += value[t]
        for i in range(k):
            total = 0.0
            for t in range(many):
                total += z[i, low + t] * rise[t]
            gradient[i] += total
            for t in range(many):
                weighted[t] = weight[t] * z[i, low + t]
            for c in range(i + 1):
                total = 0.0
                for t in range(many):
                    total += weighted[t] * z[c, low + t]
                factor[i, c] += total
            for c in range(p):
                total = 0.0
                for t in range(many):
                    total += weighted[t] * x[c, low + t]
                band[j, i, c] = total
            for c in range(m):
                for t in range(many):
                    band[j, i, codes[c, low + t]] += weighted[t] * values[c, low + t]
        for c in range(p):
            total = 0.0
            for t in range(many):
                weighted[t] = weight[t] * x[c, low + t]
                total += rise[t] * x[c, low + t]
            slope[c] += total
            for d in range(c + 1):
                total = 0.0
                for t in range(many):
                    total += weighted[t] * x[d, low + t]
                corner[c, d] += total
            for d in range(m):
                for t in range(many):
                    corner[codes[d, low + t], c] += weighted[t] * values[d, low + t]
        for c in range(m):
            for t in range(many):
                one = weight[t] * values[c, low + t]
                at_c = codes[c, low + t]
                slope[at_c] += rise[t] * values[c, low + t]
                for d in range(c + 1):
                    corner[at_c, codes[d, low + t]] += one * values[d, low + t]
        if k == 0:
            continue
        for i in range(k):
            pull[j, i] = gradient[i]
        root += factorise(factor, k)
        forward(factor, k, gradient)
        for i in range(k):
            # L^-1, column by column of the identity
            for c in range(k):
                total = 1.0 if i == c else 0.0
                for d in range(i):
                    total -= factor[i, d] * inverse[j, d, c]
                inverse[j, i, c] = total / factor[i, i]
        for i in range(k):
            for c in range(q):
                total = band[j, i, c]
                for d in range(i):
                    total -= factor[i, d] * tied[d, c]
                tied[i, c] = total / factor[i, i]
        for i in range(k):
            for c in range(q):
                one = tied[i, c]
                if one == 0.0:
                    continue
                slope[c] -= one * gradient[i]
                for d in range(c + 1):
                    corner[c, d] -= one * tied[i, d]
    return height, root
