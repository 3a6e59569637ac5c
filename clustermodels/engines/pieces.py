"""Work on pieces of the levels, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np

from clustermodels.data.panel import Positions

# Fewer rows than this are not worth a second thread; more pieces than this help nobody. Both are
# fixed, so that sums are added up in the same order on every machine.
SMALLEST = 2000
MOST = 16


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="clustermodels")


def pieces(starts: Positions, work: float = 1.0) -> list[tuple[int, int]]:
    """Part the levels into runs of about as many rows each.

    Parameters
    ----------
    starts
        (J + 1,): where each level's rows begin.
    work
        How often each row is visited.
    """
    rows = int(starts[-1])
    if rows * work < 2 * SMALLEST:
        return [(0, len(starts) - 1)]
    count = int(min(MOST, max(1, rows * work // SMALLEST), len(starts) - 1))
    cuts = np.searchsorted(starts, np.linspace(0, rows, count + 1)[1:-1])
    bounds = np.unique(np.concatenate([[0], cuts, [len(starts) - 1]])).tolist()
    return list(pairwise(bounds))


def on_all[Result](do: Callable[[int, int], Result], parts: list[tuple[int, int]]) -> list[Result]:
    """Call ``do(first, last)`` for every piece, side by side; give the results in order."""
    if len(parts) == 1:
        return [do(*parts[0])]
    return list(_pool().map(lambda part: do(*part), parts))
