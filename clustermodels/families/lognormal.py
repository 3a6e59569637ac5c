"""The positive amount whose log is normal."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Family, Parameter, Parameters, Ranks, Values
from clustermodels.families.links import LOG
from clustermodels.families.location import on_log_of_amounts
from clustermodels.families.priors import prior
from clustermodels.families.ranks import normal_score, scaled

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(y) & (y > 0), dtype=np.bool_)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    sigma, log_y = parameters["sigma"], np.log(y)
    z = (log_y - eta) / sigma
    return np.asarray(-0.5 * z * z - np.log(sigma) - _LOG_ROOT_TWO_PI - log_y, dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray((np.log(y) - eta) / parameters["sigma"] ** 2, dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-np.ones_like(y - eta) / parameters["sigma"] ** 2, dtype=np.float64)


def _mean(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return LOG.inverse(eta + 0.5 * parameters["sigma"] ** 2)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    square = parameters["sigma"] ** 2
    with np.errstate(over="ignore"):
        return np.asarray(LOG.inverse(2 * eta + square) * np.expm1(square), dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    sigma = parameters["sigma"]
    shape = np.broadcast_shapes(eta.shape, np.shape(sigma))
    return LOG.inverse(eta + sigma * rng.standard_normal(shape))


def _below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.ndtr((np.log(y) - eta) / parameters["sigma"]))


def _above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.ndtr((eta - np.log(y)) / parameters["sigma"]))


def _quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    return LOG.inverse(eta + parameters["sigma"] * normal_score(below, above))


#: log y ~ Normal(eta, sigma^2): log f = -(log y - eta)^2 / (2 sigma^2) - log sigma
#: - log(2 pi) / 2 - log y. e^eta is the median; the mean is e^(eta + sigma^2 / 2), and a ratio of
#: means is the ratio of medians.
#:
#: Source: Aitchison, J. and Brown, J. A. C. (1957). The Lognormal Distribution. Cambridge
#: University Press.
LOGNORMAL = Family(
    name="lognormal",
    link=LOG,
    support="numbers above 0",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter(
            name="sigma",
            prior=prior("exponential", mean=1.0),
            scaled=True,
            words="the standard deviation of the outcome's log around its mean",
        ),
    ),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_log_of_amounts,
    expected=_mean,
    ranks=Ranks(_below, _above, _quantile, scaled),
)
