"""The count whose variance is its mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.count_ranks import OF_POISSON
from clustermodels.families.counts import poisson_draws, poisson_quantiles, whole
from clustermodels.families.family import Family, Parameters, Values
from clustermodels.families.links import LOG
from clustermodels.families.location import on_log


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return whole(y)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(y * eta - LOG.inverse(eta) - special.gammaln(y + 1), dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(y - LOG.inverse(eta), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(-LOG.inverse(eta) * np.ones_like(y), dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    return LOG.inverse(eta)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return poisson_draws(rng, LOG.inverse(eta))


def _coupled(
    rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    return poisson_quantiles(rng.random(eta.shape), LOG.inverse(eta))


#: y ~ Poisson(mu), log mu = eta: log p = y eta - exp(eta) - log y!.
#:
#: Source: Hausman, J., Hall, B. H. and Griliches, Z. (1984). Econometric models for count data
#: with an application to the patents-R&D relationship. Econometrica 52, 909-938.
#: https://doi.org/10.2307/1911191
POISSON = Family(
    name="poisson",
    link=LOG,
    support="whole numbers, 0 or more",
    discrete=True,
    takes_trials=False,
    parameters=(),
    inside=_inside,
    log_density=_log_density,
    first=_first,
    second=_second,
    variance=_variance,
    draw=_draw,
    location=on_log,
    coupled=_coupled,
    ranks=OF_POISSON,
)
