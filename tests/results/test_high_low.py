"""High against low, by hand from the posterior: effects, changes among groups, refusals."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from clustermodels.results.event_study import reached
from tests.data.test_cohorts import document as adopted
from tests.data.test_cohorts import frame as cohorts
from tests.designs import PLAIN, lookup, made_fit
from tests.results.test_effects import DOCUMENT as EFFECTS
from tests.results.test_effects import OUTCOMES, holds, rows
from tests.results.test_effects import frame as effects_frame

IMPACT, ALLOCATION, OVERALL = "policy impact", "resource allocation", "overall effectiveness"
ALL = [IMPACT, ALLOCATION, OVERALL]
SURE, UNSURE = {"dose": 0.6, "dose_x_yearly": -0.1}, {"dose": 0.0, "dose_x_yearly": 0.0}


def one(answer, **wanted):
    """Give the one row with these labels."""
    found = rows(answer, **wanted)
    assert found.sizes["row"] == 1, found
    return found.isel(row=0)


def empty(row):
    return all(np.isnan(row[n]) for n in ("median", "eti95_lower", "eti95_upper", "probability"))


@pytest.mark.parametrize("effect", OUTCOMES)
def test_impact_is_the_effect_at_both_quantiles_and_their_comparison(effect):
    """Ratios are exp(x (b + d (z - c))), and low over high exp(x d (z_low - z_high))."""
    document = EFFECTS | {"outcomes": OUTCOMES[effect]}
    fit = made_fit(document, effects_frame(), around=SURE | {"intercept": -3}, noise=0.05)
    draws = flat(fit.posterior)
    answer = cm.high_low(fit, "yearly", low=0.2, high=0.7)
    design, level = fit.design(), lookup(effects_frame(), "yearly")
    z = np.sqrt([level[c, y] for c, y in zip(design.clusters, design.years, strict=True)])
    low, high = np.quantile(z, [0.2, 0.7])
    told = lookup(effects_frame(), "dose")
    dose = [told[c, y - 1] for c, y in zip(design.clusters, design.years, strict=True)]
    step = np.sqrt(np.median(dose) + 1) - np.sqrt(np.median(dose))
    own, bend = draws["dose"], draws["dose_x_yearly"]
    slopes = {at: own + bend * (value - z.mean()) for at, value in (("low", low), ("high", high))}
    about = {"question": IMPACT, "treatment": "dose"}
    kept = np.exp if effect != "difference" else np.asarray
    neutral = 0.0 if effect == "difference" else 1.0
    for at, value in (("low", low), ("high", high)):
        row = one(answer, **about, at=at)
        holds(row, kept(step * slopes[at]), neutral)
        assert row["scale"] == effect
        assert float(row["moderator_value"]) == pytest.approx(value, rel=1e-12)
    way = "low minus high" if effect == "difference" else "low over high"
    compared = one(answer, **about, at=way, scale=effect)
    holds(compared, kept(step * bend * (low - high)), neutral)
    assert float(compared["probability"]) == np.mean(slopes["low"] > slopes["high"])
    holds(one(answer, **about, scale="ratio of effects"), slopes["low"] / slopes["high"], 1.0)
    assert rows(answer, question=IMPACT).sizes["row"] == 8, "of dose and of money"


def test_the_same_numbers_as_effects_at_its_quantiles():
    fit = made_fit(EFFECTS | {"outcomes": OUTCOMES["ratio"]}, effects_frame())
    answer, effects = cm.high_low(fit, "fixed", 0.1, 0.9), cm.effects(fit)
    for at in ("low", "high"):
        about = {"treatment": "dose", "at": at}
        mine = one(answer, question=IMPACT, **about)
        other = one(effects, moderator="fixed", scale="ratio", **about)
        for name in ("median", "eti95_lower", "eti95_upper", "probability", "moderator_value"):
            assert float(mine[name]) == float(other[name])
        assert mine["per"] == other["per"]


@pytest.mark.parametrize(
    ("around", "clear"), [(SURE, True), ({"dose": -0.6}, True), (UNSURE, False)]
)
def test_a_ratio_of_effects_needs_a_denominator_clear_of_zero(around, clear):
    fit = made_fit(EFFECTS | {"outcomes": OUTCOMES["difference"]}, effects_frame(), around=around)
    answer = cm.high_low(fit, "yearly")
    high = one(answer, question=IMPACT, treatment="dose", at="high")
    assert (float(high["eti95_lower"]) > 0 or float(high["eti95_upper"]) < 0) is clear
    ratio = one(answer, question=IMPACT, treatment="dose", scale="ratio of effects")
    assert empty(ratio) is not clear
    said = "no ratio: the effect where yearly is high is not clear of zero"
    assert ratio["note"] == ("" if clear else said)


def test_no_mechanisms_are_a_row_that_says_so():
    fit = made_fit(EFFECTS | {"outcomes": OUTCOMES["ratio"]}, effects_frame())
    answer = cm.high_low(fit, "yearly")
    assert [*dict.fromkeys(answer["question"].to_numpy().tolist())] == ALL
    missing = one(answer, question=ALLOCATION)
    assert empty(missing)
    assert missing["note"] == "the document names no mechanisms"


def whole(seed=4):
    """Five cities over eight years without gaps; a law that two of them adopt."""
    rng = np.random.default_rng(seed)
    keys = [(city, year) for city in "ABCDE" for year in range(2010, 2018)]
    city, year = zip(*keys, strict=True)
    start = np.array([{"A": 2013, "B": 2015}.get(name, 0) for name in city])
    n = len(keys)
    return pd.DataFrame(
        {
            "city": city,
            "year": year,
            "y": rng.normal(3, 2, n),
            "count": rng.poisson(4, n),
            "dose": rng.poisson(2, n) + 1.0,
            "yearly": rng.choice([0.0, 0.0, 1.0, 2.5, 4.0, 7.0], n),
            "start": start,
            "on": ((start > 0) & (np.array(year) >= start)).astype(float),
        }
    )


def stocked(doses, kept, initial):
    total = initial
    for dose in doses:
        total = kept * total + dose
    return total


def of_stock(cell, extra):
    """Give the stock of a row, adding up from 2010, with so many more every year."""
    dose = lookup(whole(), "dose")
    city, year = cell
    return stocked([dose[city, t] + extra for t in range(2010, year + 1)], 0.75, 3.0)


def of_dose(change, lag=0):
    dose = lookup(whole(), "dose")
    return lambda cell, more: change(dose[cell[0], cell[1] - lag], more)


def on(cell, more):
    """Give the policy where it is on: observed (more), and under none."""
    return lookup(whole(), "on")[cell] * more


STEPS = {
    "one more": ({}, of_dose(lambda x, more: x + more), "one more dose in every year"),
    "a year later": (
        {"lag": 1},
        of_dose(lambda x, more: x + more, 1),
        "one more dose in every year",
    ),
    "log": (
        {"transform": "log"},
        of_dose(lambda x, more: np.log(x * (1 + more))),
        "a doubling of dose in every year",
    ),
    "log1p": (
        {"transform": "log1p"},
        of_dose(lambda x, more: np.log((1 + x) * (1 + more))),
        "a doubling of 1 + dose in every year",
    ),
    "sqrt": (
        {"transform": "sqrt"},
        of_dose(lambda x, more: np.sqrt(x + more)),
        "one more dose in every year",
    ),
    "per": (
        {"transform": {"per": 2}},
        of_dose(lambda x, more: (x + 2 * more) / 2),
        "2 more dose in every year",
    ),
    "stock": (
        {"kind": "stock", "depreciation": 0.25, "initial": 3},
        of_stock,
        "one more dose in every year",
    ),
    "first year": ({"kind": "adoption", "first_year": "start"}, on, "the adoption of dose"),
    "switch": ({"kind": "adoption", "column": "on"}, on, "the adoption of dose"),
}
LINKS = {"count": ("poisson", np.exp), "y": ("gaussian", np.asarray)}


def document(outcome, treatment):
    return PLAIN | {
        "outcomes": {outcome: {"family": LINKS[outcome][0]}},
        "treatments": {"dose": {"slope": "partial"} | treatment},
        "moderators": ["yearly"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }


@pytest.mark.parametrize("outcome", LINKS)
@pytest.mark.parametrize("kind", STEPS)
def test_effectiveness_is_the_mean_change_among_low_and_high_rows(kind, outcome):
    """A row at a time: the predictor with and without the step, on the outcome's scale."""
    treatment, value, words = STEPS[kind]
    inverse = LINKS[outcome][1]
    fit = made_fit(document(outcome, treatment), whole(), around={"dose": 0.4, "intercept": 1})
    draws, design = flat(fit.posterior), fit.design()
    cells = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    level = lookup(whole(), "yearly")
    z, x = np.array([level[c] for c in cells]), np.array([value(c, 0) for c in cells])
    more = np.array([value(c, 1) for c in cells])
    policy = more if value is on else x  # what was observed
    cities = sorted({city for city, _ in cells})
    change = np.empty((len(draws["intercept"]), len(cells)))
    for s in range(len(change)):
        for n, (city, _) in enumerate(cells):
            off = z[n] - z.mean()
            eta = draws["intercept"][s] + draws["yearly"][s] * off
            eta += draws["cluster_effect"][s, cities.index(city)]
            slope = (
                draws["dose_by_cluster"][s, cities.index(city)] + draws["dose_x_yearly"][s] * off
            )
            centre = policy.mean()
            change[s, n] = inverse(eta + slope * (more[n] - centre)) - inverse(
                eta + slope * (x[n] - centre)
            )
    low, high = np.quantile(z, [0.25, 0.75])
    assert (z == low).any()  # at the quantile counts: where many stand at 0, nobody is below
    counts = (policy == 1) if value is on else np.ones(len(z), dtype=bool)
    groups = {"low": counts & (z <= low), "high": counts & (z >= high)}
    means = {at: change[:, mine].mean(axis=1) for at, mine in groups.items()}
    answer = rows(cm.high_low(fit), question=OVERALL, treatment="dose")
    assert {*answer["per"].to_numpy()} == {words}
    for at, mine in groups.items():
        row = one(answer, at=at)
        holds(row, means[at], 0.0)
        assert row["scale"] == "mean change"
        assert int(row["cluster_years"]) == mine.sum() > 0
        out = (more > policy.max()) & mine
        assert int(row["beyond_data"]) == out.sum()
    holds(one(answer, at="low minus high"), means["low"] - means["high"], 0.0)
    ratio = one(answer, at="low over high")
    ends = np.quantile(means["high"], [0.025, 0.975])
    if ends[0] > 0 or ends[1] < 0:
        holds(ratio, means["low"] / means["high"], 1.0)
    else:
        assert empty(ratio)
        assert ratio["note"] == "no ratio: the change where yearly is high is not clear of zero"


def test_the_outcomes_past_goes_along():
    """With y[t] = .. + rho y[t-1] a step in every year leaves b x (1 + rho + .. ) behind."""
    past = {"dynamics": {"initial": "ignore", "accept_bias": True}, "fixed_effects": {}}
    treatments = {"dose": {"slope": "common"}}
    fit = made_fit(
        document("y", {}) | past | {"treatments": treatments}, whole(), around={"rho": 0.5}
    )
    draws, design = flat(fit.posterior), fit.design()
    level = lookup(whole(), "yearly")
    cells = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    z = np.array([level[cell] for cell in cells])
    change: dict[tuple[str, int], np.ndarray] = {}
    for city, year in sorted(cells, key=lambda cell: cell[1]):
        before = change.get((city, year - 1), 0.0)
        bend = draws["dose_x_yearly"] * (level[city, year] - z.mean())
        change[city, year] = draws["dose"] + bend + draws["rho"] * before
    every = np.array([change[cell] for cell in cells]).T
    answer = cm.high_low(fit, low=0.3, high=0.6)
    for at, mine in (("low", z <= np.quantile(z, 0.3)), ("high", z >= np.quantile(z, 0.6))):
        holds(one(answer, question=OVERALL, at=at), every[:, mine].mean(axis=1), 0.0)


def test_several_lags_are_effects_each_and_one_policy_without_the_leads():
    treatment = {"lags": {"from": -1, "to": 1}, "slope": "common"}
    fit = made_fit(document("y", treatment), whole())
    answer, draws = cm.high_low(fit), flat(fit.posterior)
    impact = rows(answer, question=IMPACT, at="low")
    assert impact["treatment"].to_numpy().tolist() == ["dose_lag_0", "dose_lag_1", "dose, all lags"]
    assert {*rows(answer, question=OVERALL)["treatment"].to_numpy()} == {"dose"}
    # the step is of every year, and one before the first row is none: both lags are up by one
    level, design = lookup(whole(), "yearly"), fit.design()
    cells = zip(design.clusters.tolist(), design.years.tolist(), strict=True)
    z = np.array([level[cell] for cell in cells])
    off = z[z >= np.quantile(z, 0.75)].mean() - z.mean()
    change = sum(
        draws[f"dose_lag_{lag}"] + draws[f"dose_lag_{lag}_x_yearly"] * off for lag in (0, 1)
    )
    holds(one(answer, question=OVERALL, at="high"), change, 0.0)


def test_an_adoption_by_cohort_and_year_is_told_where_it_has_reached():
    """The mean of its cells' effects, bent by the moderator, over the rows that the data tell."""
    table = cohorts().assign(level=lambda f: np.arange(len(f)) % 5)
    fit = made_fit(adopted() | {"moderators": ["level"]}, table)
    draws, design = flat(fit.posterior), fit.design()
    level = np.array(
        [lookup(table, "level")[c, y] for c, y in zip(design.clusters, design.years, strict=True)]
    )
    on_ = np.zeros(len(level), dtype=bool)
    on_[reached(fit, "law")] = True
    assert 0 < on_.sum() < len(on_)
    start = lookup(table, "start")
    effects = fit.posterior["law_by_cohort_year"]
    names = effects[effects.dims[-1]].to_numpy().tolist()
    answer = cm.high_low(fit)
    for at, group in (("low", level <= 1), ("high", level >= 3)):
        mine = np.flatnonzero(group & on_)
        each = [
            draws["law_by_cohort_year"][
                :, names.index(f"{start[design.clusters[n], design.years[n]]} in {design.years[n]}")
            ]
            + draws["law_x_level"] * (level[n] - level.mean())
            for n in mine
        ]
        row = one(answer, question=OVERALL, at=at)
        holds(row, np.mean(each, axis=0), 0.0)
        assert int(row["cluster_years"]) == len(mine)


def test_a_group_that_a_policy_has_not_reached_is_empty_and_says_so():
    table = whole().assign(yearly=lambda f: f["on"] * 5 + np.arange(len(f)) % 3)
    fit = made_fit(document("y", {"kind": "adoption", "column": "on"}), table)
    answer = rows(cm.high_low(fit, low=0.1, high=0.9), question=OVERALL)
    assert answer["at"].to_numpy().tolist() == ["low", "high"]
    low = one(answer, at="low")
    assert empty(low)
    assert int(low["cluster_years"]) == 0
    assert low["note"] == "no low cluster-year that the policy has reached"
    assert not empty(one(answer, at="high"))


def test_a_position_that_was_not_observed_is_neither_high_nor_low():
    table = whole()
    table.loc[[2, 11, 12], "yearly"] = np.nan
    moderators = {"yearly": {"missing": "model"}}
    fit = made_fit(document("y", {}) | {"moderators": moderators}, table)
    answer = rows(cm.high_low(fit), question=OVERALL)
    seen = table["yearly"].dropna()
    low, high = seen.quantile([0.25, 0.75])
    counted = [int(one(answer, at=at)["cluster_years"]) for at in ("low", "high")]
    assert counted == [(seen <= low).sum(), (seen >= high).sum()]


def test_rows_that_are_predicted_count_and_quantiles_are_of_fitted_ones():
    table = whole().assign(yearly=lambda f: (np.arange(len(f)) * 7 % 40) / 8)
    gone = table.index.isin([3, 20, 38])
    table.loc[gone, "y"], table.loc[gone, "yearly"] = np.nan, 9.0
    document_ = document("y", {}) | {"outcomes": {"y": {"family": "gaussian", "missing": "model"}}}
    answer = rows(cm.high_low(made_fit(document_, table), low=0.4, high=0.8), question=OVERALL)
    low, high = table.loc[~gone, "yearly"].quantile([0.4, 0.8])
    assert high != table["yearly"].quantile(0.8)
    counted = [int(one(answer, at=at)["cluster_years"]) for at in ("low", "high")]
    assert counted == [(table["yearly"] <= low).sum(), (table["yearly"] >= high).sum()]
    assert float(one(answer, at="high")["moderator_value"]) == high


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"low": 0},
            "its quantiles are not two between 0 and 1, the lower one first. Got 0 and 0.75",
        ),
        ({"high": 1}, "Got 0.25 and 1."),
        ({"low": 0.6, "high": 0.4}, "Got 0.6 and 0.4."),
        ({"low": 0.5, "high": 0.5}, "the lower one first"),
        ({"low": float("nan")}, "Got nan and 0.75"),
        ({"moderator": "yearl"}, "'yearl' moderates no treatment. Did you mean 'yearly'?"),
        ({"moderator": "zzz"}, "Choose among: fixed, yearly."),
        ({}, "there are several moderators. Choose among: fixed, yearly."),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, said):
    fit = made_fit(EFFECTS | {"outcomes": OUTCOMES["ratio"]}, effects_frame())
    with pytest.raises(cm.FitError, match="low and high cannot be told apart because") as caught:
        cm.high_low(fit, **asked)
    assert said in str(caught.value)


def test_a_document_without_a_moderator_has_no_high_and_low():
    fit = made_fit(PLAIN | {"treatments": {"dose": {}}}, whole())
    with pytest.raises(
        cm.FitError, match="because no treatment of the document has a moderator of numbers"
    ):
        cm.high_low(fit)


def test_a_moderator_that_is_the_same_at_both_quantiles_is_refused():
    table = whole().assign(yearly=lambda f: (np.arange(len(f)) == 3) * 1.0)
    with pytest.raises(cm.FitError, match=r"'yearly' is 0 at both quantiles, 0.25 and 0.75"):
        cm.high_low(made_fit(document("y", {}), table))
