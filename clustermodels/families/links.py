"""How the linear predictor becomes a mean, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]
Effect = Literal["difference", "ratio", "odds_ratio"]


@dataclass(frozen=True)
class Link:
    """A link g between the mean m of one trial and the linear predictor: g(m) = eta.

    Parameters
    ----------
    name
        What a document calls it.
    inverse
        m = g^-1(eta).
    forward
        eta = g(m); infinite at the ends of the range of m.
    derivative
        dm / d eta, as a function of eta.
    effect
        How a coefficient reads on the outcome's scale: as a difference of means, as a ratio of
        means, or as a ratio of odds.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition. Chapman and
    Hall. https://doi.org/10.1201/9780203753736

    Examples
    --------
    >>> import numpy as np
    >>> LOGIT.inverse(np.array([0.0, 800.0])).tolist()
    [0.5, 1.0]
    """

    name: str
    inverse: Callable[[Values], Values]
    forward: Callable[[Values], Values]
    derivative: Callable[[Values], Values]
    effect: Effect


def _same(eta: Values) -> Values:
    return np.asarray(eta, dtype=np.float64)


def _ones(eta: Values) -> Values:
    return np.ones_like(eta, dtype=np.float64)


def _exp(eta: Values) -> Values:
    # A sampler may try any eta: a mean too large for a float is infinite, not a warning.
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(eta), dtype=np.float64)


def _log(mean: Values) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(mean), dtype=np.float64)


def _expit(eta: Values) -> Values:
    return np.asarray(special.expit(eta), dtype=np.float64)


def _logit(mean: Values) -> Values:
    return np.asarray(special.logit(mean), dtype=np.float64)


def _logistic_slope(eta: Values) -> Values:
    # m (1 - m) without the cancellation in 1 - m at large eta.
    return np.asarray(_expit(eta) * _expit(-eta), dtype=np.float64)


IDENTITY = Link("identity", _same, _same, _ones, "difference")
LOG = Link("log", _exp, _log, _exp, "ratio")
LOGIT = Link("logit", _expit, _logit, _logistic_slope, "odds_ratio")

LINKS: dict[str, Link] = {link.name: link for link in (IDENTITY, LOG, LOGIT)}
