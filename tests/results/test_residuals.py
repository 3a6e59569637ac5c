"""Doubts about residuals that carry over, before and after a fit."""

import numpy as np

import clustermodels as cm
from clustermodels.results.residuals import residual_findings
from clustermodels.results.robust import robust_sd
from tests.data.test_serial import EFFECTS, ERRORS
from tests.designs import made_fit, table

COUNTS = EFFECTS | {"outcomes": {"count": {"family": "negative_binomial"}}}


def spread(tie):
    """Give a fit whose two spreads go against each other as far as they are tied."""
    fit = made_fit(COUNTS, table(), draws=400)
    draws = np.log(fit.posterior["residual_sd"])
    own = np.log(fit.posterior["dispersion"])
    moved = fit.posterior.assign(dispersion=np.exp(own - tie * draws))
    fit.tree["posterior"] = moved
    return fit


def test_spreads_that_make_up_for_each_other_are_found():
    (said,) = residual_findings(spread(3.0))
    assert said.check == "spread_twice"
    assert "family: poisson" in said.what_to_do
    assert not [*residual_findings(spread(0.0))]
    assert not [*residual_findings(made_fit(EFFECTS, table()))]


def test_before_a_fit_short_panels_and_two_spreads_are_named():
    def found(document, frame):
        return {finding.check for finding in cm.check(cm.read_spec(document), frame)}

    assert {"few_neighbours", "two_spreads"} & found(COUNTS, table()) == {"two_spreads"}
    assert "few_neighbours" in found(ERRORS, table().query("year < 2013"))
    assert not {"few_neighbours", "two_spreads"} & found(ERRORS, table())


def test_there_is_no_second_account_of_dependent_rows():
    for document in (ERRORS, EFFECTS):
        fit = made_fit(document, table())
        draws = {name: fit.posterior[name].to_numpy().reshape(12, -1) for name in fit.posterior}
        assert robust_sd(fit.design(), draws) == {}


def test_the_way_out_of_serial_correlation_is_named_where_it_can_be_had():
    frame = table()
    rng = np.random.default_rng(3)
    frame["y"] = 5.0 * np.cumsum(rng.normal(size=len(frame)))  # drifts
    plain = {k: v for k, v in ERRORS.items() if k != "residuals"}
    fit = made_fit(plain, frame, around={"sigma": 2.0}, draws=60)
    said = {finding.check: finding for finding in cm.diagnose(fit).findings}
    assert "residuals: {kind: ar1}" in said["predictive_serial_correlation"].what_to_do
    student = plain | {"outcomes": {"y": {"family": "student_t"}}}
    fit = made_fit(student, frame, around={"sigma": 2.0, "nu": 2.0}, draws=60)
    said = {finding.check: finding for finding in cm.diagnose(fit).findings}
    assert "ar1" not in said["predictive_serial_correlation"].what_to_do
