"""From a document and a table to a design, and the predictor at stated values."""

from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr

import clustermodels as cm
from clustermodels.data.correlations import pair_labels
from clustermodels.data.predictor import linear_predictor
from clustermodels.fits.fit import _completed
from clustermodels.fits.record import Fit
from clustermodels.spec.residuals import CARRIED

PLAIN = {
    "data": {"panel": {"cluster": "city", "year": "year"}},
    "outcomes": {"y": {"family": "gaussian"}},
    "fixed_effects": {},
}


def designed(document, table):
    spec = document if isinstance(document, cm.Spec) else cm.read_spec(document)
    panel = cm.read_panel(spec, table)
    learned = cm.learn(spec, panel)
    return spec, panel, learned, cm.design(spec, panel, learned)


def predictor(design, **values):
    """Give eta at numbers, or arrays of numbers by level, in the user's units."""
    draws = {name: np.asarray(value, dtype=float)[None] for name, value in values.items()}
    return linear_predictor(design, draws)[0]


def block_of(design, name):
    (found,) = [block for block in design.blocks if block.name == name]
    return found


def table(seed=1):
    """Five cities over nine years; B has no 2012, and C stops before 2016."""
    rng = np.random.default_rng(seed)
    keys = [(city, year) for city in "ABCDE" for year in range(2010, 2019)]
    keys = [key for key in keys if key != ("B", 2012) and not (key[0] == "C" and key[1] > 2015)]
    n = len(keys)
    city, year = zip(*keys, strict=True)
    return pd.DataFrame(
        {
            "city": city,
            "year": year,
            "y": rng.normal(3, 2, n),
            "count": rng.poisson(4, n),
            "dose": rng.poisson(2, n) + 1.0,
            "money": rng.gamma(2, 300, n),
            "yearly": rng.normal(5, 2, n),
            "fixed": [{"A": 1.0, "B": 2.5, "C": 7.0, "D": 4.0, "E": 0.5}[name] for name in city],
            "region": [{"A": "n", "B": "s", "C": "n", "D": "s", "E": "n"}[name] for name in city],
            "phase": rng.choice(["early", "late", "none"], n),
            "people": rng.integers(100, 900, n).astype(float),
        }
    )


def lookup(frame, column):
    """Give a column by (city, year)."""
    keys = zip(frame["city"], frame["year"], strict=True)
    return dict(zip(keys, frame[column], strict=True))


def past(frame, design, column, lag):
    """Give a column ``lag`` years before each row of a design, by brute force."""
    values = lookup(frame, column)
    return np.array(
        [values[c, y - lag] for c, y in zip(design.clusters, design.years, strict=True)]
    )


def made_fit(document, frame, *, chains=2, draws=6, seed=5, around=None, noise=0.1):
    """Give a fit whose draws are normal numbers near ``around``, by name (0): no sampling."""
    spec, panel, learned, design = designed(document, frame)
    rng = np.random.default_rng(seed)
    around = around or {}
    shape, variables = (chains, draws), {}

    def put(name, dims=(), levels=()):
        size = (*shape, *(len(part) for part in levels))
        values = around.get(name, 0.0) + noise * rng.normal(size=size)
        positive = name.endswith(("_sd", "_amplitude", "_length"))
        positive |= name in design.outcome.parameters
        values = np.exp(values) if positive else values
        coords = dict(zip(dims, map(list, levels), strict=True))
        variables[name] = xr.DataArray(values, coords, ("chain", "draw", *dims))

    for name in ("intercept", *design.outcome.parameters):
        put(name)
    if design.serial is not None:
        put(CARRIED)
        variables[CARRIED] = np.tanh(variables[CARRIED])
    for block in design.blocks:
        if block.labels is not None:
            put(block.name, (f"{block.name}_level",), (block.labels,))
            if block.smooth is not None:
                put(block.smooth.amplitude)
                put(block.smooth.length)
            continue
        for term in block.terms:
            if block.factor is None:
                if block.decay is None or term is block.terms[0]:
                    put(term.name)
            else:
                put(term.name, (block.factor.dim,), (block.factor.levels,))
            if term.sd_name is not None:
                put(term.sd_name)
        if block.pooling == "partial" and len(block.terms) > 1:
            labels = pair_labels([term.name for term in block.terms])
            put(f"{block.name}_correlation", (f"{block.name}_correlation_level",), (labels,))
    for block in design.blocks:
        if block.decay is not None:
            put(block.decay.name)
            share = variables[block.decay.name] = 1 / (1 + np.exp(-variables[block.decay.name]))
            for before, later in pairwise(term.name for term in block.terms):
                variables[later] = share * variables[before]
        for name, weights in block.makes:
            along = xr.DataArray(weights, dims=f"{block.name}_level")
            variables[name] = (variables[block.name] * along).sum(f"{block.name}_level")
    for cells in design.cells:
        name = cells.name
        put(f"{name}_mean")
        put(f"{name}_sd")
        put(f"{name}_by_cluster_sd")
        put(f"{name}_by_cluster", ("cluster",), (cells.cluster.levels,))
        put(name, (f"{name}_level",), (cells.places,))
        if cells.labels:
            put(f"{name}_given", (f"{name}_given_level",), (cells.labels,))
    for each in design.feedback:
        put(each.name, (f"{each.name}_level",), (each.labels,))
        for name in each.sds:
            by = each.equations if name == each.sd_name else ()
            put(name, (f"{name}_level",), (by,)) if by else put(name)
    posterior = xr.Dataset(variables).assign_coords(chain=np.arange(chains), draw=np.arange(draws))
    tree = xr.DataTree.from_dict({"posterior": posterior})
    return Fit(spec, panel, learned, _completed(tree, spec, panel, design))
