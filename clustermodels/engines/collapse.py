"""Rows that differ only in their outcome, put together where the family allows.

Poisson counts at one predictor add up to a Poisson count at the sum of their exposures, and
successes to successes in the sum of their trials. (Gaussian rows enter by sums of squares anyway.)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.engines.arrow import Arrow

COLLAPSIBLE = ("poisson", "bernoulli", "binomial")


def collapsed(of: Arrow) -> Arrow:
    """Put together the rows of a level whose columns are all equal.

    The likelihood changes by a factor that depends on no parameter.
    """
    if of.family not in COLLAPSIBLE:
        return of
    level = np.repeat(np.arange(of.levels), np.diff(of.starts))
    columns = np.column_stack([of.z, of.x, of.codes, of.values])
    first, group = _equal_rows(level, columns)
    if len(first) == len(level):
        return of
    exposure = np.bincount(group, np.exp(of.offset))
    return replace(
        of,
        starts=np.searchsorted(level[first], np.arange(of.levels + 1)).astype(np.int64),
        y=np.bincount(group, of.y),
        trials=np.bincount(group, of.trials),
        offset=np.log(exposure) if of.family == "poisson" else of.offset[first],
        z=of.z[first],
        x=of.x[first],
        codes=of.codes[first],
        values=of.values[first],
        order=of.order[first],
    )


def _equal_rows(level: np.ndarray, columns: Values) -> tuple[np.ndarray, np.ndarray]:
    """Give the first row of each group of equal rows, in order, and each row's group.

    Equal rows have equal sums with any weights: sorting by one such sum brings them together, and
    neighbours are then compared in full. Two groups with one sum at most stay apart.
    """
    key = columns @ np.random.default_rng(0).standard_normal(columns.shape[1])
    order = np.lexsort((key, level))
    same = (level[order][1:] == level[order][:-1]) & (key[order][1:] == key[order][:-1])
    if not same.any():
        return np.arange(len(level)), np.arange(len(level))
    same &= (columns[order][1:] == columns[order][:-1]).all(axis=1)
    sorted_group = np.concatenate([[0], np.cumsum(~same)])
    group = np.empty(len(level), dtype=np.int64)
    group[order] = sorted_group
    first = np.full(int(sorted_group[-1]) + 1, len(level))
    np.minimum.at(first, group, np.arange(len(level)))
    # groups in the order of their first rows, which is that of the levels
    rank = np.argsort(np.argsort(first))
    return np.sort(first), rank[group]
