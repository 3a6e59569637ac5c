"""The share of a count that is kept, recovered beside effects of clusters."""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS, BEFORE, PANELS = 29, 10, 40, 40
SLOPE = 0.4


def panel(seed, share, level):
    """Draw counts from where they have settled; the policy goes with the cluster's effect."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 0.5, CLUSTERS)
    x = rng.normal(size=(CLUSTERS, BEFORE + YEARS)) + 0.5 * own[:, None]
    y, last = np.empty_like(x), np.round(np.exp(level + own) / (1 - share))
    for year in range(x.shape[1]):
        y[:, year] = last = rng.poisson(share * last + np.exp(level + own + SLOPE * x[:, year]))
    columns = {"y": y[:, BEFORE:].ravel(), "x": x[:, BEFORE:].ravel()}
    names = np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS)
    years = np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS)
    return pd.DataFrame({"city": names, "year": years} | columns)


@functools.cache
def fitted(share, level):
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "poisson"}},
        "treatments": {"x": {"slope": "common"}},
        "dynamics": {"form": "linear_feedback"},
        "engine": {"kind": "nuts", "draws": 400, "tune": 400, "chains": 2},
    }
    rows = []
    for seed in range(PANELS):
        draws = cm.fit(cm.read_spec(document), panel(seed, share, level)).posterior
        values = [draws[name].to_numpy().ravel() for name in ("rho", "x")]
        rows.append([(v.mean(), *np.quantile(v, [0.025, 0.975])) for v in values])
    return np.array(rows)


@pytest.mark.parametrize(("share", "level"), [(0.3, 2.0), (0.7, 2.0), (0.3, -1.5), (0.6, -1.5)])
@pytest.mark.parametrize("which", ["rho", "x"])
def test_share_and_slope_are_recovered(share, level, which):
    """Where counts are 10 to 25 on average, and where they are below 1."""
    position, truth = (0, share) if which == "rho" else (1, SLOPE)
    mean, lower, upper = fitted(share, level)[:, position].T
    covered = int(((lower < truth) & (truth < upper)).sum())
    bias = mean.mean() - truth
    print(f"{which} {truth} at level {level}: bias {bias:+.3f}, {covered} of {PANELS} cover")
    # sparse counts tell little of either in a panel
    assert abs(bias) < 0.03 + (level < 0) * 2 * mean.std() / np.sqrt(PANELS)
    assert covered >= 34  # of 40 at 0.95, fewer in one of a hundred
