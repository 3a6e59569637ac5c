"""Priors against scipy.stats."""

import re

import numpy as np
import pytest
from scipy import stats

from clustermodels.families import priors
from clustermodels.families.priors import DISTRIBUTIONS, Distribution, Prior, prior

CASES = [
    (prior("normal", mean=1.5, sd=2.5), stats.norm(1.5, 2.5)),
    (prior("student_t", df=4.0, mean=-1.0, sd=0.5), stats.t(4.0, -1.0, 0.5)),
    (prior("half_normal", sd=0.7), stats.halfnorm(scale=0.7)),
    (prior("exponential", mean=3.0), stats.expon(scale=3.0)),
    (prior("gamma", shape=2.0, rate=0.1), stats.gamma(2.0, scale=10.0)),
    (prior("gamma", shape=0.5, rate=4.0), stats.gamma(0.5, scale=0.25)),
    (prior("lognormal", median=2.0, sd=0.5), stats.lognorm(0.5, scale=2.0)),
    (prior("beta", alpha=1.5, beta=4.0), stats.beta(1.5, 4.0)),
]
EACH = pytest.mark.parametrize(("law", "oracle"), CASES, ids=lambda case: str(case)[:60])


def test_every_law_has_a_case():
    assert {law.distribution for law, _ in CASES} == {
        "normal",
        "student_t",
        "half_normal",
        "exponential",
        "gamma",
        "lognormal",
        "beta",
    }


@EACH
def test_log_density(law, oracle):
    x = np.concatenate([np.linspace(-8.05, 30, 200), oracle.ppf(np.linspace(0.001, 0.999, 50))])
    np.testing.assert_allclose(priors.log_density(law, x), oracle.logpdf(x), rtol=1e-11, atol=1e-12)


@EACH
def test_quantile_and_its_ends(law, oracle):
    # Not further out: scipy's own half-normal quantile loses digits there.
    p = np.concatenate([[0.0, 1e-9], np.linspace(0.01, 0.99, 50), [1 - 1e-9, 1.0]])
    np.testing.assert_allclose(priors.quantile(law, p), oracle.ppf(p), rtol=1e-6, atol=1e-14)
    middle = p[2:-2]
    np.testing.assert_allclose(priors.quantile(law, middle), oracle.ppf(middle), rtol=1e-10)


@EACH
def test_draws_follow_the_law(law, oracle):
    drawn = priors.draw(law, np.random.default_rng(3), (40, 100))
    assert drawn.shape == (40, 100)
    assert np.all(np.isfinite(drawn))
    assert stats.kstest(drawn.ravel(), oracle.cdf).pvalue > 0.001
    again = priors.draw(law, np.random.default_rng(3), (40, 100))
    np.testing.assert_array_equal(drawn, again)


@EACH
def test_scaled_is_the_law_of_the_multiple(law, oracle):
    if DISTRIBUTIONS[law.distribution].support == "share":
        with pytest.raises(ValueError, match="a share, which has no scale"):
            priors.scaled(law, 2.0)
        return
    by = 3.7
    p = np.linspace(0.01, 0.99, 30)
    multiple = priors.scaled(law, by)
    np.testing.assert_allclose(priors.quantile(multiple, p), by * oracle.ppf(p), rtol=1e-10)
    x = by * oracle.ppf(p)
    expected = oracle.logpdf(x / by) - np.log(by)
    np.testing.assert_allclose(priors.log_density(multiple, x), expected, rtol=1e-9, atol=1e-11)


@EACH
def test_support_is_true(law, oracle):
    support = DISTRIBUTIONS[law.distribution].support
    ends = {"real": (-np.inf, np.inf), "positive": (0, np.inf), "share": (0, 1)}
    assert oracle.support() == ends[support]


def test_at_zero():
    assert priors.log_density(prior("exponential", mean=1.0), 0.0) == 0.0
    assert priors.log_density(prior("gamma", shape=1.0, rate=1.0), 0.0) == 0.0
    assert priors.log_density(prior("gamma", shape=2.0, rate=1.0), 0.0) == -np.inf
    assert priors.log_density(prior("lognormal", median=1.0, sd=1.0), 0.0) == -np.inf


def test_equal_and_hashed_by_value_in_any_order():
    one, two = prior("normal", sd=2, mean=0), prior("normal", mean=0.0, sd=2.0)
    assert one == two
    assert len({one, two}) == 1


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (prior("normal", mean=0, sd=2.5), "normal(0, 2.5)"),
        (prior("student_t", df=3, mean=0, sd=1), "student_t(3 df, 0, 1)"),
        (prior("half_normal", sd=1), "half_normal(1)"),
        (prior("exponential", mean=1), "exponential(mean 1)"),
        (prior("gamma", shape=2, rate=0.1), "gamma(shape 2, rate 0.1)"),
        (prior("lognormal", median=1, sd=0.5), "lognormal(median 1, sd of log 0.5)"),
    ],
)
def test_words(law, said):
    assert priors.words(law) == said


@pytest.mark.parametrize(
    ("name", "arguments", "clause"),
    [
        ("norml", {"mean": 0.0, "sd": 1.0}, "did you mean 'normal'"),
        ("normal", {"mean": 0.0}, "needs the argument 'sd'"),
        ("normal", {"mean": 0.0, "sd": 1.0, "df": 3.0}, "has no argument 'df'"),
        ("normal", {"mean": np.nan, "sd": 1.0}, "must be a finite number, not nan"),
        ("normal", {"mean": np.inf, "sd": 1.0}, "must be a finite number, not inf"),
        ("normal", {"mean": 0.0, "sd": 0.0}, "must be above 0, not 0"),
        ("gamma", {"shape": -1.0, "rate": 1.0}, "'shape' of gamma must be above 0"),
        ("student_t", {"df": 0.0, "mean": 0.0, "sd": 1.0}, "'df' of student_t must be above 0"),
    ],
)
def test_bad_arguments_are_refused(name, arguments, clause):
    complaint = priors.check_arguments(name, arguments)
    assert complaint is not None
    assert clause in complaint
    with pytest.raises(ValueError, match=re.escape(clause)):
        prior(name, **arguments)


@pytest.mark.parametrize("by", [0.0, -1.0, np.inf, np.nan])
def test_scaling_by_an_impossible_number_is_refused(by):
    with pytest.raises(ValueError, match="finite number above 0"):
        priors.scaled(prior("half_normal", sd=1), by)


def test_a_law_from_outside(monkeypatch):
    # Set and undone, so that the law leaves the table after the test.
    monkeypatch.setitem(DISTRIBUTIONS, "laplace", DISTRIBUTIONS["normal"])
    del DISTRIBUTIONS["laplace"]
    laplace = Distribution(
        name="laplace",
        arguments=("mean", "sd"),
        positive=("sd",),
        support="real",
        log_density=lambda x, a: stats.laplace.logpdf(x, a["mean"], a["sd"]),
        quantile=lambda p, a: stats.laplace.ppf(p, a["mean"], a["sd"]),
        scaled=lambda a, by: {name: value * by for name, value in a.items()},
        words=lambda a: f"laplace({a['mean']:g}, {a['sd']:g})",
    )
    priors.register(laplace)
    with pytest.raises(ValueError, match="registered already"):
        priors.register(laplace)
    law = prior("laplace", mean=0, sd=2)
    assert law == Prior("laplace", (("mean", 0.0), ("sd", 2.0)))
    assert priors.words(priors.scaled(law, 2)) == "laplace(0, 4)"
    assert priors.draw(law, np.random.default_rng(0), 5).shape == (5,)
