"""The compiled model against numpy: densities, derivatives, predictions."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.stats as st
import xarray as xr

import clustermodels as cm
from clustermodels.data.scenarios import edited
from clustermodels.families.table import find, names
from clustermodels.model.build import EXPECTED
from clustermodels.model.families import LIKELIHOODS

N = 40
PARAMETERS = {
    "gaussian": {"sigma": 1.3},
    "student_t": {"sigma": 0.7, "nu": 4.2},
    "lognormal": {"sigma": 0.8},
    "gamma": {"dispersion": 0.4},
    "negative_binomial": {"dispersion": 0.4},
    "zero_inflated_negative_binomial": {"dispersion": 0.4, "zero_share": 0.3},
    "hurdle_negative_binomial": {"dispersion": 0.4, "zero_share": 0.3},
    "beta": {"dispersion": 0.4},
}


def observed(family: str, rng: np.random.Generator) -> np.ndarray:
    match family:
        case "gaussian" | "student_t":
            return rng.normal(0, 2, N)
        case "lognormal" | "gamma":
            return rng.gamma(2, 1, N)
        case "beta":
            return rng.uniform(0.01, 0.99, N)
        case "bernoulli":
            return rng.integers(0, 2, N).astype(float)
        case "binomial":
            return rng.integers(0, 7, N).astype(float)
        case _:
            return rng.poisson(3, N).astype(float)


def scipy_density(family, y, eta, trials, par):
    mu = np.exp(eta)
    p = 1 / (1 + np.exp(-eta))
    match family:
        case "gaussian":
            return st.norm.logpdf(y, eta, par["sigma"])
        case "student_t":
            return st.t.logpdf(y, par["nu"], eta, par["sigma"])
        case "poisson":
            return st.poisson.logpmf(y, mu)
        case "lognormal":
            return st.lognorm.logpdf(y, par["sigma"], scale=mu)
        case "gamma":
            return st.gamma.logpdf(y, 1 / par["dispersion"], scale=par["dispersion"] * mu)
        case "beta":
            return st.beta.logpdf(y, p / par["dispersion"], (1 - p) / par["dispersion"])
        case "negative_binomial":
            size = 1 / par["dispersion"]
            return st.nbinom.logpmf(y, size, size / (size + mu))
        case "zero_inflated_negative_binomial" | "hurdle_negative_binomial":
            size, share = 1 / par["dispersion"], par["zero_share"]
            counts = st.nbinom(size, size / (size + mu))
            hurdle = family.startswith("hurdle")
            none = share if hurdle else share + (1 - share) * counts.pmf(0)
            some = (1 - share) / (1 - counts.pmf(0)) if hurdle else 1 - share
            return np.where(y > 0, np.log(some) + counts.logpmf(y), np.log(none))
        case "bernoulli":
            return st.bernoulli.logpmf(y, p)
        case "binomial":
            return st.binom.logpmf(y, trials, p)
    raise AssertionError(family)


@pytest.mark.parametrize("family", names())
def test_density_is_scipys_and_derivatives_are_pytensors(family):
    rng = np.random.default_rng(5)
    y, trials = observed(family, rng), np.full(N, 6.0)
    par = PARAMETERS.get(family, {})
    predictor = pt.dvector("eta")
    with pm.Model():
        shared = {name: pt.as_tensor_variable(value) for name, value in par.items()}
        likelihood = LIKELIHOODS[family]("y", predictor, trials, shared, shape=N)
        density = pm.logp(likelihood, pt.as_tensor_variable(y.astype(likelihood.dtype)))
    first = pytensor.grad(density.sum(), predictor)
    second = pytensor.grad(first.sum(), predictor)
    plain = pytensor.compile.mode.Mode(linker="py", optimizer="fast_run")  # knows every function
    compiled = pytensor.function([predictor], [density, first, second], mode=plain)
    declared = find(family)
    for scale in (0.5, 2.0):
        eta = rng.normal(0, scale, N)
        got, got_first, got_second = compiled(eta)
        wanted = scipy_density(family, y, eta, trials, par)
        np.testing.assert_allclose(got, wanted, rtol=1e-8, atol=1e-8)
        arrays = {name: np.asarray(value) for name, value in par.items()}
        ours = declared.log_density(y, eta, trials, arrays)
        np.testing.assert_allclose(ours, wanted, rtol=1e-8, atol=1e-8)
        one = declared.first(y, eta, trials, arrays)
        np.testing.assert_allclose(one, got_first, rtol=1e-7, atol=1e-8)
        two = declared.second(y, eta, trials, arrays)
        np.testing.assert_allclose(two, got_second, rtol=1e-7, atol=1e-8)


def test_predictions_equal_those_of_the_rebuilt_model(tiny_fit):
    """Ours in numpy, PyMC's through the graph: the same to 1e-10, observed and edited."""
    for scenario in (None, "repeal", "one_more"):
        ours = cm.predict(tiny_fit, scenario).to_numpy()
        panel = tiny_fit.panel
        if scenario is not None:
            panel = edited(tiny_fit.spec, panel, scenario)
        model = cm.build_model(tiny_fit.design(panel))
        stored = tiny_fit.tree["unconstrained_posterior"].to_dataset()
        parameters = tiny_fit.posterior[[v.name for v in model.free_RVs if v.name not in stored]]
        made = pm.compute_deterministics(
            xr.merge([stored, parameters]),
            var_names=[EXPECTED],
            model=model,
            progressbar=False,
        )
        np.testing.assert_allclose(ours, made[EXPECTED].to_numpy(), rtol=1e-10)


def test_stored_log_likelihood_is_pymcs(tiny_fit):
    model = cm.build_model(tiny_fit.design())
    free = [variable.name for variable in model.free_RVs]
    stored = tiny_fit.tree["unconstrained_posterior"].to_dataset()
    posterior = xr.merge([stored, tiny_fit.posterior[[n for n in free if n not in stored]]])
    tree = xr.DataTree.from_dict({"posterior": posterior})
    made = pm.stats.compute_log_likelihood(
        tree, model=model, progressbar=False, extend_inferencedata=False
    )
    np.testing.assert_allclose(
        tiny_fit.tree["log_likelihood"]["patents"].to_numpy(),
        made["patents"].to_numpy(),
        rtol=1e-8,
        atol=1e-10,
    )


def test_stored_log_prior_is_scipys_in_user_units(tiny_fit):
    design, draws = tiny_fit.design(), tiny_fit.posterior
    stored = tiny_fit.tree["log_prior"].to_dataset()
    common = [b for b in design.blocks if b.factor is None and b.labels is None]
    assert {"policies", "centrality", "gdp", "policies_x_centrality"} == {b.name for b in common}
    for block in common:
        (term,) = block.terms
        sd = dict(term.prior.arguments)["sd"] * term.unit
        wanted = st.norm.logpdf(draws[block.name], 0, sd)
        np.testing.assert_allclose(stored[block.name], wanted, rtol=1e-8)
    scale = dict(design.outcome.parameters["dispersion"].arguments)["mean"]
    wanted = st.expon.logpdf(draws["dispersion"], scale=scale)
    np.testing.assert_allclose(stored["dispersion"], wanted, rtol=1e-8)
    # two correlated coefficients under LKJ(2): (1 + r)/2 is Beta(2, 2), so r has half its density
    r = draws["cluster_effect_correlation"].isel(cluster_effect_correlation_level=0)
    wanted = st.beta.logpdf((1 + r) / 2, 2, 2) - np.log(2)
    np.testing.assert_allclose(stored["cluster_effect_correlation"], wanted, rtol=1e-7)
