"""Predictions, comparisons and slopes against closed forms, scenarios and brute force."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import clustermodels as cm
from clustermodels.data import predictor
from clustermodels.families.table import FAMILIES
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, table

TINY = 1e-3  # another step than that of slopes
DOCUMENT = PLAIN | {
    "treatments": {"dose": {"transform": "log1p", "lag": 1}},
    "moderators": {"yearly": {"transform": "sqrt"}},
    "controls": ["money", "region"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    "scenarios": {
        "up": [{"add": {"dose": TINY}}],
        "down": [{"add": {"dose": -TINY}}],
        "more": [{"add": {"dose": 1}}],
        "grown": [{"scale": {"yearly": 1 + TINY}}],
        "shrunk": [{"scale": {"yearly": 1 - TINY}}],
    },
}
AROUND = {
    "dose": 0.4,
    "dose_by_cluster": 0.4,
    "dose_x_yearly": 0.2,
    "yearly": -0.3,
    "intercept": 0.5,
    "zero_share": -1.5,
}


def frame():
    rng = np.random.default_rng(3)
    return table().assign(
        tries=40,
        money=lambda f: f["money"] / 300,
        yearly=lambda f: f["yearly"].abs(),
        share=lambda f: rng.beta(2, 3, len(f)),
        positive=lambda f: f["y"].abs() + 0.1,
        yes=lambda f: rng.integers(0, 2, len(f)),
    )


COLUMNS = {"bernoulli": "yes", "beta": "share", "gaussian": "y", "student_t": "y"}
COLUMNS |= {"lognormal": "positive", "gamma": "positive"}


def outcomes(family):
    extra = {"trials": "tries"} if family == "binomial" else {}
    return {COLUMNS.get(family, "count"): {"family": family, **extra}}


def made(family="poisson", document=DOCUMENT, **more):
    return made_fit(document | {"outcomes": outcomes(family)}, frame(), around=AROUND, **more)


def drawn(fit, verb, *arguments, **more):
    """Give the draws of an answer, (S, row)."""
    found = verb(fit, *arguments, draws=True, **more)
    assert found.dims == ("chain", "draw", "row")
    return found.to_numpy().reshape(-1, found.sizes["row"])


def predicted(fit, scenario=None):
    values = cm.predict(fit, scenario)
    return values.to_numpy().reshape(-1, values.sizes["obs"])


@pytest.mark.parametrize("family", [*FAMILIES])
def test_slopes_of_every_family_are_finite_differences_of_scenarios(family):
    fit = made(family)
    brute = (predicted(fit, "up") - predicted(fit, "down")) / (2 * TINY)
    np.testing.assert_allclose(drawn(fit, cm.slopes, "dose"), brute, rtol=2e-6, atol=1e-9)
    overall = drawn(fit, cm.slopes, "dose", by="overall")
    np.testing.assert_allclose(overall[:, 0], brute.mean(axis=1), rtol=2e-6)
    relative = (predicted(fit, "grown") - predicted(fit, "shrunk")) / (2 * TINY) / predicted(fit)
    found = drawn(fit, cm.slopes, "yearly", scale="elasticity")
    np.testing.assert_allclose(found, relative, rtol=2e-6, atol=1e-9)


@pytest.mark.parametrize("family", ["poisson", "gaussian", "binomial"])
def test_one_more_is_the_scenario_of_one_more(family):
    fit = made(family)
    low, high = predicted(fit), predicted(fit, "more")
    np.testing.assert_allclose(
        drawn(fit, cm.comparisons, "dose"), high - low, rtol=1e-9, atol=1e-12
    )
    years = fit.design().years
    by_year = cm.comparisons(fit, "dose", by="year", draws=True)
    assert by_year["year"].to_numpy().tolist() == np.unique(years).tolist()
    assert {*by_year["contrast"].to_numpy()} == {"+1"}
    for place, year in enumerate(np.unique(years)):
        own = (high - low)[:, years == year].mean(axis=1)
        found = by_year.to_numpy().reshape(len(own), -1)[:, place]
        np.testing.assert_allclose(found, own, rtol=1e-9, atol=1e-12)
    ratio = drawn(fit, cm.comparisons, "dose", by="cluster", scale="ratio")
    log = drawn(fit, cm.comparisons, "dose", by="cluster", scale="lnratio")
    for place, city in enumerate("ABCDE"):
        own = fit.design().clusters == city
        wanted = high[:, own].sum(axis=1) / low[:, own].sum(axis=1)
        np.testing.assert_allclose(ratio[:, place], wanted, rtol=1e-9)
        if (wanted > 0).all():
            np.testing.assert_allclose(log[:, place], np.log(wanted), rtol=1e-7, atol=1e-12)


def test_the_table_says_what_the_draws_say():
    fit = made("negative_binomial")
    values = drawn(fit, cm.comparisons, {"dose": 2, "money": "iqr"}, by=["region", "year"])
    told = cm.comparisons(fit, {"dose": 2, "money": "iqr"}, by=["region", "year"])
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975], axis=0)
    np.testing.assert_allclose(told["median"], middle)
    np.testing.assert_allclose(told["eti95_lower"], low)
    np.testing.assert_allclose(told["eti95_upper"], high)
    np.testing.assert_allclose(told["probability"], (values > 0).mean(axis=0))
    shown = told.to_dataframe()
    assert [*dict.fromkeys(shown["contrast"])] == ["+2", "Q3 - Q1"]
    assert [*dict.fromkeys(shown["term"])] == ["dose", "money"]
    assert {*shown["region"]} == {"n", "s"}
    assert told["interval"].item() == "equal-tailed"


CLOSED = PLAIN | {
    "outcomes": {"y": {"family": "gaussian"}},
    "treatments": {"dose": {"slope": "common"}},
    "moderators": {"yearly": {"centre": 0}},
    "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {}},
}


def test_the_marginal_effect_of_an_interaction_and_its_variance():
    """ME(x) = b_D + b_DX x, variance V_D + 2 x V_D,DX + x^2 V_DX."""
    fit = made_fit(CLOSED, frame(), draws=300, around=AROUND)
    draws, at = flat(fit.posterior), [-1.0, 0.0, 2.5]
    for scale in ("response", "link"):
        found = drawn(fit, cm.slopes, "dose", {"yearly": at}, scale=scale)
        wanted = draws["dose"][:, None] + draws["dose_x_yearly"][:, None] * np.array(at)
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)
        v = np.cov(draws["dose"], draws["dose_x_yearly"])
        variance = [v[0, 0] + 2 * x * v[0, 1] + x**2 * v[1, 1] for x in at]
        np.testing.assert_allclose(found.var(axis=0, ddof=1), variance, rtol=1e-6)


RATIO = CLOSED | {"outcomes": {"count": {"family": "poisson"}}, "moderators": {}}


def test_a_ratio_of_a_log_link_is_the_exponential_of_the_coefficient():
    fit = made_fit(RATIO, frame(), around={"dose": 0.3})
    found = drawn(fit, cm.comparisons, {"dose": 2}, by="overall", scale="ratio")[:, 0]
    np.testing.assert_allclose(found, np.exp(2 * flat(fit.posterior)["dose"]), rtol=1e-12)
    each = drawn(fit, cm.comparisons, {"dose": (3, 0)}, scale="lnratio")
    wanted = np.broadcast_to(-3 * flat(fit.posterior)["dose"][:, None], each.shape)
    np.testing.assert_allclose(each, wanted, rtol=1e-10)
    elastic = drawn(fit, cm.slopes, "dose", scale="elasticity")
    x = fit.panel.rows["dose"].to_numpy()
    np.testing.assert_allclose(elastic, flat(fit.posterior)["dose"][:, None] * x, rtol=1e-7)


def test_ranges_of_the_data_and_pairs_set_all_rows():
    fit = made_fit(RATIO, frame(), around={"dose": 0.3})
    x, b = fit.panel.rows["dose"].to_numpy(), flat(fit.posterior)["dose"][:, None]
    low, high = np.quantile(x, [0.25, 0.75])
    widths = {"sd": x.std(ddof=1), "iqr": high - low, "minmax": np.ptp(x)}
    for amount, width in widths.items():
        found = drawn(fit, cm.comparisons, {"dose": amount}, scale="link", by="overall")
        np.testing.assert_allclose(found, b * width, rtol=1e-10)


def test_labels_of_text_are_compared():
    fit = made("poisson")
    found = drawn(fit, cm.comparisons, {"region": ("n", "s")}, scale="link", by="overall")
    effects = flat(fit.posterior)["region"]
    np.testing.assert_allclose(found[:, 0], effects[:, 1] - effects[:, 0], rtol=1e-10)


def test_averages_over_bins_of_a_column():
    fit = made("gaussian")
    values, x = predicted(fit), fit.panel.rows["money"].to_numpy()[fit.panel.used]
    halves = cm.predictions(fit, by={"money": 2}, draws=True)
    upper = x >= np.median(x)  # an edge is of the bin above, as in a moderator's bins
    wanted = np.stack([values[:, ~upper].mean(axis=1), values[:, upper].mean(axis=1)], axis=1)
    np.testing.assert_allclose(halves.to_numpy().reshape(wanted.shape), wanted, rtol=1e-10)
    edges = cm.predictions(fit, by={"money": [0, 1.5, 2]})
    outside = ["0 to 1.5", "1.5 to 2"] + ["outside"] * bool((x > 2).any())
    assert edges["money"].to_numpy().tolist() == outside


@pytest.mark.parametrize("together", [1, 100])
def test_some_rows_at_a_time_give_the_same(monkeypatch, together):
    fit = made("negative_binomial")

    def every():
        return [
            drawn(fit, cm.predictions),
            drawn(fit, cm.comparisons, "dose", by="year", scale="ratio"),
            drawn(fit, cm.slopes, ["dose", "money"], by={"yearly": 3}),
        ]

    whole = every()
    monkeypatch.setattr(predictor, "TOGETHER", together)
    for one, other in zip(every(), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_predictions_are_those_of_predict():
    fit = made("binomial")
    np.testing.assert_array_equal(drawn(fit, cm.predictions), predicted(fit))
    told = cm.predictions(fit)
    assert told["cluster"].to_numpy().tolist() == fit.design().clusters.tolist()
    assert told["year"].to_numpy().tolist() == fit.design().years.tolist()
    assert "probability" not in told
    link = drawn(fit, cm.predictions, scale="link")
    np.testing.assert_allclose(40 * expit(link), predicted(fit), rtol=1e-12)


ADOPTED = PLAIN | {
    "outcomes": {"count": {"family": "poisson"}},
    "controls": ["money"],
    "fixed_effects": {"cluster": {"pooling": "partial"}},
}


@pytest.mark.parametrize("how", ["column", "first_year"])
def test_an_adoption_goes_from_none_to_all_years(how):
    data = frame().assign(
        zone=lambda f: ((f["year"] > 2014) & f["city"].isin(["A", "B"])).astype(int),
        began=lambda f: f["city"].map({"A": 2015, "B": 2015}).fillna(0),
    )
    item = {"kind": "adoption", "slope": "common", "lag": 1}
    item |= {"first_year": "began"} if how == "first_year" else {}
    fit = made_fit(ADOPTED | {"treatments": {"zone": item}}, data)
    found = cm.comparisons(fit, "zone", scale="ratio", draws=True)
    wanted = np.exp(flat(fit.posterior)["zone"])[:, None]
    shape = (len(wanted), found.sizes["row"])
    np.testing.assert_allclose(
        found.to_numpy().reshape(shape), wanted + np.zeros(shape), rtol=1e-10
    )
    assert {*found["contrast"].to_numpy()} == {"1 - 0"}
    points = drawn(fit, cm.predictions, {"zone": [0, 1]}, scale="link")
    np.testing.assert_allclose(points[:, 1] - points[:, 0], np.log(wanted[:, 0]), rtol=1e-10)
    with pytest.raises(cm.FitError, match="because an adoption is there or not"):
        cm.comparisons(fit, {"zone": 2})
    with pytest.raises(cm.FitError, match="because it has no values between"):
        cm.slopes(fit, "zone")


def test_lags_of_a_dose_move_together():
    document = RATIO | {"treatments": {"dose": {"lags": {"from": 0, "to": 2}, "slope": "common"}}}
    fit = made_fit(document, frame())
    draws = flat(fit.posterior)
    found = drawn(fit, cm.comparisons, "dose", scale="link")
    wanted = sum(draws[f"dose_lag_{lag}"] for lag in range(3))[:, None]
    np.testing.assert_allclose(found, wanted + 0 * found, rtol=1e-9)


def test_leads_stay_as_they_were():
    document = RATIO | {"treatments": {"dose": {"lags": {"from": -1, "to": 0}, "slope": "common"}}}
    fit = made_fit(document, frame())
    found = drawn(fit, cm.comparisons, "dose", scale="link")
    wanted = flat(fit.posterior)["dose_lag_0"][:, None]
    np.testing.assert_allclose(found, wanted + 0 * found, rtol=1e-9)


PAST = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "dynamics": {},
    "scenarios": {"more": [{"add": {"dose": 1}}]},
}


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_the_past_feeds_through_on_the_response_and_stays_on_the_link(family):
    fit = made(family, PAST)
    draws = flat(fit.posterior)
    low, high = predicted(fit), predicted(fit, "more")
    found = drawn(fit, cm.comparisons, "dose", by="overall")[:, 0]
    np.testing.assert_allclose(found, (high - low).mean(axis=1), rtol=1e-9, atol=1e-12)
    link = drawn(fit, cm.comparisons, "dose", scale="link")
    np.testing.assert_allclose(link, draws["dose"][:, None] + 0 * link, rtol=1e-9)
    if family == "poisson":
        with pytest.raises(
            cm.FitError, match="because it is the mean over outcomes that are drawn"
        ):
            cm.slopes(fit, "dose")
    else:
        slope = drawn(fit, cm.slopes, "dose")
        np.testing.assert_allclose(slope, high - low, rtol=1e-6, atol=1e-9)  # a straight line
    point = drawn(fit, cm.slopes, "dose", "mean", scale="link")[:, 0]
    np.testing.assert_allclose(point, draws["dose"], rtol=1e-8)


def test_what_cannot_be_answered_is_refused():
    fit = made("poisson")
    with pytest.raises(cm.PanelError, match="Did you mean 'money'"):
        cm.comparisons(fit, "mony")
    with pytest.raises(cm.PanelError, match="no treatment, moderator or control is called so"):
        cm.comparisons(fit, "city")
    with pytest.raises(cm.FitError, match=r"no such scale. Choose among: response, link, ratio"):
        cm.comparisons(fit, "dose", scale="odds")
    with pytest.raises(cm.FitError, match="because it holds text"):
        cm.comparisons(fit, "region")
    with pytest.raises(
        cm.PanelError, match=r"no fitted row has this value. Got 'x'; expected n, s"
    ):
        cm.comparisons(fit, {"region": ("n", "x")})
    with pytest.raises(cm.FitError, match=r"'two' is no amount. Give a number, sd, iqr, minmax"):
        cm.comparisons(fit, {"dose": "two"})
    with pytest.raises(cm.PanelError, match=r"moving 'dose' gives 'treatments.dose' .* log1p does"):
        cm.comparisons(fit, {"dose": -9})
    with pytest.raises(cm.PanelError, match=r"a column that the run does not hold. Got 'regio'"):
        cm.predictions(fit, by="regio")
    with pytest.raises(cm.FitError, match="because no variables are named"):
        cm.comparisons(fit, [])
    with pytest.raises(cm.FitError, match="because no points are given"):
        cm.predictions(fit, {"dose": []}, by="overall")
    with pytest.raises(cm.FitError, match="because 3 values are no two"):
        cm.comparisons(fit, {"dose": (1, 2, 3)})
    with pytest.raises(cm.FitError, match="because None is no amount"):
        cm.comparisons(fit, {"dose": None})
    with pytest.raises(cm.FitError, match="because none lies within 900 to 901"):
        cm.predictions(fit, by={"money": [900, 901]})
    with pytest.raises(cm.FitError, match="'region' has no bins because it holds text"):
        cm.predictions(fit, by={"region": 3})


def test_frames_and_points_are_one_thing():
    fit = made("poisson")
    points = pd.DataFrame({"dose": [0, 2], "year": [2013, 2015]})
    one = cm.predictions(fit, points)
    other = cm.predictions(fit, points.to_xarray())
    np.testing.assert_array_equal(one["median"], other["median"])
    grid = cm.predictions(fit, {"dose": [0, 2], "year": [2013, 2015]})
    assert grid.sizes["row"] == 4
    np.testing.assert_array_equal(grid["median"].to_numpy()[[0, 3]], one["median"])


def test_years_ahead_are_no_observed_rows():
    """Rows of the fitted years, also those without an outcome; predict has those ahead too."""
    ahead = {"years": 2, "covariates": {"dose": "last"}}
    document = RATIO | {"treatments": {"dose": {"slope": "common"}}, "horizon": ahead}
    document |= {"fixed_effects": {"cluster": {"pooling": "partial"}}}
    fit = made_fit(document, frame())
    found = cm.predictions(fit, draws=True)
    whole = cm.predict(fit)
    fitted = whole["year"].to_numpy() <= 2018
    assert 0 < fitted.sum() < whole.sizes["obs"]
    np.testing.assert_array_equal(found.to_numpy(), whole.to_numpy()[:, :, fitted])


def test_rows_without_an_outcome_are_answered():
    document = RATIO | {"outcomes": {"count": {"family": "poisson", "missing": "model"}}}
    fit = made_fit(document, frame().assign(count=lambda f: f["count"].where(f.index != 5)))
    found = cm.predictions(fit, draws=True)
    assert found.sizes["row"] == len(fit.panel.used) + 1
    np.testing.assert_array_equal(found.to_numpy(), cm.predict(fit).to_numpy())
