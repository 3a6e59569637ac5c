"""The normal outcome."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Family, Parameter, Parameters, Ranks, Values
from clustermodels.families.links import IDENTITY
from clustermodels.families.location import on_identity
from clustermodels.families.priors import prior
from clustermodels.families.ranks import normal_score, shifted

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(y), dtype=np.bool_)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    sigma = parameters["sigma"]
    z = (y - eta) / sigma
    return np.asarray(-0.5 * z * z - np.log(sigma) - _LOG_ROOT_TWO_PI, dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray((y - eta) / parameters["sigma"] ** 2, dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-np.ones_like(y - eta) / parameters["sigma"] ** 2, dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(np.ones_like(eta) * parameters["sigma"] ** 2, dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    # faster than numpy's own shifting and scaling, number by number
    return np.asarray(
        eta
        + parameters["sigma"]
        * rng.standard_normal(np.broadcast_shapes(eta.shape, parameters["sigma"].shape))
    )


def _below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.ndtr((y - eta) / parameters["sigma"]))


def _above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.ndtr((eta - y) / parameters["sigma"]))


def _quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    return np.asarray(eta + parameters["sigma"] * normal_score(below, above))


#: y ~ Normal(eta, sigma^2): log f = -(y - eta)^2 / (2 sigma^2) - log sigma - log(2 pi) / 2.
#:
#: Source: McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition.
#: Chapman and Hall. https://doi.org/10.1201/9780203753736
GAUSSIAN = Family(
    name="gaussian",
    link=IDENTITY,
    support="any number",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter(
            name="sigma",
            prior=prior("exponential", mean=1.0),
            scaled=True,
            words="the standard deviation of the outcome around its mean",
        ),
    ),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_identity,
    ranks=Ranks(_below, _above, _quantile, shifted),
)
