"""Families against scipy.stats, finite differences and draws."""

import dataclasses

import numpy as np
import pytest
from scipy import special, stats

from clustermodels.families import table
from clustermodels.families.family import mean
from clustermodels.families.poisson import POISSON

NAMES = ["gaussian", "student_t", "poisson", "negative_binomial", "bernoulli", "binomial"]
EACH = pytest.mark.parametrize("name", NAMES)


def oracle(name, eta, trials, parameters):
    """Give scipy's frozen law."""
    mu, chance = np.exp(eta), special.expit(eta)
    if name == "gaussian":
        return stats.norm(eta, parameters["sigma"])
    if name == "student_t":
        return stats.t(parameters["nu"], eta, parameters["sigma"])
    if name == "poisson":
        return stats.poisson(mu)
    if name == "negative_binomial":
        size = 1 / parameters["dispersion"]
        return stats.nbinom(size, size / (size + mu))
    return (
        stats.binom(trials.astype(int), chance) if name == "binomial" else stats.bernoulli(chance)
    )


def points(name, rows=300):
    """Draw random linear predictors, trials, parameters and outcomes."""
    rng = np.random.default_rng(7)
    eta = rng.normal(0.5, 1.5, rows)
    trials = rng.integers(1, 40, rows).astype(float) if name == "binomial" else np.ones(rows)
    parameters = {
        "gaussian": {"sigma": rng.uniform(0.3, 3, rows)},
        "student_t": {"sigma": rng.uniform(0.3, 3, rows), "nu": rng.uniform(2.5, 40, rows)},
        "negative_binomial": {"dispersion": rng.uniform(0.05, 3, rows)},
    }.get(name, {})
    y = np.asarray(oracle(name, eta, trials, parameters).rvs(random_state=rng), dtype=float)
    return y, eta, trials, parameters


@EACH
def test_log_density_is_scipys(name):
    y, eta, trials, parameters = points(name)
    law = oracle(name, eta, trials, parameters)
    family = table.find(name)
    expected = law.logpmf(y) if family.discrete else law.logpdf(y)
    found = family.log_density(y, eta, trials, parameters)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dispersion", [1e-300, 1e-9, 1e-3, 0.2, 3.0, 400.0])
def test_the_parts_of_a_split_density_make_it_up(dispersion):
    family = table.find("negative_binomial")
    y = np.array([0.0, 1, 2, 17, 900, family.split.largest])
    parameters = {"dispersion": np.array([[dispersion], [2 * dispersion]])}
    eta = np.log(y + 0.5) + np.linspace(-1, 1, len(y))
    parts = family.split.moved(y, eta, np.ones_like(y), parameters)
    parts = parts + family.split.fixed(y, parameters)
    whole = family.log_density(y, eta, np.ones_like(y), parameters)
    assert parts.shape == whole.shape == (2, len(y))
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-9)


@EACH
def test_derivatives_are_those_of_the_log_density(name):
    y, eta, trials, parameters = points(name)
    family = table.find(name)
    step = 1e-5

    def slope(function):
        ahead = function(y, eta + step, trials, parameters)
        return (ahead - function(y, eta - step, trials, parameters)) / (2 * step)

    found = family.first(y, eta, trials, parameters)
    np.testing.assert_allclose(found, slope(family.log_density), rtol=1e-6, atol=1e-6)
    found = family.second(y, eta, trials, parameters)
    np.testing.assert_allclose(found, slope(family.first), rtol=1e-6, atol=1e-6)


@EACH
def test_mean_and_variance_are_scipys(name):
    _, eta, trials, parameters = points(name)
    law, family = oracle(name, eta, trials, parameters), table.find(name)
    np.testing.assert_allclose(mean(family, eta, trials), law.mean(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(family.variance(eta, trials, parameters), law.var(), rtol=1e-10)


@EACH
def test_draws_have_the_mean_and_variance_and_are_possible(name):
    family, rng = table.find(name), np.random.default_rng(11)
    many = 200_000
    eta = np.repeat(np.array([[-0.5], [1.2]]), many, axis=1)
    trials = np.full(many, 9.0) if name == "binomial" else np.ones(many)
    parameters = {
        "sigma": np.array([[0.8], [2.0]]),
        "nu": np.array([[9.0], [15.0]]),
        "dispersion": np.array([[0.3], [0.9]]),
    }
    drawn = family.draw(rng, eta, trials, parameters)
    assert drawn.shape == (2, many)
    assert drawn.dtype == np.float64
    assert np.all(family.inside(drawn, trials))
    expected = mean(family, eta, trials)[:, 0]
    variance = family.variance(eta, trials, parameters)[:, 0]
    off = (drawn.mean(axis=1) - expected) / np.sqrt(variance / many)
    assert np.all(np.abs(off) < 4)
    np.testing.assert_allclose(drawn.var(axis=1), variance, rtol=0.03)


@EACH
def test_draws_by_draws_of_parameters_broadcast(name):
    family = table.find(name)
    rng = np.random.default_rng(5)
    eta = rng.normal(size=(3, 4))
    y = np.array([0.0, 1.0, 1.0, 0.0])
    trials = np.full(4, 2.0) if name == "binomial" else np.ones(4)
    parameters = {key: rng.uniform(2.5, 4, (3, 1)) for key in ("sigma", "nu", "dispersion")}
    for function in (family.log_density, family.first, family.second):
        whole = function(y, eta, trials, parameters)
        assert whole.shape == (3, 4)
        for draw in range(3):
            one = {key: values[draw] for key, values in parameters.items()}
            np.testing.assert_array_equal(whole[draw], function(y, eta[draw], trials, one))
    assert family.variance(eta, trials, parameters).shape == (3, 4)
    assert family.draw(rng, eta, trials, parameters).shape == (3, 4)


@EACH
def test_probabilities_sum_to_one(name):
    family = table.find(name)
    if not family.discrete:
        return
    trials = np.full(1, 30.0 if family.takes_trials else 1.0)
    y = np.arange(4000.0)
    y = y[family.inside(y, trials)]
    parameters = {"dispersion": np.array([0.7])}
    total = np.exp(family.log_density(y, np.array([1.3]), trials, parameters)).sum()
    assert total == pytest.approx(1, abs=1e-11)


@EACH
def test_everything_is_finite_at_eta_of_thirty(name):
    family = table.find(name)
    y = np.array([0.0, 1.0, 1.0])
    eta = np.array([[-30.0], [30.0]])
    parameters = {
        "sigma": np.array(1.0),
        "nu": np.array(3.0),
        "dispersion": np.array([[1e-10], [5.0]]),
    }
    for function in (family.log_density, family.first, family.second):
        assert np.all(np.isfinite(function(y, eta, np.ones(3), parameters)))


@EACH
def test_far_beyond_floats_nothing_warns_and_nothing_is_nan(name):
    family, rng = table.find(name), np.random.default_rng(2)
    y = np.array([0.0, 1.0])
    eta = np.array([[-1e4], [-750.0], [750.0], [1e4]])
    for dispersion in (0.0, 1e-300, 1e-10, 1.0, 1e10):
        parameters = {
            "sigma": np.array(1.0),
            "nu": np.array(3.0),
            "dispersion": np.array(dispersion),
        }
        for function in (family.log_density, family.first, family.second):
            assert not np.any(np.isnan(function(y, eta, np.ones(2), parameters)))
        assert not np.any(np.isnan(family.variance(eta, np.ones(1), parameters)))
        assert not np.any(np.isnan(family.draw(rng, eta, np.ones(1), parameters)))


EDGES = np.array([np.nan, np.inf, -np.inf, -1.0, 0.0, 0.5, 1.0, 3.0, 1e12])


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("gaussian", [0, 0, 0, 1, 1, 1, 1, 1, 1]),
        ("student_t", [0, 0, 0, 1, 1, 1, 1, 1, 1]),
        ("poisson", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("negative_binomial", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("bernoulli", [0, 0, 0, 0, 1, 0, 1, 0, 0]),
        ("binomial", [0, 0, 0, 0, 1, 0, 1, 1, 0]),
    ],
)
def test_inside(name, possible):
    trials = np.full(EDGES.size, 3.0 if name == "binomial" else 1.0)
    found = table.find(name).inside(EDGES, trials)
    assert found.dtype == np.bool_
    assert found.tolist() == [bool(value) for value in possible]


def test_impossible_trials_are_not_inside():
    trials = np.array([np.nan, np.inf, -1.0, 2.5, 1.0, 2.0])
    inside = table.find("binomial").inside(np.full(6, 2.0), trials)
    assert inside.tolist() == [False] * 5 + [True]


def test_student_t_has_no_variance_at_two_degrees_or_fewer():
    family = table.find("student_t")
    parameters = {"sigma": np.array(2.0), "nu": np.array([[0.5], [2.0], [4.0]])}
    variance = family.variance(np.zeros((3, 1)), np.ones(1), parameters)
    assert variance.ravel().tolist() == [np.inf, np.inf, 8.0]


def test_student_t_tends_to_the_gaussian():
    y, eta, trials, parameters = points("gaussian")
    expected = table.find("gaussian").log_density(y, eta, trials, parameters)
    wide = {**parameters, "nu": np.array(1e12)}
    found = table.find("student_t").log_density(y, eta, trials, wide)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_location_of_numbers():
    location = table.find("gaussian").location
    y = np.array([1.0, 2.0, 6.0])
    assert location(y, np.ones(3)) == pytest.approx((3.0, np.sqrt(14 / 3)))
    assert location(np.full(7, 0.1), np.ones(7))[1] == 1.0
    assert location(np.zeros(2), np.ones(2)) == (0.0, 1.0)


def test_location_of_counts():
    location = table.find("poisson").location
    y, exposure = np.array([0.0, 100.0, 400.0]), np.array([1.0, 2.0, 2.0])
    spread = np.std(np.log([0.5, 50.0, 200.0]))
    assert spread > 1
    assert location(y, exposure) == pytest.approx((np.log(100.0), spread))
    assert location(np.array([3.0, 4.0]), np.ones(2)) == pytest.approx((np.log(3.5), 1.0))
    assert location(np.zeros(4), np.ones(4)) == pytest.approx((np.log(0.125), 1.0))


def test_location_of_shares():
    location = table.find("binomial").location
    centre, spread = location(np.array([3.0, 5.0]), np.array([10.0, 10.0]))
    assert (centre, spread) == (pytest.approx(special.logit(8.5 / 21)), 1.5)
    assert np.isfinite(location(np.ones(5), np.ones(5))[0])
    assert np.isfinite(location(np.zeros(5), np.ones(5))[0])


def test_table_is_open_but_a_name_is_taken_once(monkeypatch):
    assert list(table.names()) == NAMES
    with pytest.raises(ValueError, match="registered already"):
        table.register(POISSON)
    monkeypatch.setattr(table, "FAMILIES", dict(table.FAMILIES))
    other = dataclasses.replace(POISSON, name="counts_of_mine")
    table.register(other)
    assert table.find("counts_of_mine") is other
    with pytest.raises(ValueError, match="did you mean 'negative_binomial'"):
        table.find("negative_binomal")


@EACH
def test_only_the_binomial_takes_trials(name):
    assert table.find(name).takes_trials == (name == "binomial")
