"""What is left of a year, carried over to the next within a cluster: a stationary AR(1).

With e a residual or an effect of standard deviation s, g the years since the cluster's row before
and phi the correlation of neighbouring years, e given the row before is normal around
phi^g e_before with variance s^2 (1 - phi^(2g)), and the first of a cluster has variance s^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.panel import Positions, Values


@dataclass(frozen=True, eq=False)
class Serial:
    """How rows follow one another.

    Parameters
    ----------
    gap
        (obs,): years since the row before of the same cluster; 0 for a cluster's first.
    concentration
        Of the LKJ prior of the correlation.
    """

    gap: Positions
    concentration: float

    @property
    def longest(self) -> int:
        """The most rows that a cluster has."""
        return int(self.position.max()) + 1

    @property
    def position(self) -> Positions:
        """How many rows of its cluster stand before each row, (obs,)."""
        rows = np.arange(len(self.gap))
        return rows - np.maximum.accumulate(np.where(self.gap == 0, rows, 0))

    @property
    def cells(self) -> Positions:
        """The row of each cluster and position, (cluster, position); any where there is none."""
        cluster = np.cumsum(self.gap == 0) - 1
        table = np.zeros((int(cluster[-1]) + 1, self.longest), dtype=np.int64)
        table[cluster, self.position] = np.arange(len(self.gap))
        return table

    @property
    def places(self) -> Positions:
        """Where in the cells, row by row of these, each row stands, (obs,)."""
        return (np.cumsum(self.gap == 0) - 1) * self.longest + self.position


def gaps(clusters: NDArray[np.object_], years: Positions) -> Positions:
    """Give the years since the row before of the same cluster, (obs,), 0 for the first.

    Examples
    --------
    >>> gaps(np.array(["A", "A", "A", "B"], dtype=object), np.array([2010, 2011, 2014, 2012]))
    array([0, 1, 3, 0])
    """
    same = np.append(False, clusters[1:] == clusters[:-1])[: len(clusters)]
    step = np.diff(years, prepend=years[:1])
    return np.where(same, step, 0).astype(np.int64)


def shares(gap: Positions, correlation: Values) -> Values:
    """Give how much of the row before is carried over, (S, obs), for correlations (S,)."""
    whole = correlation[:, None] ** np.maximum(gap, 1)
    return np.where(gap > 0, whole, 0.0)


def given_before(
    serial: Serial, y: Values, eta: Values, parameters: Mapping[str, Values], correlation: Values
) -> tuple[Values, dict[str, Values]]:
    """Give mean and parameters of each normal outcome given the row before, (S, obs) each.

    Parameters
    ----------
    serial
        Of the rows.
    y
        (obs,), the outcomes.
    eta
        (S, obs), their means.
    parameters
        With ``sigma``, the sd of an error by itself.
    correlation
        (S,), of neighbouring years.
    """
    share = shares(serial.gap, correlation)
    before = np.zeros_like(eta)
    before[:, 1:] = (y - eta)[:, :-1]
    left = parameters["sigma"] * np.sqrt(1 - share**2)
    return eta + share * before, {**parameters, "sigma": left}


def carried(serial: Serial, correlation: Values, rng: np.random.Generator) -> Values:
    """Draw what is carried over, (S, obs), of standard deviation 1, for correlations (S,)."""
    share = shares(serial.gap, correlation)
    drawn = rng.standard_normal(share.shape) * np.sqrt(1 - share**2)
    position = serial.position
    for k in range(1, serial.longest):
        rows = np.flatnonzero(position == k)
        drawn[:, rows] += share[:, rows] * drawn[:, rows - 1]
    return drawn
