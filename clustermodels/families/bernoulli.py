"""Yes or no."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.count_ranks import OF_BINOMIAL
from clustermodels.families.family import Family, Parameters, Values
from clustermodels.families.links import LOGIT
from clustermodels.families.location import on_logit


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray((y == 0) | (y == 1), dtype=np.bool_)


def _sign(y: Values) -> Values:
    return np.asarray(2.0 * y - 1.0, dtype=np.float64)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.log_expit(_sign(y) * eta), dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    # y - m, without the cancellation where m is close to y.
    return np.asarray(_sign(y) * LOGIT.inverse(-_sign(y) * eta), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-LOGIT.derivative(eta) * np.ones_like(y), dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return LOGIT.derivative(eta)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return (rng.random(np.shape(eta)) < LOGIT.inverse(eta)).astype(np.float64)


#: P(y = 1) = m, log(m / (1 - m)) = eta: log p = -log(1 + exp(-(2 y - 1) eta)).
#:
#: Source: McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition.
#: Chapman and Hall. https://doi.org/10.1201/9780203753736
BERNOULLI = Family(
    name="bernoulli",
    link=LOGIT,
    support="0 or 1",
    discrete=True,
    takes_trials=False,
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
