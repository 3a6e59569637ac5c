"""Nodes and weights of Gauss-Hermite quadrature in k dimensions."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np

from clustermodels.data.panel import Values


@cache
def nodes(k: int, each: int) -> tuple[Values, Values]:
    """Give the product rule for integrals against the standard normal density in k dimensions.

    Integral of f(x) N(x; 0, I) dx = sum_m w_m f(x_m), exact for polynomials up to degree
    2 ``each`` - 1 in every coordinate.

    Returns
    -------
    nodes, log_weights
        (M, k) and (M,), M = each^k. The log weights have |x|^2 / 2 added, as an integrand that is
        given as h(x) = log f(x) - |x|^2 / 2 needs it.

    Examples
    --------
    >>> x, log_weights = nodes(2, 3)
    >>> weights = np.exp(log_weights - (x**2).sum(axis=1) / 2)
    >>> float((weights * x[:, 0] ** 4).sum().round(6))
    3.0
    """
    points, weights = np.polynomial.hermite_e.hermegauss(each)
    log_one = np.log(weights / weights.sum())
    x = np.array(list(itertools.product(points, repeat=k))).reshape(each**k, k)
    logs = np.array([sum(row) for row in itertools.product(log_one, repeat=k)])
    return x, logs + 0.5 * (x**2).sum(axis=1)
