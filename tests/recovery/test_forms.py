"""Effects along a curve, recovered: a wave of the moderator, by spline and Gaussian process."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.moderation import effect_at
from clustermodels.fits.record import flat

CLUSTERS, YEARS, PANELS = 40, 10, 12
GRID = np.array([1.0, 3.0, 5.0, 7.0, 9.0])


def wave(m):
    return 0.5 + 0.4 * np.sin(0.7 * m)


def panel(seed):
    rng = np.random.default_rng(seed)
    rows = CLUSTERS * YEARS
    m = rng.uniform(0, 10, rows)
    dose = rng.poisson(2, rows).astype(float)
    own = np.repeat(rng.normal(size=CLUSTERS), YEARS)
    y = own + wave(m) * dose + 0.3 * np.cos(m / 2) + rng.normal(0, 0.7, rows)
    names = np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS)
    years = np.tile(np.arange(2000, 2000 + YEARS), CLUSTERS)
    return pd.DataFrame({"city": names, "year": years, "y": y, "dose": dose, "m": m})


@pytest.mark.parametrize(("form", "engine"), [("spline", "latent_gaussian"), ("gp", "nuts")])
def test_the_effect_is_recovered_along_the_moderator(form, engine):
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"dose": {"slope": "common"}},
        "moderators": {"m": {"form": form}},
        "engine": {"kind": engine, "draws": 400, "chains": 2},
    }
    found = []
    for seed in range(PANELS):
        fit = cm.fit(cm.read_spec(document), panel(seed))
        effect = effect_at(fit.learned, flat(fit.posterior), "dose", "m", GRID)
        found.append([effect.mean(axis=0), *np.quantile(effect, [0.025, 0.975], axis=0)])
    mean, lower, upper = np.array(found).transpose(1, 0, 2)
    covered = ((lower < wave(GRID)) & (wave(GRID) < upper)).sum()
    print(f"{form}: off by {np.abs(mean.mean(axis=0) - wave(GRID)).round(3)}, {covered} of 60")
    assert np.abs(mean.mean(axis=0) - wave(GRID)).max() < 0.05
    assert covered >= 51  # of 60 at 0.95, fewer in one of two hundred (five of a panel go together)
