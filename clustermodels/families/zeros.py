"""Counts with more zeros, or fewer, than a negative binomial has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.counts import poisson_draws
from clustermodels.families.family import Parameter, Parameters, Values
from clustermodels.families.links import LOG
from clustermodels.families.negative_binomial import NEGATIVE_BINOMIAL as PLAIN
from clustermodels.families.negative_binomial import log_none
from clustermodels.families.negative_binomial_ranks import OF_HURDLE, OF_INFLATED
from clustermodels.families.priors import prior

# Below this eta a mean is no number of its own any more, while a count above zero still has one.
_LEAST_ETA = -600.0
# With less dispersion a count is a Poisson one in every digit that matters.
_LEAST_DISPERSION = 1e-12
_ALMOST_ONE = 1.0 - 2.0**-53
_DOUBLINGS = 60


def _held(eta: Values, parameters: Parameters) -> tuple[Values, Parameters]:
    """Keep predictor and dispersion where a count above zero has a probability in floats."""
    dispersion = np.maximum(parameters["dispersion"], _LEAST_DISPERSION)
    return np.maximum(eta, _LEAST_ETA), {**parameters, "dispersion": dispersion}


def _share(parameters: Parameters) -> Values:
    return np.asarray(parameters["zero_share"], dtype=np.float64)


def _inflated(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    share = _share(parameters)
    with np.errstate(divide="ignore"):
        of_count = np.log1p(-share) + PLAIN.log_density(y, eta, trials, parameters)
        return np.where(y > 0, of_count, np.logaddexp(np.log(share), of_count))


def _weight(eta: Values, parameters: Parameters) -> Values:
    """Give the probability that a zero is one of the counts'."""
    share = _share(parameters)
    with np.errstate(divide="ignore"):
        return np.asarray(
            special.expit(np.log1p(-share) - np.log(share) + log_none(eta, parameters))
        )


def _inflated_first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    slope = PLAIN.first(y, eta, trials, parameters)
    return np.where(y > 0, slope, _weight(eta, parameters) * slope)


def _inflated_second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    bend = PLAIN.second(y, eta, trials, parameters)
    weight, slope = _weight(eta, parameters), PLAIN.first(y, eta, trials, parameters)
    # the weight goes faster to 0 than the square grows; together they stay finite
    return np.where(y > 0, bend, weight * bend + (weight * slope) * ((1 - weight) * slope))


def _inflated_mean(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray((1.0 - _share(parameters)) * LOG.inverse(eta), dtype=np.float64)


def _inflated_variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    share, mu = _share(parameters), LOG.inverse(eta)
    with np.errstate(over="ignore", invalid="ignore"):
        between = np.where(share > 0, share * mu * mu, 0.0)
        found = (1.0 - share) * (PLAIN.variance(eta, trials, parameters) + between)
    return np.where(share < 1, found, 0.0)


def _hurdle(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    share, (eta, parameters) = _share(parameters), _held(eta, parameters)
    with np.errstate(divide="ignore"):
        some = np.log(-np.expm1(log_none(eta, parameters)))
        above = np.log1p(-share) + PLAIN.log_density(y, eta, trials, parameters) - some
        return np.where(y > 0, above, np.log(share))


def _odds(eta: Values, parameters: Parameters) -> Values:
    """Give the odds of a zero among counts that might be zero."""
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / np.expm1(-log_none(eta, parameters)))


def _hurdle_first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    eta, parameters = _held(eta, parameters)
    of_none = PLAIN.first(np.zeros_like(y), eta, trials, parameters)
    slope = PLAIN.first(y, eta, trials, parameters) + of_none * _odds(eta, parameters)
    return np.where(y > 0, slope, 0.0)


def _hurdle_second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    (eta, parameters), none = _held(eta, parameters), np.zeros_like(y)
    slope = PLAIN.first(none, eta, trials, parameters)
    odds = _odds(eta, parameters)
    bend = PLAIN.second(y, eta, trials, parameters)
    bend = bend + PLAIN.second(none, eta, trials, parameters) * odds
    bend = bend + (slope * odds) * (slope * (1.0 + odds))
    return np.where(y > 0, bend, 0.0)


def _hurdle_mean(eta: Values, trials: Values, parameters: Parameters) -> Values:
    eta, parameters = _held(eta, parameters)
    some = -np.expm1(log_none(eta, parameters))
    return np.asarray((1.0 - _share(parameters)) * (LOG.inverse(eta) / some), dtype=np.float64)


def _hurdle_variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    eta, parameters = _held(eta, parameters)
    share, mu = _share(parameters), LOG.inverse(eta)
    some = -np.expm1(log_none(eta, parameters))
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (1.0 - share) * (PLAIN.variance(eta, trials, parameters) + mu * mu) / some
        found = squares - _hurdle_mean(eta, trials, parameters) ** 2
    return np.where(np.isfinite(mu) & ~np.isnan(found), found, np.inf)


def _inflated_draw(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    counts = PLAIN.draw(rng, eta, trials, parameters)
    return np.where(rng.random(counts.shape) < _share(parameters), 0.0, counts)


def _inflated_coupled(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    counts = PLAIN.steady_draw(rng, eta, trials, parameters)
    return np.where(rng.random(counts.shape) < _share(parameters), 0.0, counts)


def _positive_draw(rng: np.random.Generator, eta: Values, parameters: Parameters) -> Values:
    """Draw negative binomials that are not 0.

    The count is a sum of logarithmic ones, as many as a Poisson says (Quenouille 1949): of these
    there is one, and after its arrival at a share t of the time there are those of the rest.
    """
    eta, parameters = _held(eta, parameters)
    eta, dispersion = np.broadcast_arrays(eta, parameters["dispersion"])
    rate = -log_none(eta, parameters)
    arrival = -np.log1p(rng.random(eta.shape) * np.expm1(-rate)) / rate
    first = rng.logseries(np.minimum(special.expit(eta + np.log(dispersion)), _ALMOST_ONE))
    shape = np.maximum(1.0 - arrival, 0.0) / dispersion
    rates = LOG.inverse(eta + LOG.forward(rng.standard_gamma(shape) * dispersion))
    return np.asarray(first + poisson_draws(rng, rates), dtype=np.float64)


def _hurdle_draw(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    counts = _positive_draw(rng, eta, parameters)
    return np.where(rng.random(counts.shape) < _share(parameters), 0.0, counts)


def _positive_quantiles(above: Values, eta: Values, parameters: Parameters) -> Values:
    """Give the smallest counts of 1 or more that leave no more than a share above them.

    Pr(Y > y) = I_q(y + 1, 1 / phi) with q = phi mu / (1 + phi mu): doubled until it is low enough,
    then halved. Counts beyond 2^60 are infinite.
    """
    eta, parameters = _held(eta, parameters)
    eta, dispersion, above = np.broadcast_arrays(eta, parameters["dispersion"], above)
    q, size = special.expit(eta + np.log(dispersion)), 1.0 / dispersion
    goal = above * -np.expm1(log_none(eta, parameters))

    def beyond(count: Values) -> NDArray[np.bool_]:
        return np.asarray(special.betainc(count + 1.0, size, q) > goal)

    low, high = np.zeros(eta.shape), np.ones(eta.shape)
    for _ in range(_DOUBLINGS):
        short = beyond(high)
        if not short.any():
            break
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        short = beyond(middle) & (middle > low)
        low, high = np.where(short, middle, low), np.where(short, high, np.maximum(middle, low + 1))
    return np.where(high < 2.0**_DOUBLINGS, high, np.inf)


def _hurdle_coupled(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    shape = np.broadcast_shapes(eta.shape, _share(parameters).shape)
    none, above = rng.random(shape) < _share(parameters), rng.random(shape)
    return np.where(none, 0.0, _positive_quantiles(above, eta, parameters))


# What both are but for their own functions; the parts of the plain density are not theirs.
_COUNT = replace(PLAIN, split=None)

#: A zero with probability pi, else NB2(mu, phi): Pr(0) = pi + (1 - pi) NB(0), Pr(y) = (1 - pi)
#: NB(y), E(y) = (1 - pi) mu. A ratio of means is that of mu.
#:
#: Source: Lambert, D. (1992). Zero-inflated Poisson regression, with an application to defects in
#: manufacturing. Technometrics 34, 1-14. https://doi.org/10.2307/1269547. Greene, W. H. (1994).
#: Accounting for excess zeros and sample selection in Poisson and negative binomial regression
#: models. Working paper EC-94-10, New York University.
ZERO_INFLATED_NEGATIVE_BINOMIAL = replace(
    _COUNT,
    name="zero_inflated_negative_binomial",
    parameters=(
        *PLAIN.parameters,
        Parameter(
            name="zero_share",
            prior=prior("beta", alpha=1.0, beta=4.0),
            scaled=False,
            words="the probability that a count is zero whatever is expected of it",
        ),
    ),
    log_density=_inflated,
    first=_inflated_first,
    second=_inflated_second,
    variance=_inflated_variance,
    draw=_inflated_draw,
    coupled=_inflated_coupled,
    expected=_inflated_mean,
    ranks=OF_INFLATED,
)

#: A zero with probability pi, else NB2(mu, phi) given that it is not 0: Pr(y) = (1 - pi) NB(y)
#: / (1 - NB(0)), E(y) = (1 - pi) mu / (1 - NB(0)). The predictor moves counts above zero alone, and
#: a ratio of mu is not quite a ratio of means.
#:
#: Sources: Mullahy, J. (1986). Specification and testing of some modified count data models.
#: Journal of Econometrics 33, 341-365. https://doi.org/10.1016/0304-4076(86)90002-3. The way it is
#: drawn: Quenouille, M. H. (1949). A relation between the logarithmic, Poisson, and negative
#: binomial series. Biometrics 5, 162-164. https://doi.org/10.2307/3001917
HURDLE_NEGATIVE_BINOMIAL = replace(
    _COUNT,
    name="hurdle_negative_binomial",
    parameters=(
        *PLAIN.parameters,
        Parameter(
            name="zero_share",
            prior=prior("beta", alpha=1.0, beta=1.0),
            scaled=False,
            words="the probability of a zero",
        ),
    ),
    log_density=_hurdle,
    first=_hurdle_first,
    second=_hurdle_second,
    variance=_hurdle_variance,
    draw=_hurdle_draw,
    coupled=_hurdle_coupled,
    expected=_hurdle_mean,
    ranks=OF_HURDLE,
    effect_of="of the count before zeros are set apart",
)
