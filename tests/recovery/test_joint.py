"""Outcomes fitted jointly: correlations across them calibrated, and one helped by the other."""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS, PANELS, SLOPE = 40, 8, 30, 0.5


def truths(seed):
    """Draw the correlations of effects and of errors from their prior."""
    return 2 * np.random.default_rng([seed, 1]).beta(2, 2, 2) - 1


def panel(seed):
    """Two outcomes with effects and errors that go together; the second is known in few rows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, CLUSTERS, YEARS))
    of_effects, of_errors = truths(seed)
    effects = rng.multivariate_normal([0, 0], [[1, of_effects], [of_effects, 1]], CLUSTERS).T
    errors = rng.multivariate_normal([0, 0], [[1, of_errors], [of_errors, 1]], (CLUSTERS, YEARS))
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


@pytest.mark.parametrize("which", [0, 1])
def test_correlations_across_are_calibrated(which):
    """Of truths drawn from the prior posterior means are unbiased and intervals cover."""
    draws = fitted()[0][:, which]
    truth = np.array([truths(seed)[which] for seed in range(PANELS)])
    off = (draws.mean(axis=1) - truth) / draws.std(axis=1)
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=1)
    covered = int(((lower < truth) & (truth < upper)).sum())
    print(f"off by {off.mean():+.2f} sds, spread {off.std():.2f}, {covered} of {PANELS} cover")
    assert abs(off.mean()) < 3 / np.sqrt(PANELS)
    assert 0.7 < off.std() < 1.35
    assert covered >= 26  # of 30 at 0.95, fewer in one of a hundred


def test_an_outcome_known_in_few_rows_is_told_more_by_the_other():
    jointly, apart = fitted()[1].T
    strong = np.abs([truths(seed)[1] for seed in range(PANELS)]) > 0.5
    share = float((jointly / apart)[strong].mean())
    print(f"{strong.sum()} panels: the sd of the slope is {share:.2f} of that apart")
    assert share < 0.95
