"""Counterfactuals that keep each cluster-year's own shock, against scipy and loops by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import clustermodels as cm
from clustermodels.data.kept import refuse_unranked
from clustermodels.families.table import names
from clustermodels.fits.record import flat
from tests.designs import PLAIN, designed, lookup, made_fit, table

SCENARIOS = {
    "nothing": [{"add": {"dose": 0}}],
    "more": [{"add": {"dose": 1}, "years": {"from": 2013}}],
    "less": [{"scale": {"dose": 0.5}}],
}
BIASED = {"initial": "ignore", "accept_bias": True}
AROUND = {"rho": 0.3, "rho_2": -0.1, "dose": 0.3, "intercept": 0.4, "zero_share": -1.5}


def frame():
    rng = np.random.default_rng(3)
    return table().assign(
        amount=lambda f: np.exp(f["y"] / 2),
        share=lambda f: special.expit(f["y"] - 3),
        yes=lambda f: (f["y"] > 3).astype(float),
        tries=lambda f: f["count"] + rng.integers(1, 9, len(f)),
    )


def column(family):
    return {
        "gaussian": "y",
        "student_t": "y",
        "lognormal": "amount",
        "gamma": "amount",
        "beta": "share",
        "bernoulli": "yes",
    }.get(family, "count")


def document(family, lags=0, **more):
    outcome = {"family": family} | ({"trials": "tries"} if family == "binomial" else {})
    dynamics = {"dynamics": BIASED | {"lags": lags}} if lags else {}
    return PLAIN | {
        "outcomes": {column(family): outcome},
        "treatments": {"dose": {"slope": "common"}},
        "scenarios": SCENARIOS,
    } | dynamics | more  # fmt: skip


def fitted(family, lags=0, **more):
    return made_fit(document(family, lags, **more), frame(), around=AROUND, noise=0.05)


@pytest.mark.parametrize("lags", [0, 1, 2])
@pytest.mark.parametrize("family", names()[:11])
def test_the_replay_is_what_was_observed_to_the_last_digit(family, lags):
    if lags and family in ("binomial", "beta"):
        pytest.skip("these have no dynamics")
    fit = fitted(family, lags)
    for scenario in (None, "nothing"):
        found = cm.predict(fit, scenario, keep_shocks=True)
        assert (found == fit.design().outcome.values).all()
    moved = cm.predict(fit, "more", keep_shocks=True)
    early = moved["year"] < 2013
    assert (moved == fit.design().outcome.values).where(early, True).all()
    assert (moved != fit.design().outcome.values).any()
    assert moved.notnull().all()


def test_counts_whose_mean_keeps_a_share_are_replayed_and_lead_to_the_next():
    linear = {"lags": 1, "initial": "ignore", "accept_bias": True, "form": "linear_feedback"}
    told = document("poisson", dynamics=linear)
    fit = made_fit(told, frame(), around=AROUND | {"rho": -1.0}, noise=0.05)
    design, draws = fit.design(), flat(fit.posterior)
    y, observed = design.outcome.values, lookup(frame(), "count")
    assert (cm.predict(fit, keep_shocks=True) == y).all()
    dose, centre = lookup(frame(), "dose"), fit.learned.scales["dose"].centre
    share, places = drawn(fit), [*zip(design.clusters, design.years, strict=True)]
    wanted = np.empty((len(share), len(places)))
    for s in range(len(share)):
        walked = dict(observed)
        for n, (city, year) in enumerate(places):  # of a city, year by year
            new = draws["intercept"][s] + draws["dose"][s] * (dose[city, year] - centre)
            old = np.exp(new) + draws["rho"][s] * observed[city, year - 1]
            new = np.exp(new + draws["dose"][s] * (year >= 2013))
            new += draws["rho"][s] * walked[city, year - 1]
            law = stats.poisson(old)
            rank = law.cdf(y[n] - 1) + share[s, n] * law.pmf(y[n])
            after = y[n] if abs(new - old) < 1e-12 else stats.poisson(new).ppf(rank)
            walked[city, year] = wanted[s, n] = after
    found = cm.predict(fit, "more", keep_shocks=True).to_numpy().reshape(wanted.shape)
    np.testing.assert_array_equal(found, wanted)


def before_and_after(fit, scenario):
    """Give predictors by hand, (S, obs): intercept and dose."""
    draws, dose = flat(fit.posterior), lookup(frame(), "dose")
    design = fit.design()
    places = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    x = np.array([dose[place] for place in places])
    edited = {"more": x + (design.years >= 2013), "less": x / 2}[scenario]
    centre = fit.learned.scales["dose"].centre
    eta = [
        draws["intercept"][:, None] + draws["dose"][:, None] * (each - centre)
        for each in (x, edited)
    ]
    own = {name: draws[name][:, None] for name in design.outcome.parameters}
    return design.outcome.values, *eta, own


def drawn(fit):
    """Give where in its range of ranks each count lies: the draws of the seed, (S, obs)."""
    shape = (len(flat(fit.posterior)["intercept"]), len(fit.design().years))
    return 1 - np.random.default_rng([fit.spec.engine.seed, 0]).random(shape)


@pytest.mark.parametrize("scenario", ["more", "less"])
@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "binomial", "bernoulli"])
def test_counts_keep_a_rank_within_their_own_step(family, scenario):
    fit = fitted(family)
    y, eta, other, own = before_and_after(fit, scenario)
    trials = fit.design().outcome.trials

    def law(at):
        if family == "poisson":
            return stats.poisson(np.exp(at))
        if family == "negative_binomial":
            size = 1 / own["dispersion"]
            return stats.nbinom(size, size / (size + np.exp(at)))
        return stats.binom(trials.astype(int), special.expit(at))

    rank = law(eta).cdf(y - 1) + drawn(fit) * law(eta).pmf(y)
    wanted = np.where(eta == other, y, law(other).ppf(rank))
    found = cm.predict(fit, scenario, keep_shocks=True).to_numpy().reshape(wanted.shape)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("family", ["gaussian", "student_t", "lognormal", "gamma", "beta"])
def test_amounts_keep_their_rank(family):
    fit = fitted(family)
    y, eta, other, own = before_and_after(fit, "less")

    def law(at):
        match family:
            case "gaussian":
                return stats.norm(at, own["sigma"])
            case "student_t":
                return stats.t(own["nu"], at, own["sigma"])
            case "lognormal":
                return stats.lognorm(own["sigma"], scale=np.exp(at))
            case "gamma":
                return stats.gamma(1 / own["dispersion"], scale=own["dispersion"] * np.exp(at))
        precision = 1 / own["dispersion"]
        return stats.beta(special.expit(at) * precision, special.expit(-at) * precision)

    upper = law(eta).sf(y) < 0.5
    wanted = np.where(upper, law(other).isf(law(eta).sf(y)), law(other).ppf(law(eta).cdf(y)))
    found = cm.predict(fit, "less", keep_shocks=True).to_numpy().reshape(wanted.shape)
    far = np.minimum(law(eta).sf(y), law(eta).cdf(y)) > 1e-12  # scipy's own inverses hold there
    np.testing.assert_allclose(found[far], wanted[far], rtol=1e-6)


@pytest.mark.parametrize(("family", "lags"), [("gaussian", 1), ("gaussian", 2), ("poisson", 1)])
def test_with_dynamics_each_years_outcome_leads_to_the_next(family, lags):
    fit, data = fitted(family, lags), frame()
    design, draws = fit.design(), flat(fit.posterior)
    observed, dose = lookup(data, column(family)), lookup(data, "dose")
    scales, share = fit.learned.scales, drawn(fit)
    form = np.log1p if family == "poisson" else np.asarray
    places = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    wanted = np.empty((len(share), len(places)))

    def predictor(s, place, x, past):
        city, year = place
        eta = draws["intercept"][s] + draws["dose"][s] * (x - scales["dose"].centre)
        for lag in range(1, lags + 1):
            name = "rho" if lag == 1 else f"rho_{lag}"
            before = form(past[city, year - lag])
            eta += draws[name][s] * (before - scales[name].centre)
        return eta

    for s in range(len(share)):
        walked = dict(observed)
        for n in sorted(range(len(places)), key=lambda n: places[n][1]):
            city, year = places[n]
            x = dose[city, year]
            old = predictor(s, places[n], x, observed)
            new = predictor(s, places[n], x + (year >= 2013), walked)
            y = observed[city, year]
            if family == "gaussian":
                after = y + new - old
            else:
                law = stats.poisson(np.exp(old))
                rank = law.cdf(y - 1) + share[s, n] * law.pmf(y)
                after = y if abs(new - old) < 1e-12 else stats.poisson(np.exp(new)).ppf(rank)
            walked[city, year] = wanted[s, n] = after
    found = cm.predict(fit, "more", keep_shocks=True).to_numpy().reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_carried_errors_are_kept_as_they_were():
    fit = fitted("gaussian", residuals={"kind": "ar1"})
    draws = flat(fit.posterior)
    change = cm.predict(fit, "more", keep_shocks=True) - fit.design().outcome.values
    wanted = draws["dose"][:, None] * (fit.design().years >= 2013)
    np.testing.assert_allclose(change.to_numpy().reshape(wanted.shape), wanted, atol=1e-12)


def test_scenarios_share_their_draws():
    """The ratio of two counterfactual amounts is that of their predictors, whatever the shock."""
    fit = fitted("lognormal")
    draws, dose = flat(fit.posterior), lookup(frame(), "dose")
    for kept in (True, False):
        one, other = (cm.predict(fit, name, keep_shocks=kept) for name in ("more", "less"))
        design = fit.design()
        places = zip(design.clusters.tolist(), design.years.tolist(), strict=True)
        x = np.array([dose[place] for place in places])
        wanted = np.exp(draws["dose"][:, None] * (x + (design.years >= 2013) - x / 2))
        ratio = (one / other).to_numpy().reshape(wanted.shape)
        np.testing.assert_allclose(ratio, wanted, rtol=1e-12)


def test_effects_of_kept_shocks_are_sums_of_the_counterfactual_less_the_observed():
    fit = fitted("negative_binomial")
    change = cm.predict(fit, "less", keep_shocks=True) - fit.design().outcome.values
    answer = cm.effects(fit, "less", keep_shocks=True)
    hit = (answer["by"] == "total") & (answer["quantity"] == "change")
    median = float(answer["median"].where(hit, drop=True).item())
    assert median == float(change.sum("obs").median())


def test_a_family_without_ranks_is_refused():
    design = fitted("gaussian").design()
    bare = replace(design.outcome, family=replace(design.outcome.family, ranks=None))
    with pytest.raises(cm.FitError, match="because the family 'gaussian' declares no ranks"):
        refuse_unranked(replace(design, outcome=bare))


def test_errors_that_carry_over_are_refused_where_they_are_unknown():
    design = fitted("gaussian", residuals={"kind": "ar1"}).design()
    refuse_unranked(design)
    values = design.outcome.values.copy()
    values[3] = np.nan
    with pytest.raises(cm.FitError, match="because errors carry over"):
        refuse_unranked(replace(design, outcome=replace(design.outcome, values=values)))


def test_rows_without_an_outcome_draw_a_shock_that_scenarios_share():
    data = frame()
    data.loc[(data["city"] == "A") & (data["year"] == 2015), "y"] = np.nan
    told = document("gaussian")
    told["outcomes"] = {"y": {"family": "gaussian", "missing": "model"}}
    fit = made_fit(told, data, around=AROUND, noise=0.05, draws=400)
    draws = flat(fit.posterior)
    one, more = (cm.predict(fit, name, keep_shocks=True) for name in (None, "more"))
    at = np.flatnonzero((one["cluster"] == "A") & (one["year"] == 2015))
    assert at.size == 1
    expected = cm.predict(fit)[:, :, at[0]].to_numpy().ravel()
    score = (one[:, :, at[0]].to_numpy().ravel() - expected) / draws["sigma"]
    assert stats.kstest(score, "norm").pvalue > 0.001
    change = (more - one)[:, :, at[0]].to_numpy().ravel()
    np.testing.assert_allclose(change, draws["dose"], rtol=1e-9)


@pytest.mark.parametrize("ahead", [0, 2])
def test_the_counterfactual_is_what_the_process_would_have_made(ahead):
    """A known process is run twice with the same shocks: as it was, and with another policy."""
    truth = {"intercept": 2.0, "dose": 0.8, "money": 0.05, "rho": 0.6}
    rng = np.random.default_rng(8)
    cities, years = "ABCD", range(2000, 2012 + ahead)
    policy = {(c, t): float(rng.poisson(2)) for c in cities for t in years}
    grants = {(c, t): float(rng.gamma(2, 5)) for c in cities for t in years}
    shock = {place: rng.normal(0, 0.7) for place in policy}

    def run(policy, grants):
        made = {}
        for city in cities:
            stock, y = 4.0, 1.0
            for year in years:
                stock = 0.9 * stock + grants[city, year]
                lagged = policy.get((city, year - 1), 0.0)
                y = 2 + 0.8 * lagged + 0.05 * stock + 0.6 * y + shock[city, year]
                made[city, year] = y
        return made

    real = run(policy, grants)
    more = run({p: x + (p[1] >= 2005) for p, x in policy.items()},
               {p: x * (2 if p[1] == 2006 else 1) for p, x in grants.items()})  # fmt: skip
    seen = [place for place in real if place[1] < 2012]
    city, year = zip(*seen, strict=True)
    data = pd.DataFrame(
        {"city": city, "year": year, "y": [real[p] for p in seen],
         "dose": [policy[p] for p in seen], "money": [grants[p] for p in seen]}
    )  # fmt: skip
    told = PLAIN | {
        "treatments": {
            "dose": {"lag": 1, "slope": "common"},
            "money": {"kind": "stock", "depreciation": 0.1, "initial": 4, "slope": "common"},
        },
        "dynamics": BIASED,
        "scenarios": {
            "more": [{"add": {"dose": 1}, "years": {"from": 2005}},
                     {"scale": {"money": 2}, "years": [2006]}]
        },
    }  # fmt: skip
    if ahead:
        told["horizon"] = {"years": ahead, "covariates": {"dose": "last", "money": "last"}}
        for values in (policy, grants):
            values |= {(c, t): values[c, 2011] for c in cities for t in years if t > 2011}
        real = run(policy, grants)
        more = run({p: x + (p[1] >= 2005) for p, x in policy.items()},
                   {p: x * (2 if p[1] == 2006 else 1) for p, x in grants.items()})  # fmt: skip
    _, _, learned, _ = designed(told, data)
    centred = 2 + sum(
        truth[name] * learned.scales[name].centre for name in ("dose", "money", "rho")
    )
    fit = made_fit(told, data, around=truth | {"intercept": centred}, noise=0.0)
    before, after = (cm.predict(fit, name, keep_shocks=True) for name in (None, "more"))
    places = [*zip(before["cluster"].to_numpy(), before["year"].to_numpy(), strict=True)]
    assert max(when for _, when in places) == 2011 + ahead
    for n, place in enumerate(places):
        change = (after - before)[:, :, n]
        np.testing.assert_allclose(change, more[place] - real[place], rtol=1e-8, atol=1e-9)
        if place[1] <= 2011:
            np.testing.assert_allclose(after[:, :, n], more[place], rtol=1e-9)
