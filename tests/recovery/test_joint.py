"""Outcomes fitted jointly: correlations across them recovered, and one helped by the other."""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS, PANELS = 40, 8, 30
OF_EFFECTS, OF_ERRORS, SLOPE = 0.7, 0.6, 0.5


def panel(seed):
    """Two outcomes with clusters' effects and errors alike; the second is known in few rows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, CLUSTERS, YEARS))
    effects = rng.multivariate_normal([0, 0], [[1, OF_EFFECTS], [OF_EFFECTS, 1]], CLUSTERS).T
    errors = rng.multivariate_normal([0, 0], [[1, OF_ERRORS], [OF_ERRORS, 1]], (CLUSTERS, YEARS))
    y = SLOPE * x[0] + effects[..., None] + np.moveaxis(errors, -1, 0)
    few = rng.random((CLUSTERS, YEARS)) < 0.4
    return pd.DataFrame(
        {
            "city": np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS),
            "year": np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS),
            "patents": y[0].ravel(),
            "papers": np.where(few, y[1], np.nan).ravel(),
            "policy": x[0].ravel(),
        }
    )


def document(*, joint):
    engine = {"kind": "nuts", "draws": 400, "tune": 400, "chains": 2}
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"patents": {"family": "gaussian"}, "papers": {"family": "gaussian"}},
        "joint": joint,
        "treatments": {"policy": {"slope": "common"}},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "engine": engine,
    }


@functools.cache
def fitted():
    """Give the draws of each panel, jointly, and the sds of the second slope, both ways."""
    shared, sds = [], []
    for seed in range(PANELS):
        table = panel(seed)
        both = cm.fit(cm.read_spec(document(joint=True)), table)
        shared.append([both.shared[name].to_numpy().ravel() for name in both.shared.data_vars])
        apart = cm.fit(cm.read_spec(document(joint=False)), table)
        slopes = [made.of("papers").posterior["policy"].to_numpy() for made in (both, apart)]
        sds.append([draws.std() for draws in slopes])
    return np.array(shared), np.array(sds)


@pytest.mark.parametrize(("which", "truth"), [(0, OF_EFFECTS), (1, OF_ERRORS)])
def test_correlations_across_are_recovered(which, truth):
    draws = fitted()[0][:, which]
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=1)
    covered = int(((lower < truth) & (truth < upper)).sum())
    bias = draws.mean() - truth
    print(f"{truth}: bias {bias:+.3f}, {covered} of {PANELS} intervals cover")
    assert abs(bias) < 0.05
    assert covered >= 26  # of 30 at 0.95, fewer in one of a hundred


def test_an_outcome_known_in_few_rows_is_told_more_by_the_other():
    jointly, apart = fitted()[1].T
    print(f"sd of the slope {jointly.mean():.3f} jointly, {apart.mean():.3f} apart")
    assert (jointly < apart).mean() > 0.9
