"""The positive amount whose spread grows with its mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Family, Parameter, Parameters, Ranks, Values
from clustermodels.families.links import LOG
from clustermodels.families.location import on_log_of_amounts
from clustermodels.families.priors import prior
from clustermodels.families.ranks import scaled

# A dispersion that underflowed to 0 leaves an outcome without spread; its inverse must be finite.
_SMALLEST = 1e-12


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(y) & (y > 0), dtype=np.bool_)


def _shape(parameters: Parameters) -> Values:
    return np.asarray(1.0 / np.maximum(parameters["dispersion"], _SMALLEST), dtype=np.float64)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    shape = _shape(parameters)
    away = np.log(y) - eta
    constant = special.xlogy(shape, shape) - special.gammaln(shape) - shape
    # one difference of logs, so that rounding cancels where y is close to its mean
    return np.asarray(constant - shape * (LOG.inverse(away) - away - 1.0) - np.log(y))


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    with np.errstate(over="ignore"):
        return np.asarray(_shape(parameters) * np.expm1(np.log(y) - eta), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-_shape(parameters) * LOG.inverse(np.log(y) - eta), dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    with np.errstate(over="ignore"):
        return np.asarray(LOG.inverse(eta) ** 2 / _shape(parameters), dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    shape = _shape(parameters)
    factor = rng.standard_gamma(np.broadcast_to(shape, np.broadcast_shapes(eta.shape, shape.shape)))
    # a factor too small for a float still is an amount above 0
    return LOG.inverse(eta + LOG.forward(np.maximum(factor / shape, np.finfo(float).tiny)))


def _below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    shape = _shape(parameters)
    return np.asarray(special.gammainc(shape, shape * LOG.inverse(np.log(y) - eta)))


def _above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    shape = _shape(parameters)
    return np.asarray(special.gammaincc(shape, shape * LOG.inverse(np.log(y) - eta)))


def _quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    shape = _shape(parameters)
    least = np.minimum(below, above)
    low, high = special.gammaincinv(shape, least), special.gammainccinv(shape, least)
    factor = np.where(below <= above, low, high) / shape
    return LOG.inverse(eta + LOG.forward(np.maximum(factor, np.finfo(float).tiny)))


#: y ~ Gamma with mean mu and shape 1 / phi, log mu = eta, Var(y) = phi mu^2: with a = 1 / phi,
#: log f = a log a - log Gamma(a) - a (y / mu - log(y / mu)) - log y.
#:
#: Source: McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition, chapter
#: 8. Chapman and Hall. https://doi.org/10.1201/9780203753736
GAMMA = Family(
    name="gamma",
    link=LOG,
    support="numbers above 0",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter(
            name="dispersion",
            prior=prior("exponential", mean=1.0),
            scaled=False,
            words="how much the amount varies: Var = dispersion mean^2",
        ),
    ),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_log_of_amounts,
    ranks=Ranks(_below, _above, _quantile, scaled),
)
