"""What is left of a year, carried over: the law, its draws, and the document that asks for it."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import multivariate_normal

import clustermodels as cm
from clustermodels.data.serial import Serial, carried, gaps
from clustermodels.data.walk import drawn_outcome
from clustermodels.fits.density import log_likelihood
from tests.designs import PLAIN, designed, made_fit, predictor, table

ERRORS = PLAIN | {"treatments": {"dose": {"slope": "common"}}, "residuals": {"kind": "ar1"}}
EFFECTS = ERRORS | {"outcomes": {"count": {"family": "poisson"}}}
# Cluster B has no 2012, so that 2013 looks back two years.
NUMBERS = {"intercept": 1.0, "sigma": 1.7, "dose": 0.4, "residual_correlation": -0.6}


def power(years, correlation):
    """Give the correlations of a cluster's years, by brute force."""
    return correlation ** np.abs(np.subtract.outer(years, years)).astype(float)


@pytest.mark.parametrize("correlation", [0.7, 0.0, -0.6])
def test_errors_have_the_density_of_a_joint_normal(correlation):
    *_, design = designed(ERRORS, table())
    fit = made_fit(ERRORS, table(), around={"sigma": 0.5}, noise=0.2)
    posterior = fit.posterior.assign(residual_correlation=correlation * fit.posterior["sigma"] ** 0)
    rows = log_likelihood(design, posterior)
    for chain, draw in ((0, 0), (1, 5)):
        at = posterior.isel(chain=chain, draw=draw)
        mu = predictor(design, intercept=at["intercept"], dose=at["dose"])
        for cluster in "ABCDE":
            own = design.clusters == cluster
            covariance = float(at["sigma"]) ** 2 * power(design.years[own], correlation)
            wanted = multivariate_normal.logpdf(design.outcome.values[own], mu[own], covariance)
            got = rows.isel(chain=chain, draw=draw).to_numpy()[own].sum()
            np.testing.assert_allclose(got, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    "rows", [slice(0, 3), slice(4, 9), slice(11, 30), slice(7, 8), slice(2, 2)]
)
def test_some_rows_at_a_time_have_the_numbers_of_all(rows):
    fit = made_fit(ERRORS, table(), around={"residual_correlation": 0.6}, noise=0.2)
    stored = fit.tree["log_likelihood"].to_dataset()["y"]
    again = {name: node for name, node in fit.tree.children.items() if name != "log_likelihood"}
    apart = replace(fit, tree=xr.DataTree.from_dict({n: g.to_dataset() for n, g in again.items()}))
    np.testing.assert_allclose(cm.log_likelihood(apart, rows), stored.isel(obs=rows), rtol=1e-12)


@pytest.mark.parametrize("correlation", [0.8, -0.5])
def test_draws_have_the_correlations_that_are_asked_for(correlation):
    years = np.array([2010, 2011, 2013, 2014, 2010, 2015])
    clusters = np.array([*"AAAABB"], dtype=object)
    serial = Serial(gaps(clusters, years), 2.0)
    drawn = carried(serial, np.full(200_000, correlation), np.random.default_rng(1))
    wanted = np.zeros((6, 6))
    for own in (slice(0, 4), slice(4, 6)):
        wanted[own, own] = power(years[own], correlation)
    error = np.sqrt((1 + wanted**2) / 200_000)
    np.testing.assert_array_less(np.abs(np.cov(drawn.T) - wanted), 4.5 * error)


def test_outcomes_are_drawn_with_their_errors():
    *_, design = designed(ERRORS, table())
    draws = {name: np.full(60_000, value) for name, value in NUMBERS.items()}
    made = drawn_outcome(design, draws, np.random.default_rng(2))
    mu = predictor(design, intercept=1.0, dose=0.4)
    np.testing.assert_allclose(made.mean(axis=0), mu, atol=4.5 * 1.7 / np.sqrt(60_000))
    own = design.clusters == "B"
    wanted = 1.7**2 * power(design.years[own], -0.6)
    error = np.sqrt((1.7**4 + wanted**2) / 60_000)
    np.testing.assert_array_less(np.abs(np.cov(made[:, own].T) - wanted), 4.5 * error)


def test_a_simulated_effect_is_carried_over_and_stated_ones_are_taken():
    spec = cm.read_spec(EFFECTS)
    truth = {"intercept": 3.0, "dose": 0.0, "residual_correlation": 0.9, "residual_sd": 1.0}
    rows = cm.simulate(spec, truth, table(), seed=3)
    assert (rows["count"].to_numpy() >= 0).all()
    flat = cm.simulate(spec, truth | {"residual_effect": 0.0}, table(), seed=3)
    assert flat["count"].to_numpy().std() < 0.5 * rows["count"].to_numpy().std()
    with pytest.raises(cm.SpecError, match=r"is a correlation, not 1\.5"):
        cm.simulate(spec, truth | {"residual_correlation": 1.5}, table())


def test_a_scenario_keeps_the_effects_of_each_cluster_and_year():
    document = EFFECTS | {"scenarios": {"more": [{"add": {"dose": 1}}]}}
    fit = made_fit(document, table(), around={"residual_correlation": 0.3})
    ratio = cm.predict(fit, "more") / cm.predict(fit)
    wanted = np.exp(fit.posterior["dose"])
    np.testing.assert_allclose(
        ratio.to_numpy(), np.broadcast_to(wanted.to_numpy()[..., None], ratio.shape), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"outcomes": {"y": {"family": "student_t"}}}, "student_t has no residuals .* because"),
        ({"outcomes": {"y": {"family": "bernoulli"}}}, "because its observations say too little"),
        (
            {"dynamics": {}, "fixed_effects": {"cluster": {"pooling": "correlated"}}},
            "because of 'dynamics', and in a short panel",
        ),
        ({"residuals": {"kind": "ar2"}}, "residuals.kind"),
        ({"priors": {"residual_sd": {"distribution": "half_normal", "sd": 1}}}, "residual_sd"),
        (
            {"priors": {"residual_correlation": {"distribution": "normal", "mean": 0, "sd": 1}}},
            "correlations take an lkj prior",
        ),
    ],
)
def test_what_it_cannot_be_beside_is_refused(sections, said):
    with pytest.raises(cm.SpecError, match=said):
        cm.read_spec(ERRORS | sections)


def test_the_fast_engine_says_that_it_does_not_take_them():
    document = ERRORS | {"engine": {"kind": "latent_gaussian"}}
    with pytest.raises(cm.FitError, match="because what is left of a year carries over"):
        cm.fit(cm.read_spec(document), table())


@pytest.mark.parametrize("document", [ERRORS, EFFECTS])
def test_the_model_says_them_in_words_and_in_its_equation(document):
    priors = {"residual_correlation": {"distribution": "lkj", "concentration": 5}}
    told = cm.explain(cm.read_spec(document | {"priors": priors}), table())
    assert any("carries over to the cluster's next year" in line for line in told.words)
    assert any("residual_correlation" in line for line in told.equation)
    words = {entry.name: entry for entry in told.priors}
    assert words["residual_correlation"].law == "lkj(5)"
    assert words["residual_correlation"].stated
    assert ("residual_sd" in words) == (document is EFFECTS)
