"""Persistence, long-run effects and responses, against closed forms and simulation."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from clustermodels.results.dynamics import half_life
from tests.data.test_walk import document
from tests.designs import PLAIN, made_fit, table


def median_of(answer, **about):
    rows = np.ones(answer.sizes["row"], dtype=bool)
    for key, value in about.items():
        rows &= answer[key].to_numpy() == value
    return answer["median"].to_numpy()[rows]


def test_linear_responses_are_powers_and_the_long_run_their_sum():
    fit = made_fit(document("gaussian", "y"), table(), around={"rho": 0.6, "dose": 0.5}, noise=0)
    found = cm.dynamics(fit, years=5)
    assert median_of(found, quantity="persistence") == pytest.approx([0.6])
    assert median_of(found, quantity="half_life") == pytest.approx([np.log(0.5) / np.log(0.6)])
    powers = 0.5 * 0.6 ** np.arange(6)
    np.testing.assert_allclose(median_of(found, quantity="one_year"), powers)
    np.testing.assert_allclose(median_of(found, quantity="lasting"), np.cumsum(powers))
    assert median_of(found, quantity="long_run") == pytest.approx([0.5 / 0.4])
    assert set(found["scale"].to_numpy()[2:]) == {"difference"}


def test_with_two_lags_responses_follow_the_recursion():
    around = {"rho": 0.5, "rho_2": 0.3, "dose": 1.0}
    fit = made_fit(document("gaussian", "y", lags=2), table(), around=around, noise=0)
    found = cm.dynamics(fit, years=4)
    np.testing.assert_allclose(median_of(found, quantity="one_year"), [1, 0.5, 0.55, 0.425, 0.3775])
    assert median_of(found, quantity="long_run") == pytest.approx([5.0])
    root = (0.5 + np.sqrt(0.25 + 1.2)) / 2
    assert median_of(found, quantity="half_life") == pytest.approx([np.log(0.5) / np.log(root)])


def test_draws_that_forget_nothing_have_no_finite_long_run():
    fit = made_fit(document("gaussian", "y"), table(), around={"rho": 1.0, "dose": 1.0}, noise=0)
    found = cm.dynamics(fit)
    assert np.isinf(median_of(found, quantity="long_run")).all()
    assert np.isinf(median_of(found, quantity="half_life")).all()


@pytest.mark.parametrize("rho", [-1.2, 1.1])
def test_paths_that_diverge_have_no_long_run_and_counts_still_a_short_one(rho):
    around = {"rho": rho, "dose": 0.4, "intercept": 1.0}
    for family, column in (("gaussian", "y"), ("poisson", "count")):
        fit = made_fit(document(family, column), table(), around=around, noise=0)
        found = cm.dynamics(fit, years=2)
        assert np.isinf(median_of(found, quantity="long_run")).all()
        short = 0.4 if family == "gaussian" else np.exp(0.4)
        assert median_of(found, quantity="short_run") == pytest.approx([short])


@pytest.mark.parametrize(
    ("rhos", "years"),
    [([0.25], 0.5), ([-0.5], 1.0), ([0.0], 0.0), ([1.2], np.inf), ([0.0, 0.25], 1.0)],
)
def test_half_lives(rhos, years):
    assert half_life(np.array([rhos])) == pytest.approx([years])


def test_a_moderator_bends_the_response_at_each_clusters_own_mean():
    bent = document("gaussian", "y") | {"moderators": ["yearly"]}
    around = {"rho": 0.5, "dose": 1.0, "dose_x_yearly": 0.25}
    frame = table()
    fit = made_fit(bent, frame, around=around, noise=0)
    design = fit.design()
    used = frame.set_index(["city", "year"])["yearly"].loc[
        [*zip(design.clusters, design.years, strict=True)]
    ]
    centre = fit.learned.scales["yearly"].centre
    wanted = (1 + 0.25 * (used.groupby("city").mean() - centre)).mean()
    assert median_of(cm.dynamics(fit), quantity="short_run") == pytest.approx([wanted])


def test_cells_of_a_moderator_that_are_parameters_bend_as_drawn():
    frame = table()
    frame.loc[[2, 20], "yearly"] = np.nan
    bent = document("gaussian", "y") | {
        "moderators": {"yearly": {"missing": "model"}},
        "scenarios": {},
    }
    around = {"rho": 0.5, "dose": 1.0, "dose_x_yearly": 0.25, "yearly_cells": 4.0}
    fit = made_fit(bent, frame, around=around, noise=0)
    design = fit.design()
    drawn = frame.fillna({"yearly": 4.0}).set_index(["city", "year"])["yearly"]
    used = drawn.loc[[*zip(design.clusters, design.years, strict=True)]]
    centre = fit.learned.scales["yearly"].centre
    wanted = (1 + 0.25 * (used.groupby("city").mean() - centre)).mean()
    assert median_of(cm.dynamics(fit), quantity="short_run") == pytest.approx([wanted])


def test_responses_of_counts_are_those_of_many_simulated_years():
    around = {"rho": 0.5, "dose": np.log(1.5), "intercept": 1.0}
    fit = made_fit(
        document("poisson", "count"), table(), around=around, noise=0, chains=2, draws=400
    )
    found = cm.dynamics(fit)
    draws, design = flat(fit.posterior), fit.design()
    scales = fit.learned.scales
    dose = {block.name: block for block in design.blocks}["dose"].values[:, 0]
    own = np.array([dose[design.clusters == c].mean() for c in "ABCDE"]) / 1.0
    eta = draws["intercept"][0] + draws["dose"][0] * scales["dose"].spread * own
    rng, sums = np.random.default_rng(1), {}
    for step in (0.0, np.log(1.5)):
        y, kept = np.full((4000, 5), 4.0), []
        for year in range(120):
            mu = np.exp(eta + step + 0.5 * (np.log1p(y) - scales["rho"].centre))
            y = rng.poisson(mu)
            if year >= 60:
                kept.append(mu.mean(axis=0))
        sums[step] = np.mean(kept, axis=0).sum()
    wanted = sums[np.log(1.5)] / sums[0.0]
    assert median_of(found, quantity="short_run") == pytest.approx([1.5], rel=1e-9)
    (long_run,) = np.exp(np.log(found["median"].to_numpy()))[
        found["quantity"].to_numpy() == "long_run"
    ]
    assert long_run == pytest.approx(wanted, rel=0.03)
    lasting = median_of(found, quantity="lasting")
    assert lasting[-1] == pytest.approx(wanted, rel=0.05)
    assert 1.5 < long_run < 1.5**2, "log(1 + y) moves by less than log(y)"


def test_a_dose_adds_to_a_stock_and_wears_off():
    stock = {"capital": {"kind": "stock", "column": "dose", "depreciation": 0.2, "initial": 3}}
    document_of = document("gaussian", "y")
    document_of |= {"treatments": {"capital": stock["capital"] | {"slope": "common"}}}
    around = {"rho": 0.5, "capital": 0.4}
    fit = made_fit(document_of | {"scenarios": {}}, table(), around=around, noise=0)
    found = cm.dynamics(fit, years=3)
    assert set(found["per"].to_numpy()[2:]) == {"one more dose"}
    one = [0.4]
    for year in range(1, 4):
        one.append(0.5 * one[-1] + 0.4 * 0.8**year)
    np.testing.assert_allclose(median_of(found, quantity="one_year"), one)
    np.testing.assert_allclose(median_of(found, quantity="lasting"), np.cumsum(one))
    assert median_of(found, quantity="long_run") == pytest.approx([0.4 / 0.2 / 0.5])


def test_a_stock_that_never_wears_off_has_no_long_run():
    kept = {"kind": "stock", "column": "dose", "initial": 3, "slope": "common"}
    told = document("gaussian", "y") | {"treatments": {"capital": kept}, "scenarios": {}}
    fit = made_fit(told, table(), around={"rho": 0.5, "capital": -0.4}, noise=0)
    assert median_of(cm.dynamics(fit), quantity="long_run") == pytest.approx([-np.inf])


def test_years_are_those_since_the_policy_and_lags_one_policy():
    lagged = document("gaussian", "y") | {
        "treatments": {"dose": {"lags": {"from": 1, "to": 2}, "slope": "common"}}
    }
    around = {"rho": 0.5, "dose_lag_1": 0.4, "dose_lag_2": 0.2}
    found = cm.dynamics(made_fit(lagged, table(), around=around, noise=0), years=4)
    assert set(found["treatment"].to_numpy()[2:]) == {"dose"}
    assert set(found["per"].to_numpy()[2:]) == {"one more dose"}
    np.testing.assert_allclose(median_of(found, quantity="one_year"), [0, 0.4, 0.2 + 0.2, 0.2, 0.1])
    assert median_of(found, quantity="short_run") == pytest.approx([0.4])
    assert median_of(found, quantity="long_run") == pytest.approx([0.6 / 0.5])


def test_a_yes_or_no_is_followed_exactly():
    frame = table()
    frame["yes"] = (frame["y"] > 3).astype(float)
    around = {"rho": 1.5, "rho_2": -0.7, "dose": 0.8, "intercept": -0.3}
    fit = made_fit(document("bernoulli", "yes", lags=2), frame, around=around, noise=0)
    found = cm.dynamics(fit, years=3)
    draws, design = flat(fit.posterior), fit.design()
    blocks = {block.name: block for block in design.blocks}
    dose = blocks["dose"].values[:, 0] / blocks["dose"].terms[0].unit
    own = np.array([dose[design.clusters == c].mean() for c in "ABCDE"])
    eta = draws["intercept"][0] + 0.8 * own
    centres = [fit.learned.scales[name].centre for name in ("rho", "rho_2")]
    paths = {}
    for step in (0.0, 0.8):
        rng, size = np.random.default_rng(5), 400_000
        past, kept = [np.zeros((size, 5)), np.zeros((size, 5))], []
        for year in range(-20, 4):
            here = eta + step * (year == 0)
            here = here + 1.5 * (past[-1] - centres[0]) - 0.7 * (past[-2] - centres[1])
            chance = 1 / (1 + np.exp(-here))
            if year >= 0:
                kept.append(chance.mean())
            past = [past[-1], (rng.random((size, 5)) < chance).astype(float)]
        paths[step] = np.array(kept)
    wanted = paths[0.8] - paths[0.0]
    np.testing.assert_allclose(median_of(found, quantity="one_year"), wanted, atol=1e-3)


@pytest.mark.parametrize("slope", [0.4, -0.4])
def test_a_probability_has_an_end_though_a_stock_has_none(slope):
    frame = table()
    frame["yes"] = (frame["y"] > 3).astype(float)
    kept = {"kind": "stock", "column": "dose", "initial": 3, "slope": "common"}
    told = document("bernoulli", "yes") | {"treatments": {"capital": kept}, "scenarios": {}}
    fit = made_fit(told, frame, around={"rho": 0.5, "capital": slope}, noise=0)
    found = cm.dynamics(fit, years=60)
    (end,) = median_of(found, quantity="long_run")
    assert end == pytest.approx(median_of(found, quantity="lasting")[-1], abs=0.01)
    assert 0 < np.sign(slope) * end < 1


@pytest.mark.parametrize(("slope", "end"), [(0.3, np.inf), (-0.3, 0.0)])
def test_without_an_end_a_ratio_goes_where_the_policy_pushes(slope, end):
    around = {"rho": 1.03, "dose": slope, "intercept": 1.0}
    fit = made_fit(document("poisson", "count"), table(), around=around, noise=0)
    assert median_of(cm.dynamics(fit), quantity="long_run") == pytest.approx([end])


def test_before_a_policy_works_nothing_moves_and_counts_are_led_by_the_same_shocks():
    late = document("negative_binomial", "count") | {
        "treatments": {"dose": {"lag": 2, "slope": "common"}}
    }
    fit = made_fit(late, table(), around={"rho": 0.4, "dose": 0.3, "intercept": 1.0})
    found = cm.dynamics(fit, years=3)
    for quantity in ("one_year", "lasting"):
        assert median_of(found, quantity=quantity)[:2].tolist() == [1.0, 1.0]
        assert median_of(found, quantity=quantity)[2] > 1.1


def test_without_a_past_there_is_no_answer():
    fit = made_fit(PLAIN | {"treatments": {"dose": {"slope": "common"}}}, table())
    with pytest.raises(cm.FitError, match="because the document has no 'dynamics'"):
        cm.dynamics(fit)
