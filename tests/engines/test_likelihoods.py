"""What the kernels evaluate: numpy's exponential and logarithm, and the families' own densities."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from numba import njit
from scipy.special import gammaln

from clustermodels.engines import elementary
from clustermodels.engines.likelihoods import CODES, rising_products
from clustermodels.families.table import find
from clustermodels.model.families import LIKELIHOODS
from tests.engines.kernels import side_by_side, three

ETA = np.linspace(-30, 30, 61)
COUNTS = np.array([0.0, 1, 2, 7, 100, 1e4, 1e6])
DISPERSIONS = (1e-6, 1e-3, 0.1, 1.0, 50.0)

CASES = {
    "poisson": [(COUNTS, 1.0, 1.0)],
    "negative_binomial": [(COUNTS, 1.0, own) for own in DISPERSIONS],
    "bernoulli": [(np.array([0.0, 1.0]), 1.0, 1.0)],
    "binomial": [(np.array([0.0, 1.0, n // 2, n - 1, n]), n, 1.0) for n in (2.0, 30.0, 1e6)],
}
ALL = [(name, *case) for name, cases in CASES.items() for case in cases]
every = pytest.mark.parametrize(
    ("name", "y", "trials", "own"), ALL, ids=[f"{a[0]}-{a[2]:g}-{a[3]:g}" for a in ALL]
)


@njit
def exponentials(x):
    found = np.empty_like(x)
    for i in range(x.size):
        found[i] = elementary.exp(x[i])
    return found


@njit
def logarithms(x):
    found = np.empty_like(x)
    for i in range(x.size):
        found[i] = elementary.log(x[i])
    return found


def test_the_exponential_is_numpys_over_its_whole_range():
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            np.linspace(-708, 709, 100_001),
            rng.normal(0, 3, 50_000),
            rng.choice([-1, 1], 5000) * 10.0 ** rng.uniform(-20, 0, 5000),
            np.log(2) * (np.arange(-1000, 1000) + 0.5),
            [0.0, -0.0, 1.0, -1.0],
        ]
    )
    assert (np.abs(exponentials(x) / np.exp(x) - 1) < 4.5e-16).all()
    assert exponentials(np.zeros(1))[0] == 1.0


def test_the_exponential_keeps_its_ends_values_beyond_them():
    beyond = exponentials(np.array([-708.0, -709.0, -1e300, -np.inf, 709.0, 710.0, 1e300, np.inf]))
    assert (beyond[:4] == beyond[0]).all()
    assert (beyond[4:] == beyond[4]).all()
    assert 0 < beyond[0] < 1e-300 < 1e300 < beyond[4] < np.inf


def test_the_logarithm_is_numpys_over_its_whole_range():
    rng = np.random.default_rng(2)
    x = np.concatenate(
        [
            10.0 ** rng.uniform(-307, 308, 100_000),
            rng.uniform(0.5, 2, 100_000),
            1 + rng.choice([-1, 1], 20_000) * 10.0 ** rng.uniform(-16, -1, 20_000),
            2.0 ** np.arange(-1022, 1024),
            np.nextafter(np.sqrt(0.5), [0, 1]),
            [np.finfo(float).tiny, np.finfo(float).max, 0.5, 2.0],
        ]
    )
    x = x[x != 1]
    assert (np.abs(logarithms(x) / np.log(x) - 1) < 4.5e-16).all()
    assert logarithms(np.ones(1))[0] == 0.0


def given(name, own):
    return {p.name: np.array([own]) for p in find(name).parameters}


def by_numpy(name, y, trials, own, eta):
    family = find(name)
    arguments = (y, eta, trials, given(name, own))
    return np.stack(
        [family.log_density(*arguments), family.first(*arguments), -family.second(*arguments)]
    )


def rows(y, trials):
    """Every outcome at every predictor."""
    outcomes, eta = (part.ravel() for part in np.meshgrid(y, ETA, indexing="ij"))
    return outcomes, np.full(len(eta), trials), eta


def close(found, expected, scale):
    """Compare to a few units in the last place of the terms that were added up."""
    np.testing.assert_array_less(np.abs(found - expected), 1e-14 * scale + 1e-300)


def at_zero(values):
    """Give each row the value of its outcome's row whose predictor is 0."""
    return np.repeat(values[ETA.searchsorted(0) :: len(ETA)], len(ETA))


def from_zero(values):
    return values - at_zero(values)


def constants(y, trials):
    return np.abs(y) * (1 + np.log1p(np.abs(y))) + trials * np.log1p(trials)


def terms(name, y, trials, own, eta):
    """Give the size of the terms in a value and its first derivative."""
    mu = np.exp(eta)
    if name in ("bernoulli", "binomial"):
        return trials * (1 + np.abs(eta)), trials * np.ones_like(eta)
    if name == "poisson":
        return y * np.abs(eta) + mu, y + mu
    # log(1 + phi mu) is rounded where phi mu is far below 1, by as much as 1 / phi makes of it
    size = y * np.abs(eta) + (y + 1 / own) * (1 + np.log1p(own * mu))
    return size, (y + mu) / (1 + own * mu)


@every
def test_the_three_are_the_families_own(name, y, trials, own):
    """The value up to a number that does not depend on the predictor."""
    outcomes, tries, eta = rows(y, trials)
    found = three(CODES[name], outcomes, tries, own, eta)
    expected = by_numpy(name, outcomes, tries, own, eta)
    size, slope = terms(name, outcomes, tries, own, eta)
    # the declarations add constants of up to y log y
    whole = size + at_zero(size) + constants(outcomes, tries)
    close(from_zero(found[0]), from_zero(expected[0]), 4 * whole)
    close(found[1], expected[1], 4 * slope)
    np.testing.assert_allclose(found[2], expected[2], rtol=1e-13)


@every
def test_the_three_are_pytensors_derivatives_of_pymcs_density(name, y, trials, own):
    outcomes, tries, eta = rows(y, trials)
    at = pt.dvector("eta")
    value = pt.dvector("y")
    many = pt.dvector("n")
    held = {p.name: pt.as_tensor(np.float64(own)) for p in find(name).parameters}
    with pm.Model():
        law = LIKELIHOODS[name]("y", at, many, held, shape=at.shape)
    logp = pm.logp(law, value)
    first = pt.grad(logp.sum(), at)
    second = pt.grad(first.sum(), at)
    evaluate = pytensor.function(
        [at, value, many], [logp, first, -second], mode="FAST_COMPILE", on_unused_input="ignore"
    )
    expected = evaluate(eta, outcomes, tries)
    found = three(CODES[name], outcomes, tries, own, eta)
    lost = digits_lost(name, own, eta)
    good = lost < 1e5  # else PyMC has no digits left
    assert good.mean() > 0.3
    size, slope = terms(name, outcomes, tries, own, eta)
    # PyMC adds log gamma functions of counts and of 1 / dispersion
    whole = size + at_zero(size) + constants(outcomes + 1 / own, tries)
    worst = (lost * whole)[good] + at_zero(lost * whole)[good]
    close(from_zero(found[0])[good], from_zero(expected[0])[good], worst)
    close(found[1][good], expected[1][good], 10 * (lost * slope)[good])
    close(found[2][good], expected[2][good], 10 * (lost * slope)[good])


def digits_lost(name, own, eta):
    """Give by how much PyMC's way over a probability p and 1 - p enlarges rounding."""
    if name in ("bernoulli", "binomial"):
        return 1 + np.exp(np.abs(eta))
    if name == "negative_binomial":
        odds = own * np.exp(eta)
        return 1 + odds + 1 / odds
    return np.ones_like(eta)


@every
def test_points_side_by_side_have_the_same_values_and_slopes(name, y, trials, own):
    found = three(CODES[name], *rows(y, trials)[:2], own, rows(y, trials)[2])
    before, many = np.linspace(-1, 1, len(ETA)), np.full(len(ETA), own)
    for place, outcome in enumerate(y):
        total, first, weight = before.copy(), np.empty(len(ETA)), np.empty(len(ETA))
        side_by_side(CODES[name], outcome, trials, many, ETA, total, first, weight)
        here = slice(place * len(ETA), (place + 1) * len(ETA))
        np.testing.assert_allclose(total, found[0, here] + before, rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(first, found[1, here], rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(weight, found[2, here], rtol=1e-14, atol=1e-300)


def above(counts):
    return np.array([(counts > i).sum() for i in range(int(counts.max()))], dtype=float)


@pytest.mark.parametrize("dispersion", [0.05, 0.3, 1.0, 8.0, 50.0])
def test_rising_products_are_ratios_of_gamma_functions(dispersion):
    counts = np.random.default_rng(3).negative_binomial(2, 0.1, 50)
    a = 1 / dispersion
    expected = (gammaln(counts + a) - gammaln(a) + counts * np.log(dispersion)).sum()
    assert rising_products(above(counts), dispersion) == pytest.approx(expected, rel=1e-12)


def test_rising_products_vanish_at_the_poisson_limit():
    counts = np.random.default_rng(4).poisson(6, 40)
    small = 1e-9
    limit = small * (counts * (counts - 1) / 2).sum()
    # 1 + i phi is rounded to 2e-16, for each i
    rounding = 2.3e-16 * counts.sum()
    assert abs(rising_products(above(counts), small) - limit) < rounding
    assert rising_products(above(counts), 1e-30) == 0.0


def test_a_negative_binomials_pieces_make_its_whole_density():
    """The value, the rising products and -log y! are log p, with no more constant."""
    counts = np.random.default_rng(5).negative_binomial(1, 0.02, 30).astype(float)
    for dispersion in DISPERSIONS:
        eta = np.linspace(-2, 6, 30)
        value = three(CODES["negative_binomial"], counts, np.ones(30), dispersion, eta)[0].sum()
        whole = value + rising_products(above(counts), dispersion) - gammaln(counts + 1).sum()
        expected = by_numpy("negative_binomial", counts, np.ones(30), dispersion, eta)[0].sum()
        assert whole == pytest.approx(expected, rel=1e-9)
