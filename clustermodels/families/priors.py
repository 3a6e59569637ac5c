"""A prior: which law, with which arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clustermodels.families.distributions import (
    DISTRIBUTIONS,
    Arguments,
    Distribution,
    check_arguments,
    register,
)
from clustermodels.families.links import LOG, LOGIT, Link

__all__ = [
    "DISTRIBUTIONS",
    "Arguments",
    "Distribution",
    "Prior",
    "check_arguments",
    "draw",
    "line_of",
    "log_density",
    "prior",
    "quantile",
    "register",
    "scaled",
    "words",
]

Values = NDArray[np.float64]

_STEPS = 2**52


@dataclass(frozen=True)
class Prior:
    """A law and its arguments; equal and hashed by value. Made by :func:`prior`.

    Parameters
    ----------
    distribution
        The law's name in ``DISTRIBUTIONS``.
    arguments
        Pairs of name and value, in the order that the law declares.
    """

    distribution: str
    arguments: tuple[tuple[str, float], ...]


def prior(distribution: str, /, **arguments: float) -> Prior:
    """Make a prior, checked.

    Raises
    ------
    ValueError
        When the law is not registered, or an argument is missing, unknown or impossible.

    Examples
    --------
    >>> prior("normal", sd=2.5, mean=0)
    Prior(distribution='normal', arguments=(('mean', 0.0), ('sd', 2.5)))
    """
    complaint = check_arguments(distribution, arguments)
    if complaint is not None:
        raise ValueError(complaint)
    # The declared order, so that two ways of writing one prior are equal.
    order = DISTRIBUTIONS[distribution].arguments
    return Prior(distribution, tuple((name, float(arguments[name])) for name in order))


def log_density(prior: Prior, x: ArrayLike) -> Values:
    """Give the normalised log density at x, minus infinity outside the support.

    Examples
    --------
    >>> log_density(prior("exponential", mean=2.0), [-1.0, 2.0]).round(3).tolist()
    [-inf, -1.693]
    """
    law = DISTRIBUTIONS[prior.distribution]
    found = law.log_density(np.asarray(x, dtype=np.float64), dict(prior.arguments))
    return np.asarray(found, dtype=np.float64)


def quantile(prior: Prior, p: ArrayLike) -> Values:
    """Give the values below which the shares p of the law lie.

    Examples
    --------
    >>> quantile(prior("normal", mean=1.0, sd=2.0), [0.05, 0.5, 0.95]).round(2).tolist()
    [-2.29, 1.0, 4.29]
    """
    law = DISTRIBUTIONS[prior.distribution]
    found = law.quantile(np.asarray(p, dtype=np.float64), dict(prior.arguments))
    return np.asarray(found, dtype=np.float64)


def draw(prior: Prior, rng: np.random.Generator, shape: int | tuple[int, ...]) -> Values:
    """Draw from the law, by its quantiles at uniform numbers strictly between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> draw(prior("half_normal", sd=1.0), np.random.default_rng(1), (2, 3)).shape
    (2, 3)
    """
    # rng.random() can give 0, where a quantile may be infinite; the middle of a step cannot.
    steps = rng.integers(0, _STEPS, size=shape)
    return quantile(prior, (steps + 0.5) / _STEPS)


def line_of(prior: Prior) -> Link:
    """Give what leads a family's parameter to the real line and back: log, or logit of a share.

    Examples
    --------
    >>> line_of(prior("beta", alpha=1.0, beta=4.0)).name
    'logit'
    """
    return LOGIT if DISTRIBUTIONS[prior.distribution].support == "share" else LOG


def scaled(prior: Prior, by: float) -> Prior:
    """Give the law of ``by`` times a number that follows the prior.

    Raises
    ------
    ValueError
        When ``by`` is not a finite number above 0, or the prior is that of a share.

    Examples
    --------
    >>> words(scaled(prior("exponential", mean=1.0), 3.0))
    'exponential(mean 3)'
    """
    if not (math.isfinite(by) and by > 0):
        raise ValueError(f"a prior is scaled by a finite number above 0, not {by:g}")
    law = DISTRIBUTIONS[prior.distribution]
    if law.scaled is None:
        raise ValueError(f"{words(prior)} is the prior of a share, which has no scale")
    return _made(prior.distribution, law.scaled(dict(prior.arguments), by))


def words(prior: Prior) -> str:
    """Say the prior as a reader sees it.

    Examples
    --------
    >>> words(prior("normal", mean=0.0, sd=2.5))
    'normal(0, 2.5)'
    """
    return DISTRIBUTIONS[prior.distribution].words(dict(prior.arguments))


def _made(distribution: str, arguments: Arguments) -> Prior:
    # Beside the functions whose own argument is called `prior` and hides the constructor.
    return prior(distribution, **arguments)
