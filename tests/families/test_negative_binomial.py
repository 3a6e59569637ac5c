"""The negative binomial against 60-digit arithmetic, and its Poisson limit."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from clustermodels.families.negative_binomial import NEGATIVE_BINOMIAL
from clustermodels.families.poisson import POISSON


def log_gamma(x):
    """Give log Gamma(x) of a Decimal: shifted beyond 60, then Stirling's series."""
    product = Decimal(1)
    while x < 60:
        product *= x
        x += 1
    two_pi = 2 * Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    total = (x - Decimal("0.5")) * x.ln() - x + two_pi.ln() / 2
    bernoulli = [(1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510)]
    for index, (top, bottom) in enumerate(bernoulli, start=1):
        total += Decimal(top) / (bottom * 2 * index * (2 * index - 1) * x ** (2 * index - 1))
    return total - product.ln()


def exact_negative_binomial(y, eta, dispersion):
    """Give the textbook formula in 60 digits, where its cancellation is harmless."""
    with localcontext() as context:
        context.prec = 60
        count, phi = Decimal(y), Decimal(dispersion)
        mu, a = Decimal(eta).exp(), 1 / phi
        found = log_gamma(count + a) - log_gamma(a) - log_gamma(count + 1)
        found += count * (phi * mu).ln() - (count + a) * (1 + phi * mu).ln()
        return float(found)


@pytest.mark.parametrize("dispersion", [1e-10, 3e-7, 1e-3, 0.06, 0.07, 1.0, 50.0, 1e6])
@pytest.mark.parametrize("mu", [1e-13, 1e-3, 1.0, 40.0, 1e4, 1e8, 1e13])
def test_negative_binomial_to_sixty_digits(mu, dispersion):
    eta = float(np.log(mu))
    sd = np.sqrt(mu + dispersion * mu**2)
    near = [np.floor(max(mu + shift * sd, 0)) for shift in (-2, 0, 0.3, 4)]
    y = np.array(sorted({0.0, 1.0, 2.0, 17.0, 1e5, *near}))
    exact = [exact_negative_binomial(value, eta, dispersion) for value in y]
    point = y, np.array(eta), np.ones(1), {"dispersion": np.array(dispersion)}
    found = NEGATIVE_BINOMIAL.log_density(*point)
    # What a change of eta in its last digits would do, and no more.
    rounding = np.abs(NEGATIVE_BINOMIAL.first(*point)) * 4 * np.spacing(abs(eta))
    assert np.all(np.abs(found - exact) <= 1e-11 + 1e-12 * np.abs(exact) + rounding)


def test_negative_binomial_tends_to_the_poisson():
    rng = np.random.default_rng(7)
    eta, trials = rng.normal(0.5, 1.5, 300), np.ones(300)
    y = rng.poisson(np.exp(eta)).astype(float)
    none = {"dispersion": np.array(0.0)}
    for ours, limit in (
        (NEGATIVE_BINOMIAL.log_density, POISSON.log_density),
        (NEGATIVE_BINOMIAL.first, POISSON.first),
        (NEGATIVE_BINOMIAL.second, POISSON.second),
    ):
        expected = limit(y, eta, trials, {})
        np.testing.assert_allclose(ours(y, eta, trials, none), expected, rtol=1e-11, atol=1e-12)


def test_negative_binomial_default_prior_is_highest_at_the_poisson():
    (dispersion,) = NEGATIVE_BINOMIAL.parameters
    assert (dispersion.name, dispersion.prior.distribution) == ("dispersion", "exponential")
    assert not dispersion.scaled
