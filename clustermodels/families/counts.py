"""What the families of counts share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Values = NDArray[np.float64]

# Well inside the generator's integers; beyond, a normal is as good as a Poisson.
_LARGE = 1e15
# Up to here quantiles are exact.
_EXACT = 1e9


def whole(y: Values) -> NDArray[np.bool_]:
    """Say which values are finite whole numbers of 0 or more.

    Examples
    --------
    >>> import numpy as np
    >>> whole(np.array([0.0, 2.5, -1.0, np.nan, np.inf])).tolist()
    [True, False, False, False, False]
    """
    return np.asarray(np.isfinite(y) & (y >= 0) & (y == np.floor(y)), dtype=np.bool_)


def poisson_draws(rng: np.random.Generator, rate: Values) -> Values:
    """Draw Poisson counts at any rate, also those beyond the generator's integers.

    At rates above 1e15 the count is a rounded normal with the same mean and variance; an infinite
    rate gives an infinite count.

    Examples
    --------
    >>> import numpy as np
    >>> poisson_draws(np.random.default_rng(1), np.array([0.0, np.inf])).tolist()
    [0.0, inf]
    """
    small = rate <= _LARGE
    counts = rng.poisson(np.where(small, rate, 1.0)).astype(np.float64)
    if np.all(small):
        return np.asarray(counts, dtype=np.float64)
    at = np.where(small, 1.0, rate)
    # As a factor, so that an infinite rate does not meet minus infinity.
    large = np.round(at * (1.0 + rng.standard_normal(at.shape) / np.sqrt(at)))
    return np.where(small, counts, large)


def poisson_quantiles(shares: Values, rate: Values) -> Values:
    """Give the smallest counts whose Poisson probability, of so many or fewer, reaches a share.

    A start by Cornish and Fisher's expansion is moved by ones until it is exact. At rates above
    1e9 it is left as it is, which changes nothing that can be seen; an infinite rate gives an
    infinite count.

    Parameters
    ----------
    shares
        From 0 to below 1.
    rate
        Of the same shape.

    References
    ----------
    Cornish, E. A. and Fisher, R. A. (1938). Moments and cumulants in the specification of
    distributions. Revue de l'Institut International de Statistique 5, 307-320.
    https://doi.org/10.2307/1400905

    Examples
    --------
    >>> import numpy as np
    >>> poisson_quantiles(np.array([0.0, 0.5, 0.5, 0.999]), np.array([3.0, 0.0, 3.0, 3.0])).tolist()
    [0.0, 0.0, 3.0, 10.0]
    """
    z = special.ndtri(np.clip(shares, 1e-300, 1 - 1e-16))
    small = rate <= _EXACT
    known = np.where(small, rate, 1.0)
    # as a factor of the rate where that is large, so that an infinite one stays so
    large = np.where(small, 1.0, rate)
    beyond = np.round(large * np.maximum(1.0 + z / np.sqrt(large), 0.0))
    count = np.maximum(np.floor(known + z * np.sqrt(known) + (z * z - 1.0) / 6.0), 0.0)
    count = np.where(shares <= 0, 0.0, count)  # known, and far from any expansion
    moving = np.flatnonzero(np.ones(count.shape, dtype=np.bool_))
    flat, goal, mean = count.ravel(), np.ravel(shares), known.ravel()
    while moving.size:
        short = special.pdtr(flat[moving], mean[moving]) < goal[moving]
        moving = moving[short]
        flat[moving] += 1.0
    moving = np.flatnonzero(flat > 0)
    while moving.size:
        spare = special.pdtr(flat[moving] - 1.0, mean[moving]) >= goal[moving]
        moving = moving[spare & (flat[moving] > 0)]
        flat[moving] -= 1.0
        moving = moving[flat[moving] > 0]
    return np.where(small, flat.reshape(count.shape), beyond)
