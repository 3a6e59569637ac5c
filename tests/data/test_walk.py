"""Predictions that walk through the years, against loops written by hand."""

import numpy as np
import pytest
from scipy import stats

import clustermodels as cm
from clustermodels.data import walk
from clustermodels.families.counts import poisson_quantiles
from clustermodels.families.table import find
from clustermodels.fits.record import flat
from tests.designs import PLAIN, lookup, made_fit, table

BIASED = {"initial": "ignore", "accept_bias": True}
SCENARIOS = {
    "nothing": [{"add": {"dose": 0}}],
    "once": [{"add": {"dose": 1}, "years": [2013]}],
    "for_good": [{"add": {"dose": 1}, "years": {"from": 2013}}],
}


def document(family, column, **dynamics):
    return PLAIN | {
        "outcomes": {column: {"family": family}},
        "treatments": {"dose": {"slope": "common"}},
        "dynamics": BIASED | dynamics,
        "scenarios": SCENARIOS,
    }


def fitted(family, column, lags=1, **around):
    settings = {"rho": 0.4, "rho_2": -0.2, "dose": 0.3} | around
    return made_fit(document(family, column, lags=lags), table(), around=settings, noise=0.02)


def by_hand(fit, frame, column, lags, forward, step):
    """Walk every cluster by itself, one draw after another; ``step(eta, draw, place)``."""
    design, draws = fit.design(), flat(fit.posterior)
    observed, dose = lookup(frame, column), lookup(frame, "dose")
    scales = fit.learned.scales
    places = [*zip(design.clusters.tolist(), design.years.tolist(), strict=True)]
    expected = np.empty((len(draws["intercept"]), len(places)))
    for s in range(len(expected)):
        walked = {}
        for year in sorted({year for _, year in places}):
            for n, (city, when) in enumerate(places):
                if when != year:
                    continue
                eta = draws["intercept"][s]
                eta += draws["dose"][s] * (dose[city, year] - scales["dose"].centre)
                for lag in range(1, lags + 1):
                    name = "rho" if lag == 1 else f"rho_{lag}"
                    before = (city, year - lag)
                    past = walked.get(before, observed[before])
                    eta += draws[name][s] * (forward(past) - scales[name].centre)
                expected[s, n], walked[city, year] = step(eta, s, n)
    return expected


@pytest.mark.parametrize("lags", [1, 2, 3])
def test_expectations_lead_to_expectations_where_the_link_is_the_identity(lags):
    frame = table()
    fit = fitted("gaussian", "y", lags)
    wanted = by_hand(fit, frame, "y", lags, lambda y: y, lambda eta, s, n: (eta, eta))
    found = cm.predict(fit).to_numpy().reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


@pytest.mark.parametrize("lags", [1, 2])
def test_counts_are_drawn_forward(monkeypatch, lags):
    monkeypatch.setattr(walk, "PATHS", 1)
    frame = table()
    fit = fitted("poisson", "count", lags, intercept=1.3)
    design = fit.design()
    shares = np.empty((12, len(design.years)))
    rng = np.random.default_rng([fit.spec.engine.seed, 0])
    for year in np.unique(design.years):
        rows = np.flatnonzero(design.years == year)
        shares[:, rows] = rng.random((12, len(rows)))

    def step(eta, s, n):
        return np.exp(eta), stats.poisson.ppf(shares[s, n], np.exp(eta))

    wanted = by_hand(fit, frame, "count", lags, np.log1p, step)
    found = cm.predict(fit).to_numpy().reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    ("family", "column"),
    [("gaussian", "y"), ("student_t", "y"), ("poisson", "count"), ("negative_binomial", "count")],
)
def test_a_scenario_acts_from_its_year_on_and_nothing_changes_nothing(family, column):
    fit = fitted(family, column, intercept=1.0)
    before = cm.predict(fit)
    assert (cm.predict(fit, "nothing") - before == 0).all()
    assert (cm.effects(fit, "nothing").where(lambda x: x["quantity"] == "change", drop=True)
            ["median"] == 0).all()  # fmt: skip
    change = cm.predict(fit, "once") - before
    years = change["year"].to_numpy()
    assert (change[:, :, years < 2013] == 0).all()
    assert (change[:, :, years == 2013] > 0).all()
    assert change[:, :, years == 2014].mean() > 0
    assert change[:, :, years >= 2013].min() >= 0, "larger predictors never draw less"


def test_a_step_is_remembered_as_powers_of_rho():
    fit = fitted("gaussian", "y")
    draws = flat(fit.posterior)
    change = (cm.predict(fit, "once") - cm.predict(fit)).to_numpy().reshape(12, -1)
    design = fit.design()
    of_a = design.clusters == "A"
    since = design.years[of_a] - 2013
    powers = np.where(since < 0, 0.0, draws["rho"][:, None] ** np.maximum(since, 0))
    np.testing.assert_allclose(change[:, of_a], draws["dose"][:, None] * powers, atol=1e-12)
    # B has no 2012, so that 2014 is its first row after the gap: it looks back on what was observed
    of_b = (design.clusters == "B") & (design.years == 2014)
    np.testing.assert_allclose(change[:, of_b], 0.0, atol=1e-12)


@pytest.mark.parametrize("rate", [0.0, 1e-8, 0.3, 4.0, 77.7, 3e3, 2e6])
def test_quantiles_of_a_poisson_are_scipys(rate):
    shares = np.concatenate([[0.0, 1e-12, 0.5, 1 - 1e-12], np.random.default_rng(1).random(2000)])
    wanted = np.maximum(stats.poisson.ppf(shares, rate), 0.0)
    np.testing.assert_array_equal(poisson_quantiles(shares, np.full(len(shares), rate)), wanted)


def test_quantiles_of_large_poissons_are_normal_and_of_infinite_ones_infinite():
    found = poisson_quantiles(np.array([0.975, 0.025, 0.5]), np.array([1e12, 1e12, np.inf]))
    np.testing.assert_allclose(found[:2], 1e12 + 1.959964e6 * np.array([1, -1]), rtol=1e-12)
    assert np.isinf(found[2])


@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
def test_coupled_draws_have_the_familys_law_and_rise_with_the_predictor(family):
    declared = find(family)
    parameters = {"dispersion": np.array([[0.6]])} if family == "negative_binomial" else {}
    eta = np.full((1, 60_000), 1.1)
    low, high = (
        declared.coupled(np.random.default_rng(4), eta + more, np.ones(60_000), parameters)
        for more in (0.0, 0.4)
    )
    assert (high >= low).all()
    values = np.arange(12.0)
    wanted = np.exp(declared.log_density(values, np.full(12, 1.1), np.ones(12), parameters)).ravel()
    found = np.array([(low == value).mean() for value in values])
    assert (np.abs(found - wanted) < 4.5 * np.sqrt(wanted * (1 - wanted) / 60_000)).all()


def test_simulated_panels_start_from_their_first_outcomes_and_follow_their_past():
    frame = table()
    spec = cm.read_spec(document("gaussian", "y"))
    truth = {"intercept": 3.0, "sigma": 1e-9, "dose": 0.5, "rho": 0.7}
    made = cm.simulate(spec, truth, frame)
    drawn = dict(
        zip(
            zip(made["cluster"].to_numpy(), made["year"].to_numpy(), strict=True),
            made["y"].to_numpy(),
            strict=True,
        )
    )
    observed, dose = lookup(frame, "y"), lookup(frame, "dose")
    panel = cm.read_panel(spec, frame)
    learned = cm.learn(spec, panel)
    centre = {name: scale.centre for name, scale in learned.scales.items()}
    used = panel.rows["used"].to_numpy()
    for (city, year), kept in zip(drawn, used, strict=True):
        if not kept:
            assert drawn[city, year] == observed[city, year]
            continue
        wanted = 3 + 0.5 * (dose[city, year] - centre["dose"])
        wanted += 0.7 * (drawn[city, year - 1] - centre["rho"])
        assert drawn[city, year] == pytest.approx(wanted, abs=1e-6)
