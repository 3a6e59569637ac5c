"""Gaussian outcomes: every integral is that of a dense multivariate normal."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from clustermodels.engines.arrow import arrow
from clustermodels.engines.condensed import condensed, exact_coefficients
from clustermodels.engines.given import given
from clustermodels.engines.hyper import hyperparameters
from clustermodels.engines.lanes import blocks
from tests.designs import PLAIN, designed
from tests.engines.fast import DOCUMENTS, Laid, around, dense, frame, laid, normal
from tests.reference.documents import SLEEP, capital, produc, sleepstudy

TWO = {
    "pooled and free": PLAIN
    | {
        "treatments": ["dose"],
        "controls": ["yearly"],
        "fixed_effects": {
            "cluster": {"pooling": "partial"},
            "shock": {"columns": ["region", "year"], "pooling": "partial"},
        },
    },
    "correlated": PLAIN
    | {
        "treatments": ["dose", {"money": {"transform": "log"}}],
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
    },
    "both free": DOCUMENTS["free"],
    "free slopes": DOCUMENTS["free slopes"],
    "categorical": DOCUMENTS["categorical"],
    "few free clusters": PLAIN
    | {"controls": ["dose"], "fixed_effects": {"cluster": {}}, "priors": around("cluster_effect")},
    "no factor": PLAIN | {"controls": ["yearly", "dose"]},
}


@pytest.fixture(scope="module", params=TWO)
def one(request):
    return laid(TWO[request.param])


def test_the_marginal_density_is_a_dense_normals(one):
    fitted, y = condensed(one.arrow, one.hyper), one.design.outcome.values
    for x in one.points(5)[0]:
        big = dense(one, x)
        spread = big.columns @ big.covariance @ big.columns.T
        spread += np.exp(2 * x[0]) * np.eye(len(y))
        law = stats.multivariate_normal(big.columns @ big.mean, spread)
        expected = law.logpdf(y) + one.hyper.log_prior(x[None])[0]
        assert fitted.expand(x[None])[0].log_marginal == pytest.approx(expected, abs=1e-8)


def conditional(one, x):
    """Give mean and covariance of all coefficients given hyperparameters and outcomes."""
    big, y = dense(one, x), one.design.outcome.values
    spread = big.columns @ big.covariance @ big.columns.T + np.exp(2 * x[0]) * np.eye(len(y))
    gain = np.linalg.solve(spread, big.columns @ big.covariance).T
    mean = big.mean + gain @ (y - big.columns @ big.mean)
    return mean, big.covariance - gain @ big.columns @ big.covariance, big.places


def test_the_dense_coefficients_given_hyperparameters_are_a_dense_normals(one):
    """Where eliminated effects are free, what is left of the common ones is another quantity."""
    eliminated = [part.block for part in one.arrow.eliminated]
    moved = {(b.terms[0].around or "intercept") for b in eliminated if b.pooling == "free"}
    fitted = condensed(one.arrow, one.hyper)
    for x in one.points(3, wide=1.0)[0]:
        found = fitted.expand(x[None])[0]
        mean, covariance, places = conditional(one, x)
        parts = [p for p in one.arrow.dense if (p.block.name if p.block else "intercept")]
        names = [p.block.name if p.block else "intercept" for p in parts]
        here = [(p, places[n]) for p, n in zip(parts, names, strict=True) if n not in moved]
        ours = np.concatenate([np.arange(p.start, p.start + p.size) for p, _ in here] or [[]])
        theirs = np.concatenate([np.arange(at.start, at.stop) for _, at in here] or [[]])
        ours, theirs = ours.astype(int), theirs.astype(int)
        basis = one.arrow.basis
        spread = basis @ np.linalg.inv(found.factor.T @ found.factor) @ basis.T
        np.testing.assert_allclose((basis @ found.centre)[ours], mean[theirs], atol=1e-9)
        np.testing.assert_allclose(
            spread[np.ix_(ours, ours)], covariance[np.ix_(theirs, theirs)], atol=1e-9
        )


def test_drawn_coefficients_are_the_closed_form(one):
    """All names, with the dense ones drawn by the expansion and the others given them."""
    fitted = condensed(one.arrow, one.hyper)
    x = one.points(1)[0][0]
    found, size = fitted.expand(x[None])[0], 20_000
    rng = np.random.default_rng(4)
    z = rng.standard_normal((size, len(found.centre)))
    gamma = found.centre + np.linalg.solve(found.factor, z.T).T
    many = np.tile(x, (size, 1))
    at = given(one.arrow, one.hyper, many)
    # lanes that do not divide the draws
    beta = (gamma - fitted.reference) @ one.arrow.basis.T
    side = blocks(at.own, beta, at.precision, 7, runs=False)
    u = np.empty((one.arrow.z.shape[1], size, one.arrow.levels))
    exact_coefficients(
        0, one.arrow.levels, fitted.own, fitted.tied, side.own, side.precision, side.beta, rng, u
    )
    draws = one.named(many, gamma, u)
    mean, covariance, places = conditional(one, x)
    values, wanted = [draws["intercept"].to_numpy()[:, None]], [np.array([0])]
    units = [np.ones(1)]
    for block in one.design.blocks:
        at_block = places[block.name]
        if block.labels is not None:
            values.append(draws[block.name].to_numpy())
            units.append(np.array([term.unit for term in block.terms]))
        else:
            for term in block.terms:
                own = draws[term.name].to_numpy().reshape(size, -1)
                if term.around is not None:
                    own = own - draws[term.around].to_numpy()[:, None]
                values.append(own)
                units.append(np.full(own.shape[1], term.unit))
        wanted.append(np.arange(at_block.start, at_block.stop))
    drawn = np.column_stack(values) / np.concatenate(units)
    order = np.concatenate(wanted)
    mean, covariance = mean[order], covariance[np.ix_(order, order)]
    sds = np.sqrt(np.diag(covariance))
    # of about 40 means and 800 products: a normal number beyond 5 once in a thousand runs
    assert (np.abs(drawn.mean(axis=0) - mean) < 5 * sds / np.sqrt(size)).all()
    outer = np.outer(sds, sds)
    error = np.sqrt((outer**2 + covariance**2) / size)
    assert (np.abs(np.cov(drawn.T) - covariance) < 5 * error).all()


def test_points_side_by_side_are_points_one_by_one(one):
    """Whatever is near, and however many there are."""
    fitted = condensed(one.arrow, one.hyper)
    x = one.points(11)[0]
    for found, alone in zip(fitted.expand(x, fitted.expand(x[:1])[0]), x, strict=True):
        (single,) = fitted.expand(alone[None])
        assert found.log_marginal == pytest.approx(single.log_marginal, rel=1e-12)
        np.testing.assert_allclose(found.centre, single.centre, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.factor, single.factor, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("mean", [0.0, 1e8])
def test_a_large_mean_takes_no_digits(mean):
    """The intercept's prior moves along with the outcome, which then says the same."""
    priors = {"intercept": normal(mean, 1e6), "sigma": {"distribution": "exponential", "mean": 1}}
    priors["cluster_effect_sd"] = {"distribution": "half_normal", "sd": 1}
    pooled = {"controls": ["yearly"], "fixed_effects": {"cluster": {"pooling": "partial"}}}
    rows = frame()
    # whole numbers, which no shift rounds
    rows["y"] = np.round(rows["y"] * 4) + mean
    priors["yearly"] = normal(0, 2)
    here = laid(PLAIN | pooled | {"priors": priors}, rows)
    rows = rows.assign(y=rows["y"] - mean)
    priors = priors | {"intercept": normal(0, 1e6)}
    there = laid(PLAIN | pooled | {"priors": priors}, rows)
    x = there.points(4)[0]
    for moved, plain in zip(
        condensed(here.arrow, here.hyper).expand(x),
        condensed(there.arrow, there.hyper).expand(x),
        strict=True,
    ):
        assert moved.log_marginal == pytest.approx(plain.log_marginal, abs=1e-8)
        np.testing.assert_allclose(moved.centre[1:], plain.centre[1:], rtol=1e-8)


# Practically flat, and no more than rounding allows: the largest coefficient is 251.
WIDE = 1e6
FLAT = {"distribution": "normal", "mean": 0, "sd": WIDE}
LMER = [
    (SLEEP, sleepstudy, ["intercept", "day"], 1743.628, {"sigma": "25.59", "day_sd": "5.92"}),
    (
        capital("cluster"),
        produc,
        ["intercept", "pcap", "pc", "emp", "unemp"],
        -2764.704,
        {"sigma": "0.03816", "cluster_effect_sd": "0.0871"},
    ),
    (
        capital("cluster", "year"),
        produc,
        ["intercept", "pcap", "pc", "emp", "unemp"],
        -2864.054,
        {"sigma": "0.0347", "cluster_effect_sd": "0.0933", "year_effect_sd": "0.0168"},
    ),
]


@pytest.mark.parametrize(("document", "table", "flat", "criterion", "sds"), LMER)
def test_the_restricted_likelihood_of_lme4(document, table, flat, criterion, sds):
    """REML = -2 log of the integral over b of N(y; Xb, V), b in the columns' own units.

    A normal prior of sd t for each of p coefficients gives that integral times
    (t sqrt(2 pi))^-p, as t grows; sds have no prior in it, so theirs is taken out.
    """
    priors = document["priors"] | dict.fromkeys(flat, FLAT)
    design = designed(document | {"priors": priors}, table())[3]
    one = Laid(design, arrow(design), hyperparameters(design))
    fitted = condensed(one.arrow, one.hyper)

    def minus_two_log(x):
        whole = fitted.expand(x[None])[0].log_marginal - one.hyper.log_prior(x[None])[0]
        return -2 * (whole + len(flat) * np.log(WIDE * np.sqrt(2 * np.pi)))

    start = np.log(np.std(design.outcome.values)) - 1.0
    x = np.where(one.hyper.positive, start, 0.0)
    for _ in range(2):
        found = minimize(
            minus_two_log,
            x,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-7, "maxiter": 4000, "maxfev": 4000},
        )
        x = found.x
    assert found.fun == pytest.approx(criterion, abs=1e-3)
    units = {t.sd_name: t.unit for b in design.blocks for t in b.terms if t.sd_name}
    for place, coordinate in enumerate(one.hyper.coordinates):
        if coordinate.name in sds:
            value = np.exp(x[place]) * units.get(coordinate.name, 1.0)
            digits = len(sds[coordinate.name].split(".")[1])
            assert abs(value - float(sds[coordinate.name])) <= 0.51 * 10**-digits
