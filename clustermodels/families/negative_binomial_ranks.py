"""Where negative binomials stand in their law, with zeros set apart or not."""

from __future__ import annotations

import numpy as np
from scipy import special

from clustermodels.families.count_ranks import normal_near, smallest_reaching
from clustermodels.families.family import Parameters, Ranks, Values
from clustermodels.families.links import LOG

# With less dispersion a count is a Poisson one in every digit that matters.
_LEAST_DISPERSION = 1e-12
# Below this eta a mean is no number of its own any more, while a count above zero still has one.
_LEAST_ETA = -600.0


def _law(eta: Values, parameters: Parameters) -> tuple[Values, Values]:
    """Give log(phi mu), which says how probable each further count is, and the size 1 / phi."""
    dispersion = np.maximum(parameters["dispersion"], _LEAST_DISPERSION)
    odds = np.maximum(eta, _LEAST_ETA) + np.log(dispersion)
    return np.asarray(odds), np.asarray(1.0 / dispersion)


def _below(count: Values, odds: Values, size: Values) -> Values:
    k = np.maximum(count, 0.0)
    return np.where(count < 0, 0.0, special.betainc(size, k + 1.0, special.expit(-odds)))


def _above(count: Values, odds: Values, size: Values) -> Values:
    k = np.maximum(count, 0.0)
    return np.where(count < 0, 1.0, special.betainc(k + 1.0, size, special.expit(odds)))


def _reaching(below: Values, above: Values, eta: Values, parameters: Parameters) -> Values:
    odds, size = _law(eta, parameters)
    mean = LOG.inverse(eta)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = mean + mean * mean / size
    near = normal_near(below, above, mean, variance)
    return smallest_reaching(below, above, near, (_below, _above), odds, size)


def _plain_quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    return _reaching(below, above, eta, parameters)


#: P(Y <= y) = I_(1-q)(1/phi, y + 1) and P(Y > y) = I_q(y + 1, 1/phi), q = phi mu / (1 + phi mu).
OF_NEGATIVE_BINOMIAL = Ranks(
    below=lambda y, eta, trials, parameters: _below(y, *_law(eta, parameters)),
    above=lambda y, eta, trials, parameters: _above(y, *_law(eta, parameters)),
    quantile=_plain_quantile,
)


def _inflated_below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    share = parameters["zero_share"]
    counted = _below(y, *_law(eta, parameters))
    return np.where(y < 0, 0.0, share + (1.0 - share) * counted)


def _inflated_above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    counted = (1.0 - parameters["zero_share"]) * _above(y, *_law(eta, parameters))
    return np.where(y < 0, 1.0, counted)


def _inflated_quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    share = np.asarray(parameters["zero_share"])
    rest = np.maximum(1.0 - share, np.finfo(float).tiny)
    counted = _reaching(
        np.clip((below - share) / rest, 0.0, 1.0), np.clip(above / rest, 0.0, 1.0), eta, parameters
    )
    return np.where(below <= share, 0.0, counted)


#: With a share of zeros beside the counts' own.
OF_INFLATED = Ranks(_inflated_below, _inflated_above, _inflated_quantile)


def _hurdle_above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    law = _law(eta, parameters)
    counted = _above(y, *law) / _above(np.zeros(1), *law)
    return np.where(y < 0, 1.0, (1.0 - parameters["zero_share"]) * counted)


def _hurdle_below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    share, law, none = parameters["zero_share"], _law(eta, parameters), np.zeros(1)
    counted = (_below(y, *law) - _below(none, *law)) / _above(none, *law)
    return np.where(y < 0, 0.0, share + (1.0 - share) * np.maximum(counted, 0.0))


def _hurdle_quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    share, law, none = np.asarray(parameters["zero_share"]), _law(eta, parameters), np.zeros(1)
    rest = np.maximum(1.0 - share, np.finfo(float).tiny)
    some = _above(none, *law)
    of_zero = _below(none, *law)
    counted = _reaching(
        np.clip(of_zero + (below - share) / rest * some, 0.0, 1.0),
        np.clip(above / rest, 0.0, 1.0) * some,
        np.maximum(eta, _LEAST_ETA),
        parameters,
    )
    return np.where(below <= share, 0.0, np.maximum(counted, 1.0))


#: With a share of zeros in place of the counts' own.
OF_HURDLE = Ranks(_hurdle_below, _hurdle_above, _hurdle_quantile)
