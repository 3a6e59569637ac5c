"""What the priors rest on where counts keep a share of the last one."""

from __future__ import annotations

import numpy as np

from clustermodels.data.panel import Positions, Values

# At which share, and at how much on either side of it, a power is taken.
SHARE, STEP = 0.7, 1e-3
# Beside a mean of 0, as if half a count more had been seen.
HALF = 0.5
# Of a cluster's mean at least this is new.
LITTLE = 1e-6
# Newton's: from there each doubles what is new at least, until it is near.
STEPS = 100
# Of the variance between clusters at least this share is theirs.
LEAST = 0.1


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
    size, seen = np.bincount(cluster), np.bincount(cluster, y) + HALF
    level = np.log(seen / size)
    x = np.column_stack([np.ones(len(size)), given])
    left = level - x @ np.linalg.lstsq(x, level)[0]
    free = len(size) - np.linalg.matrix_rank(x)
    variance = left @ left / free if free > 0 else level.var()
    # less what counts of so many vary by themselves
    return float(np.sqrt(max(variance - (1 / seen).mean(), LEAST * variance)))


def power_kept(y: Values, before: Values, cluster: Positions) -> float:
    r"""Give by which power of 1 - rho the sd of what rows tell of a coefficient falls.

    $s = \frac12\, d \log I / d \log (1 - \rho)$ at rho = 0.7, with the information
    $I = \sum e^{2 \eta} / \mu$ of a Poisson count, $\mu = \rho y_{-1} + e^\eta$. Clusters' means m
    give $e^\eta = c m$, with the c at which rho's counts are the likeliest, so that $c = 1 - \rho$
    where counts are large, and s is 1; rows whose last count was 0 tell of c whatever rho is, and
    where there are no others s is 0.

    Examples
    --------
    >>> many = np.full(4, 1e6)
    >>> round(power_kept(many, many, np.array([0, 0, 1, 1])), 3)
    1.0
    >>> abs(power_kept(np.ones(4), np.zeros(4), np.array([0, 0, 1, 1])))
    0.0
    """
    mean = (np.bincount(cluster, y) / np.bincount(cluster))[cluster]
    some = mean > 0
    y, before, mean = y[some], before[some], mean[some]
    if not len(y):
        return 1.0

    def told(share: float) -> float:
        # where counts are no more than what is kept, as little is new as makes a number; else what
        # counts say of c falls ever less steeply, so that Newton's steps from below never pass it
        new = LITTLE
        for _ in range(STEPS):
            expected = share * before + new * mean
            score = (mean * (y / expected - 1)).sum()
            step = score / (mean**2 * y / expected**2).sum()
            if step <= 1e-12 * new:
                break
            new += step
        return float(((new * mean) ** 2 / (share * before + new * mean)).sum())

    low, high = SHARE - STEP, SHARE + STEP
    moved = np.log(told(high)) - np.log(told(low))
    return float(moved / (np.log(1 - high) - np.log(1 - low)) / 2)
