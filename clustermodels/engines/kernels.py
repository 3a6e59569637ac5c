"""The compiled passes over rows that integrate or draw the eliminated coefficients.

Each works on the levels ``first`` to ``last`` of the eliminated factor and releases Python's lock,
so that pieces run beside each other; results are the same for any number of cores.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from clustermodels.data.panel import Values
from clustermodels.engines.arrow import Rows
from clustermodels.engines.blockwise import (
    at_nodes,
    climb,
    longest_level,
    rest_of_predictor,
)
from clustermodels.engines.elementary import SUMS
from clustermodels.engines.likelihoods import rise_at_nodes

# Newton steps in a level's coefficients, and when they end: with one of 0.15 posterior sds.
STEPS = 40
CLOSE = 0.0225

# Of the proposals for a level's coefficients so many are so many times wider.
OFTEN, WIDE = 0.2, 2.0


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def integral(
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
    nodes: Values,
    log_weights: Values,
    places: Values,
    eta: Values,
    at_node: Values,
) -> float:
    """Give the log of a level's integral over its coefficients u, without |Q|.

    ``u`` is moved to the mode, and ``at_node`` is left holding what each node contributes, up to a
    factor.
    """
    root = climb(
        family, own, low, high, y, trials, z, base, u, precision,
        gradient, factor, scratch, STEPS, CLOSE,
    )  # fmt: skip
    for m in range(at_node.size):
        at_node[m] = log_weights[m]
    at_nodes(
        family, own, low, high, y, trials, z, base, u, precision, factor,
        nodes, places, eta, at_node,
    )  # fmt: skip
    most = at_node[0]
    for m in range(at_node.size):
        most = max(most, at_node[m])
    whole = 0.0
    for m in range(at_node.size):
        at_node[m] = math.exp(at_node[m] - most)
        whole += at_node[m]
    found: float = most + math.log(whole) - root
    return found


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def integrals(
    family: int,
    own: Values,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    root_prior: Values,
    start: Values,
    nodes: Values,
    log_weights: Values,
    total: Values,
) -> None:
    """Add sum_j log p(y_j | beta, hyperparameters) at S points to ``total``, (S,).

    The integral over a level's k coefficients is by quadrature around its mode (adaptive
    Gauss-Hermite: Pinheiro & Bates 1995, doi 10.1080/10618600.1995.10474663).

    Parameters
    ----------
    own, beta, precision, root_prior
        (S,), (S, q), (S, k, k), and (S,) the log of the root of |Q|.
    start
        (J, k): where the search for each level's mode begins.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    k, count, points = z.shape[0], log_weights.size, own.size
    longest = longest_level(starts, first, last)
    base, scratch = np.empty(longest), np.empty((4, longest))
    factor, gradient, u = np.empty((k, k)), np.empty(k), np.empty(k)
    places, eta, at_node = np.empty((k, count)), np.empty(count), np.empty(count)
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        for s in range(points):
            rest_of_predictor(low, high, offset, x, codes, values, beta[s], base)
            for i in range(k):
                u[i] = start[j, i]
            total[s] += root_prior[s] + integral(
                family, own[s], low, high, y, trials, z, base, u, precision[s], gradient, factor,
                scratch, nodes, log_weights, places, eta, at_node,
            )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def score(
    family: int,
    own: float,
    first: int,
    last: int,
    rows: Rows,
    beta: Values,
    precision: Values,
    modes: Values,
    nodes: Values,
    log_weights: Values,
    slope: Values,
) -> float:
    """Give sum_j log p(y_j | beta) (without |Q|); add its gradient in beta to ``slope``, (q,).

    d log p(y_j) / d beta = E[sum_t x_t r_t | y_j], over the posterior of the level's coefficients
    (Fisher's identity), by the same quadrature as the integral. ``modes`` (J, k) holds where the
    search for each level's mode begins, and then where it ended.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    k, count = z.shape[0], log_weights.size
    longest = longest_level(starts, first, last)
    base, scratch = np.empty(longest), np.empty((4, longest))
    factor, gradient, u = np.empty((k, k)), np.empty(k), np.empty(k)
    places, eta, at_node = np.empty((k, count)), np.empty(count), np.empty(count)
    rises = np.empty(count)
    total = 0.0
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        rest_of_predictor(low, high, offset, x, codes, values, beta, base)
        for i in range(k):
            u[i] = modes[j, i]
        total += integral(
            family, own, low, high, y, trials, z, base, u, precision, gradient, factor,
            scratch, nodes, log_weights, places, eta, at_node,
        )  # fmt: skip
        whole = 0.0
        for m in range(count):
            whole += at_node[m]
        for i in range(k):
            modes[j, i] = u[i]
        for t in range(low, high):
            expected = 0.0
            for m in range(count):
                eta[m] = base[t - low]
            for i in range(k):
                column = z[i, t]
                for m in range(count):
                    eta[m] += column * places[i, m]
            rise_at_nodes(family, y[t], trials[t], own, eta, rises)
            for m in range(count):
                expected += at_node[m] * rises[m]
            expected /= whole
            for c in range(x.shape[0]):
                slope[c] += expected * x[c, t]
            for c in range(codes.shape[0]):
                slope[codes[c, t]] += expected * values[c, t]
    return total


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
    rng: np.random.Generator,
    drawn: Values,
) -> int:
    """Draw each level's coefficients given S draws of everything else, into ``drawn`` (S, J, k).

    At each draw s the level's posterior is approximated by the normal at its mode, u = m + L^-T e.
    The e of the draw before is the state of a Metropolis chain (an independence sampler: Tierney
    1994, doi 10.1214/aos/1176325750) with so many proposals for each draw, standard normal ones
    and now and then wider ones, for posteriors with a longer tail than the normal at their mode.

    Returns
    -------
    int
        How many proposals were accepted.
    """
    starts, y, trials, offset, z, x, codes, values = rows
    k, points = z.shape[0], own.size
    count = proposals + 1
    accepted = 0
    longest = longest_level(starts, first, last)
    base, scratch = np.empty(longest), np.empty((4, longest))
    factor, gradient, u = np.empty((k, k)), np.empty(k), np.empty(k)
    nodes, places = np.empty((count, k)), np.empty((k, count))
    eta, at_node = np.empty(count), np.empty(count)
    for j in range(first, last):
        low, high = starts[j], starts[j + 1]
        for i in range(k):
            nodes[0, i] = rng.standard_normal()
            u[i] = start[j, i]
        for s in range(points):
            rest_of_predictor(low, high, offset, x, codes, values, beta[s], base)
            climb(
                family, own[s], low, high, y, trials, z, base, u, precision[s],
                gradient, factor, scratch, STEPS, CLOSE,
            )  # fmt: skip
            for m in range(1, count):
                wide = WIDE if rng.random() < OFTEN else 1.0
                for i in range(k):
                    nodes[m, i] = wide * rng.standard_normal()
            for m in range(count):
                square = 0.0
                for i in range(k):
                    square += nodes[m, i] * nodes[m, i]
                # less the log of the proposal's density, from which (2 pi)^(-k / 2) is left out
                more = math.exp(0.5 * square * (1.0 - 1.0 / (WIDE * WIDE))) / WIDE**k
                at_node[m] = 0.5 * square - math.log(1.0 - OFTEN + OFTEN * more)
            at_nodes(
                family, own[s], low, high, y, trials, z, base, u, precision[s], factor,
                nodes, places, eta, at_node,
            )  # fmt: skip
            taken = 0
            for m in range(1, count):
                if math.log(rng.random()) < at_node[m] - at_node[taken]:
                    taken = m
                    accepted += 1
            for i in range(k):
                drawn[s, j, i] = places[i, taken]
                nodes[0, i] = nodes[taken, i]
    return accepted
