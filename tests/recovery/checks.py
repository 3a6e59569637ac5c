"""What calibration implies, with exact or Monte Carlo bounds.

Where truths are drawn from the prior and data from the model at them, then for every quantity the
truth and the draws of its posterior are exchangeable (Talts et al. 2018,
doi 10.48550/arXiv.1804.06788). So, over R replicates,

- ranks: the rank of the truth among L draws is uniform over 0 .. L;
- coverage: a central interval of probability p holds the truth Binomial(R, p) times; the share of
  quantities that it holds in one replicate has mean p, and replicates are independent, so its mean
  over R replicates differs from p by a t variable times s / sqrt(R);
- bias: the posterior mean minus the truth has mean 0: again t with R - 1 degrees of freedom.

Each function gives the probability, were all right, of a departure at least as large (two-sided),
per quantity. Tests compare the smallest with a level split over all that they look at, so that a
whole run of this folder with new seeds would fail by chance less than once in a hundred times.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Values = NDArray[np.float64]

BINS = 20
SIMULATED = 200_000
# Six families, each looked at in at most five ways.
LEVEL = 0.01 / 30


def rank_probability(ranks: Values, possible: int) -> Values:
    """Compare (replicate, quantity) ranks in 0 .. possible - 1 with the uniform law.

    The cumulated count of ranks in the first i of K bins is Binomial(R, i / K) for each i. The
    statistic is the least probable of them, and its own law is simulated: the simultaneous band
    of Säilynoja, Bürkner & Vehtari (2022, doi 10.1007/s11222-022-10090-6).
    """
    assert possible % BINS == 0
    replicates = len(ranks)
    bins = (ranks * BINS // possible).astype(int)
    counts = np.stack([np.bincount(column, minlength=BINS) for column in bins.T])
    rng = np.random.default_rng(0)
    uniform = rng.multinomial(replicates, np.full(BINS, 1 / BINS), size=SIMULATED)
    reference = np.sort(_least_probable(uniform, replicates))
    below = np.searchsorted(reference, _least_probable(counts, replicates), side="right")
    return (1 + below) / (1 + SIMULATED)


def _least_probable(counts: NDArray[np.int_], replicates: int) -> Values:
    edges = np.arange(1, BINS) / BINS
    possible = np.arange(replicates + 1)[:, None]
    tail = np.minimum(
        stats.binom.cdf(possible, replicates, edges),
        stats.binom.sf(possible - 1, replicates, edges),
    )
    cumulated = counts.cumsum(axis=1)[:, :-1]
    # rounded, so that equal counts are ties whatever the last digit
    return np.round(tail[cumulated, np.arange(BINS - 1)].min(axis=1), 14)


def coverage_probability(held: NDArray[np.bool_], probability: float) -> Values:
    """Compare (replicate, quantity) hits with the interval's own probability."""
    replicates = len(held)
    hits = held.sum(axis=0)
    low = stats.binom.cdf(hits, replicates, probability)
    high = stats.binom.sf(hits - 1, replicates, probability)
    return np.minimum(1, 2 * np.minimum(low, high))


def mean_probability(values: Values, expected: float) -> Values:
    """Compare the mean of (replicate, ...) values with what it should be."""
    replicates = len(values)
    error = values.std(axis=0, ddof=1) / np.sqrt(replicates)
    return 2 * stats.t.sf(np.abs(values.mean(axis=0) - expected) / error, replicates - 1)


def smallest(probabilities: Values) -> float:
    """Give the smallest probability, corrected for how many there are."""
    return float(np.min(probabilities) * np.size(probabilities))
