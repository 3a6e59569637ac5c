"""PyMC's distribution for each family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.families.family import Family
from clustermodels.families.feedback import FED, KEPT
from clustermodels.families.zeros import HURDLE_NEGATIVE_BINOMIAL, ZERO_INFLATED_NEGATIVE_BINOMIAL

# (name, eta, trials, parameters, keyword arguments such as observed and dims) -> variable
Likelihood = Callable[..., Any]

# The least mean of a share, and of what is left of it.
_EDGE = 1e-100


def _gaussian(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Normal(name, mu=eta, sigma=par["sigma"], **given)


def _student_t(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.StudentT(name, nu=par["nu"], mu=eta, sigma=par["sigma"], **given)


def _lognormal(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.LogNormal(name, mu=eta, sigma=par["sigma"], **given)


def _gamma(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    shape = 1 / par["dispersion"]
    return pm.Gamma(name, alpha=shape, beta=shape * pt.exp(-eta), **given)


def _beta(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    precision = 1 / par["dispersion"]
    # neither shape may be 0 to the last digit
    one = pt.maximum(pt.sigmoid(eta), _EDGE) * precision
    other = pt.maximum(pt.sigmoid(-eta), _EDGE) * precision
    return pm.Beta(name, alpha=one, beta=other, **given)


def _poisson(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Poisson(name, mu=pt.exp(eta), **given)


def _negative_binomial(
    name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any
) -> Any:
    return pm.NegativeBinomial(name, mu=pt.exp(eta), alpha=1 / par["dispersion"], **given)


def _inflated_log_density(y: Any, eta: Any, dispersion: Any, share: Any) -> Any:
    plain = pt.log1p(-share) + _count_log_density(y, eta, dispersion)
    return pt.where(pt.gt(y, 0), plain, pt.logaddexp(pt.log(share), plain))


def _hurdle_log_density(y: Any, eta: Any, dispersion: Any, share: Any) -> Any:
    some = pt.log1mexp(-pt.log1p(dispersion * pt.exp(eta)) / dispersion)
    above = pt.log1p(-share) + _count_log_density(y, eta, dispersion) - some
    return pt.where(pt.gt(y, 0), above, pt.log(share))


def _count_log_density(y: Any, eta: Any, dispersion: Any) -> Any:
    return pm.logp(pm.NegativeBinomial.dist(mu=pt.exp(eta), alpha=1 / dispersion), y)


def _with_zeros(log_density: Callable[..., Any], family: Family) -> Likelihood:
    """Make a likelihood of PyMC's parts: its own mixtures take ten times as long to compile."""

    def random(eta: Any, dispersion: Any, share: Any, rng: Any = None, size: Any = None) -> Any:
        parameters = {"dispersion": np.asarray(dispersion), "zero_share": np.asarray(share)}
        eta = np.broadcast_to(eta, np.shape(eta) if size is None else size)
        return family.draw(rng, eta, np.ones_like(eta), parameters).astype(np.int64)

    def likelihood(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
        own = (eta, par["dispersion"], par["zero_share"])
        how = {"logp": log_density, "random": random, "dtype": "int64", "signature": "(),(),()->()"}
        return pm.CustomDist(name, *own, **how, **given)

    return likelihood


def _bernoulli(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Bernoulli(name, logit_p=eta, **given)


def _binomial(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Binomial(name, n=trials, logit_p=eta, **given)


def _with_feedback(plain: Likelihood) -> Likelihood:
    """Let the mean keep a share of the last year's outcome, which stands for trials."""

    def likelihood(name: str, eta: Any, before: Any, par: Mapping[str, Any], **given: Any) -> Any:
        return plain(name, pt.log(_mean_with_feedback(eta, before, par)), 1.0, par, **given)

    return likelihood


def _mean_with_feedback(eta: Any, before: Any, par: Mapping[str, Any]) -> Any:
    return pt.exp(eta) + par[KEPT] * before


LIKELIHOODS: dict[str, Likelihood] = {
    "gaussian": _gaussian,
    "student_t": _student_t,
    "lognormal": _lognormal,
    "gamma": _gamma,
    "poisson": _poisson,
    "negative_binomial": _negative_binomial,
    "zero_inflated_negative_binomial": _with_zeros(
        _inflated_log_density, ZERO_INFLATED_NEGATIVE_BINOMIAL
    ),
    "hurdle_negative_binomial": _with_zeros(_hurdle_log_density, HURDLE_NEGATIVE_BINOMIAL),
    "bernoulli": _bernoulli,
    "binomial": _binomial,
    "beta": _beta,
    FED["poisson"].name: _with_feedback(_poisson),
    FED["negative_binomial"].name: _with_feedback(_negative_binomial),
}


def register(family: str, likelihood: Likelihood) -> None:
    """Add PyMC's distribution of a family from outside, whose mean the link gives.

    Raises
    ------
    ValueError
        If the family has one already.
    """
    if family in LIKELIHOODS:
        raise ValueError(f"the family {family!r} has a likelihood already")
    LIKELIHOODS[family] = likelihood


LINKS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda eta: eta,
    "log": pt.exp,
    "logit": pt.sigmoid,
}


def _mean_of_lognormal(eta: Any, trials: Any, par: Mapping[str, Any]) -> Any:
    return pt.exp(eta + par["sigma"] ** 2 / 2)


def _mean_of_inflated(eta: Any, trials: Any, par: Mapping[str, Any]) -> Any:
    return (1 - par["zero_share"]) * pt.exp(eta)


def _mean_of_hurdle(eta: Any, trials: Any, par: Mapping[str, Any]) -> Any:
    none = -pt.log1p(par["dispersion"] * pt.exp(eta)) / par["dispersion"]
    return (1 - par["zero_share"]) * pt.exp(eta) / -pt.expm1(none)


#: The expected outcome of families whose link does not give it.
MEANS: dict[str, Callable[[Any, Any, Mapping[str, Any]], Any]] = {
    "lognormal": _mean_of_lognormal,
    "zero_inflated_negative_binomial": _mean_of_inflated,
    "hurdle_negative_binomial": _mean_of_hurdle,
    **{family.name: _mean_with_feedback for family in FED.values()},
}

#: What outcomes with normal errors, or normal ones of their logs, leave of a predictor.
ERRORS: dict[str, Callable[[Any, Any], Any]] = {
    "gaussian": lambda y, eta: y - eta,
    "lognormal": lambda y, eta: pt.log(y) - eta,
}
