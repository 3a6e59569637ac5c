"""LKJ: its density against closed forms, PyMC and the change of variables; its draws' moments."""

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import integrate, stats

from clustermodels.data import correlations as co


def random_matrix(rng, k):
    root = rng.normal(size=(k, k + 1))
    covariance = root @ root.T
    sd = np.sqrt(np.diag(covariance))
    made = covariance / np.outer(sd, sd)
    np.fill_diagonal(made, 1.0)
    return made


def flat(matrix):
    return np.array([matrix[i, j] for i, j in co.pairs(len(matrix))])


@pytest.mark.parametrize("eta", [0.7, 1.0, 2.0, 5.5])
def test_two_coefficients_are_a_stretched_beta(eta):
    r = np.linspace(-0.95, 0.95, 21)
    wanted = stats.beta.logpdf((1 + r) / 2, eta, eta) - np.log(2)
    np.testing.assert_allclose(co.log_density(r[:, None], 2, eta), wanted, rtol=1e-12)


def test_three_uniform_correlations_fill_half_pi_squared():
    """LKJ(1) is uniform on the 3 x 3 correlation matrices, whose volume is pi^2 / 2."""
    rng = np.random.default_rng(2)
    rows = np.array([flat(random_matrix(rng, 3)) for _ in range(5)])
    np.testing.assert_allclose(co.log_density(rows, 3, 1.0), -np.log(np.pi**2 / 2), rtol=1e-12)


def test_three_correlations_integrate_to_one():
    def inner(a, b):
        """Integrate |R|^2 over r given the other two; the density is |R|^(eta-1) / c, eta = 3."""
        half = np.sqrt((1 - a * a) * (1 - b * b))
        return 16 / 15 * half**5

    integral, _ = integrate.dblquad(inner, -1, 1, -1, 1)
    log_c = -co.log_density(np.zeros((1, 3)), 3, 3.0)[0]
    assert integral == pytest.approx(np.exp(log_c), rel=1e-7)


@pytest.mark.parametrize("k", [2, 4])
def test_density_is_pymcs(k):
    """PyMC's is of the Cholesky factor L: |dR/dL| is the product of L_ii^(k - i), i from 1."""
    rng = np.random.default_rng(k)
    matrices = [random_matrix(rng, k) for _ in range(4)]
    value, concentration = pt.dmatrix(), pt.dscalar()
    law = pm.LKJCorr.dist(n=k, eta=concentration)
    density = pytensor.function([value, concentration], pm.logp(law, value))
    for eta in (1.0, 2.0, 3.5):
        ours = co.log_density(np.array([flat(matrix) for matrix in matrices]), k, eta)
        for matrix, own in zip(matrices, ours, strict=True):
            factor = np.linalg.cholesky(matrix)
            jacobian = (k - np.arange(1, k + 1)) @ np.log(np.diag(factor))
            assert own == pytest.approx(float(density(factor, eta)) - jacobian, rel=1e-9)


@pytest.mark.parametrize("k", [2, 3, 4])
@pytest.mark.parametrize("eta", [0.8, 2.0])
def test_the_vine_makes_that_density(k, eta):
    """p(r) |dr/dw| = prod of the partial correlations' stretched Beta densities."""
    rng = np.random.default_rng(7)
    size = len(co.pairs(k))

    def correlations(w):
        factor = co.cholesky(w[None], k)[0]
        return flat(factor @ factor.T)

    for _ in range(5):
        w = rng.uniform(-0.8, 0.8, size)
        h = 1e-6
        jacobian = np.array(
            [(correlations(w + h * e) - correlations(w - h * e)) / (2 * h) for e in np.eye(size)]
        )
        b = np.array([eta + (k - 2 - j) / 2 for _, j in co.pairs(k)])
        of_w = np.sum(stats.beta.logpdf((1 + w) / 2, b, b) - np.log(2))
        wanted = of_w - np.linalg.slogdet(jacobian)[1]
        got = co.log_density(correlations(w)[None], k, eta)[0]
        assert got == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("k", "eta"), [(2, 2.0), (3, 2.0), (4, 0.7)])
def test_draws_have_every_pairs_stretched_beta(k, eta):
    """Each correlation of LKJ(eta) is 2 Beta(b, b) - 1 with b = eta - 1 + k / 2, whatever pair."""
    factor = co.draw(np.random.default_rng(4), 4000, k, eta)
    made = factor @ np.swapaxes(factor, 1, 2)
    np.testing.assert_allclose(np.diagonal(made, axis1=1, axis2=2), 1.0, rtol=1e-12)
    assert (np.diagonal(factor, axis1=1, axis2=2) > 0).all()
    assert (factor == np.tril(factor)).all()
    b = eta - 1 + k / 2
    for i, j in co.pairs(k):
        law = stats.beta(b, b, loc=-1, scale=2)
        assert stats.kstest(made[:, i, j], law.cdf).pvalue > 0.001


def test_pairs_labels_and_matrices_agree():
    names = ["a", "b", "c", "d"]
    whole = random_matrix(np.random.default_rng(1), 4)
    labels = co.pair_labels(names)
    assert labels == ["a × b", "a × c", "b × c", "a × d", "b × d", "c × d"]
    np.testing.assert_array_equal(co.matrix(flat(whole)[None], 4)[0], whole)
    for label, value in zip(labels, flat(whole), strict=True):
        one, other = label.split(" × ")
        assert value == whole[names.index(one), names.index(other)]
