"""What build_model gives is PyMC's own: named, extended and sampled like any other model."""

import numpy as np
import pymc as pm
import pytest

import clustermodels as cm
from clustermodels.spec.names import posterior_names
from tests.designs import PLAIN, designed, table

DOCUMENT = PLAIN | {
    "outcomes": {"count": {"family": "negative_binomial"}},
    "treatments": {"dose": {}, "money": {"transform": "log", "slope": "free"}},
    "moderators": {"yearly": {"moderates": ["dose"]}},
    "controls": ["phase"],
    "fixed_effects": {
        "cluster": {"pooling": "correlated"},
        "year": {},
        "shock": {"columns": ["region", "year"], "pooling": "partial"},
    },
}
DIMS = {
    "intercept": (),
    "dispersion": (),
    "dose": (),
    "dose_sd": (),
    "dose_by_cluster": ("cluster",),
    "money": (),
    "money_by_cluster": ("cluster",),
    "yearly": (),
    "dose_x_yearly": (),
    "phase": ("phase_level",),
    "cluster_means": ("cluster_means_level",),
    "cluster_effect": ("cluster",),
    "cluster_effect_sd": (),
    "cluster_effect_correlation": ("cluster_effect_correlation_level",),
    "year_effect": ("year",),
    "shock_effect": ("shock_level",),
    "shock_effect_sd": (),
    "expected_outcome": ("obs",),
    "count": ("obs",),
}

DATA = {"data::outcome", "data::columns", "data::codes", "data::scalars"}


@pytest.fixture(scope="module")
def design():
    return designed(DOCUMENT, table())[3]


def test_every_name_has_its_dims_and_coords(design):
    model = cm.build_model(design)
    assert type(model) is pm.Model
    named = model.named_vars_to_dims
    for name, dims in DIMS.items():
        assert name in model.named_vars
        assert tuple(named.get(name, ())) == dims, name
    others = set(model.named_vars) - set(DIMS)
    assert all(name.startswith(("z_", "data::")) for name in others), others
    assert {name for name in others if name.startswith("data::")} == DATA
    coords = model.coords
    assert [*coords["cluster"]] == [*"ABCDE"]
    assert [str(year) for year in coords["year"]] == [str(y) for y in range(2010, 2019)]
    assert [*coords["phase_level"]] == ["early", "late", "none"]
    assert [*coords["cluster_effect_correlation_level"]] == ["cluster_effect × dose_by_cluster"]
    assert len(coords["obs"]) == len(design.outcome.values)


def test_the_names_are_those_that_the_document_lists(design):
    spec = cm.read_spec(DOCUMENT)
    listed = {entry.name for entry in posterior_names(spec)}
    assert listed == set(DIMS) - {"expected_outcome", "count"}


def test_prior_draws_are_pymcs(design):
    with cm.build_model(design):
        drawn = pm.sample_prior_predictive(draws=300, random_seed=1)
    prior = drawn["prior"]
    np.testing.assert_allclose(prior["cluster_effect"].mean(), 0, atol=1)
    for name in ("year_effect", "phase"):
        np.testing.assert_allclose(prior[name].sum(prior[name].dims[-1]), 0, atol=1e-9)
    apart = prior["money_by_cluster"] - prior["money"]
    np.testing.assert_allclose(apart.sum("cluster"), 0, atol=1e-9)
    r = prior["cluster_effect_correlation"].to_numpy().ravel()
    assert abs(r.mean()) < 4 * np.sqrt(0.2 / 300)  # LKJ(2) of a pair: variance 1 / 5
    assert r.var() == pytest.approx(0.2, rel=0.3)
    assert drawn["prior_predictive"]["count"].sizes["obs"] == len(design.outcome.values)


def test_it_is_extended_by_a_potential_and_a_second_data_term(design):
    model = cm.build_model(design)
    point = model.initial_point()
    before = float(model.compile_logp()(point))
    with model:
        pm.Potential("belief", -0.5 * (model["dose"] - 2) ** 2)
        pm.Normal("survey", model["intercept"], 0.5, observed=[1.0, 1.5])
    wanted = [model["dose"], model["intercept"]]
    dose, intercept = model.compile_fn(
        model.replace_rvs_by_values(wanted), inputs=model.value_vars, on_unused_input="ignore"
    )(point)
    survey = -0.5 * ((np.array([1, 1.5]) - intercept) / 0.5) ** 2 - np.log(0.5 * (2 * np.pi) ** 0.5)
    after = float(model.compile_logp()(point))
    assert after - before == pytest.approx(-0.5 * (dose - 2) ** 2 + survey.sum(), abs=1e-6)


def test_it_is_sampled_with_pymcs_own_sampler():
    """The extended model's posterior moves towards the belief."""
    design = designed(PLAIN | {"controls": ["dose"]}, table())[3]
    drawn = []
    for weight in (0.0, 1e6):
        with cm.build_model(design) as model:
            pm.Potential("belief", -0.5 * weight * (model["dose"] - 2) ** 2)
            tree = pm.sample(
                draws=60,
                tune=100,
                chains=1,
                cores=1,
                random_seed=1,
                progressbar=False,
                nuts_sampler="nutpie",
                compute_convergence_checks=False,
            )
        drawn.append(tree["posterior"]["dose"].to_numpy())
    assert abs(drawn[1] - 2).max() < 0.01
    assert abs(drawn[0].mean() - 2) > 0.5
