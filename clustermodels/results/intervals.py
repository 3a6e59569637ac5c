"""How draws become numbers for a table: medians, equal-tailed intervals, probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

PROBABILITY = 0.95
LOWER = "eti95_lower"
UPPER = "eti95_upper"


def summarised(draws: Values) -> dict[str, Values]:
    """Give median and 95 % equal-tailed interval over the first axis of (S, ...).

    Quantiles as numpy's own, from one sort: of many columns numpy takes four times as long. A
    column with a nan has none.
    """
    tail = (1 - PROBABILITY) / 2
    ordered = np.array(np.moveaxis(draws, 0, -1), order="C")  # a copy, a column's draws together
    ordered.sort(axis=-1)
    known = ~np.isnan(ordered[..., -1])  # nan is sorted last
    return {
        name: np.where(known, _quantile(ordered, share), np.nan)
        for name, share in (("median", 0.5), (LOWER, tail), (UPPER, 1 - tail))
    }


def _quantile(ordered: Values, share: float) -> Values:
    """Interpolate between the two draws beside a share, from the nearer one."""
    last = ordered.shape[-1] - 1
    below, away = divmod(share * last, 1)
    low, high = ordered[..., int(below)], ordered[..., min(int(below) + 1, last)]
    with np.errstate(invalid="ignore"):  # infinite draws have no difference
        gap = np.where(low == high, 0.0, high - low)
        return np.asarray(low + gap * away if away < 0.5 else high - gap * (1 - away))


def increase(draws: Values, against: Values | float = 0.0) -> Values:
    """Give the share of draws, (S, ...), above a number; nan where every draw is exactly there."""
    shares: Values = np.mean(draws > against, axis=0)
    return np.where((draws == against).all(axis=0), np.nan, shares)
