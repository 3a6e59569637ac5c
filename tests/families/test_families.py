"""Families against scipy.stats, finite differences and draws."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import special, stats

from clustermodels.families import table
from clustermodels.families.family import mean
from clustermodels.families.poisson import POISSON

NAMES = [
    "gaussian",
    "student_t",
    "lognormal",
    "gamma",
    "poisson",
    "negative_binomial",
    "zero_inflated_negative_binomial",
    "hurdle_negative_binomial",
    "bernoulli",
    "binomial",
    "beta",
]
EACH = pytest.mark.parametrize("name", NAMES)


class Zeros:
    """A negative binomial, scipy's, with a share of zeros beside it or in place of its own."""

    def __init__(self, counts, share, hurdle):
        self.counts, self.share = counts, share
        none = counts.pmf(0)
        self.none = share if hurdle else share + (1 - share) * none
        self.scale = (1 - share) / (1 - none) if hurdle else 1 - share

    def logpmf(self, y):
        return np.where(y > 0, np.log(self.scale) + self.counts.logpmf(y), np.log(self.none))

    def mean(self):
        return self.scale * self.counts.mean()

    def var(self):
        return self.scale * (self.counts.var() + self.counts.mean() ** 2) - self.mean() ** 2

    def rvs(self, random_state):
        y = self.counts.rvs(random_state=random_state)
        above = np.where(y > 0, y, 1 + self.counts.rvs(random_state=random_state))
        return np.where(random_state.random(len(y)) < self.none, 0, above)


def oracle(name, eta, trials, parameters):
    """Give scipy's frozen law."""
    mu, chance = np.exp(eta), special.expit(eta)
    if name == "gaussian":
        return stats.norm(eta, parameters["sigma"])
    if name == "student_t":
        return stats.t(parameters["nu"], eta, parameters["sigma"])
    if name == "lognormal":
        return stats.lognorm(parameters["sigma"], scale=mu)
    if name == "gamma":
        return stats.gamma(1 / parameters["dispersion"], scale=parameters["dispersion"] * mu)
    if name == "beta":
        precision = 1 / parameters["dispersion"]
        return stats.beta(chance * precision, special.expit(-eta) * precision)
    if name == "poisson":
        return stats.poisson(mu)
    if name.endswith("negative_binomial"):
        size = 1 / parameters["dispersion"]
        counts = stats.nbinom(size, size / (size + mu))
        if name == "negative_binomial":
            return counts
        return Zeros(counts, parameters["zero_share"], name.startswith("hurdle"))
    return (
        stats.binom(trials.astype(int), chance) if name == "binomial" else stats.bernoulli(chance)
    )


def points(name, rows=300):
    """Draw random linear predictors, trials, parameters and outcomes."""
    rng = np.random.default_rng(7)
    eta = rng.normal(0.5, 1.5, rows)
    trials = rng.integers(1, 40, rows).astype(float) if name == "binomial" else np.ones(rows)
    drawn = {
        "sigma": rng.uniform(0.3, 3, rows),
        "nu": rng.uniform(2.5, 40, rows),
        "dispersion": rng.uniform(0.05, 3, rows),
        "zero_share": rng.uniform(0.02, 0.9, rows),
    }
    parameters = {
        parameter.name: drawn[parameter.name] for parameter in table.find(name).parameters
    }
    y = np.asarray(oracle(name, eta, trials, parameters).rvs(random_state=rng), dtype=float)
    if name == "beta":  # a draw may round to an end
        y = np.clip(y, 1e-12, 1 - 1e-12)
    return y, eta, trials, parameters


def possible(name, *of):
    """Give outcomes that a family can have: zeros and ones where it can have these."""
    inside = {"lognormal": (0.3, 2.0), "gamma": (0.3, 2.0), "beta": (0.02, 0.7)}.get(name, (0, 1))
    return np.array([inside[one] for one in of], dtype=float)


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
    np.testing.assert_allclose(
        mean(family, eta, trials, parameters), law.mean(), rtol=1e-10, atol=1e-14
    )
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
        "zero_share": np.array([[0.2], [0.6]]),
    }
    if name == "lognormal":  # of a heavy tail even so many draws say little
        parameters["sigma"] = np.array([[0.3], [0.6]])
    drawn = family.draw(rng, eta, trials, parameters)
    assert drawn.shape == (2, many)
    assert drawn.dtype == np.float64
    assert np.all(family.inside(drawn, trials))
    expected = mean(family, eta, trials, parameters)[:, 0]
    variance = family.variance(eta, trials, parameters)[:, 0]
    off = (drawn.mean(axis=1) - expected) / np.sqrt(variance / many)
    assert np.all(np.abs(off) < 4)
    np.testing.assert_allclose(drawn.var(axis=1), variance, rtol=0.03)


@EACH
def test_draws_by_draws_of_parameters_broadcast(name):
    family = table.find(name)
    rng = np.random.default_rng(5)
    eta = rng.normal(size=(3, 4))
    y = possible(name, 0, 1, 1, 0)
    trials = np.full(4, 2.0) if name == "binomial" else np.ones(4)
    parameters = {key: rng.uniform(2.5, 4, (3, 1)) for key in ("sigma", "nu", "dispersion")}
    parameters["zero_share"] = rng.uniform(0.1, 0.9, (3, 1))
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
    parameters = {"dispersion": np.array([0.7]), "zero_share": np.array([0.3])}
    total = np.exp(family.log_density(y, np.array([1.3]), trials, parameters)).sum()
    assert total == pytest.approx(1, abs=1e-11)


@EACH
def test_everything_is_finite_at_eta_of_thirty(name):
    family = table.find(name)
    y = possible(name, 0, 1, 1)
    eta = np.array([[-30.0], [30.0]])
    parameters = {
        "sigma": np.array(1.0),
        "nu": np.array(3.0),
        "dispersion": np.array([[1e-10], [5.0]]),
        "zero_share": np.array([[1e-6], [0.9]]),
    }
    for function in (family.log_density, family.first, family.second):
        assert np.all(np.isfinite(function(y, eta, np.ones(3), parameters)))


@EACH
def test_far_beyond_floats_nothing_warns_and_nothing_is_nan(name):
    family, rng = table.find(name), np.random.default_rng(2)
    y = possible(name, 0, 1)
    eta = np.array([[-1e4], [-750.0], [750.0], [1e4]])
    for dispersion in (0.0, 1e-300, 1e-10, 1.0, 1e10):
        parameters = {
            "sigma": np.array(1.0),
            "nu": np.array(3.0),
            "dispersion": np.array(dispersion),
            "zero_share": np.array([[0.0], [1e-300], [0.5], [1.0]]),
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
        ("lognormal", [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        ("gamma", [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        ("poisson", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("negative_binomial", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("zero_inflated_negative_binomial", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("hurdle_negative_binomial", [0, 0, 0, 0, 1, 0, 1, 1, 1]),
        ("beta", [0, 0, 0, 0, 0, 1, 0, 0, 0]),
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


def test_location_of_amounts():
    y, exposure = np.array([1.0, 8.0]), np.array([1.0, 2.0])
    for name in ("lognormal", "gamma"):
        location = table.find(name).location
        assert location(y, exposure) == pytest.approx((np.log(2.0), np.log(2.0)))
        assert location(np.full(3, 5.0), np.ones(3)) == pytest.approx((np.log(5.0), 1.0))


def test_location_of_shares():
    assert table.find("beta").location(np.array([0.1, 0.3]), np.ones(2)) == pytest.approx(
        (special.logit(0.2), 1.5)
    )
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


COUPLED = ("zero_inflated_negative_binomial", "hurdle_negative_binomial", "gamma", "lognormal")


@pytest.mark.parametrize("name", COUPLED)
def test_the_same_shocks_at_a_larger_predictor_never_give_less(name):
    family = table.find(name)
    parameters = {"dispersion": np.array([[0.4]]), "zero_share": np.array([[0.3]])}
    parameters["sigma"] = np.array([[0.7]])
    eta = np.array([[-1.0], [0.0], [2.0], [5.0]]) * np.ones(4000)
    made = [
        family.steady_draw(np.random.default_rng(3), one, np.ones(4000), parameters)
        for one in eta[:, None]
    ]
    for lower, upper in itertools.pairwise(made):
        assert (lower <= upper).all()
        assert (lower < upper).any()
    for one, drawn in zip(eta[:, None], made, strict=True):
        expected = mean(family, one, np.ones(1), parameters)[0, 0]
        variance = family.variance(one, np.ones(1), parameters)[0, 0]
        assert abs(drawn.mean() - expected) < 4 * np.sqrt(variance / 4000)


def test_the_hurdle_has_its_share_of_zeros_whatever_is_expected():
    family = table.find("hurdle_negative_binomial")
    parameters = {"dispersion": np.array([[0.4]]), "zero_share": np.array([[0.3]])}
    for draw in (family.draw, family.steady_draw):
        eta = np.array([[-20.0], [0.0], [4.0]]) * np.ones(20_000)
        drawn = draw(np.random.default_rng(4), eta, np.ones(20_000), parameters)
        np.testing.assert_allclose((drawn == 0).mean(axis=1), 0.3, atol=0.015)
        assert set(np.unique(drawn[0])) == {0.0, 1.0}


def test_zero_inflation_and_hurdle_meet_the_plain_count():
    """At a share of zeros of 0, and at the share that the count itself has."""
    y, eta, trials, parameters = points("negative_binomial")
    plain = table.find("negative_binomial")
    expected = plain.log_density(y, eta, trials, parameters)
    none = np.exp(plain.log_density(np.zeros_like(y), eta, trials, parameters))
    for name, share in (
        ("zero_inflated_negative_binomial", np.zeros_like(y)),
        ("hurdle_negative_binomial", none),
    ):
        found = table.find(name).log_density(y, eta, trials, {**parameters, "zero_share": share})
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
