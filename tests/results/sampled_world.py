"""Regions whose ties are Poisson counts, and an outcome of what these counts have for a mean."""

import numpy as np
import pandas as pd

import clustermodels as cm

BEND, OWN = 0.2, 0.1


def world(seed, *, regions=30, years=8, mean=0.5, measure="strength", noise=0.3, **options):
    """Give panel and ties; the moderator's true values are those of the ties' means."""
    rng = np.random.default_rng(seed)
    names = [f"r{number:02d}" for number in range(regions)]
    when = np.arange(2000, 2000 + years)
    activity = rng.gamma(8, 1 / 8, regions) * rng.gamma(4, 1 / 4, (years, regions))
    one, other = np.triu_indices(regions, 1)
    expected = mean * activity[:, one] * activity[:, other]
    seen = rng.poisson(expected)
    year = np.repeat(when, len(one))
    ends = np.tile(np.array(names)[one], years), np.tile(np.array(names)[other], years)
    ties = pd.DataFrame({"a": ends[0], "b": ends[1], "year": year, "w": seen.ravel()})
    intensity = cm.make_network(*ends, year, expected.ravel(), names)
    true = cm.centrality(intensity, measure, **options).to_numpy().T.ravel()
    size = regions * years
    d = rng.normal(size=size) + np.repeat(rng.normal(size=regions), years)
    z = (true - true.mean()) / true.std()
    y = 0.5 * d + OWN * z + BEND * d * z + np.repeat(rng.normal(size=regions), years)
    frame = pd.DataFrame(
        {
            "city": np.repeat(names, years),
            "year": np.tile(when, regions),
            "d": d,
            "y": y + rng.normal(0, noise, size),
        }
    )
    return cm.Tables(panel=frame, ties=ties), true


def document(measure="strength", **settings):
    return {
        "data": {
            "panel": {"cluster": "city", "year": "year"},
            "ties": {"source": "a", "target": "b", "year": "year", "weight": "w"},
        },
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"d": {"slope": "common"}},
        "moderators": {
            "z": {"kind": "network", "measure": measure, "lag": 0, "uncertain": "ties", **settings}
        },
        "fixed_effects": {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}},
        "engine": {"kind": "latent_gaussian", "draws": 500, "chains": 2},
    }
