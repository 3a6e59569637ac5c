"""Counts whose mean keeps a share of the last one: density, derivatives, draws."""

import numpy as np
import pytest
import scipy.stats as st

from clustermodels.families.family import mean
from clustermodels.families.feedback import FED

PARAMETERS = {"rho": np.array([[0.3], [0.8]]), "dispersion": np.array([[0.4], [0.1]])}


def world(seed=2):
    rng = np.random.default_rng(seed)
    before = rng.poisson(4, 30).astype(float)
    before[:3] = 0
    return rng, rng.poisson(5, 30).astype(float), rng.normal(0.5, 1, (2, 30)), before


@pytest.mark.parametrize("name", [*FED])
def test_the_density_is_that_of_the_plain_family_at_the_whole_mean(name):
    _, y, eta, before = world()
    mu = PARAMETERS["rho"] * before + np.exp(eta)
    size = 1 / PARAMETERS["dispersion"]
    law = st.poisson(mu) if name == "poisson" else st.nbinom(size, size / (size + mu))
    got = FED[name].log_density(y, eta, before, PARAMETERS)
    np.testing.assert_allclose(got, law.logpmf(y), atol=1e-10)
    np.testing.assert_allclose(mean(FED[name], eta, before, PARAMETERS), mu)
    np.testing.assert_allclose(FED[name].variance(eta, before, PARAMETERS), law.var())


@pytest.mark.parametrize("name", [*FED])
def test_derivatives_are_those_of_the_density(name):
    _, y, eta, before = world()
    family, step = FED[name], 1e-5
    up, here, down = (
        family.log_density(y, eta + move, before, PARAMETERS) for move in (step, 0.0, -step)
    )
    first, second = (of(y, eta, before, PARAMETERS) for of in (family.first, family.second))
    np.testing.assert_allclose(first, (up - down) / (2 * step), atol=1e-6)
    slopes = [family.first(y, eta + move, before, PARAMETERS) for move in (step, -step)]
    np.testing.assert_allclose(second, (slopes[0] - slopes[1]) / (2 * step), atol=1e-6)
    assert np.isfinite(up + here + down).all()


@pytest.mark.parametrize("name", [*FED])
def test_draws_have_the_mean_and_more_of_what_is_new_never_draws_less(name):
    rng, _, eta, before = world()
    family, many = FED[name], 4000
    eta, before = np.tile(eta[:1], (many, 1)), before[None]
    given = {key: value[:1] for key, value in PARAMETERS.items()}
    drawn = family.draw(rng, eta, before, given)
    wanted = mean(family, eta, before, given)[0]
    noise = np.sqrt(family.variance(eta, before, given)[0] / many)
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - wanted), 4.5 * noise)
    low, high = (
        family.steady_draw(np.random.default_rng(1), eta + more, before, given) for more in (0, 0.5)
    )
    assert (high >= low).all()
    assert (high > low).any()
