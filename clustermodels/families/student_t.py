"""The outcome with heavy tails: a few rows far off move the fit little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clustermodels.families.family import Family, Parameter, Parameters, Ranks, Values
from clustermodels.families.links import IDENTITY
from clustermodels.families.location import on_identity
from clustermodels.families.priors import prior
from clustermodels.families.ranks import shifted


def _inside(y: Values, trials: Values) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(y), dtype=np.bool_)


def _log_density(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    sigma, nu = parameters["sigma"], parameters["nu"]
    z = (y - eta) / sigma
    # The beta function keeps the digits that a difference of log gammas loses at a large nu.
    constant = -special.betaln(0.5 * nu, 0.5) - 0.5 * np.log(nu) - np.log(sigma)
    return np.asarray(constant - 0.5 * (nu + 1) * np.log1p(z * z / nu), dtype=np.float64)


def _first(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    nu, residual = parameters["nu"], y - eta
    width = nu * parameters["sigma"] ** 2
    return np.asarray((nu + 1) * residual / (width + residual**2), dtype=np.float64)


def _second(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    nu, square = parameters["nu"], (y - eta) ** 2
    width = nu * parameters["sigma"] ** 2
    return np.asarray((nu + 1) * (square - width) / (width + square) ** 2, dtype=np.float64)


def _variance(eta: Values, trials: Values, parameters: Parameters) -> Values:
    nu = np.asarray(parameters["nu"], dtype=np.float64)
    exists = nu > 2
    safe = np.where(exists, nu, 3.0)
    factor = np.where(exists, safe / (safe - 2), np.inf)
    return np.asarray(np.ones_like(eta) * parameters["sigma"] ** 2 * factor, dtype=np.float64)


def _draw(rng: np.random.Generator, eta: Values, trials: Values, parameters: Parameters) -> Values:
    nu = np.broadcast_to(
        parameters["nu"], np.broadcast_shapes(eta.shape, np.shape(parameters["nu"]))
    )
    return np.asarray(eta + parameters["sigma"] * rng.standard_t(nu), dtype=np.float64)


def _below(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.stdtr(parameters["nu"], (y - eta) / parameters["sigma"]))


def _above(y: Values, eta: Values, trials: Values, parameters: Parameters) -> Values:
    return np.asarray(special.stdtr(parameters["nu"], (eta - y) / parameters["sigma"]))


def _quantile(
    below: Values, above: Values, eta: Values, trials: Values, parameters: Parameters
) -> Values:
    score = special.stdtrit(parameters["nu"], np.minimum(below, above))
    return np.asarray(eta + parameters["sigma"] * np.where(below <= above, score, -score))


#: (y - eta) / sigma ~ t with nu degrees of freedom:
#: log f = -log B(nu/2, 1/2) - log(nu) / 2 - log sigma
#: - (nu + 1) / 2 log(1 + (y - eta)^2 / (nu sigma^2)).
#: The log density is not concave in eta: its second derivative is positive in the tails.
#:
#: Source: Lange, K. L., Little, R. J. A. and Taylor, J. M. G. (1989). Robust statistical modeling
#: using the t distribution. Journal of the American Statistical Association 84, 881-896.
#: https://doi.org/10.1080/01621459.1989.10478852. The prior of nu: Juarez, M. A. and Steel,
#: M. F. J. (2010). Model-based clustering of non-Gaussian panel data based on skew-t
#: distributions. Journal of Business and Economic Statistics 28, 52-66.
#: https://doi.org/10.1198/jbes.2009.07145
STUDENT_T = Family(
    name="student_t",
    link=IDENTITY,
    support="any number",
    discrete=False,
    takes_trials=False,
    parameters=(
        Parameter(
            name="sigma",
            prior=prior("exponential", mean=1.0),
            scaled=True,
            words="the scale of the outcome around its mean; its sd is larger, as tails are heavy",
        ),
        Parameter(
            name="nu",
            prior=prior("gamma", shape=2.0, rate=0.1),
            scaled=False,
            words="the degrees of freedom: small for heavy tails, large for nearly normal",
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
