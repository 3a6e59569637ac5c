"""What the families of counts share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Well inside the generator's integers; beyond, a normal is as good as a Poisson.
_LARGE = 1e15


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
