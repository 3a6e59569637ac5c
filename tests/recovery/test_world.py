"""What calibration rests on: a truth means what it says."""

import numpy as np
import pytest

import clustermodels as cm
from tests.recovery import world


@pytest.fixture(scope="module")
def rows():
    return world.table()


def test_a_truth_is_in_the_units_of_the_user(rows):
    """The predictor, written out by hand from columns and true values, is the simulated outcome."""
    spec = cm.read_spec(world.document("gaussian", seed=1))
    rng = np.random.default_rng(1)
    cities = sorted(rows["city"].unique())
    truth = world.truth(spec, rng) | {"sigma": 1e-9}
    levels = {name: dict(zip(cities, rng.normal(size=len(cities)), strict=True)) for name in "ab"}
    effect, slope = levels["a"], levels["b"]
    truth |= {"cluster_effect": effect, "policies_by_cluster": slope}
    truth["policies"] = float(np.mean([*slope.values()]))
    made = world.outcome(spec, truth, rows, seed=1)

    seen = made.assign(
        dose=np.log1p(made.groupby("city")["policies"].shift(1)),
    ).dropna()
    assert len(seen) == world.CLUSTERS * (world.YEARS - 1)
    columns = seen[["dose", "centrality", "gdp"]]
    dose, centrality, gdp = (columns - columns.mean()).to_numpy().T
    wanted = (
        truth["intercept"]
        + seen["city"].map(effect).to_numpy(float)
        + seen["city"].map(slope).to_numpy(float) * dose
        + truth["centrality"] * centrality
        + truth["policies_x_centrality"] * dose * centrality
        + truth["gdp"] * gdp
        + seen["year"].astype(str).map(truth["year_effect"]).to_numpy(float)
    )
    # between clusters: the means of the columns, and of the product, around their own mean
    terms = {"policies": dose, "centrality": centrality, "gdp": gdp}
    for name, values in (terms | {"policies_x_centrality": dose * centrality}).items():
        mean = seen.assign(values=values).groupby("city")["values"].transform("mean")
        between = mean - mean.groupby(seen["city"]).first().mean()
        wanted = wanted + truth["cluster_means"][name] * between.to_numpy()
    np.testing.assert_allclose(seen["y"], wanted, atol=1e-7)
