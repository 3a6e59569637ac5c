"""Errors that carry over, recovered: 29 clusters, ten years, a policy that is persistent too."""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS, PANELS = 29, 10, 60
SLOPE, SPREAD, PERSISTENT = 0.3, 0.7, 0.8


def path(rng, correlation):
    """Draw a stationary AR(1) of variance 1 for each cluster, (cluster, year)."""
    drawn = rng.normal(size=(CLUSTERS, YEARS))
    for year in range(1, YEARS):
        new = np.sqrt(1 - correlation**2) * drawn[:, year]
        drawn[:, year] = correlation * drawn[:, year - 1] + new
    return drawn


def panel(seed, correlation, *, counts):
    rng = np.random.default_rng(seed)
    policy, error = path(rng, PERSISTENT), path(rng, correlation)
    own = rng.normal(size=(CLUSTERS, 1))
    eta = SLOPE * policy + own
    rate = np.exp(2 + eta / 2 + SPREAD * error)
    y = rng.poisson(rate).astype(float) if counts else eta + error
    years = np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS)
    names = np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS)
    columns = {"city": names, "year": years, "y": y.ravel(), "policy": policy.ravel()}
    return pd.DataFrame(columns)


def document(family, pooling, *, serial):
    made = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": family}},
        "treatments": {"policy": {"slope": "common"}},
        "fixed_effects": {"cluster": {"pooling": pooling}, "year": {"pooling": "free"}},
    }
    if serial:
        engine = {"kind": "nuts", "draws": 500, "tune": 500, "chains": 2}
        return made | {"residuals": {"kind": "ar1"}, "engine": engine}
    return made | {"engine": {"kind": "latent_gaussian", "draws": 500, "chains": 2}}


@functools.cache
def fitted(family, pooling, correlation, *, serial):
    """Give posterior mean and 95 % interval of the slope and of the correlation, panel by panel."""
    rows = []
    for seed in range(PANELS):
        table = panel(seed, correlation, counts=family != "gaussian")
        draws = cm.fit(cm.read_spec(document(family, pooling, serial=serial)), table).posterior
        names = ["policy", *(["residual_correlation"] if serial else [])]
        values = [draws[name].to_numpy().ravel() for name in names]
        rows.append([(v.mean(), *np.quantile(v, [0.025, 0.975])) for v in values])
    return np.array(rows)


def covered(found, truth):
    return ((found[:, 1] < truth) & (truth < found[:, 2])).mean()


@pytest.mark.parametrize("pooling", ["correlated", "free"])
@pytest.mark.parametrize("correlation", [0.5, 0.8])
def test_intervals_of_a_persistent_policy_cover(pooling, correlation):
    plain = fitted("gaussian", pooling, correlation, serial=False)
    ours = fitted("gaussian", pooling, correlation, serial=True)
    print(
        f"\n{pooling}, {correlation}: correlation {ours[:, 1, 0].mean():.3f}, "
        f"covered {covered(ours[:, 1], correlation):.2f}; slope covered "
        f"{covered(ours[:, 0], SLOPE):.2f}, as independent {covered(plain[:, 0], SLOPE):.2f}; "
        f"slope {ours[:, 0, 0].mean():.3f} and {plain[:, 0, 0].mean():.3f}"
    )
    assert 0.88 <= covered(ours[:, 0], SLOPE) <= 1.0
    assert covered(plain[:, 0], SLOPE) < 0.88
    assert abs(ours[:, 1, 0].mean() - correlation) < 0.1


def test_effects_of_counts_are_recovered():
    ours = fitted("poisson", "correlated", 0.6, serial=True)
    shares = [covered(ours[:, place], truth) for place, truth in enumerate((SLOPE / 2, 0.6))]
    print(f"\ncounts: slope and correlation {ours[:, :, 0].mean(axis=0)}, covered {shares}")
    assert 0.85 <= covered(ours[:, 0], SLOPE / 2) <= 1.0
    assert abs(ours[:, 1, 0].mean() - 0.6) < 0.1
