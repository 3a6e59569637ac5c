"""Thinned ties: the mean and the variance of counts from a shorter time."""

import numpy as np

import clustermodels as cm
from clustermodels.network.thinning import thinned

SHARE, TIMES = 0.4, 4000


def network():
    return cm.make_network(["A", "A", "B", "C"], ["B", "C", "B", "A"], [1, 1, 1, 4], [3, 8, 20, 1])


def test_scaled_counts_keep_their_mean_and_have_the_variance_of_a_shorter_time():
    """Given n: mean n, variance n (1 - p) / p = n zeta; and of Poisson n: lambda / p in all."""
    rng, given = np.random.default_rng(1), network()
    cells = {}
    for _ in range(TIMES):
        made = thinned(given, SHARE, rng)
        ties = zip(made.source, made.target, made.year, made.weight, strict=True)
        for source, target, year, weight in ties:
            cells.setdefault((source, target, year), []).append(weight)
    for source, target, year, n in zip(
        given.source, given.target, given.year, given.weight, strict=True
    ):
        seen = np.array(cells[source, target, year])
        total, squares = seen.sum(), (seen**2).sum()
        variance = n * (1 / SHARE - 1)
        mean = total / TIMES
        assert abs(mean - n) < 4 * np.sqrt(variance / TIMES)
        spread = squares / TIMES - mean**2
        # the variance of a variance: that of a normal is generous for n of 1 with its two values
        assert abs(spread - variance) < 4 * variance * np.sqrt(2 / TIMES) + 0.05 * (n == 1)


def test_a_poisson_count_thinned_is_a_poisson_count_of_a_shorter_time():
    rng = np.random.default_rng(2)
    nodes = [f"{i}" for i in range(TIMES)]
    n = rng.poisson(5, TIMES)
    made = thinned(cm.make_network(nodes, nodes, [1] * TIMES, n), SHARE, rng)
    counted = np.zeros(TIMES)
    counted[: len(made.weight)] = made.weight * SHARE  # those that are left; the others are 0
    assert abs(counted.mean() - 5 * SHARE) < 4 * np.sqrt(5 * SHARE / TIMES)
    assert abs(counted.var() - 5 * SHARE) < 4 * 5 * SHARE * np.sqrt(2.5 / TIMES)


def test_nothing_is_lost_but_projects():
    given = network()
    whole = thinned(given, 1.0, np.random.default_rng(3))
    np.testing.assert_array_equal(whole.weight, given.weight)
    few = thinned(given, 1e-9, np.random.default_rng(3))
    assert len(few.weight) == 0
    assert few.span == given.span == (1, 4)
    assert few.nodes == given.nodes
