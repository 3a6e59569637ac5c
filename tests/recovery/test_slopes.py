"""The average slope where clusters in which the policy works better get more of it."""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS, PANELS = 60, 8, 100
AVERAGE, BEND, LEFT = 0.5, 0.3, 0.2


def panel(seed):
    """Draw counts of policies, which vary most where there are many, and their slopes."""
    rng = np.random.default_rng(seed)
    mean, code = rng.gamma(2, 1, CLUSTERS), np.repeat(np.arange(CLUSTERS), YEARS)
    policies = rng.poisson(mean[code]).astype(float)
    slopes = AVERAGE + BEND * (mean - 2) + LEFT * rng.normal(size=CLUSTERS)
    own = 0.8 * mean + 0.5 * rng.normal(size=CLUSTERS)
    y = own[code] + slopes[code] * policies + rng.normal(size=len(code))
    years = np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS)
    cities = [f"c{number:02d}" for number in code]
    frame = pd.DataFrame({"city": cities, "year": years, "policies": policies, "y": y})
    return frame, slopes.mean()


@functools.cache
def errors(slope):
    """Give the error of the average slope, whether 95 % cover it, and errors by cluster."""
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"policies": {"slope": slope}},
        "engine": {"kind": "latent_gaussian", "draws": 500, "chains": 2},
    }
    if slope == "free":
        document["fixed_effects"] = {"cluster": {"pooling": "free"}, "year": {}}
    rows = []
    for seed in range(PANELS):
        frame, truth = panel(seed)
        posterior = cm.fit(cm.read_spec(document), frame).posterior
        # of the clusters at hand: the plain mean of their slopes
        draws = posterior["policies_by_cluster"].mean("cluster").to_numpy().ravel()
        low, high = np.quantile(draws, [0.025, 0.975])
        error = draws.mean() - truth
        rows.append((error, low < truth < high, posterior["policies"].mean() - truth))
    return np.array(rows, dtype=float)


@pytest.mark.parametrize(
    ("slope", "least", "most"), [("partial", 0.05, 0.3), ("correlated", -0.02, 0.02)]
)
def test_pooled_slopes_are_off_unless_they_go_with_the_means(slope, least, most):
    found = errors(slope)
    off, covered, common = found.mean(axis=0)
    print(f"{slope}: common {common:+.3f}, average {off:+.3f}, covered {covered:.0%}")
    assert least < common < most


def test_intervals_hold_the_average():
    covered = errors("correlated")[:, 1].mean()
    assert covered > 0.95 - 3 * np.sqrt(0.95 * 0.05 / PANELS)


def test_free_slopes_say_the_same():
    """With rows enough in each cluster; these say it with wider intervals."""
    apart = errors("correlated")[:, 2] - errors("free")[:, 2]
    print(f"free: average {errors('free')[:, 0].mean():+.3f}, apart {apart.mean():+.3f}")
    assert abs(apart.mean()) < 0.03
