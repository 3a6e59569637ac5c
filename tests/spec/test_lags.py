"""A dose at several lags and leads: a treatment for each, and their sum."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.fits.file import load_fit, save
from clustermodels.fits.record import flat
from tests.designs import PLAIN, block_of, designed, lookup, made_fit, table

LAGS = {"dose": {"lags": {"from": -1, "to": 2}, "slope": "common"}}
SPREAD = PLAIN | {"treatments": LAGS}
NAMES = ["dose_lead_1", "dose_lag_0", "dose_lag_1", "dose_lag_2"]


def test_each_lag_and_lead_is_a_treatment_that_reads_its_own_year():
    frame = table()
    spec, panel, learned, design = designed(SPREAD, frame)
    assert [*spec.treatments] == NAMES
    values = lookup(frame, "dose")
    for name, lag in zip(NAMES, (-1, 0, 1, 2), strict=True):
        scale = learned.scales[name]
        got = block_of(design, name).values[:, 0] * scale.spread + scale.centre
        rows = zip(design.clusters, design.years, strict=True)
        np.testing.assert_allclose(got, [values[city, year - lag] for city, year in rows])
    assert learned.scales["dose_lead_1"].words == "one more dose 1 year after"
    assert learned.scales["dose_lag_0"].words == "one more dose"
    assert learned.scales["dose_lag_2"].symbol == "dose[i,t-2]"
    assert learned.scales["dose_lead_1"].symbol == "dose[i,t+1]"
    lost = {loss.reason for loss in panel.losses}
    assert lost == {"no dose 1 year after", "no dose 1 year before", "no dose 2 years before"}
    last = [year for (city, year) in values if city == "A"][-1]
    assert last not in design.years[design.clusters == "A"]


def test_a_document_with_lags_is_read_again_as_it_was(tmp_path):
    spec = cm.read_spec(SPREAD | {"moderators": {"money": {"moderates": ["dose"]}}})
    assert spec.plain()["treatments"] == {"dose": spec.plain()["treatments"]["dose"]}
    assert cm.read_spec(spec.plain()).treatments == spec.treatments
    assert [t for t, _ in spec.moderated()] == NAMES
    fit = made_fit(SPREAD, table())
    save(fit, tmp_path / "run.nc")
    assert [*load_fit(tmp_path / "run.nc").spec.treatments] == NAMES


def test_effects_add_up_what_comes_after_the_policy():
    fit = made_fit(SPREAD | {"outcomes": {"count": {"family": "poisson"}}}, table(), draws=300)
    found = cm.effects(fit).to_dataframe().set_index(["treatment", "scale"])
    draws = flat(fit.posterior)
    total = draws["dose_lag_0"] + draws["dose_lag_1"] + draws["dose_lag_2"]
    row = found.loc["dose, all lags", "ratio"]
    assert row["median"] == pytest.approx(np.median(np.exp(total)))
    assert row["per"] == "one more dose in every year"
    assert ("dose, all lags", "coefficient") not in found.index


@pytest.mark.parametrize("transform", ["standardise", "sqrt", "log1p"])
def test_the_sum_is_of_the_effects_of_each_lag(transform):
    dose = {"dose": LAGS["dose"] | {"transform": transform}}
    fit = made_fit(PLAIN | {"treatments": dose}, table(), draws=50)
    found = cm.effects(fit).to_dataframe().set_index(["treatment", "scale"])
    draws = flat(fit.posterior)
    steps = [draws[name] * fit.learned.scales[name].step for name in NAMES[1:]]
    row = found.loc["dose, all lags", "difference"]
    assert row["median"] == pytest.approx(np.median(np.sum(steps, axis=0)))
    assert "before" not in row["per"]


def test_beside_the_outcomes_past_the_sum_is_a_response_and_leads_have_none():
    past = {"fixed_effects": {"cluster": {"pooling": "correlated"}}, "dynamics": {}}
    fit = made_fit(SPREAD | past, table(), around={"rho": 0.3}, noise=0.01)
    assert "dose, all lags" not in cm.effects(fit)["treatment"].to_numpy()
    told = {*cm.dynamics(fit, 2)["treatment"].to_numpy()}
    assert told == {"", "dose"}


@pytest.mark.parametrize("first", [True, False])
def test_a_name_is_not_taken_twice(first):
    other = {"dose_lag_0": {"column": "money"}}
    dose = {"dose": LAGS["dose"]}
    with pytest.raises(cm.SpecError, match="'dose_lag_0' twice"):
        cm.read_spec(PLAIN | {"treatments": other | dose if first else dose | other})


def test_a_scenario_reaches_every_lag():
    scenarios = {"push": [{"add": {"dose": 1}, "years": [2013]}]}
    fit = made_fit(SPREAD | {"scenarios": scenarios}, table())
    draws = flat(fit.posterior)
    moved = cm.predict(fit, "push") - cm.predict(fit)
    years = fit.design().years
    flat_change = moved.to_numpy().reshape(len(draws["intercept"]), -1)
    # a lead is no work of the policy, and stays
    names = {2013: "dose_lag_0", 2014: "dose_lag_1", 2015: "dose_lag_2"}
    for year in np.unique(years):
        wanted = draws[names[year]] if year in names else 0.0
        for column in flat_change[:, years == year].T:
            np.testing.assert_allclose(column, wanted, atol=1e-9)


def test_known_lags_are_recovered_and_a_lead_is_nothing():
    rng = np.random.default_rng(5)
    cities, years = 30, 14
    dose = rng.normal(size=(cities, years))
    y = 0.5 * dose
    y[:, 1:] += 0.3 * dose[:, :-1]
    y += rng.normal(size=(cities, 1)) + rng.normal(0, 0.5, (cities, years))
    city, year = np.divmod(np.arange(cities * years), years)
    frame = pd.DataFrame(
        {"city": city.astype(str), "year": 2000 + year, "dose": dose.ravel(), "y": y.ravel()}
    )
    made = SPREAD | {"fixed_effects": {"cluster": {}}, "engine": {"kind": "latent_gaussian"}}
    draws = flat(cm.fit(cm.read_spec(made), frame).posterior)
    for name, truth in zip(NAMES, (0.0, 0.5, 0.3, 0.0), strict=True):
        low, high = np.quantile(draws[name], [0.005, 0.995])
        assert low < truth < high
        assert high - low < 0.25


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"lags": {"from": 2, "to": 1}}, "the lags end before they begin"),
        ({"lags": {"to": 2}, "lag": 1}, "'lag' and 'lags' exclude each other"),
        ({"lags": {"to": 99}}, "lags.to"),
        ({"lags": {"to": 2, "shape": "square"}}, "shape"),
    ],
)
def test_refused(written, words):
    with pytest.raises(cm.SpecError, match=words):
        cm.read_spec(PLAIN | {"treatments": {"dose": written}})
