"""The share strictly between 0 and 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Family, Parameter, Parameters, Ranks, Values
from clustermodels.families.links import LOGIT
from clustermodels.families.location import on_logit_of_shares
from clustermodels.families.priors import prior

# Dispersions, and means and their complements, below these are taken for them, so that quotients
# and products stay finite.
_LEAST, _EDGE = 1e-12, 1e-100


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray((y > 0) & (y < 1), dtype=np.bool_)


def _shapes(eta: Values, parameters: Parameters) -> tuple[Values, Values, Values]:
    """Give precision phi, and the two shapes mu phi and (1 - mu) phi."""
    precision = 1.0 / np.maximum(parameters["dispersion"], _LEAST)
    mu = np.maximum(LOGIT.inverse(eta), _EDGE)
    rest = np.maximum(LOGIT.inverse(-np.asarray(eta)), _EDGE)
    return np.asarray(precision), np.asarray(mu * precision), np.asarray(rest * precision)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    _, one, other = _shapes(eta, parameters)
    found = (one - 1) * np.log(y) + (other - 1) * np.log1p(-y) - special.betaln(one, other)
    return np.asarray(found, dtype=np.float64)


def _gap(y: Values, one: Values, other: Values) -> Values:
    """Give logit y less its expectation."""
    return np.asarray(special.logit(y) - special.digamma(one) + special.digamma(other))


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    precision, one, other = _shapes(eta, parameters)
    return np.asarray(one * (other / precision) * _gap(y, one, other), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    precision, one, other = _shapes(eta, parameters)
    slope = one * (other / precision)  # of one in eta, and less that of other
    bend = slope * ((other - one) / precision)
    curved = slope * special.polygamma(1, one) + slope * special.polygamma(1, other)
    return np.asarray(bend * _gap(y, one, other) - slope * curved, dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    dispersion = np.maximum(parameters["dispersion"], _LEAST)
    return np.asarray(LOGIT.derivative(eta) * dispersion / (1.0 + dispersion), dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    _, one, other = _shapes(eta, parameters)
    return _held_inside(rng.beta(one, other))


def _held_inside(share: Values) -> Values:
    """Keep inside a share that is too close to an end for a float."""
    return np.clip(share, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)


def _below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    _, one, other = _shapes(eta, parameters)
    return np.asarray(special.betainc(one, other, y))


def _above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    _, one, other = _shapes(eta, parameters)
    return np.asarray(special.betaincc(one, other, y))


def _quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    _, one, other = _shapes(eta, parameters)
    least = np.minimum(below, above)
    low, high = special.betaincinv(one, other, least), special.betainccinv(one, other, least)
    return _held_inside(np.where(below <= above, low, high))


#: y ~ Beta(mu phi, (1 - mu) phi), logit mu = eta, phi = 1 / dispersion, Var(y) = mu (1 - mu)
#: / (1 + phi): log f = (mu phi - 1) log y + ((1 - mu) phi - 1) log(1 - y) - log B(mu phi,
#: (1 - mu) phi). The log density need not be concave in eta.
#:
#: Source: Ferrari, S. L. P. and Cribari-Neto, F. (2004). Beta regression for modelling rates and
#: proportions. Journal of Applied Statistics 31, 799-815.
#: https://doi.org/10.1080/0266476042000214501
BETA = Family(
    name="beta",
    link=LOGIT,
    support="numbers between 0 and 1, neither 0 nor 1",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter(
            name="dispersion",
            prior=prior("exponential", mean=1.0),
            scaled=False,
            words="how much the share varies: Var = mean (1 - mean) dispersion / (1 + dispersion)",
        ),
    ),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_logit_of_shares,
    ranks=Ranks(_below, _above, _quantile),
)
