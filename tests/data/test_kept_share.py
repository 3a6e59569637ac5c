"""What the prior of a kept share rests on."""

import numpy as np
import pytest
import scipy.optimize as opt
import scipy.stats as st

from clustermodels.data.kept_share import left_of_means, power_kept

CLUSTERS, YEARS = 12, 30


def counts(level, share=0.4):
    rng = np.random.default_rng(3)
    own = np.exp(level + rng.normal(0, 0.4, CLUSTERS))
    y = [np.round(own / (1 - share))]
    for _ in range(YEARS):
        y.append(rng.poisson(share * y[-1] + own))
    before, now = np.array(y[:-1]), np.array(y[1:])
    return now.T.ravel(), before.T.ravel(), np.repeat(np.arange(CLUSTERS), YEARS)


@pytest.mark.parametrize(
    ("level", "low", "high"), [(-2.0, 0.0, 0.3), (0.5, 0.4, 0.9), (6, 0.98, 1)]
)
def test_the_power_is_that_of_the_information_where_counts_are_the_likeliest(level, low, high):
    y, before, cluster = counts(level)
    mean = np.array([y[cluster == c].mean() for c in range(CLUSTERS)])[cluster]

    def root_of_information(share):
        def against(log_new):
            return -st.poisson(share * before + np.exp(log_new) * mean).logpmf(y).sum()

        new = np.exp(opt.minimize_scalar(against, bounds=(-6, 1), method="bounded").x) * mean
        return np.sqrt((new**2 / (share * before + new)).sum())

    h = 0.01
    change = np.log(root_of_information(0.7 + h) / root_of_information(0.7 - h))
    wanted = change / np.log((0.3 - h) / (0.3 + h))
    found = power_kept(y, before, cluster)
    assert found == pytest.approx(wanted, abs=2e-3)
    assert low < found < high


def test_panels_of_zeros_and_counts_that_were_all_there_before_have_a_power():
    zeros, cluster = np.zeros(6), np.array([0, 0, 0, 1, 1, 1])
    assert power_kept(zeros, zeros, cluster) == 1.0
    fading = np.array([0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    assert np.isfinite(power_kept(fading, 10 * np.ones(6), cluster))


def test_what_is_left_to_clusters_is_less_than_what_counts_vary_by_themselves():
    """Of 400 clusters with the same mean next to nothing is left, however few the counts."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(400), 10)
    own = rng.normal(0, 0.5, 400)
    nothing = np.empty((400, 0))
    same, apart = rng.poisson(2.0, 4000), rng.poisson(2 * np.exp(own)[cluster])
    raw = np.log(np.bincount(cluster, same) / 10).std()
    assert left_of_means(same.astype(float), nothing, cluster) < 0.4 * raw
    assert left_of_means(apart.astype(float), nothing, cluster) == pytest.approx(0.5, abs=0.05)
    assert left_of_means(apart.astype(float), own[:, None], cluster) < 0.15
