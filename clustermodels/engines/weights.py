"""Importance weights: how far they can be trusted, and draws by them."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from clustermodels.data.panel import Values


def smoothed(log_weights: Values) -> tuple[Values, float]:
    """Replace the largest weights by what a fitted generalised Pareto tail expects of them.

    Pareto smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25).

    Parameters
    ----------
    log_weights
        (S,), up to a constant.

    Returns
    -------
    weights, k
        (S,), summing to one, and the tail's shape: below 0.7 the weighted draws can be relied on.
        k is nan where there are too few points, and minus infinity where all weights are equal.

    Raises
    ------
    FloatingPointError
        If a weight is not a number.
    """
    size = len(log_weights)
    if np.isnan(log_weights).any():
        raise FloatingPointError("an importance weight is not a number")
    logs = log_weights - log_weights.max()
    tail = int(min(0.2 * size, 3 * np.sqrt(size)))
    if tail < 5:
        return np.exp(logs - logsumexp(logs)), float("nan")
    order = np.argsort(logs)
    largest = order[-tail:]
    cut = logs[order[-tail - 1]]
    excess = np.exp(logs[largest]) - np.exp(cut)
    if excess[-1] <= 1e-12:
        return np.exp(logs - logsumexp(logs)), float("-inf")
    k, scale = _generalised_pareto(excess)
    if np.isfinite(k):
        share = (np.arange(tail) + 0.5) / tail
        surprise = -np.log1p(-share)
        expected = scale * (np.expm1(k * surprise) / k if abs(k) > 1e-12 else surprise)
        logs = logs.copy()
        logs[largest] = np.minimum(np.log(expected + np.exp(cut)), 0.0)
    return np.exp(logs - logsumexp(logs)), float(k)


def _generalised_pareto(excess: Values) -> tuple[float, float]:
    """Fit shape and scale to sorted positive numbers (Zhang & Stephens 2009).

    A posterior mean over a grid of one parameter (doi 10.1198/tech.2009.08017), the shape shrunk
    towards 0.5 by ten observations' worth, as Pareto smoothing does.
    """
    n = len(excess)
    grid = 30 + int(np.sqrt(n))
    quarter = excess[int(n / 4 + 0.5) - 1]
    b = 1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    b = b / (3 * max(quarter, 1e-300)) + 1 / excess[-1]
    shapes = np.log1p(-b[:, None] * excess).mean(axis=1)
    likelihood = n * (np.log(-b / shapes) - shapes - 1)
    weight = np.exp(likelihood - logsumexp(likelihood))
    mean = float(weight @ b)
    shape = float(np.log1p(-mean * excess).mean())
    scale = -shape / mean
    return (n * shape + 10 * 0.5) / (n + 10), scale


def effective(weights: Values) -> float:
    """Give how many equally weighted draws the weights are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def resampled(rng: np.random.Generator, weights: Values, size: int) -> np.ndarray:
    """Draw positions with expected frequency proportional to the weights, in random order.

    Systematic resampling: every position comes up its expected number of times, rounded up or
    down.
    """
    spots = (rng.random() + np.arange(size)) / size
    edges = np.cumsum(weights / weights.sum())
    taken = np.minimum(np.searchsorted(edges, spots), len(weights) - 1)
    return rng.permutation(taken)
