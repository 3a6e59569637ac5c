"""A policy that follows past outcomes: the usual dynamic model is biased, and this one is not."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

TRUTH = np.array([0.3, 0.3])
YEARS, BEFORE = 10, 60


def panel(clusters: int, own: float, seed: int) -> pd.DataFrame:
    """x follows last year's y, the cluster's effect, and what a cluster's x always is besides."""
    rng = np.random.default_rng([seed, clusters])
    effect, besides = rng.normal(size=clusters), own * rng.normal(size=clusters)
    y, kept = np.zeros(clusters), []
    for year in range(-BEFORE, YEARS):
        x = 0.5 * y + effect + besides + rng.normal(size=clusters)
        y = TRUTH[0] * y + TRUTH[1] * x + effect + rng.normal(size=clusters)
        if year >= 0:
            city = np.arange(clusters).astype(str)
            kept.append(pd.DataFrame({"city": city, "year": 2000 + year, "y": y, "x": x}))
    return pd.concat(kept)


def document(predetermined: bool, seed: int) -> cm.Spec:
    engine = {"kind": "nuts", "draws": 400, "tune": 500} if predetermined else {"kind": "auto"}
    return cm.read_spec(
        {
            "data": {"panel": {"cluster": "city", "year": "year"}},
            "outcomes": {"y": {"family": "gaussian"}},
            "treatments": {"x": {"slope": "common"}},
            "dynamics": {"predetermined": ["x"]} if predetermined else {},
            "engine": engine | {"chains": 2, "seed": seed + 1},
        }
    )


def many(clusters: int, own: float, panels: int, predetermined: bool) -> tuple[np.ndarray, ...]:
    means, covered = [], []
    for seed in range(panels):
        run = cm.fit(document(predetermined, seed), panel(clusters, own, seed))
        draws = np.stack([run.posterior[name].to_numpy().ravel() for name in ("rho", "x")], 1)
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        means.append(draws.mean(axis=0) - TRUTH)
        covered.append((low <= TRUTH) & (high >= TRUTH))
    return np.mean(means, axis=0), np.mean(covered, axis=0)


@pytest.mark.parametrize(("clusters", "panels"), [(29, 200), (60, 100)])
@pytest.mark.parametrize("own", [0.0, 1.0])
def test_the_truth_is_found_where_the_usual_model_is_biased(clusters, panels, own):
    bias, covered = many(clusters, own, panels, True)
    usual, missed = many(clusters, own, panels, False)
    print(f"{clusters} clusters, own {own}: bias {bias.round(3)}, covered {covered}; "
          f"usual {usual.round(3)}, {missed}")  # fmt: skip
    assert np.abs(bias).max() < 0.035
    assert covered.min() >= 0.88
    assert np.abs(usual).max() > np.abs(bias).max() + 0.01
