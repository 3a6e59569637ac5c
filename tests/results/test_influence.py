"""Clusters left out one at a time: the closed form of a normal model, and planted clusters."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

import clustermodels as cm
from clustermodels.data.left_out import without
from tests.designs import PLAIN, made_fit, table

SIGMA, TAU = 1.0, 0.7
ODD = "city 03"


def frame(clusters=14, years=8, seed=4):
    """Every policy does 0.5, but that of one city, with the widest policy, which does 2."""
    rng = np.random.default_rng(seed)
    city = np.repeat([f"city {i:02d}" for i in range(clusters)], years)
    dose = rng.normal(size=clusters * years) * np.where(city == ODD, 2.0, 1.0)
    own = np.repeat(rng.normal(0, TAU, clusters), years)
    y = 1 + np.where(city == ODD, 2.0, 0.5) * dose + own + rng.normal(size=len(city)) * SIGMA
    year = np.tile(np.arange(2000, 2000 + years), clusters)
    return pd.DataFrame({"city": city, "year": year, "dose": dose, "y": y})


def fixed(value):
    """All but a fixed number, so that the posterior of coefficients is normal."""
    return {"distribution": "lognormal", "median": value, "sd": 1e-4}


def document(pooling, **more):
    cluster = {"cluster_effect_sd": fixed(TAU)} if pooling == "partial" else {}
    return PLAIN | {
        "treatments": {"dose": {"slope": "common", "lag": 0}},
        "fixed_effects": {"cluster": {"pooling": pooling}},
        "priors": {"sigma": fixed(SIGMA), **cluster},
        "engine": {"kind": "latent_gaussian", "draws": 4000, "chains": 1, "seed": 2},
        **more,
    }


def closed_form(fit, left_out):
    """Give mean and sd of the slope without a city: least squares with the prior of the fit.

    Effects are columns; n of them that sum to zero beside an intercept, or n independent ones.
    """
    design = fit.design()
    cities = np.unique(design.clusters)
    kept = design.clusters != left_out
    dummies = (design.clusters[:, None] == cities) * 1.0
    ((slope,),) = [block.terms for block in design.blocks if block.name == "dose"]
    n, m = len(cities), dict(design.intercept.arguments)["mean"]
    if fit.spec.fixed_effects["cluster"].pooling == "partial":
        own, spread = TAU**2 * np.eye(n), dict(design.intercept.arguments)["sd"]
    else:
        (term,) = [b.terms[0] for b in design.blocks if b.name == "cluster_effect"]
        own = dict(term.prior.arguments)["sd"] ** 2 * (np.eye(n) - 1 / n)
        spread = dict(design.intercept.arguments)["sd"]
    centred = np.concatenate([b.values[:, 0] for b in design.blocks if b.name == "dose"])
    x = np.column_stack([centred, dummies])[kept]
    prior = np.zeros((n + 1, n + 1))
    prior[0, 0] = dict(slope.prior.arguments)["sd"] ** 2
    prior[1:, 1:] = own + spread**2
    v = x @ prior @ x.T + SIGMA**2 * np.eye(len(x))
    gain = prior[0] @ x.T @ np.linalg.inv(v)
    mean = gain @ (design.outcome.values[kept] - m)
    variance = prior[0, 0] - gain @ x @ prior[0]
    return mean * slope.unit, np.sqrt(variance) * slope.unit


def by_city(found, term="dose"):
    table = found.to_dataframe()
    return table[table["term"] == term].set_index("without")


@pytest.fixture(scope="module", params=["partial", "free"])
def fit(request):
    return cm.fit(cm.read_spec(document(request.param)), frame())


@pytest.mark.parametrize("refit", ["never", "always"])
def test_weights_and_refits_are_the_posterior_without_the_city(fit, refit):
    """Of 4000 independent draws a median errs by 0.02 posterior sds."""
    found = by_city(cm.influence(fit, refit=refit))
    assert found["how"].tolist() == [""] + ["refit" if refit == "always" else "importance"] * 14
    trusted = found[~(found["pareto_k"] > 0.5)]
    assert len(trusted) >= 14, "one city alone, the odd one, may be too much for weights"
    for city, row in trusted.iterrows():
        mean, sd = closed_form(fit, city)
        assert row["median"] == pytest.approx(mean, abs=0.08 * sd), city
        width = row["eti95_upper"] - row["eti95_lower"]
        assert width == pytest.approx(2 * norm.ppf(0.975) * sd, rel=0.08), city
        assert row["probability"] == pytest.approx(norm.cdf(mean / sd), abs=0.02)
    mean, sd = closed_form(fit, "")
    shifts = {city: (closed_form(fit, city)[0] - mean) / sd for city in trusted.index}
    for city, shift in shifts.items():
        assert found.loc[city, "shift"] == pytest.approx(shift, abs=0.08), city


def test_the_odd_city_is_first_and_refitted_where_weights_fail(fit):
    found = cm.influence(fit)
    city = found["without"].to_numpy().tolist()
    assert city[:2] == ["", ODD]
    sizes = np.abs(found["shift"].to_numpy()[1:])
    assert (np.diff(sizes) <= 0).all()
    assert (sizes[1:] < 1).all()
    mean, sd = closed_form(fit, "")
    alone = (closed_form(fit, ODD)[0] - mean) / sd
    assert alone < -2
    assert float(found["shift"][1]) == pytest.approx(alone, abs=0.1)
    assert (found["how"].to_numpy() == "refit").tolist() == (
        found["pareto_k"].to_numpy() > 0.7
    ).tolist()
