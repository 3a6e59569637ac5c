"""The compiled model of moderators' forms against numpy."""

import numpy as np
import pytest
import scipy.stats as st
import xarray as xr
from pymc.pytensorf import compile as compiled

import clustermodels as cm
from clustermodels.engines.classes import outside
from clustermodels.engines.nuts_start import starts
from clustermodels.fits.density import log_likelihood, log_prior
from clustermodels.model.numbers import structure
from clustermodels.preview.prior_draws import prior_draws
from tests.designs import PLAIN, block_of, designed, table

FORMS = ("quadratic", "spline", "bins", "gp", "full", "labels")


def document(form):
    own = {"form": "linear", "full": True} if form == "full" else {"form": form}
    moderators = {"yearly": own}
    if form == "labels":
        moderators = {"yearly": {"full": True}, "region": {"kind": "categorical", "full": True}}
    return PLAIN | {
        "treatments": {"dose": {"slope": "common"}},
        "moderators": moderators,
        "controls": ["people"] if form == "labels" else ["people", "phase"],
    }


def evaluated(design, seed=3):
    """Give the log density of rows, and every posterior name, at a point near the start."""
    model = cm.build_model(design)
    inputs = [model.rvs_to_values[variable] for variable in model.free_RVs]
    names = [
        str(v.name)
        for v in [*model.deterministics, *model.free_RVs]
        if "::" not in v.name and not v.name.startswith("z_") and v.name != "expected_outcome"
    ]
    told = model.replace_rvs_by_values([model[name] for name in names])
    density = model.logp(vars=[model[design.outcome.name]])
    function = compiled(inputs, [density, *told], mode="FAST_COMPILE")
    rng = np.random.default_rng(seed)
    point = {
        name: value + 0.4 * rng.normal(size=np.shape(value))
        for name, value in model.initial_point(random_seed=seed).items()
    }
    density, *values = function(**point)
    return float(density), dict(zip(names, values, strict=True)), point


def posterior_of(values):
    return xr.Dataset(
        {
            name: (("chain", "draw", *[f"{name}_level"] * np.ndim(value)), value[None, None])
            for name, value in values.items()
        },
        coords={"chain": [0], "draw": [0]},
    )


@pytest.mark.parametrize("form", FORMS)
def test_it_is_the_density_that_numpy_makes(form):
    *_, design = designed(document(form), table())
    density, values, _ = evaluated(design)
    ours = log_likelihood(design, posterior_of(values))
    np.testing.assert_allclose(float(ours.sum()), density, rtol=1e-10)


def test_the_law_of_a_process():
    """Coefficients are normal with the root of the spectral density times the height."""
    *_, design = designed(document("gp"), table())
    _, values, point = evaluated(design)
    spread = table()["dose"].std(ddof=1)
    half = np.ptp(table()["yearly"]) / 2
    height = values["dose_x_yearly_amplitude"] * spread
    length = values["dose_x_yearly_length"] / half
    w = np.arange(1, 21) * np.pi / 8
    density = np.sqrt(2 * np.pi) * length * np.exp(-(length**2) * w**2 / 2)
    wanted = height * np.sqrt(density) * point["z_dose_x_yearly"] / spread
    np.testing.assert_allclose(values["dose_x_yearly"], wanted, rtol=1e-10)
    found = log_prior(design, posterior_of(values))
    assert "dose_x_yearly" not in found
    slope = dict(block_of(design, "dose").terms[0].prior.arguments)["sd"]
    law = st.halfnorm.logpdf(height, scale=slope) + np.log(spread)
    np.testing.assert_allclose(found["dose_x_yearly_amplitude"], law)
    law = st.lognorm.logpdf(length, 0.4, scale=0.7) - np.log(half)
    np.testing.assert_allclose(found["dose_x_yearly_length"], law)


@pytest.mark.parametrize("form", FORMS)
def test_chains_start_where_the_model_has_a_density(form):
    *_, design = designed(document(form), table())
    model = cm.build_model(design)
    names = {variable.name for variable in model.value_vars}
    shapes = model.initial_point(random_seed=1)
    start = {n: np.reshape(v, np.shape(shapes[n])) for n, v in starts(design)(7).items()}
    assert set(start) == names
    inputs = model.value_vars
    function = compiled(inputs, model.logp(), mode="FAST_COMPILE")
    assert np.isfinite(function(**start))


@pytest.mark.parametrize("form", FORMS)
def test_what_the_fast_engine_takes(form):
    reason = outside(designed(document(form), table())[3])
    if form == "gp":
        assert reason == (
            "yearly is a Gaussian process, whose length changes its coefficients' law"
        )
    else:
        assert reason is None


def test_draws_from_the_prior_of_a_process_have_its_height():
    """E b^2 over draws: the mean of height^2 times the spectral density at each draw's length."""
    *_, design = designed(document("gp"), table())
    drawn = prior_draws(design, 40_000, 5)
    block = block_of(design, "dose_x_yearly")
    height = drawn["dose_x_yearly_amplitude"]
    length = drawn["dose_x_yearly_length"] / block.smooth.units[1]
    for at in (0, 4):
        w = (at + 1) * np.pi / 8
        own = np.sqrt(2 * np.pi) * length * np.exp(-((length * w) ** 2) / 2)
        ratio = drawn["dose_x_yearly"][:, at] / (height * np.sqrt(own))
        assert abs(st.kstest(ratio, "norm").statistic) < 1.63 / np.sqrt(len(ratio))
    assert np.median(height) == pytest.approx(
        st.halfnorm.median() * dict(block.smooth.height.arguments)["sd"] * block.terms[0].unit,
        rel=0.03,
    )


def test_a_process_is_a_structure_of_its_own():
    one, other = (structure(designed(document(form), table())[3]) for form in ("gp", "spline"))
    assert one != other
    assert one == structure(designed(document("gp"), table(2))[3])
