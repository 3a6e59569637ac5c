"""Where counts stand in their law, and which count stands there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Parameters, Ranks, Values
from clustermodels.families.links import LOG, LOGIT
from clustermodels.families.ranks import normal_score

Tail = Callable[..., Values]

# Beyond, neighbouring counts are one float: a count there is infinite.
_LARGEST = 2.0**53
# A normal score that a share of 1e-300 does not pass.
_FARTHEST = 38.0


def smallest_reaching(
    below: Values,
    above: Values,
    near: Values,
    tails: tuple[Tail, Tail],
    *arguments: Values,
) -> Values:
    """Give the smallest counts at or under which there is a share, by doubling steps and halving.

    Parameters
    ----------
    below, above
        The share, and what is above it; the smaller one is read.
    near
        Where to begin.
    tails
        (count, arguments): P(Y <= count) and P(Y > count).
    arguments
        Of the law, of a shape that broadcasts with the shares.
    """
    under, over, start, *given = np.broadcast_arrays(below, above, near, *arguments)
    shape, upper = under.shape, np.ravel(over < under)
    under, over, given = np.ravel(under), np.ravel(over), [np.ravel(each) for each in given]

    def short(at: NDArray[np.int64], count: Values) -> NDArray[np.bool_]:
        result, up = np.empty(len(at), dtype=np.bool_), upper[at]
        high, low = at[up], at[~up]
        result[up] = tails[1](count[up], *(each[high] for each in given)) > over[high]
        result[~up] = tails[0](count[~up], *(each[low] for each in given)) < under[low]
        return result

    finite = np.ravel(np.isfinite(start))
    begin = np.clip(np.floor(np.where(finite, np.ravel(start), 0.0)), 0.0, _LARGEST)
    # what is too small, and what is not: -1 is always too small
    low, high = begin - 1.0, begin.copy()
    rising = np.flatnonzero(finite)
    rising = rising[short(rising, high[rising])]
    falling = np.setdiff1d(np.flatnonzero(finite), rising)
    step = 1.0
    while rising.size:
        low[rising], high[rising] = high[rising], high[rising] + step
        step *= 2.0
        rising = rising[high[rising] < _LARGEST]
        rising = rising[short(rising, high[rising])]
    step = 1.0
    falling = falling[low[falling] >= 0]
    while falling.size:
        falling = falling[~short(falling, low[falling])]
        high[falling], low[falling] = low[falling], np.maximum(low[falling] - step, -1.0)
        step *= 2.0
        falling = falling[low[falling] >= 0]
    open_ = np.flatnonzero(finite & (high - low > 1) & (high < _LARGEST))
    while open_.size:
        middle = np.floor((low[open_] + high[open_]) / 2)
        small = short(open_, middle)
        low[open_], high[open_] = (
            np.where(small, middle, low[open_]),
            np.where(small, high[open_], middle),
        )
        open_ = open_[high[open_] - low[open_] > 1]
    return np.where(finite & (high < _LARGEST), high, np.inf).reshape(shape)


def normal_near(below: Values, above: Values, mean: Values, variance: Values) -> Values:
    """Give the normal's quantile, where a search begins; infinite where the mean is."""
    z = np.clip(normal_score(below, above), -_FARTHEST, _FARTHEST)
    return np.asarray(mean + z * np.sqrt(np.where(variance < np.inf, variance, 0.0)))


def _poisson_below(count: Values, rate: Values) -> Values:
    return np.where(count < 0, 0.0, special.pdtr(np.maximum(count, 0.0), rate))


def _poisson_above(count: Values, rate: Values) -> Values:
    return np.where(count < 0, 1.0, special.pdtrc(np.maximum(count, 0.0), rate))


def _poisson_quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    rate = LOG.inverse(eta)
    near = normal_near(below, above, rate, rate)
    return smallest_reaching(below, above, near, (_poisson_below, _poisson_above), rate)


#: Of a Poisson count of mean e^eta.
OF_POISSON = Ranks(
    below=lambda y, eta, trials, parameters: _poisson_below(y, LOG.inverse(eta)),
    above=lambda y, eta, trials, parameters: _poisson_above(y, LOG.inverse(eta)),
    quantile=_poisson_quantile,
)


def _binomial_below(count: Values, eta: Values, trials: Values) -> Values:
    inside = (count >= 0) & (count < trials)
    k = np.where(inside, count, 0.0)
    rest = np.where(inside, trials - k, 1.0)
    return np.where(inside, special.betainc(rest, k + 1.0, LOGIT.inverse(-eta)), count >= 0)


def _binomial_above(count: Values, eta: Values, trials: Values) -> Values:
    inside = (count >= 0) & (count < trials)
    k = np.where(inside, count, 0.0)
    rest = np.where(inside, trials - k, 1.0)
    return np.where(inside, special.betainc(k + 1.0, rest, LOGIT.inverse(eta)), count < 0)


def _binomial_quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    near = normal_near(below, above, trials * LOGIT.inverse(eta), trials * LOGIT.derivative(eta))
    tails = _binomial_below, _binomial_above
    return smallest_reaching(below, above, np.minimum(near, trials), tails, eta, trials)


#: Of successes in trials; of one trial also.
OF_BINOMIAL = Ranks(
    below=lambda y, eta, trials, parameters: _binomial_below(y, eta, trials),
    above=lambda y, eta, trials, parameters: _binomial_above(y, eta, trials),
    quantile=_binomial_quantile,
)
