"""The families that the kernels know: one declaration each.

Each gives, for an outcome y of so many trials at a predictor eta, what of the log density depends
on eta, its first derivative, and its negative second derivative. Where a caller uses some of the
three only, the compiler leaves the others out. (Gaussian outcomes need none: their rows enter by
sums of squares.)
"""

from __future__ import annotations

from numba import njit

from clustermodels.data.panel import Values
from clustermodels.engines.elementary import SUMS, exp, log

POISSON, NEGATIVE_BINOMIAL, BINOMIAL = 0, 1, 2

#: The number by which the kernels know a family.
CODES = {
    "poisson": POISSON,
    "negative_binomial": NEGATIVE_BINOMIAL,
    "bernoulli": BINOMIAL,
    "binomial": BINOMIAL,
}

Three = tuple[float, float, float]


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


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def add_values(
    family: int, y: float, trials: float, own: Values, eta: Values, total: Values
) -> None:
    """Add a row's log density at L points to their totals.

    A loop for each family, so that each is vectorised over the points.
    """
    lanes = eta.size
    if family == POISSON:
        for lane in range(lanes):
            total[lane] += poisson(y, trials, own[lane], eta[lane])[0]
    elif family == NEGATIVE_BINOMIAL:
        for lane in range(lanes):
            total[lane] += negative_binomial(y, trials, own[lane], eta[lane])[0]
    else:
        for lane in range(lanes):
            total[lane] += binomial(y, trials, own[lane], eta[lane])[0]


@njit(inline="always", error_model="numpy", fastmath=SUMS)
def write_slopes(
    family: int,
    y: float,
    trials: float,
    own: Values,
    eta: Values,
    first: Values,
    weight: Values,
) -> None:
    """Write a row's first and negative second derivative at L points."""
    lanes = eta.size
    if family == POISSON:
        for lane in range(lanes):
            _, first[lane], weight[lane] = poisson(y, trials, own[lane], eta[lane])
    elif family == NEGATIVE_BINOMIAL:
        for lane in range(lanes):
            _, first[lane], weight[lane] = negative_binomial(y, trials, own[lane], eta[lane])
    else:
        for lane in range(lanes):
            _, first[lane], weight[lane] = binomial(y, trials, own[lane], eta[lane])


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
