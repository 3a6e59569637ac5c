"""How persistent outcomes are, by moments: what the default priors of a dynamic model rest on."""

from __future__ import annotations

import numpy as np

from clustermodels.data.factors import residual
from clustermodels.data.panel import Positions, Values

# No outcome is taken for more persistent than this; and a share of nothing would leave no prior.
_MOST, _LEAST = 0.98, 1e-3
_STEPS = 50


def nickell(past: Values | float, periods: float) -> Values:
    r"""Give the bias of the within estimator of the past's coefficient, plim for many clusters.

    $-\frac{1 + \rho}{T - 1} A \big/ \bigl(1 - \frac{2 \rho A}{(1 - \rho)(T - 1)}\bigr)$ with
    $A = 1 - \frac{1 - \rho^T}{T (1 - \rho)}$, without further covariates.

    Parameters
    ----------
    past
        The coefficient $\rho$, below 1.
    periods
        Usable years T of each cluster, more than one.

    References
    ----------
    Nickell, S. (1981). Biases in dynamic models with fixed effects. Econometrica 49, 1417-1426.
    https://doi.org/10.2307/1911408

    Examples
    --------
    >>> [round(float(nickell(0.5, periods)), 3) for periods in (9, 5)]
    [-0.181, -0.331]
    """
    past = np.asarray(past, dtype=float)
    a = 1 - (1 - past**periods) / (periods * (1 - past))
    return -((1 + past) / (periods - 1)) * a / (1 - 2 * past * a / ((1 - past) * (periods - 1)))


def left_to_clusters(
    y: Values, past: Values, cluster: Positions, year: Positions | None = None
) -> float:
    r"""Estimate what clusters still differ by once their first outcome is known, as an sd.

    In a steady state $y_0 = a / (1 - \rho) + e_0$, with variances $v_b$ of the first part over
    clusters and $v_e = \sigma^2 / (1 - \rho^2)$ of the second, and a given $y_0$ has the sd
    $(1 - \rho) \sqrt{v_b v_e / (v_b + v_e)}$. Here $\rho$ is the within estimate, freed of
    Nickell's bias, $\sigma$ what that leaves, and $v_b$ what is left of the variance of y.

    Parameters
    ----------
    y
        (obs,), the outcome as its past enters.
    past
        (obs, lag).
    cluster, year
        Of each row, a number. Years are given where they have effects of their own, which take up
        what all clusters share: a trend is no persistence.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> a, y = rng.normal(size=5000), np.zeros((61, 5000))
    >>> for t in range(60):
    ...     y[t + 1] = a + 0.6 * y[t] + rng.normal(size=5000)
    >>> now, before = y[-9:].T.ravel(), y[-10:-1].T.reshape(-1, 1)
    >>> wanted = 0.4 * np.sqrt(6.25 * 1.5625 / 7.8125)
    >>> round(float(left_to_clusters(now, before, np.repeat(np.arange(5000), 9)) / wanted), 1)
    1.0
    """
    clusters = int(cluster.max()) + 1
    years = 1 if year is None else int(year.max()) + 1
    periods = len(y) / clusters
    shared = [] if year is None else [year]
    spread = float(residual(y, shared).std())
    if spread == 0 or periods <= 2:
        return spread or 1.0
    within = residual(y, [cluster, *shared])
    lags = np.column_stack([residual(column, [cluster, *shared]) for column in past.T])
    slopes = np.linalg.lstsq(lags, within, rcond=None)[0]
    rho = unbiased(float(slopes.sum()), periods)
    freedom = max(len(y) - clusters - years + 1 - len(slopes), 1)
    sigma2 = float(((within - lags @ slopes) ** 2).sum()) / freedom
    own = sigma2 / (1 - rho**2)
    between = max(spread**2 - own, 0.0)
    left = (1 - rho) * np.sqrt(between * own / max(between + own, 1e-300))
    return max(float(left), _LEAST * spread)


def unbiased(estimate: float, periods: float) -> float:
    """Give the persistence whose within estimate, off by Nickell's bias, is this one.

    From 0 to 0.98, the nearer end where it would lie beyond.

    Examples
    --------
    >>> round(unbiased(0.8 + float(nickell(0.8, 9)), 9), 3)
    0.8
    """
    low, high = 0.0, _MOST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle + float(nickell(middle, periods)) < estimate:
            low = middle
        else:
            high = middle
    return low


def largest_root(rhos: Values) -> Values:
    r"""Give the modulus of the largest root of $\lambda^p - \rho_1 \lambda^{p-1} - \dots$, (S,).

    Parameters
    ----------
    rhos
        (S, lag).

    Examples
    --------
    >>> largest_root(np.array([[0.5], [-1.2]])).tolist()
    [0.5, 1.2]
    """
    lags = rhos.shape[1]
    companion = np.zeros((len(rhos), lags, lags))
    companion[:, 0] = rhos
    companion[:, np.arange(1, lags), np.arange(lags - 1)] = 1.0
    return np.asarray(np.abs(np.linalg.eigvals(companion)).max(axis=1))
