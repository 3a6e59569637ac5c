"""Counts and yes or no: integrals over a level's coefficients against sums over fine grids."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln, logsumexp

from clustermodels.data.mode import Given as Held
from clustermodels.data.mode import find_mode
from clustermodels.engines import laplace
from clustermodels.engines.given import dense_precision, given
from clustermodels.engines.laplace import LISTED, marginal
from clustermodels.engines.likelihoods import CODES
from clustermodels.engines.node_counts import NODES, UNCHANGED
from clustermodels.families.table import find
from tests.designs import PLAIN
from tests.engines.fast import DOCUMENTS, laid
from tests.engines.kernels import three

# So many nodes leave no error; a level without any, beside a wide sd, leaves a trace.
FINE, TRACE = 61, {0.7: 1e-9, 4.0: 1e-5}


def panel(rows_each=5, clusters=10, seed=2, wide=1.0):
    """Every third city without any; where there is one row a city, so is its year."""
    rng = np.random.default_rng(seed)
    city = np.repeat(np.arange(clusters), rows_each)
    x = rng.normal(size=len(city))
    eta = 0.7 + wide * rng.normal(size=clusters)[city] + 0.3 * x
    none = city % 3 == 0
    return pd.DataFrame(
        {
            "city": [f"c{i:02d}" for i in city],
            "year": np.tile(np.arange(rows_each), clusters) + 2000,
            "x": x,
            "count": np.where(none, 0, rng.poisson(np.exp(eta))),
            "yes": np.where(none, 0, rng.random(len(eta)) < 1 / (1 + np.exp(-eta))) * 1,
        }
    )


def document(outcome, family, slope, sd=0.7):
    half = {"distribution": "half_normal", "sd": sd}
    priors = {"cluster_effect_sd": half} | ({"x_sd": half} if slope == "partial" else {})
    return PLAIN | {
        "outcomes": {outcome: {"family": family}},
        "treatments": {"x": {"slope": slope}},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "priors": priors,
    }


FAMILIES = {"poisson": "count", "negative_binomial": "count", "bernoulli": "yes"}


def case(family, slope, rows_each=5, sd=0.7, clusters=10):
    wide = 1.0 if sd < 1 else 3.0
    return laid(
        document(FAMILIES[family], family, slope, sd), panel(rows_each, clusters, wide=wide)
    )


def brute(one, x, gamma):
    """Give log p(y, gamma, x) of one point, by the families' own density on a grid for each level.

    The trapezoidal rule is exact to rounding for a smooth integrand far narrower at the ends and
    far wider than the steps.
    """
    of, outcome = one.arrow, one.design.outcome
    beta = of.basis @ gamma
    base = of.offset + of.x @ beta[: of.x.shape[1]]
    for code, value in zip(of.codes.T, of.values.T, strict=True):
        base = base + beta[code] * value
    at = given(of, one.hyper, x[None])
    precision, k = at.precision[0], of.z.shape[1]
    own = {name: np.array([at.own[0]]) for name in outcome.parameters}
    sds = np.sqrt(np.diag(np.linalg.inv(precision)))
    points = 8001 if k == 1 else 401
    axes = [np.linspace(-9, 9, points) * sd for sd in sds]
    cell = np.sum([np.log(axis[1] - axis[0]) for axis in axes])
    u = np.stack([part.ravel() for part in np.meshgrid(*axes, indexing="ij")])
    prior = (
        -0.5 * np.einsum("kp,kl,lp->p", u, precision, u) + at.root[0] - k / 2 * np.log(2 * np.pi)
    )
    total = 0.0
    for j in range(of.levels):
        logs = prior.copy()
        for t in range(of.starts[j], of.starts[j + 1]):
            eta = base[t] + of.z[t] @ u
            logs += outcome.family.log_density(of.y[t], eta, of.trials[t], own)
        total += logsumexp(logs) + cell
    gap = gamma - of.centre
    prior = dense_precision(of, at)[0]
    total += 0.5 * np.linalg.slogdet(prior)[1] - 0.5 * gap @ prior @ gap
    total += one.hyper.log_prior(x[None])[0]
    return total


def left_out(one):
    """Give what the engine leaves out of the log density: -sum log y! of counts."""
    return 0.0 if one.arrow.family == "bernoulli" else -gammaln(one.arrow.y + 1).sum()


def beginning(u, wide=0.0):
    """Give where the search for each level's mode begins, (J, k)."""
    return wide * u[:, 0].T


CASES = [
    ("poisson", "common", 5, 0.7),
    ("poisson", "common", 1, 0.7),
    ("poisson", "common", 5, 4.0),
    ("negative_binomial", "common", 5, 0.7),
    ("negative_binomial", "common", 1, 0.7),
    ("bernoulli", "common", 5, 0.7),
    ("bernoulli", "common", 1, 0.7),
    ("bernoulli", "common", 5, 4.0),
    ("poisson", "partial", 5, 0.7, 4),
    ("negative_binomial", "partial", 5, 0.7, 4),
    ("bernoulli", "partial", 5, 0.7, 4),
]


every = pytest.mark.parametrize("given_case", CASES, ids=lambda c: "-".join(map(str, c)))


@every
def test_integrals_are_those_of_a_fine_grid(given_case):
    """By so many nodes that none is missing; and by as many as the engine may take, near enough."""
    one = case(*given_case)
    assert (
        np.bincount(np.repeat(range(one.arrow.levels), np.diff(one.arrow.starts)), one.arrow.y) == 0
    ).any()
    x, gamma, u = one.points(2, wide=0.3)
    exact = np.array([brute(one, *point) for point in zip(x, gamma, strict=True)]) - left_out(one)
    fine = marginal(one.arrow, one.hyper, FINE).log_density(x, gamma, beginning(u))
    np.testing.assert_allclose(fine, exact, atol=TRACE[given_case[3]], rtol=1e-12)
    rough = [
        np.abs(
            marginal(one.arrow, one.hyper, each).log_density(x, gamma, beginning(u)) - exact
        ).max()
        for each in (NODES[0], NODES[2], NODES[-1])
    ]
    assert rough[-1] < UNCHANGED
    assert rough[0] > rough[1] > rough[2]


@every
def test_where_the_search_begins_changes_nothing(given_case):
    one = case(*given_case)
    x, gamma, u = one.points(2, wide=0.3)
    fine = marginal(one.arrow, one.hyper, FINE)
    here, there = (fine.log_density(x, gamma, start) for start in (beginning(u), beginning(u, 4.0)))
    np.testing.assert_allclose(here, there, atol=TRACE[given_case[3]], rtol=1e-12)


@every
def test_the_score_is_the_slope_of_the_integrals(given_case):
    one = case(*given_case)
    x, gamma, u = one.points(1, wide=0.3)
    # twice as many nodes beside a wide sd, as a slope shows more of an error than its integral
    each = 25 if len(u) == 2 else FINE if given_case[3] < 1 else 2 * FINE
    fine, of = marginal(one.arrow, one.hyper, each), one.arrow
    at = given(of, one.hyper, x)
    modes = beginning(u)[..., None]
    found = fine.score(gamma, at, modes, each)
    total, slope = (found.height - found.root)[0], found.slope[0]
    gap = gamma[0] - of.centre
    prior = dense_precision(of, at)[0]
    found = of.basis.T @ slope - prior @ gap
    step = 1e-4
    moved = np.concatenate([gamma + sign * step * np.eye(len(gap)) for sign in (1, -1)])
    up, down = fine.log_density(np.repeat(x, len(moved), axis=0), moved, beginning(u)).reshape(
        2, -1
    )
    np.testing.assert_allclose(found, (up - down) / (2 * step), rtol=1e-5, atol=1e-5)
    whole = total - 0.5 * gap @ prior @ gap + 0.5 * np.linalg.slogdet(prior)[1]
    whole += of.levels * at.root[0] + one.hyper.log_prior(x)[0] + fine.constants(at.own)[0]
    assert whole == pytest.approx(
        fine.log_density(x, gamma, beginning(u))[0], abs=TRACE[given_case[3]]
    )


JOINT = ["slopes", "crossed", "exposure", "yes", "categorical counts"]
COUNTED = DOCUMENTS | {
    "categorical counts": DOCUMENTS["crossed"]
    | {"treatments": {"dose": {}, "money": {"transform": "log"}}}
}


def held(one, x):
    """Give hyperparameters as the search for a mode takes them."""
    covariances = {}
    for name, (sds, factor) in one.hyper.pooled(x[None]).items():
        scaled = sds[0][:, None] * factor[0]
        covariances[name] = scaled @ scaled.T
    own = one.hyper.parameters
    return Held({name: np.exp(x[:1]) for name in own}, covariances)


@pytest.mark.parametrize("name", JOINT)
def test_the_expansion_is_laplaces_formula_done_densely(name, monkeypatch):
    """log p(y, b) + log p(x) at the mode b, less half the log determinant of the curvature there.

    The mode from the package's other, sparse, Newton search; 2 pi cancels. Where the climb ends
    with a gain of CLOSE, it is the root of that in posterior sds away.
    """
    one = laid(COUNTED[name])
    outcome, rough = one.design.outcome, marginal(one.arrow, one.hyper, 1)
    for x in one.points(2)[0]:
        (near,) = rough.expand(x[None])
        with monkeypatch.context() as patched:
            patched.setattr(laplace, "CLOSE", 1e-16)
            (found,) = rough.expand(x[None], near)
        assert near.log_marginal == pytest.approx(found.log_marginal, abs=laplace.CLOSE**0.5)
        other = find_mode(one.design, held(one, x))
        eta = other.x @ other.beta + outcome.offset
        own = {key: np.exp(x[:1]) for key in outcome.parameters}
        expected = outcome.family.log_density(outcome.values, eta, outcome.trials, own).sum()
        gap = other.beta - other.centre
        prior = other.precision.toarray()
        expected += 0.5 * np.linalg.slogdet(prior)[1] - 0.5 * gap @ prior @ gap
        expected -= 0.5 * np.linalg.slogdet(other.hessian.toarray())[1]
        expected += one.hyper.log_prior(x[None])[0] - left_out(one)
        assert found.log_marginal == pytest.approx(expected, abs=1e-7)
        # the mode and the curvature of the dense coefficients, all others eliminated
        dense = [part.block for part in one.arrow.dense]
        places = np.cumsum([0, *(piece.size for piece in other.pieces)])
        at = {
            piece.block: slice(a, b)
            for piece, a, b in zip(other.pieces, places[:-1], places[1:], strict=True)
        }
        order = np.concatenate([np.arange(at[block].start, at[block].stop) for block in dense])
        inverse = np.linalg.inv(other.hessian.toarray())[np.ix_(order, order)]
        ours = np.linalg.inv(found.factor.T @ found.factor)
        basis = one.arrow.basis
        np.testing.assert_allclose(basis @ found.centre, other.beta[order], atol=1e-6)
        np.testing.assert_allclose(basis @ ours @ basis.T, inverse, atol=1e-6 * inverse.max())


@pytest.mark.parametrize("name", [*JOINT, "free crossed", "correlated", "trials"])
def test_the_mode_has_no_slope(name):
    """Of the log density of all coefficients, by the kernels' independent numpy declarations."""
    one = laid(COUNTED[name])
    of, outcome = one.arrow, one.design.outcome
    for x in one.points(2)[0]:
        (found,) = marginal(of, one.hyper, 1).expand(x[None])
        at = given(of, one.hyper, x[None])
        beta = of.basis @ found.centre
        level = np.repeat(np.arange(of.levels), np.diff(of.starts))
        columns = np.zeros((len(of.y), len(beta)))
        columns[:, : of.x.shape[1]] = of.x
        for code, value in zip(of.codes.T, of.values.T, strict=True):
            columns[np.arange(len(of.y)), code] += value
        eta = of.offset + columns @ beta + (of.z * found.u[level]).sum(axis=1)
        own = {key: np.exp(x[:1]) for key in outcome.parameters}
        rise = outcome.family.first(of.y, eta, of.trials, own)
        prior = dense_precision(of, at)[0]
        slope = of.basis.T @ (columns.T @ rise) - prior @ (found.centre - of.centre)
        slope_u = np.zeros_like(found.u)
        np.add.at(slope_u, level, of.z * rise[:, None])
        slope_u -= found.u @ at.precision[0]
        # the climb ends with a gain, slope' H^-1 slope, below 1e-7
        assert np.abs(np.linalg.solve(found.factor.T, slope)).max() < 1e-3
        assert np.abs(slope_u).max() < 1e-2
        assert np.abs(rise).max() > 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_quadrature_by_level_makes_the_marginal_density_of_hyperparameters_better(family):
    """Against a sum over a grid of the two common coefficients, each point integrated finely."""
    one = case(family, "common", 3, 4.0)
    rough, better, fine = (marginal(one.arrow, one.hyper, each) for each in (1, 13, FINE))
    errors = {1: [], 13: []}
    for x in one.points(3, wide=0.3)[0]:
        (peak,) = rough.expand(x[None])
        half = np.linalg.inv(peak.factor)
        axis = np.linspace(-8, 8, 65)
        z = np.stack([part.ravel() for part in np.meshgrid(axis, axis)])
        gamma = peak.centre + (half @ z).T
        logs = fine.log_density(np.tile(x, (z.shape[1], 1)), gamma, peak.u)
        cell = 2 * np.log(axis[1] - axis[0]) + np.log(np.diag(half)).sum() - np.log(2 * np.pi)
        exact = logsumexp(logs) + cell
        errors[1].append(peak.log_marginal - exact)
        errors[13].append(better.expand(x[None])[0].log_marginal - exact)
    assert np.abs(errors[13]).max() < 0.5 * np.abs(errors[1]).max()
    assert np.abs(errors[13]).max() < 0.1


def test_counts_beyond_any_list_have_their_density_and_take_no_memory():
    """The marginal's part in the dispersion is that of the family's own log density."""
    rows = panel(4, 6).assign(count=lambda t: t["count"] * 1e9 + np.arange(len(t)))
    made = laid(document("count", "negative_binomial", "common"), rows)
    one = marginal(made.arrow, made.hyper, 2)
    assert len(one.above) <= LISTED
    assert len(one.beyond) == (made.arrow.y > LISTED).sum() > 0
    family, y, eta = find("negative_binomial"), made.arrow.y, np.log(made.arrow.y + 1)
    own = np.array([0.02, 0.5, 3.0])
    whole = [
        family.log_density(y, eta, np.ones_like(y), {"dispersion": np.array([value])}).sum()
        - three(CODES["negative_binomial"], y, np.ones_like(y), value, eta)[0].sum()
        for value in own
    ]
    found = one.constants(own)
    np.testing.assert_allclose(found - found[0], np.array(whole) - whole[0], rtol=1e-9)
