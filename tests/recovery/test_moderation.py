"""Lines, thresholds and inverted U's in panels of 29 x 10: how often the test tells them apart.

The bend is sized so that a test that knows its shape would reject the line in 99 of 100 panels. As
in every model of moderation, what bends the effect may bend the outcome itself in the same way.
"""

import functools

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.results.moderation import test_moderation as moderation

CLUSTERS, YEARS, PANELS = 29, 10, 100
# Two-sided at 0.05, with a power of 0.99.
NONCENTRAL = 1.96 + 2.326
SHAPES = {
    "line": lambda z: 0 * z,
    "threshold": lambda z: (z > 0.5) * 1.0,
    "inverted U": lambda z: -((z - 0.5) ** 2),
}


def columns(seed):
    rng = np.random.default_rng(seed)
    z = 0.4 * rng.uniform(size=(CLUSTERS, YEARS)) + 0.6 * rng.uniform(size=(CLUSTERS, 1))
    dose = rng.poisson(1.5, (CLUSTERS, YEARS)).astype(float)
    return rng, z, dose


def within(values):
    """Take out what clusters and years have in common."""
    whole = values - values.mean(axis=1, keepdims=True)
    return (whole - whole.mean(axis=0)).ravel()


def size_of(shape, z, dose):
    """Give the bend that a regression with its very shape would find in 99 of 100 panels."""
    bend = within(dose * SHAPES[shape](z))
    others = np.column_stack([within(v) for v in (dose, z, dose * z, SHAPES[shape](z))])
    left = bend - others @ np.linalg.lstsq(others, bend)[0]
    return NONCENTRAL / np.sqrt(left @ left)  # errors have sd 1


def panel(seed, shape):
    rng, z, dose = columns(seed)
    size = 0.0 if shape == "line" else size_of(shape, z, dose)
    effect = 0.3 + 0.5 * (z - 0.5) + size * SHAPES[shape](z)
    y = rng.normal(size=(CLUSTERS, 1)) + 0.3 * z + effect * dose + rng.normal(size=z.shape)
    names = np.repeat([f"C{number:02d}" for number in range(CLUSTERS)], YEARS)
    years = np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS)
    values = {"y": y.ravel(), "policy": dose.ravel(), "z": z.ravel()}
    return pd.DataFrame({"city": names, "year": years} | values)


@functools.cache
def rejected(shape):
    """Count the panels in which a spline leaves the line."""
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"policy": {"slope": "common"}},
        "moderators": {"z": {"form": "spline"}},
        "engine": {"kind": "latent_gaussian", "draws": 500, "chains": 4},
    }
    count = 0
    for seed in range(PANELS):
        fit = cm.fit(cm.read_spec(document), panel(seed, shape))
        found = moderation(fit, forms=())
        count += bool(found.departures.sel(form="spline")["leaves"])
    print(f"{shape}: the spline leaves the line in {count} of {PANELS} panels")
    return count


def test_a_line_is_seldom_rejected():
    assert rejected("line") <= 10


@pytest.mark.parametrize(("shape", "least"), [("threshold", 60), ("inverted U", 80)])
def test_a_bend_is_mostly_found(shape, least):
    assert rejected(shape) >= least
