"""What answers say where columns are predetermined: predictions are of the outcome alone."""

import numpy as np
import pytest
from scipy.stats import expon, norm

import clustermodels as cm
from clustermodels.fits.record import flat
from clustermodels.results.robust import robust_sd
from tests.data.test_feedback import COMMON, EACH_YEAR, world
from tests.designs import made_fit


@pytest.fixture(scope="module", params=[COMMON, EACH_YEAR])
def run(request):
    scenarios = {"more": [{"add": {"dose": 2}, "years": [2014]}]}
    return made_fit(request.param | {"scenarios": scenarios}, world(60, 5), around={"rho": 0.4})


def test_a_scenario_sets_the_column_and_it_reacts_to_nothing(run):
    lag = run.spec.treatments["dose"].lag
    apart = cm.predict(run, "more") - cm.predict(run)
    at = apart.isel(obs=run.design().years == 2014).transpose("chain", "draw", "obs")
    slope = run.posterior["dose"]
    wanted = 2 * slope if lag == 0 else 0 * slope
    np.testing.assert_allclose(at, wanted.to_numpy()[..., None] * np.ones(at.shape), atol=1e-9)


def test_the_log_prior_has_what_each_equation_is_made_of(run):
    draws = flat(run.posterior)
    (each,) = run.design().feedback
    made = flat(run.tree["log_prior"].to_dataset())
    laws = [(dict(term.prior.arguments), term.unit) for term in each.terms]
    wanted = sum(
        norm.logpdf(draws[each.name][:, k], law["mean"] * unit, law["sd"] * unit)
        for k, (law, unit) in enumerate(laws)
    )
    np.testing.assert_allclose(made[each.name], wanted)
    for name, law in each.sds.items():
        sds = draws[name].reshape(len(wanted), -1)
        mean = dict(law.arguments)["mean"] * each.unit
        np.testing.assert_allclose(made[name], expon.logpdf(sds, scale=mean).sum(axis=1))


def test_no_sandwich_stands_beside_it(run):
    assert robust_sd(run.design(), flat(run.posterior)) == {}
    assert {"rho", "dose_feedback_sd"} <= {*cm.summary(run)["name"].to_numpy().tolist()}


def test_slopes_within_and_between_say_what_they_lack(run):
    if run.learned.means["cluster"].columns:
        assert "talent" in cm.within_between(run)["term"].to_numpy().tolist()
    else:
        with pytest.raises(cm.FitError, match="covariates: means"):
            cm.within_between(run)
