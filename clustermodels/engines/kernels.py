"""The compiled passes over rows that integrate or draw the eliminated coefficients.

Each works on the levels ``first`` to ``last`` of the eliminated factor and releases Python's lock,
so that pieces run beside each other; results are the same for any number of cores. Points come in
blocks of L lanes (``lanes``): B blocks of them where there are many.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.arrow import Rows
from clustermodels.engines.blockwise import (
    at_place,
    climb,
    log_sums,
    longest_level,
    rest_of_predictor,
)
from clustermodels.engines.elementary import SUMS, exp, log

# Newton steps in a level's coefficients, and when they end: with one of 0.15 posterior sds.
STEPS = 40
CLOSE = 0.0225

# Of the proposals for a level's coefficients so many are so many times wider.
OFTEN, WIDE = 0.2, 2.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def integrals(
    family: int,
    own: Values,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    start: Values,
    nodes: Values,
    log_weights: Values,
    total: Values,
) -> None:
    """Add sum_j log p(y_j | beta, hyperparameters), without |Q|, to ``total``, (B, L).

    The integral over a level's k coefficients is by quadrature around its mode (adaptive
    Gauss-Hermite: Pinheiro & Bates 1995, doi 10.1080/10618600.1995.10474663).

    Parameters
    ----------
    own, beta, precision
        (B, L), (B, q, L) and (B, k, k, L).
    start
        (J, k): where the search for each level's mode begins.
    nodes, log_weights
        (M, k) and (M,).
    """
    starts, y, trials, offset, z, x, codes, values = rows
    blocks, lanes = own.shape
    k, count = z.shape[0], log_weights.size
    base, scratch = np.empty((longest_level(starts, first, last), lanes)), np.empty((4, lanes))
    factor, gradient, u = np.empty((k, k, lanes)), np.empty((k, lanes)), np.empty((k, lanes))
    place, at_node = np.empty((k, lanes)), np.empty((count, lanes))
    root, whole = np.empty(lanes), np.empty(lanes)
    for b in range(blocks):
        for j in range(first, last):
            low, high = starts[j], starts[j + 1]
            rest_of_predictor(low, high, offset, x, codes, values, beta[b], base)
            for i in range(k):
                for lane in range(lanes):
                    u[i, lane] = start[j, i]
            climb(
                family, own[b], low, high, y, trials, z, base, u, precision[b],
                gradient, factor, root, scratch, STEPS, CLOSE,
            )  # fmt: skip
            for m in range(count):
                for lane in range(lanes):
                    at_node[m, lane] = log_weights[m]
                for i in range(k):
                    for lane in range(lanes):
                        place[i, lane] = nodes[m, i]
                at_place(
                    family, own[b], low, high, y, trials, z, base, u, precision[b], factor,
                    place, scratch[0], at_node[m],
                )  # fmt: skip
            log_sums(at_node, whole, scratch[0])
            for lane in range(lanes):
                total[b, lane] += whole[lane] - root[lane]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def coefficients(
    family: int,
    own: Values,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    start: Values,
    proposals: int,
    early: int,
    rng: np.random.Generator,
    drawn: Values,
    accepted: Positions,
) -> None:
    """Draw each level's coefficients given T draws of everything else, into ``drawn`` (k, T, J).

    At each draw the level's posterior is approximated by the normal at its mode, u = m + L^-T e.
    Each lane is a Metropolis chain in e through the draws that follow each other, lane l through
    draws l B to l B + B - 1 (an independence sampler: Tierney 1994, doi 10.1214/aos/1176325750),
    with so many proposals for each draw, ``early`` ones for the first; standard normal ones, and
    now and then wider ones for posteriors with a longer tail than the normal at their mode.

    Parameters
    ----------
    own, beta, precision
        (B, L), (B, q, L) and (B, k, k, L): block b, lane l is draw l B + b. What lies beyond the
        last draw is not written.
    accepted
        (J,): how many proposals were, of each level.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    blocks, lanes = own.shape
    k, size = z.shape[0], drawn.shape[1]
    most = 1 + max(proposals, early)
    base, scratch = np.empty((longest_level(starts, first, last), lanes)), np.empty((4, lanes))
    factor, gradient, u = np.empty((k, k, lanes)), np.empty((k, lanes)), np.empty((k, lanes))
    # what proposals are made from, where they lead, and the log weights of their places
    normal, places, weight = (
        np.empty((most, k, lanes)),
        np.empty((most, k, lanes)),
        np.empty((most, lanes)),
    )
    root, square, taken = np.empty(lanes), np.empty(lanes), np.empty(lanes, dtype=np.int64)
    # of the proposal's density (2 pi)^(-k / 2) is left out
    widened, narrowing = OFTEN / WIDE**k, 0.5 * (1.0 - 1.0 / (WIDE * WIDE))
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        accepted[j] = 0
        for i in range(k):
            for lane in range(lanes):
                normal[0, i, lane] = rng.standard_normal()
                u[i, lane] = start[j, i]
        for b in range(blocks):
            count = 1 + (early if b == 0 else proposals)
            rest_of_predictor(low, high, offset, x, codes, values, beta[b], base)
            climb(
                family, own[b], low, high, y, trials, z, base, u, precision[b],
                gradient, factor, root, scratch, STEPS, CLOSE,
            )  # fmt: skip
            for m in range(1, count):
                for lane in range(lanes):
                    wide = WIDE if rng.random() < OFTEN else 1.0
                    for i in range(k):
                        normal[m, i, lane] = wide * rng.standard_normal()
            for m in range(count):
                for lane in range(lanes):
                    square[lane] = 0.0
                for i in range(k):
                    for lane in range(lanes):
                        places[m, i, lane] = normal[m, i, lane]
                        square[lane] += normal[m, i, lane] * normal[m, i, lane]
                for lane in range(lanes):
                    tail = widened * exp(narrowing * square[lane])
                    weight[m, lane] = 0.5 * square[lane] - log(1.0 - OFTEN + tail)
                at_place(
                    family, own[b], low, high, y, trials, z, base, u, precision[b], factor,
                    places[m], scratch[0], weight[m],
                )  # fmt: skip
            for lane in range(lanes):
                taken[lane] = 0
                for m in range(1, count):
                    # the logarithm of a uniform number is minus an exponential one
                    if -rng.standard_exponential() < weight[m, lane] - weight[taken[lane], lane]:
                        taken[lane] = m
                        accepted[j] += 1
            for i in range(k):
                for lane in range(lanes):
                    normal[0, i, lane] = normal[taken[lane], i, lane]
                    s = lane * blocks + b
                    if s < size:
                        drawn[i, s, j] = places[taken[lane], i, lane]
