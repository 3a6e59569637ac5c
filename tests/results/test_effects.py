"""What a policy does, by hand from the posterior: along moderators, and under scenarios."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, past, table

OUTCOMES = {
    "ratio": {"count": {"family": "poisson"}},
    "odds_ratio": {"count": {"family": "binomial", "trials": "tries"}},
    "difference": {"y": {"family": "gaussian"}},
}
DOCUMENT = PLAIN | {
    "treatments": {"dose": {"transform": "sqrt", "lag": 1}, "money": {"slope": "common"}},
    "moderators": {"fixed": {"centre": 2, "moderates": ["dose"]}, "yearly": {"transform": "sqrt"}},
    "fixed_effects": {"cluster": {"pooling": "partial"}},
    "scenarios": {
        "more": [{"add": {"dose": 1}, "years": {"from": 2014}}],
        "none": [{"scale": {"money": 1}}],
    },
}


def frame():
    return table().assign(tries=40, yearly=lambda f: f["yearly"].abs())


def answered(effect="ratio", scenario=None, **shape):
    fit = made_fit(DOCUMENT | {"outcomes": OUTCOMES[effect]}, frame(), **shape)
    return fit, flat(fit.posterior), cm.effects(fit, scenario)


def rows(answer, **wanted):
    """Give the rows with these labels, in order."""
    hit = np.ones(answer.sizes["row"], dtype=bool)
    for name, value in wanted.items():
        hit &= np.array([str(label) == value for label in answer[name].to_numpy()])
    return answer.isel(row=np.flatnonzero(hit))


def holds(row, draws, against):
    """Check a row's statistics against draws."""
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975])
    assert float(row["median"]) == pytest.approx(middle, rel=1e-10)
    assert float(row["eti95_lower"]) == pytest.approx(low, rel=1e-10)
    assert float(row["eti95_upper"]) == pytest.approx(high, rel=1e-10)
    assert float(row["probability"]) == np.mean(draws > against)


@pytest.mark.parametrize("effect", OUTCOMES)
def test_a_slope_along_each_of_its_moderators(effect):
    """The other moderators at their centres; low, middle, high are quantiles of fitted rows."""
    fit, draws, answer = answered(effect)
    design = fit.design()
    dose = past(frame(), design, "dose", 1)
    z = past(frame(), design, "fixed", 0)
    w = np.sqrt(past(frame(), design, "yearly", 0))
    at = np.array([0.1, 0.5, 0.9])
    along = {
        ("dose", "fixed"): np.quantile(z, at) - 2,
        ("dose", "yearly"): np.quantile(w, at) - w.mean(),
        ("money", "yearly"): np.quantile(w, at) - w.mean(),
    }
    assert answer.sizes["row"] == 2 * 3 * len(along)
    m = np.median(dose)
    steps = {"dose": np.sqrt(m + 1) - np.sqrt(m), "money": 1.0}
    for (treatment, moderator), away in along.items():
        about = {"treatment": treatment, "moderator": moderator}
        slopes = rows(answer, **about, scale="coefficient")
        shown = rows(answer, **about, scale=effect)
        for place in range(3):
            bend = draws[f"{treatment}_x_{moderator}"]
            slope = draws[treatment] + bend * away[place]
            holds(slopes.isel(row=place), slope, 0.0)
            step = slope * steps[treatment]
            if effect == "difference":
                holds(shown.isel(row=place), step, 0.0)
            else:
                holds(shown.isel(row=place), np.exp(step), 1.0)
        assert set(slopes["per"].to_numpy()) == {"unit"}
    assert set(rows(answer, treatment="dose", scale=effect)["per"].to_numpy()) == {
        f"one more dose at {m:g}"
    }


def test_statistics_and_the_interval_say_what_they_are():
    for answer in (answered()[2], answered(scenario="more")[2]):
        assert {"median", "eti95_lower", "eti95_upper", "probability"} <= set(answer.data_vars)
        assert all(answer[name].dims == ("row",) for name in answer.data_vars)
        assert str(answer["interval"].item()) == "equal-tailed"
        assert answer["interval_probability"].item() == 0.95


def test_a_treatment_without_moderators_has_one_slope():
    document = PLAIN | {"treatments": {"dose": {"slope": "common"}}}
    fit = made_fit(document, frame())
    answer = cm.effects(fit)
    assert answer.sizes["row"] == 2
    for row in range(2):
        holds(answer.isel(row=row), flat(fit.posterior)["dose"], 0.0)


def test_a_document_without_treatments_has_no_slopes():
    assert cm.effects(made_fit(PLAIN | {"controls": ["dose"]}, frame())).sizes["row"] == 0


@pytest.mark.parametrize("shape", [{}, {"chains": 1, "draws": 4}, {"chains": 1, "draws": 1}])
@pytest.mark.parametrize("effect", OUTCOMES)
def test_a_scenario_by_cluster_by_year_and_in_total(effect, shape):
    """The sum of the differences; the ratio of the sums, not the mean of the ratios.

    An outcome with an identity link may be a log: its mean difference, and no ratio.
    """
    fit, _, answer = answered(effect, "more", **shape)
    before = cm.predict(fit).to_numpy().reshape(-1, len(fit.panel.used))
    after = cm.predict(fit, "more").to_numpy().reshape(before.shape)
    design = fit.design()
    groups = {("total", ""): np.ones(before.shape[1], dtype=bool)}
    groups |= {("year", str(year)): design.years == year for year in np.unique(design.years)}
    groups |= {("cluster", c): design.clusters == c for c in "ABCDE"}
    assert answer.sizes["row"] == 2 * len(groups)
    for (by, level), mask in groups.items():
        old, new = before[:, mask].sum(axis=1), after[:, mask].sum(axis=1)
        change = (after - before)[:, mask].sum(axis=1)
        about = {"by": by, "level": level}
        (gained,) = rows(answer, **about, quantity="change")["median"].to_numpy()
        assert gained == pytest.approx(np.median(change), rel=1e-9, abs=1e-12)
        if effect == "difference":
            (average,) = rows(answer, **about, quantity="mean change")["median"].to_numpy()
            wanted = np.median(change / mask.sum())
            assert average == pytest.approx(wanted, rel=1e-9, abs=1e-12)
            continue
        (grown,) = rows(answer, **about, quantity="ratio")["median"].to_numpy()
        assert grown == pytest.approx(np.median(new / old), rel=1e-9)
        if change.any():
            holds(rows(answer, **about, quantity="ratio").isel(row=0), new / old, 1.0)
    early = rows(answer, by="year", level="2013", quantity="change")
    assert float(early["median"].item()) == 0  # the edit of 2014 works a year later


def test_changing_nothing_changes_nothing():
    answer = answered("ratio", "none")[2]
    np.testing.assert_array_equal(rows(answer, quantity="change")["eti95_upper"], 0.0)
    np.testing.assert_array_equal(rows(answer, quantity="ratio")["eti95_lower"], 1.0)


def test_an_unknown_scenario_is_refused():
    with pytest.raises(cm.PanelError, match="Did you mean 'more'"):
        answered("ratio", "mor")
