"""Predictions beyond the panel, against loops written by hand."""

import numpy as np
import pytest
from scipy import stats

import clustermodels as cm
from clustermodels.data import walk
from clustermodels.data.new_levels import STREAM
from clustermodels.fits.record import flat
from tests.designs import PLAIN, lookup, made_fit, table

SCENARIOS = {
    "nothing": [{"add": {"dose": 0}}],
    "later": [{"add": {"dose": 1}, "years": {"from": 2020}}],
    "last": [{"add": {"dose": 1}, "years": [2018]}],
}
PATHS = {"dose": "last", "yearly": "trend"}
BIASED = {"initial": "ignore", "accept_bias": True}


def document(**more):
    return PLAIN | {
        "treatments": {"dose": {"slope": "common"}},
        "controls": ["yearly"],
        "scenarios": SCENARIOS,
        "horizon": {"years": 3, "covariates": PATHS},
    } | more  # fmt: skip


def values_of(prediction):
    """Give predictions by (city, year), (S,) each."""
    flat_ = prediction.stack(sample=("chain", "draw")).transpose("sample", "obs").to_numpy()
    places = zip(
        prediction["cluster"].to_numpy().tolist(), prediction["year"].to_numpy().tolist(),
        strict=True,
    )  # fmt: skip
    return {place: flat_[:, n] for n, place in enumerate(places)}


def columns(frame):
    """Give dose and yearly by (city, year), those ahead by hand."""
    dose, yearly = lookup(frame, "dose"), lookup(frame, "yearly")
    for city in "ABDE":
        own = frame[frame["city"] == city]
        line = np.polyfit(own["year"] - 2010, own["yearly"], 1)
        for year in (2019, 2020, 2021):
            dose[city, year] = dose[city, 2018]
            yearly[city, year] = np.polyval(line, year - 2010)
    return dose, yearly


def base(fit, frame):
    """Give the predictor without effects and past at the observed policies, by place, (S,)."""
    draws, scales = flat(fit.posterior), fit.learned.scales
    dose, yearly = columns(frame)
    return {
        place: draws["intercept"]
        + draws["dose"] * (dose[place] - scales["dose"].centre)
        + draws["yearly"] * (yearly[place] - scales["yearly"].centre)
        for place in dose
    }


def test_pooled_effects_of_years_are_drawn_from_their_law_and_shared():
    frame = table()
    fit = made_fit(document(fixed_effects={"year": {"pooling": "partial"}}), frame)
    draws = flat(fit.posterior)
    rng = np.random.default_rng([fit.spec.engine.seed, STREAM])
    new = draws["year_effect_sd"][:, None] * rng.standard_normal((12, 3))
    found, eta = values_of(cm.predict(fit)), base(fit, frame)
    assert len(found) == len(frame) + 12
    years = [*range(2010, 2019)]
    for (city, year), value in found.items():
        effect = new[:, year - 2019] if year > 2018 else draws["year_effect"][:, years.index(year)]
        np.testing.assert_allclose(value, eta[city, year] + effect, rtol=1e-9)
    later = values_of(cm.predict(fit, "later"))
    for place, value in found.items():
        wanted = draws["dose"] if place[1] >= 2020 else 0.0
        np.testing.assert_allclose(later[place] - value, wanted, atol=1e-9)


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        ("last", lambda draws, year: draws["year_effect"][:, -1]),
        ("mean", lambda draws, year: 0.0),
        ({"given": {2019: 0.5, 2020: -1, 2021: 2}},
         lambda draws, year: {2019: 0.5, 2020: -1, 2021: 2}[year]),
    ],
)  # fmt: skip
def test_free_effects_of_years_are_what_the_document_says(said, effect):
    frame = table()
    horizon = {"years": 3, "covariates": PATHS, "year_effect": said}
    fit = made_fit(document(fixed_effects={"year": {}}, horizon=horizon), frame)
    found, eta = values_of(cm.predict(fit)), base(fit, frame)
    for place in eta:
        if place[1] > 2018:
            wanted = eta[place] + effect(flat(fit.posterior), place[1])
            np.testing.assert_allclose(found[place], wanted, rtol=1e-9)


def test_effects_given_for_other_years_are_refused():
    horizon = {"years": 3, "covariates": PATHS, "year_effect": {"given": {2019: 0.5}}}
    fit = made_fit(document(fixed_effects={"year": {}}, horizon=horizon), table())
    with pytest.raises(cm.PanelError, match="a number is needed for each year ahead"):
        cm.predict(fit)


def test_crossed_effects_of_years_are_drawn_for_each_new_pair():
    crossed = {"region_year": {"columns": ["region", "year"], "pooling": "partial"}}
    horizon = {"years": 2, "covariates": PATHS | {"region": "last"}}
    frame = table()
    fit = made_fit(document(fixed_effects=crossed, horizon=horizon), frame)
    found, eta = values_of(cm.predict(fit)), base(fit, frame)
    one = found["A", 2019] - eta["A", 2019]
    np.testing.assert_allclose(one, found["E", 2019] - eta["E", 2019], atol=1e-9)  # region n
    assert (np.abs(one - (found["B", 2019] - eta["B", 2019])) > 1e-6).all()
    sds = flat(fit.posterior)["region_year_effect_sd"]
    rng = np.random.default_rng([fit.spec.engine.seed, STREAM])
    drawn = sds[:, None] * rng.standard_normal((12, 4))  # n 2019, n 2020, s 2019, s 2020
    np.testing.assert_allclose(one, drawn[:, 0], atol=1e-9)


@pytest.mark.parametrize("lags", [1, 2])
def test_years_ahead_go_on_from_what_clusters_had_last(lags):
    """Fitted years are walked; years ahead begin at what was observed, and what an edit adds."""
    frame = table()
    told = document(dynamics=BIASED | {"lags": lags})
    fit = made_fit(told, frame, around={"rho": 0.5, "rho_2": -0.2, "dose": 0.4}, noise=0.05)
    draws, eta, observed = flat(fit.posterior), base(fit, frame), lookup(frame, "y")
    dose, plain = draws["dose"], {}
    for scenario, edited in ((None, []), ("later", [2020, 2021]), ("last", [2018])):
        found, walked = values_of(cm.predict(fit, scenario)), dict(observed)
        for city, year in sorted(found, key=lambda place: place[1]):
            if year == 2019:
                for before in (2017, 2018):
                    moved = walked[city, before] - plain.get((city, before), walked[city, before])
                    walked[city, before] = observed[city, before] + moved
            value = eta[city, year] + dose * (year in edited)
            for lag in range(1, lags + 1):
                name = "rho" if lag == 1 else f"rho_{lag}"
                past = walked[city, year - lag] - fit.learned.scales[name].centre
                value = value + draws[name] * past
            walked[city, year] = value
            np.testing.assert_allclose(found[city, year], value, rtol=1e-9, atol=1e-9)
            if scenario is None and year <= 2018:
                plain[city, year] = value
    assert max(year for _, year in found) == 2021


def test_counts_are_drawn_forward_beyond_the_panel(monkeypatch):
    monkeypatch.setattr(walk, "PATHS", 1)
    frame = table()
    told = document(outcomes={"count": {"family": "poisson"}}, dynamics=BIASED)
    fit = made_fit(told, frame, around={"rho": 0.3, "intercept": 1.2, "dose": 0.1}, noise=0.02)
    draws, eta, observed = flat(fit.posterior), base(fit, frame), lookup(frame, "count")
    prediction, walked = cm.predict(fit), dict(lookup(frame, "count"))
    found = values_of(prediction)
    rng = np.random.default_rng([fit.spec.engine.seed, 0])
    centre = fit.learned.scales["rho"].centre
    for year in np.unique(prediction["year"]):
        if year == 2019:
            walked |= observed
        rows = [place for place in found if place[1] == year]
        shares = rng.random((12, len(rows)))
        for n, (city, _) in enumerate(rows):
            past = np.log1p(walked[city, year - 1]) - centre
            mean = np.exp(eta[city, year] + draws["rho"] * past)
            np.testing.assert_allclose(found[city, year], mean, rtol=1e-9)
            walked[city, year] = stats.poisson.ppf(shares[:, n], mean)


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("dynamics", [{}, {"dynamics": BIASED}])
def test_kept_shocks_replay_the_panel_and_are_drawn_beyond(family, dynamics):
    frame = table()
    column = "y" if family == "gaussian" else "count"
    told = document(outcomes={column: {"family": family}}, **dynamics)
    fit = made_fit(told, frame, around={"rho": 0.3, "intercept": 1.0}, noise=0.02, draws=300)
    observed = lookup(frame, column)
    found = values_of(cm.predict(fit, keep_shocks=True))
    later = values_of(cm.predict(fit, "later", keep_shocks=True))
    nothing = values_of(cm.predict(fit, "nothing", keep_shocks=True))
    expected = values_of(cm.predict(fit))
    for (city, year), value in found.items():
        assert (nothing[city, year] == value).all()
        if year <= 2018:
            assert (value == observed[city, year]).all()
        if year < 2020:
            assert (later[city, year] == value).all()
        if year == 2019:  # one year on, the expectation is that of the law
            spread = value.std()
            assert spread > 0.3
            off = (value - expected[city, year]).mean()
            if not dynamics:
                assert abs(off) < 5 * spread / np.sqrt(len(value))
    moved = np.array([later[p] - found[p] for p in found if p[1] >= 2020])
    if family == "gaussian" and not dynamics:
        np.testing.assert_allclose(
            moved, np.broadcast_to(flat(fit.posterior)["dose"], moved.shape), atol=1e-9
        )


def test_tables_tell_years_ahead_apart():
    fit = made_fit(document(fixed_effects={"year": {"pooling": "partial"}}), table())
    answer, draws = cm.effects(fit, "later"), flat(fit.posterior)["dose"]
    frame = answer.to_dataframe()
    change = frame[frame["quantity"] == "change"].set_index(["by", "level"])
    assert (change.loc["year"].index.astype(int) <= 2018).all()
    assert [*change.loc["year ahead"].index] == ["2019", "2020", "2021"]
    assert [*change.loc["cluster ahead"].index] == [*"ABDE"]
    assert [*change.loc["cluster"].index] == [*"ABCDE"]
    assert change.loc[("total", ""), "median"] == 0
    for (by, level), rows in {
        ("total ahead", ""): 8, ("year ahead", "2019"): 0, ("year ahead", "2020"): 4,
        ("cluster ahead", "A"): 2,
    }.items():  # fmt: skip
        wanted = np.median(draws * rows)
        assert change.loc[(by, level), "median"] == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_scenarios_are_compared_over_the_years_ahead():
    fit = made_fit(document(), table(), around={"dose": 1.0}, noise=0.01)
    found = cm.compare_scenarios(fit, ahead=True)
    assert float(found["best"].sel(scenario="later")) == 1
    within = cm.compare_scenarios(fit)
    assert float(within["best"].sel(scenario="last")) == 1
    draws = flat(fit.posterior)["dose"]
    at = found.sel(scenario="later", against="observed")
    assert float(at["median"]) == pytest.approx(8 * np.median(draws), rel=1e-9)
    told = document()
    del told["horizon"]
    with pytest.raises(cm.FitError, match="because the document predicts none"):
        cm.compare_scenarios(made_fit(told, table()), ahead=True)


def test_a_fit_with_a_horizon_is_saved_and_predicts_the_same(tmp_path):
    fit = made_fit(document(fixed_effects={"year": {"pooling": "partial"}}), table())
    cm.save(fit, tmp_path / "run.nc")
    again = cm.load_fit(tmp_path / "run.nc")
    np.testing.assert_array_equal(cm.predict(again, "later"), cm.predict(fit, "later"))


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("kept", [True, False])
def test_a_forecast_is_of_all_clusters_together(family, kept):
    column = "y" if family == "gaussian" else "count"
    told = document(outcomes={column: {"family": family}})
    fit = made_fit(told, table(), around={"intercept": 0.5})
    found = cm.forecast(fit, ["later"], keep_shocks=kept)
    assert found.sizes["row"] == 2 * 4
    for row in range(8):
        at = found.isel(row=row)
        under, level = str(at["under"].item()), str(at["level"].item())
        values = values_of(
            cm.predict(fit, None if under == "observed" else under, keep_shocks=kept)
        )
        years = [int(level)] if level else [2019, 2020, 2021]
        rows = [value for (_, year), value in values.items() if year in years]
        made = np.sum(rows, axis=0) if family == "poisson" else np.mean(rows, axis=0)
        wanted = np.quantile(made, [0.5, 0.025, 0.975])
        got = [float(at[name]) for name in ("median", "eti95_lower", "eti95_upper")]
        np.testing.assert_allclose(got, wanted, rtol=1e-9)
        assert str(at["quantity"].item()) == ("sum" if family == "poisson" else "mean")
        assert str(at["by"].item()) == ("year ahead" if level else "total ahead")


def test_without_a_horizon_there_is_no_forecast():
    told = document()
    del told["horizon"]
    with pytest.raises(cm.FitError, match="because the document has no horizon"):
        cm.forecast(made_fit(told, table()))


def test_counts_that_keep_a_share_go_on_exactly():
    linear = BIASED | {"form": "linear_feedback"}
    frame = table()
    told = document(outcomes={"count": {"family": "poisson"}}, dynamics=linear)
    fit = made_fit(told, frame, around={"rho": -1.0, "intercept": 1.0}, noise=0.02)
    eta, walked = base(fit, frame), dict(lookup(frame, "count"))
    rho, found = flat(fit.posterior)["rho"], values_of(cm.predict(fit))
    observed = lookup(frame, "count")
    for city, year in sorted(found, key=lambda place: place[1]):
        before = observed[city, 2018] if year == 2019 else walked[city, year - 1]
        walked[city, year] = np.exp(eta[city, year]) + rho * before
        np.testing.assert_allclose(found[city, year], walked[city, year], rtol=1e-9)
    assert np.isfinite(cm.predict(fit, "later", keep_shocks=True)).all()


def test_findings_say_what_is_beyond_the_data_and_who_is_left_out():
    frame = table()
    told = document(horizon={"years": 40, "covariates": PATHS})
    fit = made_fit(told, frame)
    found = {finding.check: finding for finding in cm.extrapolation_findings(fit, "nothing")}
    assert "the years 2019 to 2058 are beyond the data" in found["beyond_the_panel"].what
    assert "1 cluster has no years ahead: C" in found["left_behind"].what
    said = found["path_beyond_data"].what
    lines = {
        (city, year): np.polyval(
            np.polyfit(own["year"] - 2010, own["yearly"], 1), year - 2010)
        for city, own in frame.groupby("city") if city != "C"
        for year in range(2019, 2059)
    }  # fmt: skip
    low, high = frame["yearly"].min(), frame["yearly"].max()
    out = sum(not low <= value <= high for value in lines.values())
    assert f"take 'yearly' beyond the data's {low:.3g} to {high:.3g} in {out} of 160" in said
    assert {*found} <= {finding.check for finding in cm.check(fit.spec, frame)} | {"extrapolation"}
    words = " ".join(cm.explain(fit.spec, frame).words)
    assert "Beyond the panel, 2019 to 2058 are predicted: dose stays at its last value" in words


def test_high_against_low_is_of_the_fitted_years():
    told = document(moderators=["fixed"])
    told["horizon"] = {"years": 3, "covariates": PATHS | {"fixed": "last"}}
    with_, without = made_fit(told, table()), made_fit(told | {"horizon": None}, table())
    one, other = cm.high_low(with_, "fixed"), cm.high_low(without, "fixed")
    np.testing.assert_array_equal(one["median"], other["median"])
    out = [each["beyond_data"].to_numpy().astype(float) for each in (one, other)]
    np.testing.assert_array_equal(*out)
    assert np.isfinite(one["median"]).any()
