"""What the engine makes of a design is the design: predictor, names, priors, pieces."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from clustermodels.data.predictor import linear_predictor
from clustermodels.engines.arrow import arrow, eliminated_factor, thinned
from clustermodels.engines.classes import outside
from clustermodels.engines.dense_prior import narrowed
from clustermodels.engines.given import dense_precision, given, log_dense_prior
from clustermodels.families.priors import log_density
from tests.engines.fast import DOCUMENTS, Laid, frame, laid

every = pytest.mark.parametrize("name", DOCUMENTS)
ELIMINATED = {"free": "year", "crossed": "shock", "free crossed": "own", "slopes": "year"}


def predictor(of, beta, u):
    """Give the predictor of the sorted rows from the arrays alone, (S, n)."""
    level = np.repeat(np.arange(of.levels), np.diff(of.starts))
    eta = of.offset + beta[:, : of.x.shape[1]] @ of.x.T
    for code, value in zip(of.codes.T, of.values.T, strict=True):
        eta = eta + beta[:, code] * value
    return eta + np.einsum("nk,ksn->sn", of.z, u[:, :, level])


@every
def test_the_predictor_is_that_of_the_named_draws(name):
    one = laid(DOCUMENTS[name])
    x, gamma, u = one.points()
    draws = {key: values.to_numpy() for key, values in one.named(x, gamma, u).data_vars.items()}
    expected = linear_predictor(one.design, draws)[:, one.arrow.order]
    found = predictor(one.arrow, gamma @ one.arrow.basis.T, u)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


@every
def test_every_document_is_in_the_class(name):
    assert outside(laid(DOCUMENTS[name]).design) is None


@every
def test_rows_are_sorted_by_the_factor_with_the_most_levels(name):
    one = laid(DOCUMENTS[name])
    factor = eliminated_factor(one.design)
    factors = [b.factor for b in one.design.blocks if b.factor is not None]
    assert len(factor.levels) == max(len(f.levels) for f in factors)
    assert factor.name == ELIMINATED.get(name, factor.name)
    codes = factor.codes[one.arrow.order]
    np.testing.assert_array_equal(
        codes, np.repeat(np.arange(one.arrow.levels), np.diff(one.arrow.starts))
    )
    assert sorted(one.arrow.order) == [*range(len(codes))]
    outcome = one.design.outcome
    for values, of in (
        (one.arrow.y, outcome.values),
        (one.arrow.trials, outcome.trials),
        (one.arrow.offset, outcome.offset),
    ):
        np.testing.assert_array_equal(values, of[one.arrow.order])


def test_rows_come_out_of_order_where_another_factor_is_eliminated():
    for name in ("free", "crossed", "free crossed"):
        order = laid(DOCUMENTS[name]).arrow.order
        assert (np.diff(order) < 0).any(), name
    assert (np.diff(laid(DOCUMENTS["free slopes"]).arrow.order) == 1).all()


@every
def test_free_effects_sum_to_zero(name):
    one = laid(DOCUMENTS[name])
    posterior = one.named(*one.points())
    free = [block for block in one.design.blocks if block.pooling == "free"]
    for block in free:
        (term,) = block.terms
        values = posterior[term.name]
        if term.around is not None:
            values = values - posterior[term.around]
        assert values.std() > 0.01
        np.testing.assert_allclose(values.sum(block.factor.dim), 0, atol=1e-11)


def test_there_are_free_effects_both_dense_and_eliminated():
    one = laid(DOCUMENTS["free"])
    assert [p.block.name for p in one.arrow.eliminated] == ["year_effect"]
    assert one.arrow.dense[-1].block.name == "cluster_effect"


@pytest.mark.parametrize("name", ["free", "free slopes", "free crossed"])
def test_levels_own_coefficients_keep_their_joint_prior(name):
    """Covariance over levels of common + free, by both parametrisations."""
    one = laid(DOCUMENTS[name])
    design, of = one.design, one.arrow
    priors = {"intercept": design.intercept}
    priors |= {b.name: b.terms[0].prior for b in design.blocks if b.factor is None}
    variances = narrowed(design, eliminated_factor(design))
    at = given(of, one.hyper, one.hyper.start[None])
    free = [part for part in of.eliminated if part.block.pooling == "free"]
    assert free
    for part in free:
        (term,) = part.block.terms
        around = term.around or "intercept"
        levels = of.levels
        wide = dict(priors[around].arguments)["sd"]
        sd = dict(term.prior.arguments)["sd"]
        zero_sum = sd**2 * (np.eye(levels) - 1 / levels)
        original = wide**2 * np.ones((levels, levels)) + zero_sum
        (place,) = (
            p.start for p in of.dense if (p.block.name if p.block else "intercept") == around
        )
        assert of.basis[place].nonzero()[0].tolist() == [place]
        common = 1 / of.precision[place, place]
        assert common == pytest.approx(variances[around], rel=1e-14)
        own = 1 / at.precision[0, part.start, part.start]
        ours = common * np.ones((levels, levels)) + own * np.eye(levels)
        np.testing.assert_allclose(ours, original, rtol=1e-12)
        assert of.centre[place] == dict(priors[around].arguments)["mean"]


def test_the_common_coefficient_keeps_its_own_prior():
    """The mean of independent effects is moved to it: t^2 - s^2 / J + s^2 / J, and apart from d."""
    one = laid(DOCUMENTS["free slopes"])
    size = 200_000
    rng = np.random.default_rng(2)
    gamma = one.arrow.centre + rng.normal(size=(size, 3)) / np.sqrt(np.diag(one.arrow.precision))
    at = given(one.arrow, one.hyper, one.hyper.start[None])
    sds = np.diag(at.precision[0]) ** -0.5
    u = sds[:, None, None] * rng.normal(size=(3, size, one.arrow.levels))
    draws = one.named(np.tile(one.hyper.start, (size, 1)), gamma, u)
    for block in one.design.blocks:
        if block.factor is not None:
            continue
        term = block.terms[0]
        sd = dict(term.prior.arguments)["sd"] * term.unit
        found = draws[term.name].to_numpy()
        assert found.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * size))
        apart = draws[f"{term.name}_by_cluster"].to_numpy()[:, 0] - found
        assert abs(np.corrcoef(found, apart)[0, 1]) < 4 / np.sqrt(size)
    found = draws["intercept"].to_numpy()
    wanted = dict(one.design.intercept.arguments)["sd"]
    assert found.std() == pytest.approx(wanted, rel=4 / np.sqrt(2 * size))


@every
def test_the_dense_prior_is_the_design_s(name):
    """Differences of the log prior between points, from the blocks' own declarations."""
    one = laid(DOCUMENTS[name])
    x, gamma, _ = one.points()
    at = given(one.arrow, one.hyper, x)
    found = log_dense_prior(one.arrow, at, gamma)
    beta = gamma @ one.arrow.basis.T
    variances = narrowed(one.design, eliminated_factor(one.design))
    pooled = one.hyper.pooled(x)
    expected = np.zeros(len(x))
    for part in one.arrow.dense:
        block = part.block
        own = beta[:, part.start : part.start + part.size]
        if block is None:
            mean = dict(one.design.intercept.arguments)["mean"]
            expected -= 0.5 * (own[:, 0] - mean) ** 2 / variances["intercept"]
        elif block.pooling == "common":
            for place, term in enumerate(block.terms):
                mean, sd = (dict(term.prior.arguments)[key] for key in ("mean", "sd"))
                variance = sd**2 if block.labels else variances[term.name]
                expected -= 0.5 * (own[:, place] - mean) ** 2 / variance
        elif block.pooling == "free":
            expected += log_density(block.terms[0].prior, own).sum(axis=1)
        else:
            sds, factor = pooled[block.name]
            k, levels = sds.shape[1], len(block.factor.levels)
            scaled = sds[:, :, None] * factor
            covariance = scaled @ np.swapaxes(scaled, 1, 2)
            for s in range(len(x)):
                b = own[s].reshape(k, levels)
                expected[s] -= 0.5 * (b * np.linalg.solve(covariance[s], b)).sum()
                expected[s] -= 0.5 * levels * np.linalg.slogdet(covariance[s])[1]
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-9, rtol=1e-10)
    gap = gamma[0] - one.arrow.centre
    first = dataclasses.replace(
        at,
        pooled=tuple(dataclasses.replace(p, precision=p.precision[:1]) for p in at.pooled),
    )
    square = gap @ dense_precision(one.arrow, first) @ gap
    half = log_dense_prior(one.arrow, at, np.stack([one.arrow.centre] * len(x)))[0] - found[0]
    assert square / 2 == pytest.approx(half, rel=1e-10)


@pytest.mark.parametrize("every_one", [1, 2, 3, 7])
def test_thinned_keeps_whole_levels(every_one):
    one = laid(DOCUMENTS["crossed"])
    of = one.arrow
    part = thinned(of, every_one)
    kept = range(0, of.levels, every_one)
    assert part.levels == len(kept)
    for now, before in enumerate(kept):
        here = slice(part.starts[now], part.starts[now + 1])
        there = slice(of.starts[before], of.starts[before + 1])
        for name in ("y", "trials", "offset", "z", "x", "codes", "values", "order"):
            np.testing.assert_array_equal(getattr(part, name)[here], getattr(of, name)[there])
    assert part.starts[-1] == len(part.y)
    for whole, arrays in zip(of.rows[4:], part.rows[4:], strict=True):
        assert arrays.shape == (len(whole), len(part.y))


def test_without_any_factor_rows_are_cut_in_pieces_with_nothing_of_their_own():
    document = DOCUMENTS["yes"] | {"fixed_effects": {}}
    rows = frame()
    more = [rows.assign(city=rows["city"] + str(i)) for i in range(3)]
    one: Laid = laid(document, pd.concat(more, ignore_index=True))
    assert eliminated_factor(one.design) is None
    assert one.arrow.z.shape == (len(one.arrow.y), 0)
    assert one.arrow.starts[0] == 0
    assert one.arrow.starts[-1] == len(one.arrow.y)
    assert 1 < one.arrow.levels < len(one.arrow.y)
    assert (np.diff(one.arrow.starts) > 0).all()
    np.testing.assert_array_equal(arrow(one.design).order, np.arange(len(one.arrow.y)))
