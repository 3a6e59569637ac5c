"""Trends of clusters: their column, their coefficients, and least squares with dummies."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, block_of, designed, predictor, table

YEARS = {"year": {}}


def document(pooling, trend, **sections):
    cluster = {"cluster": {"pooling": pooling, "trend": trend}}
    return PLAIN | {"controls": ["dose"], "fixed_effects": cluster | YEARS} | sections


@pytest.mark.parametrize("pooling", ["free", "partial", "correlated"])
@pytest.mark.parametrize("trend", ["partial", "free"])
def test_a_trend_is_a_coefficient_of_the_year_by_cluster(pooling, trend):
    spec, _, learned, design = designed(document(pooling, trend), table())
    rng = np.random.default_rng(2)
    names = {"intercept": 0.0, "dose": 0.0, "cluster_means": np.zeros(1)}
    names |= {"cluster_effect": np.zeros(5), "year_effect": np.zeros(9)}
    drift = rng.normal(size=5)
    eta = predictor(design, **names, cluster_trend=drift)
    place = {city: position for position, city in enumerate("ABCDE")}
    middle = learned.years[0]
    assert middle == pytest.approx(design.years.mean())
    wanted = [
        drift[place[c]] * (year - middle)
        for c, year in zip(design.clusters, design.years, strict=True)
    ]
    np.testing.assert_allclose(eta, wanted, atol=1e-12)
    block = {
        ("free", "partial"): "cluster_slopes",
        ("partial", "partial"): "cluster_effect",
        ("correlated", "partial"): "cluster_effect",
    }.get((pooling, trend), "cluster_trend")
    terms = [term.name for term in block_of(design, block).terms]
    assert terms[-1] == "cluster_trend"
    listed = " ".join(cm.explain(spec, table()).equation)
    assert "cluster_trend[i] · (t - 201" in listed


@pytest.mark.parametrize("trend", ["partial", "free"])
@pytest.mark.parametrize("pooling", ["free", "correlated"])
def test_its_density_has_a_finite_gradient(pooling, trend):
    of = document(pooling, trend, treatments={"money": {"slope": "partial"}})
    design = designed(of, table())[3]
    model = cm.build_model(design)
    assert "cluster_trend" in model.named_vars
    start = model.initial_point()
    slope = model.compile_fn(model.dlogp(), inputs=model.value_vars, mode="FAST_COMPILE")
    assert np.isfinite(slope(start)).all()
    assert ("cluster_trend_sd" in model.named_vars) == (trend == "partial")


@pytest.fixture(scope="module")
def drifting():
    """Twelve cities whose courses differ, and a dose that follows them."""
    rng = np.random.default_rng(3)
    cities, years = 12, 10
    city = np.repeat(np.arange(cities), years)
    time = np.tile(np.arange(years), cities)
    own = rng.normal(0, 0.4, cities)
    dose = own[city] * time + rng.normal(size=cities * years)
    y = 1.0 + 0.5 * dose + rng.normal(size=cities)[city] + 0.8 * own[city] * time
    y = y + rng.normal(size=years)[time] + rng.normal(0, 0.5, cities * years)
    rows = {"city": city.astype(str), "year": 2000 + time, "dose": dose, "y": y, "own": own[city]}
    return pd.DataFrame(rows)


def test_free_trends_are_least_squares_with_dummies(drifting):
    wide = {"distribution": "normal", "mean": 0, "sd": 50}
    of = ("intercept", "dose", "cluster_effect", "cluster_trend", "year_effect")
    engine = {"kind": "latent_gaussian", "draws": 4000}
    made = document("free", "free", priors=dict.fromkeys(of, wide), engine=engine)
    fit = cm.fit(cm.read_spec(made), drifting)
    draws = flat(fit.posterior)
    city = drifting["city"].astype(int).to_numpy()
    time = drifting["year"].to_numpy() - 2000
    dummies = (city[:, None] == np.arange(12)) * 1.0
    columns = np.column_stack(
        [drifting["dose"], dummies, dummies * time[:, None], (time[:, None] == np.arange(1, 9))]
    )
    beta, left, rank, _ = np.linalg.lstsq(columns, drifting["y"].to_numpy(), rcond=None)
    assert rank == columns.shape[1]
    error = np.sqrt(left[0] / (len(drifting) - rank) * np.linalg.inv(columns.T @ columns)[0, 0])
    assert draws["dose"].mean() == pytest.approx(beta[0], abs=0.08 * error)
    assert draws["dose"].std() == pytest.approx(error, rel=0.05)
    drift = beta[13:25] - beta[13:25].mean()
    np.testing.assert_allclose(draws["cluster_trend"].mean(axis=0), drift, atol=0.02)
    np.testing.assert_allclose(draws["cluster_trend"].sum(axis=1), 0, atol=1e-9)


def test_what_follows_a_trend_misleads_without_it(drifting):
    engine = {"kind": "latent_gaussian"}
    found = {
        trend: cm.fit(cm.read_spec(document("correlated", trend, engine=engine)), drifting)
        for trend in ("none", "partial")
    }
    slopes = {trend: flat(fit.posterior)["dose"] for trend, fit in found.items()}
    low, high = np.quantile(slopes["partial"], [0.025, 0.975])
    assert low < 0.5 < high
    assert np.quantile(slopes["none"], 0.001) > 0.6
    sd = flat(found["partial"].posterior)["cluster_trend_sd"]
    truth = 0.8 * drifting.groupby("city")["own"].first().std()
    assert np.quantile(sd, 0.025) < truth < np.quantile(sd, 0.975)


def test_a_policy_that_is_a_trend_is_found_and_one_that_is_not_is_let_be(drifting):
    line = drifting.assign(dose=drifting["own"] * drifting["year"])
    for trend, pooling, rows, wanted in (
        ("free", "free", line, True),
        ("free", "free", drifting, False),
        ("partial", "free", line, False),
        ("free", "partial", drifting, False),
    ):
        found = cm.check(cm.read_spec(document(pooling, trend)), rows)
        assert ("absorbed" in {finding.check for finding in found}) == wanted
        if wanted:
            assert any("cluster_trend" in finding.what for finding in found)


def test_free_trends_beside_the_years_before_adoption_are_refused():
    law = {"kind": "adoption", "first_year": "began", "by": "cohort_year", "comparison": "never"}
    for trend, comparison, refused in (
        ("free", "never", True),
        ("partial", "never", False),
        ("free", "not_yet", False),
    ):
        treatments = {"law": law | {"comparison": comparison}}
        made = document("free", trend, treatments=treatments)
        if refused:
            with pytest.raises(cm.SpecError, match="no data can tell the two apart"):
                cm.read_spec(made)
        else:
            assert cm.read_spec(made).fixed_effects["cluster"].trend == trend


def test_free_trends_beside_the_outcomes_past_are_biased():
    of = document("correlated", "free", dynamics={})
    with pytest.raises(cm.SpecError, match="free trends of clusters pull it down"):
        cm.read_spec(of)
    assert cm.read_spec(of | {"dynamics": {"accept_bias": True}}).dynamics.accept_bias
    assert cm.read_spec(document("correlated", "partial", dynamics={})).dynamics


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ({"cluster": {"trend": "free"}}, "no effects of years hold that"),
        ({"cluster": {}, "year": {"trend": "free"}}, "trends are the clusters'"),
        ({"cluster": {"trend": "linear"}, "year": {}}, "trend"),
    ],
)
def test_refused(effects, words):
    with pytest.raises(cm.SpecError, match=words):
        cm.read_spec(PLAIN | {"controls": ["dose"], "fixed_effects": effects})
