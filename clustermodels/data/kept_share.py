"""What the priors rest on where counts keep a share of the last one."""

from __future__ import annotations

import numpy as np

from clustermodels.data.panel import Positions, Values

# At which share, and at how much on either side of it, a power is taken.
SHARE, STEP = 0.5, 1e-3
# Beside a mean of 0, as if half a count more had been seen.
HALF = 0.5


def left_of_means(y: Values, given: Values, cluster: Positions) -> float:
    """Give the sd of clusters' log mean counts that is left given what is known of them.

    Parameters
    ----------
    y
        (obs,), counts.
    given
        (cluster, k): first outcomes and covariates, means.
    cluster
        (obs,), of each row.
    """
    size = np.bincount(cluster)
    level = np.log((np.bincount(cluster, y) + HALF) / size)
    x = np.column_stack([np.ones(len(size)), given])
    left = level - x @ np.linalg.lstsq(x, level)[0]
    free = len(size) - np.linalg.matrix_rank(x)
    if free < 1:
        return float(level.std())
    return float(np.sqrt(left @ left / free))


def power_kept(y: Values, before: Values, cluster: Positions) -> float:
    r"""Give by which power of 1 - rho the sd of what rows tell of a coefficient falls.

    $s = \frac12\, d \log I / d \log (1 - \rho)$ with the information $I = \sum e^{2 \eta} / \mu$ of
    a Poisson count, $e^\eta = (1 - \rho) m$ and $\mu = \rho y_{-1} + e^\eta$, m the cluster's mean:
    1 where counts are large, and 1/2 where the last one is mostly 0.

    Examples
    --------
    >>> many = np.full(4, 1e6)
    >>> round(power_kept(many, many, np.array([0, 0, 1, 1])), 3)
    1.0
    >>> round(power_kept(np.ones(4), np.zeros(4), np.array([0, 0, 1, 1])), 3)
    0.5
    """
    mean = (np.bincount(cluster, y) / np.bincount(cluster))[cluster]
    some = mean > 0
    if not some.any():
        return 1.0

    def told(share: float) -> float:
        new = (1 - share) * mean[some]
        return float((new**2 / (share * before[some] + new)).sum())

    low, high = SHARE - STEP, SHARE + STEP
    moved = np.log(told(high)) - np.log(told(low))
    return float(moved / (np.log(1 - high) - np.log(1 - low)) / 2)
