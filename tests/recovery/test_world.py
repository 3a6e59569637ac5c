"""What calibration rests on: a truth means what it says, and the shortcut is none."""

import numpy as np
import pymc as pm
import pytest

import clustermodels as cm
from tests.recovery import world
from tests.recovery.compiled_once import OUTCOME, let_the_outcome_vary


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


@pytest.mark.parametrize("family", world.FAMILIES)
def test_an_outcome_handed_over_gives_the_density_of_one_built_in(family, rows):
    spec = cm.read_spec(world.document(family, seed=1))

    def model(number):
        truth = world.truth(spec, np.random.default_rng(number))
        panel = cm.read_panel(spec, world.outcome(spec, truth, rows, seed=number))
        return cm.build_model(cm.design(spec, panel, cm.learn(spec, panel)))

    built_in, swapped = model(2), model(3)
    before = let_the_outcome_vary(swapped)
    (likelihood,) = built_in.observed_RVs
    values = np.asarray(built_in.rvs_to_values[likelihood].eval())
    assert (before != values).any()
    pm.set_data({OUTCOME: values}, model=swapped)
    rng = np.random.default_rng(4)
    point = {
        name: value + rng.normal(0, 0.3, np.shape(value))
        for name, value in built_in.initial_point().items()
    }
    wanted = built_in.compile_logp()(point)
    assert swapped.compile_logp()(point) == pytest.approx(wanted, rel=1e-10)
