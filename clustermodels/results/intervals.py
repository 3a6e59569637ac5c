"""How draws become numbers for a table: medians, equal-tailed intervals, probabilities."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

PROBABILITY = 0.95
LOWER = "eti95_lower"
UPPER = "eti95_upper"
# How many standard deviations of a normal the interval reaches to either side.
Z = 1.959963984540054
_TAIL = (1 - PROBABILITY) / 2
_SHARES = {"median": 0.5, LOWER: _TAIL, UPPER: 1 - _TAIL}
# Numbers that are reduced together.
TOGETHER = 2**20


def summarised(draws: Values) -> dict[str, Values]:
    """Give median and 95 % equal-tailed interval over the first axis of (S, ...).

    Quantiles as numpy's own, from one sort: of many columns numpy takes four times as long. A
    column with a nan has none.
    """
    return dict(zip(_SHARES, _by_column(_sorted_out, draws, len(_SHARES)), strict=True))


def _by_column(work: Callable[[Values], Values], draws: Values, size: int) -> Values:
    """Reduce draws, (S, ...), to ``size`` numbers a column, (size, ...), on all cores."""
    table = draws.reshape(len(draws), -1)
    step = max(TOGETHER // max(len(draws), 1), 1)
    parts = [table[:, start : start + step] for start in range(0, table.shape[1], step)]
    if len(parts) == 1:
        found = [work(table)]
    else:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(work, parts))
    whole = np.concatenate([np.empty((size, 0)), *found], axis=1)
    return whole.reshape(size, *draws.shape[1:])


def _sorted_out(table: Values) -> Values:
    """Give the quantiles of some columns, (quantile, column)."""
    ordered = np.array(table.T, order="C")  # a copy, a column's draws together
    ordered.sort(axis=-1)
    known = ~np.isnan(ordered[:, -1])  # nan is sorted last
    return np.array(
        [np.where(known, _quantile(ordered, share), np.nan) for share in _SHARES.values()]
    )


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


def sd(draws: Values) -> Values:
    """Give the standard deviation over the first axis of (S, ...); nan for a single draw."""
    if len(draws) < 2:
        return np.full(draws.shape[1:], np.nan)
    (found,) = _by_column(lambda part: part.std(axis=0, ddof=1)[None], draws, 1)
    return np.asarray(found)


def weighed(draws: Values, weights: Values) -> dict[str, Values]:
    """Give median, 95 % equal-tailed interval and probability of an increase of weighted draws.

    Parameters
    ----------
    draws
        (S, ...).
    weights
        (S,), summing to one; equal ones give what ``summarised`` and ``increase`` do.
    """
    table = draws.reshape(len(draws), -1)
    found = np.empty((len(_SHARES), table.shape[1]))
    for column, values in enumerate(table.T):
        order = np.argsort(values)
        # a draw stands in the middle of its own weight, the first at 0 and the last at 1
        middle = np.cumsum(weights[order]) - weights[order] / 2
        place = (middle - middle[0]) / (middle[-1] - middle[0])
        found[:, column] = np.interp([*_SHARES.values()], place, values[order])
    numbers = dict(zip(_SHARES, found.reshape(len(_SHARES), *draws.shape[1:]), strict=True))
    return numbers | {"probability": np.asarray(np.tensordot(weights, draws > 0, axes=1))}
