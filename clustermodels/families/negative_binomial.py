"""The count that varies more than its mean."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.counts import poisson_draws, poisson_quantiles, whole
from clustermodels.families.family import Family, Parameter, Parameters, Split, Values
from clustermodels.families.links import LOG
from clustermodels.families.location import on_log
from clustermodels.families.negative_binomial_ranks import OF_NEGATIVE_BINOMIAL
from clustermodels.families.priors import prior

# A dispersion that underflowed to 0 is the Poisson limit, and its inverse must stay finite.
_SMALLEST = 1e-300
# Above this eta the derivatives no longer change, and the products in them must stay finite.
_LARGEST_ETA = 600.0
# Sums that are held together.
_CELLS = 2**20


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return whole(y)


def _dispersion(parameters: Parameters) -> Values:
    return np.asarray(np.maximum(parameters["dispersion"], _SMALLEST), dtype=np.float64)


def log_none(eta: Values, parameters: Parameters) -> Values:
    """Give the log probability of a count of 0, -log(1 + phi mu) / phi."""
    a = 1.0 / _dispersion(parameters)
    return np.asarray(-a * np.logaddexp(0.0, eta - np.log(a)), dtype=np.float64)


def _stirling(x: Values) -> Values:
    """Give what Stirling's formula leaves out of the log gamma function.

    S(x) = log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, for x above 0. The series from 16 on
    is exact to a float's last digit; below, the difference loses no more than two digits.
    """
    large = x >= 16
    low = np.where(large, 1.0, x)
    near = special.gammaln(low) - (low - 0.5) * np.log(low) + low - 0.5 * math.log(2 * math.pi)
    inverse = 1.0 / np.where(large, x, 16.0)
    square = inverse * inverse
    series = 1 / 12 - square * (
        1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))
    )
    return np.where(large, inverse * series, near)


def _log_ratio(shift: Values, direct: Values) -> Values:
    """Give log(1 + shift) where the shift is small, else the same log from its own parts."""
    small = np.abs(shift) < 0.5
    return np.where(small, np.log1p(np.where(small, shift, 0.0)), direct)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    # With a = 1 / dispersion, the large terms of the log gammas are taken out by Stirling's
    # formula and meet their opposites before they are evaluated (after Loader 2000):
    #   log p = y log[(a + y) mu / ((a + mu) y)] + a log[(a + y) / (a + mu)]
    #           - log(2 pi y (1 + y / a)) / 2 + S(a + y) - S(a) - S(y).
    dispersion = _dispersion(parameters)
    a = 1.0 / dispersion
    some = y > 0
    count = np.where(some, y, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        # (mu - y) / y, from one difference of logs, so that its rounding cancels between the
        # first two terms. Not a number where mu is too large for a float: then not small.
        excess = np.expm1(eta - np.log(count)) / (a + np.exp(eta))
        first_shift, second_shift = a * excess, -count * excess
    log_a = -np.log(dispersion)
    first = _log_ratio(first_shift, np.log1p(a / count) - np.logaddexp(0.0, log_a - eta))
    second = _log_ratio(second_shift, np.log(a + count) - np.logaddexp(log_a, eta))
    at_some = (
        count * first
        + a * second
        - 0.5 * (np.log(2 * np.pi * count) + np.log1p(count * dispersion))
        + _stirling(a + count)
        - _stirling(a)
        - _stirling(count)
    )
    return np.where(some, at_some, log_none(eta, parameters))


def _moved(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    dispersion = _dispersion(parameters)
    mu = np.exp(np.minimum(eta, _LARGEST_ETA))
    return np.asarray(y * eta - (y + 1.0 / dispersion) * np.log1p(dispersion * mu))


def _fixed(y: Values, parameters: Parameters) -> Values:
    # log Gamma(y + 1/phi) - log Gamma(1/phi) + y log phi is the sum over i < y of log(1 + i phi):
    # no difference of large numbers
    dispersion = np.ravel(_dispersion(parameters))
    last, factorials = int(y.max(initial=0.0)), special.gammaln(y + 1)
    found = np.empty((len(dispersion), len(y)))
    together = max(_CELLS // (last + 1), 1)
    for start in range(0, len(dispersion), together):
        here = dispersion[start : start + together, None]
        sums = np.zeros((len(here), last + 1))
        np.cumsum(np.log1p(here * np.arange(last)), axis=1, out=sums[:, 1:])
        found[start : start + together] = sums[:, y.astype(np.int64)] - factorials
    return found


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    mu = np.exp(np.minimum(eta, _LARGEST_ETA))
    return np.asarray((y - mu) / (1.0 + _dispersion(parameters) * mu), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    dispersion = _dispersion(parameters)
    mu = np.exp(np.minimum(eta, _LARGEST_ETA))
    spread = 1.0 + dispersion * mu
    # Two quotients, as the square of the spread may be too large for a float.
    return np.asarray(-(mu / spread) * ((1.0 + dispersion * y) / spread), dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    mu = LOG.inverse(eta)
    with np.errstate(over="ignore"):
        return np.asarray(mu * (1.0 + _dispersion(parameters) * mu), dtype=np.float64)


def _rates(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    # The count is a Poisson one whose rate varies by a gamma factor of mean 1 and variance
    # `dispersion`.
    dispersion = _dispersion(parameters)
    shape = np.broadcast_shapes(eta.shape, dispersion.shape)
    factor = rng.standard_gamma(np.broadcast_to(1.0 / dispersion, shape)) * dispersion
    # Added as a log, so that a factor of 0 does not meet an infinite mean.
    return LOG.inverse(eta + LOG.forward(factor))


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return poisson_draws(rng, _rates(rng, eta, trials, parameters))


def _coupled(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    # the factors are the same whatever eta is
    rates = _rates(rng, eta, trials, parameters)
    return poisson_quantiles(rng.random(rates.shape), rates)


#: y ~ NB2(mu, phi), log mu = eta, Var(y) = mu + phi mu^2:
#: log p = log Gamma(y + 1/phi) - log Gamma(1/phi) - log y! + y log(phi mu)
#: - (y + 1/phi) log(1 + phi mu).
#: phi = 0 is the Poisson; the prior is highest there.
#:
#: Sources: Cameron, A. C. and Trivedi, P. K. (1986). Econometric models based on count data.
#: Journal of Applied Econometrics 1, 29-53. https://doi.org/10.1002/jae.3950010104. The way it is
#: evaluated: Loader, C. (2000). Fast and accurate computation of binomial probabilities.
NEGATIVE_BINOMIAL = Family(
    name="negative_binomial",
    link=LOG,
    support="whole numbers, 0 or more",
    discrete=True,
    takes_trials=False,
    parameters=(
        Parameter(
            name="dispersion",
            prior=prior("exponential", mean=1.0),
            scaled=False,
            words="how much the count varies beyond a Poisson: Var = mean + dispersion mean^2",
        ),
    ),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_log,
    coupled=_coupled,
    ranks=OF_NEGATIVE_BINOMIAL,
    split=Split(moved=_moved, fixed=_fixed, largest=10_000),
)
