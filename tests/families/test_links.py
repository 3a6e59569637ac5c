"""Links: there and back, slopes, and no warning far out."""

import numpy as np
import pytest

from clustermodels.families.links import IDENTITY, LINKS, LOG, LOGIT


@pytest.mark.parametrize("name", ["identity", "log", "logit"])
def test_forward_undoes_inverse(name):
    link = LINKS[name]
    eta = np.linspace(-15, 15, 31)
    np.testing.assert_allclose(link.forward(link.inverse(eta)), eta, rtol=0, atol=2e-9)


@pytest.mark.parametrize("name", ["identity", "log", "logit"])
def test_derivative_is_the_slope_of_inverse(name):
    link = LINKS[name]
    eta, step = np.linspace(-6, 6, 25), 1e-5
    slope = (link.inverse(eta + step) - link.inverse(eta - step)) / (2 * step)
    np.testing.assert_allclose(link.derivative(eta), slope, rtol=1e-6)


def test_far_out_stays_a_number_and_silent():
    eta = np.array([-1e4, -800.0, 800.0, 1e4])
    assert LOG.inverse(eta).tolist() == [0.0, 0.0, np.inf, np.inf]
    assert LOGIT.inverse(eta).tolist() == [0.0, 0.0, 1.0, 1.0]
    assert LOGIT.derivative(eta).tolist() == [0.0] * 4
    assert LOG.forward(np.array([0.0])).tolist() == [-np.inf]
    assert LOGIT.forward(np.array([0.0, 1.0])).tolist() == [-np.inf, np.inf]


def test_logit_slope_keeps_its_digits_at_large_eta():
    eta = np.array([40.0])
    np.testing.assert_allclose(LOGIT.derivative(eta), np.exp(-eta), rtol=1e-12)


def test_effects_and_names():
    assert [link.effect for link in (IDENTITY, LOG, LOGIT)] == [
        "difference",
        "ratio",
        "odds_ratio",
    ]
    assert all(LINKS[name].name == name for name in LINKS)
