"""So many successes in so many trials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.count_ranks import OF_BINOMIAL
from clustermodels.families.counts import whole
from clustermodels.families.family import Family, Parameters, Values
from clustermodels.families.links import LOGIT
from clustermodels.families.location import on_logit


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray(whole(y) & whole(trials) & (y <= trials), dtype=np.bool_)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    ways = -special.betaln(y + 1, trials - y + 1) - np.log1p(trials)
    success, failure = special.log_expit(eta), special.log_expit(-eta)
    return np.asarray(ways + y * success + (trials - y) * failure, dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    # y - trials m, arranged so that nothing cancels where m is close to 1.
    upward, downward = LOGIT.inverse(-eta), LOGIT.inverse(eta)
    return np.asarray(y * upward - (trials - y) * downward, dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-trials * LOGIT.derivative(eta) * np.ones_like(y), dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(trials * LOGIT.derivative(eta), dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    counts = rng.binomial(np.asarray(trials).astype(np.int64), LOGIT.inverse(eta))
    return np.asarray(counts, dtype=np.float64)


#: y ~ Binomial(n, m), log(m / (1 - m)) = eta:
#: log p = log(n choose y) - y log(1 + exp(-eta)) - (n - y) log(1 + exp(eta)).
#:
#: Source: McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition.
#: Chapman and Hall. https://doi.org/10.1201/9780203753736
BINOMIAL = Family(
    name="binomial",
    link=LOGIT,
    support="whole numbers from 0 to the trials",
    discrete=True,
    takes_trials=True,
    parameters=(),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_logit,
    ranks=OF_BINOMIAL,
)
