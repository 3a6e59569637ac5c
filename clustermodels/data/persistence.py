"""How persistent outcomes are, by moments: what the default priors of a dynamic model rest on."""

from __future__ import annotations

import numpy as np

from clustermodels.data.factors import residual
from clustermodels.data.panel import Positions, Values

# No outcome is taken for more persistent than this; and a share of nothing would leave no prior.
_MOST, _LEAST = 0.98, 1e-3
_STEPS = 500
# A step below which a solution is found.
_SETTLED = 1e-9
# Below this share of a column, what varies within clusters is rounding.
_ROUNDING = 1e-9


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
    y: Values,
    past: Values,
    columns: Values,
    known: Values,
    cluster: Positions,
    year: Positions | None = None,
    course: Values | None = None,
) -> tuple[float, float]:
    r"""Estimate what clusters still differ by once what is known of them is, as sds.

    The mean over its years of what a cluster's outcome has beside its past and its columns,
    $\frac{1}{T} \sum_t (y_t - \rho y_{t-1} - \beta x_t)$, is its effect and a mean error: the
    variance over clusters that is left given what is known of them, less $\sigma^2 / T$. So is the
    slope of that along the years its trend, and an error. Nothing is asked of how the panel began.
    $\rho$ is the within estimate, freed of its bias (``bias_corrected``). What is too small to be
    seen, half the sd of the error, is the least that is given.

    Parameters
    ----------
    y
        (obs,), the outcome as its past enters.
    past, columns
        (obs, lag) and (obs, k): its own past, and what else moves it within clusters.
    known
        (cluster, m): first outcomes, as many as lags, then first covariates and later means.
    cluster, year
        Of each row, a number. Years are given where they have effects of their own, which take up
        what all clusters share: a trend is no persistence.
    course
        (obs,), the standardised years where clusters have trends: these are given their first
        outcomes.

    Returns
    -------
    tuple of float
        Of effects; of trends, 0 without a course.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> a, y = rng.normal(size=5000), np.zeros((10, 5000))  # begins at 0, whatever a is
    >>> for t in range(9):
    ...     y[t + 1] = a + 0.6 * y[t] + rng.normal(size=5000)
    >>> now, before = y[1:].T.ravel(), y[:-1].T.reshape(-1, 1)
    >>> of, none = np.repeat(np.arange(5000), 9), np.empty((45000, 0))
    >>> round(left_to_clusters(now, before, none, y[:1].T, of)[0], 1)
    1.0
    """
    size = np.bincount(cluster)
    clusters, periods = len(size), len(y) / len(size)
    shared = [] if year is None else [year]
    spread = float(residual(y, shared).std())
    drifts = [] if course is None else [(cluster, course)]
    if spread == 0 or periods <= 2 + len(drifts):
        return spread or 1.0, (spread or 1.0) * len(drifts)
    moved = np.column_stack([past, columns])
    inside = np.column_stack([residual(each, [cluster, *shared], drifts) for each in moved.T])
    varies = np.abs(inside).max(axis=0) > _ROUNDING * np.abs(moved).max(axis=0)
    varies[: past.shape[1]] = True
    moved, inside = moved[:, varies], inside[:, varies]
    within = residual(y, [cluster, *shared], drifts)
    lags = past.shape[1]
    rhos, sigma2 = bias_corrected(
        within,
        inside,
        clusters,
        periods,
        lags=lags,
        own=1 + len(drifts),
        years=0 if year is None else int(year.max()),
    )
    others = np.linalg.lstsq(inside[:, lags:], within - inside[:, :lags] @ rhos, rcond=None)[0]
    rest = y - moved[:, :lags] @ rhos - moved[:, lags:] @ others
    if year is not None:
        rest = rest - (np.bincount(year, rest) / np.maximum(np.bincount(year), 1))[year]
    least = _LEAST * spread
    if course is None:
        return _apart(np.bincount(cluster, rest) / size, known, sigma2 / size, least), 0.0
    centre = np.bincount(cluster, course) / size
    away = course - centre[cluster]
    square = np.maximum(np.bincount(cluster, away * away), 1e-300)
    slope = np.bincount(cluster, away * rest) / square
    own = np.bincount(cluster, rest) / size - slope * centre
    return (
        _apart(own, known, sigma2 * (1 / size + centre**2 / square), least),
        _apart(slope, known[:, :lags], sigma2 / square, least),
    )


def _apart(own: Values, known: Values, error: Values, least: float) -> float:
    """Give the sd of numbers of clusters given what is known, without the variance of errors."""
    told = np.column_stack([np.ones(len(own)), known])
    left = own - told @ np.linalg.lstsq(told, own, rcond=None)[0]
    freedom = max(len(own) - np.linalg.matrix_rank(told), 1)
    seen = float(left @ left) / freedom - float(error.mean())
    return float(np.sqrt(max(seen, float(error.mean()) / 4, least**2)))


def bias_corrected(
    y: Values,
    columns: Values,
    clusters: int,
    periods: float,
    *,
    lags: int = 1,
    own: int = 1,
    years: int = 0,
) -> tuple[Values, float]:
    r"""Give the past's coefficients freed of the within estimator's bias, and the variance.

    The bias is $-\sigma^2 Q^{-1} h$, with Q a cluster's sums of squares and products of the past,
    the other columns taken out, and $h_k = \sum_{s \le t - k} P_{ts} \psi_{t-k-s}$: P is the
    projection on what each cluster has of its own, its mean, $P_{ts} = 1/T$, or also a trend, and
    $\psi_j$ what is left of an error j years later, $\psi_j = \sum_k \rho_k \psi_{j-k}$. It is
    solved for $\rho$ together with $\sigma^2$, from the within estimate on (Bun & Carree 2005, for
    one lag, who show that it holds however the panel began).

    Parameters
    ----------
    y, columns
        (obs,) and (obs, lags + k), with what clusters have of their own taken out; the past comes
        first, the year before first of all.
    clusters, periods
        How many, and the usable years of each.
    lags
        How many columns are the past.
    own
        1 where clusters have means of their own, 2 where also trends.
    years
        How many effects of years were taken out too.

    Returns
    -------
    tuple
        The coefficients, (lags,), with a largest root of at most 0.98, and the variance of the
        errors.

    References
    ----------
    Bun, M. J. G. & Carree, M. A. (2005). Bias-corrected estimation in dynamic panel data models.
    Journal of Business & Economic Statistics 23, 200-210. https://doi.org/10.1198/073500104000000532
    """
    slopes = np.linalg.lstsq(columns, y, rcond=None)[0]
    past, others = columns[:, :lags], columns[:, lags:]
    past = past - others @ np.linalg.lstsq(others, past, rcond=None)[0]
    products = past.T @ past
    least = float(((y - columns @ slopes) ** 2).sum())
    free = max(len(y) - own * clusters - years - len(slopes), 1)
    time = np.arange(max(round(periods), own + 1))
    basis = np.linalg.qr(np.vander(time, own))[0]
    share = basis @ basis.T
    # what is taken of an error and of what it leaves j years later, summed over years
    taken = np.array([np.trace(share, -j) for j in range(len(time))])
    inverse = clusters * np.linalg.pinv(products)
    found = slopes[:lags]
    for _ in range(_STEPS):
        apart = found - slopes[:lags]
        variance = (least + float(apart @ products @ apart)) / free
        echoes = _echoes(found, len(time))
        lost = [float(taken[k:] @ echoes[: len(time) - k]) for k in range(1, lags + 1)]
        better = slopes[:lags] + variance * (inverse @ np.array(lost))
        if largest_root(better[None])[0] >= _MOST:
            return found, variance
        found, moved = better, float(np.abs(better - found).max())
        if moved < _SETTLED:
            break
    return found, variance


def _echoes(rhos: Values, years: int) -> Values:
    """Give what is left of an error after so many years, (year,)."""
    left = np.zeros(years)
    left[0] = 1.0
    for year in range(1, years):
        back = min(year, len(rhos))
        left[year] = rhos[:back] @ left[year - back : year][::-1]
    return left


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
