"""PyMC's distribution for each family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pymc as pm
import pytensor.tensor as pt

# (name, eta, trials, parameters, keyword arguments such as observed and dims) -> variable
Likelihood = Callable[..., Any]


def _gaussian(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Normal(name, mu=eta, sigma=par["sigma"], **given)


def _student_t(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.StudentT(name, nu=par["nu"], mu=eta, sigma=par["sigma"], **given)


def _poisson(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Poisson(name, mu=pt.exp(eta), **given)


def _negative_binomial(
    name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any
) -> Any:
    return pm.NegativeBinomial(name, mu=pt.exp(eta), alpha=1 / par["dispersion"], **given)


def _bernoulli(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Bernoulli(name, logit_p=eta, **given)


def _binomial(name: str, eta: Any, trials: Any, par: Mapping[str, Any], **given: Any) -> Any:
    return pm.Binomial(name, n=trials, logit_p=eta, **given)


LIKELIHOODS: dict[str, Likelihood] = {
    "gaussian": _gaussian,
    "student_t": _student_t,
    "poisson": _poisson,
    "negative_binomial": _negative_binomial,
    "bernoulli": _bernoulli,
    "binomial": _binomial,
}


def register(family: str, likelihood: Likelihood) -> None:
    """Add PyMC's distribution of a family from outside.

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
