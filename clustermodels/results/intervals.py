"""How draws become numbers for a table: medians, equal-tailed intervals, probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

PROBABILITY = 0.95
LOWER = "eti95_lower"
UPPER = "eti95_upper"


def summarised(draws: Values) -> dict[str, Values]:
    """Give median and 95 % equal-tailed interval over the first axis of (S, ...)."""
    tail = (1 - PROBABILITY) / 2
    lower, median, upper = np.quantile(draws, [tail, 0.5, 1 - tail], axis=0)
    return {"median": median, LOWER: lower, UPPER: upper}
