"""Where continuous outcomes stand in their law, and which outcome stands there."""

from __future__ import annotations

import numpy as np
from scipy import special

from clustermodels.families.family import Parameters, Values


def normal_score(below: Values, above: Values) -> Values:
    """Give the standard normal's quantile, from the smaller of two shares that add up to 1.

    Examples
    --------
    >>> normal_score(np.array([0.5, 1.0]), np.array([0.5, 1e-30])).round(3).tolist()
    [0.0, 11.464]
    """
    return np.where(below <= above, special.ndtri(below), -special.ndtri(above))


def shifted(y: Values, eta: Values, other: Values, parameters: Parameters) -> Values:
    """Give the outcome at another predictor where the law moves with it as a whole."""
    return np.asarray(y + (other - eta), dtype=np.float64)


def scaled(y: Values, eta: Values, other: Values, parameters: Parameters) -> Values:
    """Give the outcome at another predictor where that multiplies the law as a whole."""
    with np.errstate(over="ignore"):
        return np.asarray(y * np.exp(other - eta), dtype=np.float64)
