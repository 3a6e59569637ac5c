"""The families that the kernels know: one declaration each.

Each gives, for an outcome y of so many trials at a predictor eta, what of the log density depends
on eta, its first derivative, and its negative second derivative. Where a caller uses the first of
the three only, the compiler leaves the others out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from clustermodels.data.panel import Values
from clustermodels.engines.elementary import SUMS, exp, log

GAUSSIAN, POISSON, NEGATIVE_BINOMIAL, BINOMIAL = 0, 1, 2, 3

#: The number by which the kernels know a family.
CODES = {
    "gaussian": GAUSSIAN,
    "poisson": POISSON,
    "negative_binomial": NEGATIVE_BINOMIAL,
    "bernoulli": BINOMIAL,
    "binomial": BINOMIAL,
}

Three = tuple[float, float, float]


@njit(inline="always", error_model="numpy")
def gaussian(y: float, trials: float, sigma: float, eta: float) -> Three:
    """-(y - eta)^2 / (2 sigma^2)."""
    precision = 1.0 / (sigma * sigma)
    gap = y - eta
    return -0.5 * precision * gap * gap, precision * gap, precision


@njit(inline="always", error_model="numpy")
def poisson(y: float, trials: float, _: float, eta: float) -> Three:
    """Y eta - e^eta."""
    mu = exp(eta)
    return y * eta - mu, y - mu, mu


@njit(inline="always", error_model="numpy")
def negative_binomial(y: float, trials: float, dispersion: float, eta: float) -> Three:
    """Y eta - (y + 1 / phi) log(1 + phi e^eta)."""
    mu = exp(eta)
    spread = 1.0 + dispersion * mu
    value = y * eta - (y + 1.0 / dispersion) * log(spread)
    inverse = 1.0 / spread
    return value, (y - mu) * inverse, mu * inverse * (1.0 + dispersion * y) * inverse


@njit(inline="always", error_model="numpy")
def binomial(y: float, trials: float, _: float, eta: float) -> Three:
    """Y eta - n log(1 + e^eta); a yes or no is one trial."""
    small = exp(-abs(eta))
    likely = 1.0 / (1.0 + small)
    p = likely if eta > 0 else small * likely
    value = y * eta - trials * (max(eta, 0.0) + log(1.0 + small))
    return value, y - trials * p, trials * small * likely * likely


@njit(inline="always", error_model="numpy")
def add_at_nodes(
    family: int, y: float, trials: float, own: float, eta: Values, total: Values
) -> None:
    """Add a row's log density at the nodes' predictors, (M,), to their totals.

    A loop for each family, so that each is vectorised over the nodes.
    """
    if family == POISSON:
        for m in range(eta.size):
            total[m] += poisson(y, trials, own, eta[m])[0]
    elif family == NEGATIVE_BINOMIAL:
        for m in range(eta.size):
            total[m] += negative_binomial(y, trials, own, eta[m])[0]
    elif family == BINOMIAL:
        for m in range(eta.size):
            total[m] += binomial(y, trials, own, eta[m])[0]
    else:
        for m in range(eta.size):
            total[m] += gaussian(y, trials, own, eta[m])[0]


@njit(inline="always", error_model="numpy")
def rise_at_nodes(
    family: int, y: float, trials: float, own: float, eta: Values, rises: Values
) -> None:
    """Write a row's first derivative at the nodes' predictors, (M,)."""
    if family == POISSON:
        for m in range(eta.size):
            rises[m] = poisson(y, trials, own, eta[m])[1]
    elif family == NEGATIVE_BINOMIAL:
        for m in range(eta.size):
            rises[m] = negative_binomial(y, trials, own, eta[m])[1]
    elif family == BINOMIAL:
        for m in range(eta.size):
            rises[m] = binomial(y, trials, own, eta[m])[1]
    else:
        for m in range(eta.size):
            rises[m] = gaussian(y, trials, own, eta[m])[1]


@njit(inline="always", error_model="numpy")
def write_at(
    family: int,
    low: int,
    high: int,
    y: Values,
    trials: Values,
    own: float,
    eta: Values,
    value: Values,
    first: Values,
    weight: Values,
) -> None:
    """Write the three numbers of rows low to high, whose predictors are eta[0], eta[1], ...

    A loop for each family, so that each is vectorised over the rows.
    """
    if family == POISSON:
        for t in range(high - low):
            value[t], first[t], weight[t] = poisson(y[low + t], trials[low + t], own, eta[t])
    elif family == NEGATIVE_BINOMIAL:
        for t in range(high - low):
            value[t], first[t], weight[t] = negative_binomial(
                y[low + t], trials[low + t], own, eta[t]
            )
    elif family == BINOMIAL:
        for t in range(high - low):
            value[t], first[t], weight[t] = binomial(y[low + t], trials[low + t], own, eta[t])
    else:
        for t in range(high - low):
            value[t], first[t], weight[t] = gaussian(y[low + t], trials[low + t], own, eta[t])


@njit(cache=True, nogil=True, error_model="numpy")
def three(family: int, y: Values, trials: Values, own: float, eta: Values) -> Values:
    """Give the three numbers of many rows, (3, n)."""
    found = np.empty((3, y.size))
    write_at(family, 0, y.size, y, trials, own, eta, found[0], found[1], found[2])
    return found


@njit(cache=True, nogil=True, error_model="numpy", fastmath=SUMS)
def rising_products(above: Values, dispersion: float) -> float:
    """Give sum over rows of log [Gamma(y + 1/phi) phi^y / Gamma(1/phi)].

    That is the sum over i < y of log(1 + i phi): no difference of large numbers, and 0 at the
    Poisson limit. ``above`` holds for i = 0, 1, ... how many rows have y > i.
    """
    total = 0.0
    for i in range(above.size):
        total += above[i] * log(1.0 + i * dispersion)
    return total
