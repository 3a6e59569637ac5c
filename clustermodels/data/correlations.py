"""Correlations among k coefficients: their pairs, and their LKJ prior.

With partial correlations w_ij in a vine, LKJ(eta) makes (w_ij + 1) / 2 independent
Beta(b_j, b_j), b_j = eta + (k - 2 - j) / 2 for j = 0 .. k - 2 (Lewandowski, Kurowicka & Joe 2009,
doi 10.1016/j.jmva.2009.04.008).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from clustermodels.data.panel import Values


def pairs(k: int) -> list[tuple[int, int]]:
    """List the pairs (i, j), j < i, in the order of the posterior.

    Examples
    --------
    >>> pairs(3)
    [(1, 0), (2, 0), (2, 1)]
    """
    return [(i, j) for i in range(k) for j in range(i)]


def pair_labels(names: list[str]) -> list[str]:
    """Name the pairs of k coefficients."""
    return [f"{names[j]} × {names[i]}" for i, j in pairs(len(names))]


def beta_parameter(concentration: float, k: int, column: int) -> float:
    """Give b_j of the Beta law of the partial correlations in a column of the vine."""
    return concentration + (k - 2 - column) / 2


def cholesky(partial: Values, k: int) -> Values:
    """Turn partial correlations (S, pairs) into Cholesky factors (S, k, k)."""
    factor = np.zeros((len(partial), k, k))
    factor[:, 0, 0] = 1.0
    for i in range(1, k):
        left = np.ones(len(partial))
        for j in range(i):
            factor[:, i, j] = partial[:, pairs(k).index((i, j))] * np.sqrt(left)
            left = left - factor[:, i, j] ** 2
        factor[:, i, i] = np.sqrt(left)
    return factor


def draw(rng: np.random.Generator, size: int, k: int, concentration: float) -> Values:
    """Draw Cholesky factors of correlations, (size, k, k), from LKJ(concentration)."""
    b = np.array([beta_parameter(concentration, k, j) for _, j in pairs(k)])
    return cholesky(2 * rng.beta(b, b, size=(size, len(b))) - 1, k)


def matrix(correlations: Values, k: int) -> Values:
    """Turn correlations (S, pairs) into matrices (S, k, k)."""
    whole = np.ones((len(correlations), k, k))
    for n, (i, j) in enumerate(pairs(k)):
        whole[:, i, j] = whole[:, j, i] = correlations[:, n]
    return whole


def log_density(correlations: Values, k: int, concentration: float) -> Values:
    """Give the log density of correlations (S, pairs) under LKJ(concentration), (S,).

    f(R) = |R|^(eta - 1) / c, with log c the sum over pairs (i, j) of
    (2 b_j - 1) log 2 + log B(b_j, b_j) (Lewandowski, Kurowicka & Joe 2009, equation 16).
    """
    b = np.array([beta_parameter(concentration, k, j) for _, j in pairs(k)])
    constant = float(np.sum((2 * b - 1) * np.log(2) + betaln(b, b)))
    density: Values = (concentration - 1) * np.linalg.slogdet(matrix(correlations, k))[1] - constant
    return density
