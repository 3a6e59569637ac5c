"""The bias of a past that ignores where clusters began: the formula, and fits of drawn panels."""

import re

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.persistence import (
    bias_corrected,
    left_to_clusters,
    nickell,
    unbiased,
)
from clustermodels.results.bias import past_findings, unbiased_past
from tests.data.test_walk import document
from tests.designs import made_fit, table
from tests.recovery.past_world import document as of_world
from tests.recovery.past_world import panel


@pytest.mark.parametrize(
    ("rho", "periods", "bias"), [(0.5, 9, -0.181), (0.8, 9, -0.243), (0.5, 5, -0.331)]
)
def test_nickells_formula(rho, periods, bias):
    assert float(nickell(rho, periods)) == pytest.approx(bias, abs=5e-4)


def test_nickells_formula_is_what_the_within_estimator_does():
    rng = np.random.default_rng(2)
    rho, periods, clusters = 0.5, 6, 40_000
    y = rng.normal(0, 1 / np.sqrt(1 - rho**2), clusters)
    kept = [y]
    for _ in range(periods):
        y = rho * y + rng.normal(0, 1, clusters)
        kept.append(y)
    values = np.array(kept)
    past, now = values[:-1], values[1:]
    past, now = past - past.mean(axis=0), now - now.mean(axis=0)
    slope = (past * now).sum() / (past**2).sum()
    assert slope - rho == pytest.approx(float(nickell(rho, periods)), abs=0.01)


def findings(form, family="gaussian", seed=1):
    run = cm.fit(of_world(family, form, draws=250), panel(family, 0.6, seed))
    return run, {finding.check: finding for finding in past_findings(run)}


def test_a_told_effect_has_no_bias_to_report():
    assert findings("wooldridge")[1] == {}


def test_free_effects_are_off_by_nickells_formula():
    run, found = findings("free")
    estimate = float(run.posterior["rho"].mean())
    said = found["biased_past"]
    bias = estimate - unbiased(estimate, 9)
    assert bias < float(nickell(estimate, 9)), "at the true value it is larger than at the estimate"
    assert f"off by {bias:+.2g} (Nickell's formula" in said.what
    assert said.severity == "serious"
    assert said.path == "dynamics"


@pytest.mark.parametrize("family", ["gaussian", "negative_binomial"])
@pytest.mark.parametrize("form", ["naive", "means only"])
def test_others_are_off_by_what_a_fit_without_the_bias_says(family, form):
    run, found = findings(form, family)
    said = found["biased_past"]
    told = findings("wooldridge", family)[0].posterior["rho"]
    off = float(run.posterior["rho"].mean() - told.mean())
    assert off > 0.03
    (told_off,) = re.findall(r"off by (\S+) ", said.what)
    assert float(told_off) == pytest.approx(off, abs=0.02)
    assert "the same data with 'initial: wooldridge' give 0." in said.what
    assert "initial: wooldridge" in said.what_to_do


def test_the_fit_without_the_bias_is_that_of_the_document_that_is_advised():
    run, _ = findings("naive")
    told = findings("wooldridge")[0].posterior["rho"]
    draws = unbiased_past(run)
    assert draws.mean() == pytest.approx(float(told.mean()), abs=0.2 * float(told.std()))
    assert draws.std() == pytest.approx(float(told.std()), rel=0.15)


def test_where_the_fast_engine_cannot_go_the_bias_is_unknown():
    fit = made_fit(document("student_t", "y"), table(), around={"rho": 0.5})
    (found,) = past_findings(fit)
    assert "by how much is not known" in found.what
    assert "because" not in found.what
    assert found.severity == "serious"


def test_a_past_without_end_is_a_finding():
    fit = made_fit(document("student_t", "y"), table(), around={"rho": 1.1})
    assert "explosive" in {finding.check for finding in past_findings(fit)}


def test_a_yes_or_no_cannot_grow_and_has_no_half_life():
    frame = table()
    frame["yes"] = (frame["y"] > 3).astype(float)
    fit = made_fit(document("bernoulli", "yes"), frame, around={"rho": 1.6, "dose": 0.2})
    assert "explosive" not in {finding.check for finding in past_findings(fit)}
    found = cm.dynamics(fit)
    assert "half_life" not in found["quantity"].to_numpy()
    assert np.isfinite(found["median"]).all()


def grown(rng, clusters, years, rho, own, *, steady):
    """Give outcomes (year, cluster) of effects ``own``, in a steady state or from 0 on."""
    y = [own / (1 - rho) + rng.normal(size=clusters) / np.sqrt(1 - rho**2)]
    y = y if steady else [np.zeros(clusters)]
    for _ in range(years):
        y.append(own + rho * y[-1] + rng.normal(size=clusters))
    return np.array(y)


def left(y, known, *, years=True):
    """Give what is estimated of outcomes (year, cluster), from the second year on."""
    periods, clusters = len(y) - 1, y.shape[1]
    cluster, year = np.tile(np.arange(clusters), periods), np.repeat(np.arange(periods), clusters)
    none = np.empty((len(cluster), 0))
    past = y[:-1].reshape(-1, 1)
    return left_to_clusters(y[1:].ravel(), past, none, known, cluster, year if years else None)[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_trend_that_years_take_up_is_no_persistence(seed):
    rng = np.random.default_rng(seed)
    flat = grown(rng, 40, 10, 0.5, np.zeros(40), steady=True)
    shared = flat + 0.5 * np.arange(11)[:, None]
    assert left(flat, flat[:1].T) == pytest.approx(left(shared, shared[:1].T), rel=1e-6)


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("rho", [0.3, 0.8])
def test_what_is_left_to_clusters_is_found_however_the_panel_began(rho, steady):
    rng = np.random.default_rng(3)
    own = rng.normal(size=20_000)
    y = grown(rng, 20_000, 8, rho, own, steady=steady)
    first = np.column_stack([np.ones(20_000), y[0]])
    apart = own - first @ np.linalg.lstsq(first, own, rcond=None)[0]
    assert left(y, y[:1].T) == pytest.approx(apart.std(), rel=0.05)


@pytest.mark.parametrize("steady", [True, False])
def test_the_within_estimate_is_freed_of_its_bias(steady):
    rng = np.random.default_rng(4)
    y = grown(rng, 20_000, 6, 0.7, rng.normal(size=20_000), steady=steady)
    inside = [values - values.mean(axis=0) for values in (y[1:], y[:-1])]
    now, past = inside[0].ravel(), inside[1].reshape(-1, 1)
    plain = float(np.linalg.lstsq(past, now, rcond=None)[0][0])
    (rho,), variance = bias_corrected(now, past, 20_000, 6)
    assert plain < 0.62
    assert rho == pytest.approx(0.7, abs=0.01)
    assert variance == pytest.approx(1.0, abs=0.03)


def test_two_lags_are_freed_together():
    rng = np.random.default_rng(5)
    own = rng.normal(size=20_000)
    y = [np.zeros(20_000), np.zeros(20_000)]
    for _ in range(10):
        y.append(own + 0.5 * y[-1] + 0.3 * y[-2] + rng.normal(size=20_000))
    now, one, two = np.array(y[2:]), np.array(y[1:-1]), np.array(y[:-2])
    inside = [values - values.mean(axis=0) for values in (now, one, two)]
    columns = np.column_stack([values.ravel() for values in inside[1:]])
    plain = np.linalg.lstsq(columns, inside[0].ravel(), rcond=None)[0]
    rhos, variance = bias_corrected(inside[0].ravel(), columns, 20_000, 10, lags=2)
    assert np.abs(plain - [0.5, 0.3]).max() > 0.05
    np.testing.assert_allclose(rhos, [0.5, 0.3], atol=0.01)
    assert variance == pytest.approx(1.0, abs=0.03)
    cluster = np.tile(np.arange(20_000), 10)
    past = np.column_stack([one.ravel(), two.ravel()])
    none, known = np.empty((len(cluster), 0)), np.zeros((20_000, 1))
    found = left_to_clusters(now.ravel(), past, none, known, cluster)[0]
    assert found == pytest.approx(own.std(), rel=0.05)


@pytest.mark.parametrize(
    ("effect", "own", "pooled"),
    [
        ({"pooling": "partial", "trend": "partial"}, {"initial": "ignore"}, ""),
        ({"pooling": "free", "trend": "free"}, {"initial": "ignore"}, " and pooled trends"),
        (
            {"pooling": "correlated", "trend": "free"},
            {"initial": "wooldridge"},
            " and pooled trends",
        ),
    ],
)
def test_beside_trends_the_bias_is_that_against_pooled_ones(effect, own, pooled):
    trending = document("gaussian", "y", **own, accept_bias=True) | {
        "fixed_effects": {"cluster": effect, "year": {}}
    }
    (said,) = (f for f in past_findings(made_fit(trending, table())) if f.check == "biased_past")
    assert f"the same data with 'initial: wooldridge'{pooled} give" in said.what
