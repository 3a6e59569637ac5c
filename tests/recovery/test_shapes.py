"""Effects that fade geometrically, recovered: the first of them, and what is left each year."""

import numpy as np
import pandas as pd

import clustermodels as cm

CLUSTERS, YEARS, LAGS, PANELS = 29, 15, 5, 30
FIRST, LEFT = 0.5, 0.6


def panel(seed):
    rng = np.random.default_rng(seed)
    dose = rng.poisson(1.0, size=(CLUSTERS, YEARS + LAGS)).astype(float)
    course = FIRST * LEFT ** np.arange(LAGS + 1)
    felt = sum(course[lag] * dose[:, LAGS - lag : LAGS - lag + YEARS] for lag in range(LAGS + 1))
    y = np.full(dose.shape, np.nan)
    y[:, LAGS:] = felt + rng.normal(size=(CLUSTERS, 1)) + rng.normal(size=felt.shape)
    names = np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS + LAGS)
    years = np.tile(np.arange(2000, 2000 + YEARS + LAGS), CLUSTERS)
    columns = {"city": names, "year": years, "y": y.ravel(), "dose": dose.ravel()}
    return pd.DataFrame(columns)


def test_first_effect_and_share_are_recovered():
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {
            "dose": {"lags": {"from": 0, "to": LAGS, "shape": "geometric"}, "slope": "common"}
        },
        "engine": {"kind": "nuts", "draws": 400, "tune": 400, "chains": 2},
    }
    rows = []
    for seed in range(PANELS):
        draws = cm.fit(cm.read_spec(document), panel(seed)).posterior
        values = [draws[name].to_numpy().ravel() for name in ("dose_lag_0", "dose_decay")]
        rows.append([(v.mean(), *np.quantile(v, [0.025, 0.975])) for v in values])
    for (mean, lower, upper), truth in zip(
        np.array(rows).transpose(1, 2, 0), (FIRST, LEFT), strict=True
    ):
        covered = int(((lower < truth) & (truth < upper)).sum())
        print(f"{truth}: bias {mean.mean() - truth:+.3f}, {covered} of {PANELS} cover")
        assert abs(mean.mean() - truth) < 3 * mean.std() / np.sqrt(PANELS) + 0.01
        assert covered >= 26  # of 30 at 0.95, fewer in one of a hundred
