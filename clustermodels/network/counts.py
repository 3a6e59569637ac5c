"""Whether numbers are counts out of totals, of which a region's share can be learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


def exceeding(activity: ArrayLike, total: ArrayLike) -> str:
    """Say in how many regions the activity exceeds the total; nothing where in none.

    Examples
    --------
    >>> exceeding([1, 3, 1], [2, 2, 2])
    'the activity exceeds the total in 1 of 3 regions'
    >>> exceeding([20, 30], [2, 3])
    'the activity exceeds the total in 2 of 2 regions; are they swapped?'
    """
    x, n = np.asarray(activity, dtype=np.float64), np.asarray(total, dtype=np.float64)
    beyond = int(np.sum(x > n))
    asked = "; are they swapped?" if 2 * beyond > len(x) else ""
    return f"the activity exceeds the total in {beyond} of {len(x)} regions{asked}" * (beyond > 0)


def not_counts(activity: ArrayLike, total: ArrayLike) -> str:
    """Say why these are not counts out of totals; nothing where they are.

    Examples
    --------
    >>> not_counts([0.5, 1], [2, 2])
    'the activity is not whole numbers'
    """
    x, n = np.asarray(activity, dtype=np.float64), np.asarray(total, dtype=np.float64)
    for name, values in (("activity", x), ("total", n)):
        known = values[~np.isnan(values)]
        if np.any(known < 0):
            return f"the {name} is negative in {np.sum(known < 0)} of {len(values)} regions"
        if np.any(known != np.floor(known)) or np.isinf(known).any():
            return f"the {name} is not whole numbers"
    return exceeding(x, n)


def counts(activity: ArrayLike, total: ArrayLike) -> tuple[Values, Values]:
    """Take counts out of totals as numbers.

    Raises
    ------
    ValueError
        A value is not a count, or a count exceeds its total.
    """
    complaint = not_counts(activity, total)
    if complaint:
        raise ValueError(f"a share needs counts out of totals, but {complaint}")
    return np.asarray(activity, dtype=np.float64), np.asarray(total, dtype=np.float64)
