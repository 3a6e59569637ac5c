"""A cluster's rows once its own coefficients are integrated out, against closed forms and sums."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, nbinom, norm, poisson

from clustermodels.data.predictor import linear_predictor
from clustermodels.fits.record import flat
from clustermodels.results.cluster_likelihood import inseparable, marginals
from tests.designs import PLAIN, block_of, made_fit, table


def found_of(fit):
    return dict(marginals(fit.design(), flat(fit.posterior)))


def without_own(fit, *own):
    """Give the predictor at draws without some coefficients by cluster, which are set to 0."""
    draws = flat(fit.posterior)
    return linear_predictor(fit.design(), draws | {n: 0 * draws[n] for n in own}), draws


def test_normal_outcomes_with_effects_and_slopes_are_multivariate_normal():
    """y_i ~ N(X b, sigma^2 I + Z Sigma Z'), in the user's units."""
    frame = table()
    document = PLAIN | {
        "treatments": {"dose": {"slope": "partial"}},
        "controls": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {}},
    }
    around = {"dose_by_cluster": 0.4, "dose": 0.4, "cluster_effect_correlation": 0.3}
    fit = made_fit(document, frame, around=around)
    draws = flat(fit.posterior)
    # slopes of the mean alone, and no effects: the mean of the marginal law
    shared = draws | {
        "cluster_effect": 0 * draws["cluster_effect"],
        "dose_by_cluster": 0 * draws["dose_by_cluster"] + draws["dose"][:, None],
    }
    design, got = fit.design(), found_of(fit)
    mean = linear_predictor(design, shared)
    dose = block_of(design, "dose").values[:, 0] * fit.learned.scales["dose"].spread
    assert [*got] == [*"ABCDE"]
    for label, values in got.items():
        rows = design.clusters == label
        z = np.column_stack([np.ones(rows.sum()), dose[rows]])
        for s, value in enumerate(values):
            sds = np.array([draws["cluster_effect_sd"][s], draws["dose_sd"][s]])
            among = draws["cluster_effect_correlation"][s, 0]
            sigma = np.outer(sds, sds) * np.array([[1, among], [among, 1]])
            covariance = draws["sigma"][s] ** 2 * np.eye(rows.sum()) + z @ sigma @ z.T
            wanted = multivariate_normal(mean[s, rows], covariance).logpdf(
                design.outcome.values[rows]
            )
            assert value == pytest.approx(wanted, rel=1e-10)


def test_free_effects_are_normal_given_those_of_the_others():
    """The joint prior of effects that sum to zero and the intercept, conditioned by its matrix."""
    document = PLAIN | {
        "controls": ["yearly"],
        "fixed_effects": {"cluster": {}, "year": {}},
        "priors": {
            "intercept": {"distribution": "normal", "mean": 2, "sd": 1.5},
            "cluster_effect": {"distribution": "normal", "mean": 0, "sd": 1.2},
        },
    }
    fit = made_fit(document, table(), around={"intercept": 2.5})
    posterior = fit.tree["posterior"].to_dataset()
    own = posterior["cluster_effect"]
    posterior["cluster_effect"] = own - own.mean("cluster")
    fit.tree["posterior"] = type(fit.tree)(posterior)
    base, draws = without_own(fit, "cluster_effect")
    n, design = 5, fit.design()
    prior = 1.2**2 * (np.eye(n) - 1 / n) + 1.5**2
    for i, (label, values) in enumerate(found_of(fit).items()):
        rows, others = design.clusters == label, np.arange(n) != i
        solved = np.linalg.solve(prior[np.ix_(others, others)], prior[others, i])
        variance = prior[i, i] - prior[i, others] @ solved
        for s, value in enumerate(values):
            all_of = draws["intercept"][s] + draws["cluster_effect"][s]
            expected = 2 + solved @ (all_of[others] - 2) - draws["intercept"][s]
            covariance = draws["sigma"][s] ** 2 * np.eye(rows.sum()) + variance
            wanted = multivariate_normal(base[s, rows] + expected, covariance)
            assert value == pytest.approx(wanted.logpdf(design.outcome.values[rows]), rel=1e-10)


def integrated(density, sd):
    """Integrate by adaptive quadrature of another library."""
    peak = max(density(u) + norm.logpdf(u, 0, sd) for u in np.linspace(-6, 6, 201) * sd)
    whole, _ = quad(
        lambda u: np.exp(density(u) + norm.logpdf(u, 0, sd) - peak),
        -8 * sd,
        8 * sd,
        epsabs=1e-13,
        epsrel=1e-10,
        limit=500,
    )
    return np.log(whole) + peak


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_counts_against_a_numerical_integral(family):
    document = PLAIN | {
        "outcomes": {"count": {"family": family, "exposure": "people"}},
        "controls": ["dose"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    fit = made_fit(document, table(), draws=2, chains=1, around={"intercept": -4.5})
    base, draws = without_own(fit, "cluster_effect")
    design = fit.design()
    y = design.outcome.values
    for label, values in found_of(fit).items():
        rows = design.clusters == label
        for s, value in enumerate(values):

            def density(u, s=s, rows=rows):
                mu = np.exp(base[s, rows] + u)
                if family == "poisson":
                    return poisson.logpmf(y[rows], mu).sum()
                size = 1 / draws["dispersion"][s]
                return nbinom.logpmf(y[rows], size, size / (size + mu)).sum()

            wanted = integrated(density, draws["cluster_effect_sd"][s])
            assert value == pytest.approx(wanted, abs=1e-6)


def test_counts_with_effects_and_slopes_against_a_sum_over_a_grid():
    """A rectangle rule on standard normal variables, which converges geometrically."""
    document = PLAIN | {
        "outcomes": {"count": {"family": "negative_binomial"}},
        "treatments": {"dose": {"slope": "partial"}},
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    around = {"intercept": 1.4, "dispersion": -1.0, "cluster_effect_correlation": 0.3}
    around |= {"cluster_effect_sd": -0.5, "dose_sd": -1.5}
    fit = made_fit(document, table(), draws=2, chains=1, around=around)
    base, draws = without_own(fit, "cluster_effect")
    design = fit.design()
    dose = block_of(design, "dose").values[:, 0] * fit.learned.scales["dose"].spread
    base = (
        base
        - dose
        * (draws["dose_by_cluster"] - draws["dose"][:, None])[
            :, block_of(design, "cluster_effect").factor.codes
        ]
    )
    step = 0.2
    line = np.arange(-8, 8 + step / 2, step)
    one, other = (each.ravel() for each in np.meshgrid(line, line))
    for label, values in found_of(fit).items():
        rows = design.clusters == label
        y, x = design.outcome.values[rows], dose[rows]
        for s, value in enumerate(values):
            sds = draws["cluster_effect_sd"][s], draws["dose_sd"][s]
            among = draws["cluster_effect_correlation"][s, 0]
            effect = sds[0] * one
            slope = sds[1] * (among * one + np.sqrt(1 - among**2) * other)
            mu = np.exp(base[s, rows] + effect[:, None] + slope[:, None] * x)
            size = 1 / draws["dispersion"][s]
            logs = nbinom.logpmf(y, size, size / (size + mu)).sum(axis=1)
            whole = logsumexp(logs + norm.logpdf(one) + norm.logpdf(other)) + 2 * np.log(step)
            assert value == pytest.approx(whole, abs=1e-3)


def test_without_own_coefficients_rows_are_independent_given_what_is_shared():
    fit = made_fit(PLAIN | {"controls": ["dose"]}, table())
    eta, draws = linear_predictor(fit.design(), flat(fit.posterior)), flat(fit.posterior)
    y, clusters = fit.design().outcome.values, fit.design().clusters
    for label, values in found_of(fit).items():
        own = clusters == label
        wanted = norm.logpdf(y[own], eta[:, own], draws["sigma"][:, None]).sum(axis=1)
        np.testing.assert_allclose(values, wanted, rtol=1e-12)


def test_an_sd_of_zero_is_no_effect():
    document = PLAIN | {"fixed_effects": {"cluster": {"pooling": "partial"}}, "controls": ["dose"]}
    fit = made_fit(document, table())
    posterior = fit.tree["posterior"].to_dataset()
    posterior["cluster_effect_sd"] = 0 * posterior["cluster_effect_sd"]
    fit.tree["posterior"] = type(fit.tree)(posterior)
    base, draws = without_own(fit, "cluster_effect")
    design = fit.design()
    for label, values in found_of(fit).items():
        own = design.clusters == label
        y = design.outcome.values[own]
        wanted = norm.logpdf(y, base[:, own], draws["sigma"][:, None]).sum(axis=1)
        np.testing.assert_allclose(values, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"residuals": {"kind": "ar1"}}, "carries over"),
        ({"fixed_effects": {"cluster": {"trend": "free"}, "year": {}}}, "cluster_trend sums to"),
        (
            {
                "fixed_effects": {"cluster": {}},
                "priors": {"intercept": {"distribution": "student_t", "df": 4, "mean": 0, "sd": 3}},
            },
            "the prior of intercept is student_t",
        ),
        (
            {"controls": {"dose": {"missing": "model"}}},
            "cells of columns are parameters",
        ),
    ],
)
def test_what_cannot_be_integrated_out_is_named(more, why):
    frame = table()
    frame.loc[3, "dose"] = np.nan if "controls" in more else frame.loc[3, "dose"]
    document = PLAIN | {"controls": ["dose"], "fixed_effects": {"cluster": {"pooling": "partial"}}}
    assert inseparable(made_fit(document, table()).design()) is None
    assert why in inseparable(made_fit(document | more, pd.DataFrame(frame)).design())
