"""Outcomes of which a share is kept: designed, walked, answered, against loops by hand."""

import numpy as np
import pymc as pm
import pytest
import scipy.stats as st
from pymc.pytensorf import compile

import clustermodels as cm
from clustermodels.data.walk import drawn_outcome
from clustermodels.fits.density import log_likelihood
from clustermodels.fits.record import flat
from tests.data.test_walk import SCENARIOS
from tests.designs import PLAIN, designed, lookup, made_fit, table
from tests.documents import BASE, said

FED = {"form": "linear_feedback", "initial": "ignore", "accept_bias": True}


def document(family="poisson", **changed):
    made = PLAIN | {
        "outcomes": {"count": {"family": family}},
        "treatments": {"dose": {"slope": "common"}},
        "dynamics": FED,
        "scenarios": SCENARIOS,
    }
    return made | changed


def fitted(family="poisson", **around):
    settings = {"rho": np.log(0.4), "dose": 0.3, "intercept": 1.0} | around
    return made_fit(document(family), table(), around=settings, noise=0.02)


def new(fit, dose):
    """Give what is new each year, (S, obs)."""
    draws, centre = flat(fit.posterior), fit.learned.scales["dose"].centre
    slope, level = draws["dose"][:, None], draws["intercept"][:, None]
    return np.exp(level + slope * (dose - centre))


def places(fit):
    design = fit.design()
    return [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]


@pytest.mark.parametrize("scenario", [None, *SCENARIOS])
def test_expected_counts_are_the_recursion_of_means(scenario):
    fit, frame = fitted(), table()
    observed, doses = lookup(frame, "count"), lookup(frame, "dose")
    moved = {None: set(), "nothing": set(), "once": {2013}, "for_good": {*range(2013, 2100)}}
    at = places(fit)
    dose = np.array([doses[place] + (place[1] in moved[scenario]) for place in at])
    made, rho = new(fit, dose), flat(fit.posterior)["rho"]
    wanted, walked = np.empty_like(made), {}
    for n, (city, year) in enumerate(at):  # a cluster's rows stand in the order of years
        before = walked.get((city, year - 1), observed[city, year - 1])
        wanted[:, n] = walked[city, year] = rho * before + made[:, n]
    got = cm.predict(fit, scenario).to_numpy().reshape(len(rho), -1)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_drawn_outcomes_have_the_mean_of_the_recursion():
    fit = fitted()
    one = {name: values[:1] for name, values in flat(fit.posterior).items()}
    many = {name: np.repeat(values, 4000, axis=0) for name, values in one.items()}
    drawn = drawn_outcome(fit.design(), many, np.random.default_rng(3))
    wanted = cm.predict(fit).to_numpy().reshape(-1, drawn.shape[1])[0]
    noise = drawn.std(axis=0) / np.sqrt(len(drawn))
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - wanted), 4.5 * noise)


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_the_likelihood_is_that_of_the_whole_mean(family):
    fit, frame = fitted(family, dispersion=np.log(0.3)), table()
    doses, observed = lookup(frame, "dose"), lookup(frame, "count")
    at, draws = places(fit), flat(fit.posterior)
    before = np.array([observed[city, year - 1] for city, year in at])
    y = np.array([observed[place] for place in at])
    made = new(fit, np.array([doses[place] for place in at]))
    mu = draws["rho"][:, None] * before + made
    law = st.poisson(mu)
    if family == "negative_binomial":
        size = 1 / draws["dispersion"][:, None]
        law = st.nbinom(size, size / (size + mu))
    design = fit.design()
    got = log_likelihood(design, fit.posterior).to_numpy().reshape(mu.shape)
    np.testing.assert_allclose(got, law.logpmf(y), rtol=1e-9)
    assert_compiled(cm.build_model(design), fit, before, family)


def assert_compiled(model, fit, before, family):
    """Hold the compiled likelihood at some point to scipy's, the mean put together by hand."""
    design, y = fit.design(), fit.design().outcome.values
    names = ["intercept", "dose", *design.outcome.parameters]
    outputs = [model[name] for name in (*names, "expected_outcome")]
    made = compile(
        [model[name] for name in ("z_intercept", "z_dose", *design.outcome.parameters)],
        [*outputs, pm.logp(model["count"], y)],
        mode="FAST_COMPILE",
    )
    *drawn, expected, density = made(0.7, -0.4, *([0.3, 0.6][: len(design.outcome.parameters)]))
    at = dict(zip(names, drawn, strict=True))
    doses = lookup(table(), "dose")
    dose = np.array([doses[place] for place in places(fit)])
    centre = fit.learned.scales["dose"].centre
    mu = at["rho"] * before + np.exp(at["intercept"] + at["dose"] * (dose - centre))
    np.testing.assert_allclose(expected, mu, rtol=1e-9)
    law = st.poisson(mu)
    if family == "negative_binomial":
        size = 1 / at["dispersion"]
        law = st.nbinom(size, size / (size + mu))
    np.testing.assert_allclose(density, law.logpmf(y), rtol=1e-8)


def test_a_share_of_an_effect_is_kept_and_the_long_run_is_that_of_what_is_new():
    fit = made_fit(document(), table(), around={"rho": np.log(0.4), "dose": 0.3}, noise=0)
    found = cm.dynamics(fit, years=4)

    def of(quantity):
        return found["median"].to_numpy()[found["quantity"].to_numpy() == quantity]

    more, kept = np.exp(0.3) - 1, 0.4 ** np.arange(5)
    np.testing.assert_allclose(of("one_year"), 1 + more * (1 - 0.4) * kept)
    np.testing.assert_allclose(of("lasting"), 1 + more * (1 - 0.4 * kept))
    np.testing.assert_allclose(of("long_run"), np.exp(0.3))
    np.testing.assert_allclose(of("persistence"), 0.4)
    (row,) = np.flatnonzero(cm.effects(fit)["scale"].to_numpy() == "ratio")
    assert "what is new in a year" in str(cm.effects(fit)["per"].to_numpy()[row])


def test_it_is_said_in_words_and_as_an_equation():
    told = cm.explain(cm.read_spec(document()), table())
    assert "log (μ[i,t] - rho count[i,t-1]) = intercept" in told.equation
    (prior,) = [prior for prior in told.priors if prior.name == "rho"]
    _, _, learned, of = designed(document(), table())
    free = sum(len(b.terms) if b.factor is None else len(b.factor.levels) - 1 for b in of.blocks)
    assert 0 < learned.kept <= 1
    assert prior.law == f"beta(1, {1 + learned.kept * (1 + free):g})"  # no effect is pooled here
    stated = document(priors={"rho": {"distribution": "beta", "alpha": 1, "beta": 1}})
    told = cm.explain(cm.read_spec(stated), table())
    (prior,) = [prior for prior in told.priors if prior.name == "rho"]
    assert (prior.law, prior.stated) == ("beta(1, 1)", True)
    assert not any("log(1 + count" in line for line in (*told.words, *told.equation))


@pytest.mark.parametrize(
    ("family", "rest", "expected"),
    [
        ("gaussian", "dynamics: {form: linear_feedback}", "gaussian takes no linear feedback, bec"),
        (
            "poisson",
            "dynamics: {form: linear_feedback, lags: 2}",
            "dynamics.lags: linear feedback looks one year back, because",
        ),
        (
            "poisson",
            "dynamics: {form: linear_feedback}\nengine: {kind: latent_gaussian}",
            "engine.kind: latent_gaussian does not take linear feedback, because",
        ),
        (
            "poisson",
            "dynamics: {form: linear_feedback}\npriors: {rho: {distribution: normal, mean: 0, "
            "sd: 1}}",
            "priors.rho: this is a share, from 0 to 1. Write {distribution: beta",
        ),
        (
            "poisson",
            "dynamics: {form: linear_feedback}\npriors: {rho: {ratio: [0.5, 2]}}",
            "priors.rho: 'ratio' is for the effects of columns, and this is none",
        ),
    ],
)
def test_what_it_cannot_be_is_refused_with_its_reason(family, rest, expected):
    text = BASE.replace("negative_binomial", family) + rest + "\n"
    assert any(expected in line for line in said(text)), said(text)
