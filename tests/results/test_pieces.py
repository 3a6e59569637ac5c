"""Some rows at a time give the numbers of all rows at once, whatever the pieces."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import clustermodels as cm
from clustermodels.data import predictor
from clustermodels.data.walk import expected_outcome
from clustermodels.fits import density
from clustermodels.fits.density import log_likelihood, log_prior
from clustermodels.fits.record import flat
from clustermodels.results.checks import Moments, joined, moments
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "outcomes": {"count": {"family": "negative_binomial", "exposure": "people"}},
    "treatments": {"dose": {"lag": 1, "slope": "free"}, "money": {"transform": "log"}},
    "moderators": {"yearly": {"moderates": ["money"]}},
    "controls": ["phase"],
    "fixed_effects": {
        "cluster": {"pooling": "correlated"},
        "year": {},
        "north": {"columns": ["region", "phase"], "pooling": "partial"},
    },
    "scenarios": {"more": [{"scale": {"dose": 3, "money": 2}, "years": {"from": 2013}}]},
}


@pytest.fixture(scope="module")
def fit():
    return made_fit(DOCUMENT, table(), around={"intercept": -4.0})


@pytest.mark.parametrize("together", [1, 150, 2**18])
def test_pieces_are_whole_clusters_and_all_rows(fit, monkeypatch, together):
    monkeypatch.setattr(predictor, "TOGETHER", together)
    design = fit.design()
    runs = predictor.pieces(design, 12)
    rows = [spot for run in runs for spot in range(run.start, run.stop)]
    assert rows == [*range(len(design.years))]
    within = [{*design.clusters[run]} for run in runs]
    assert sum(map(len, within)) == len(set().union(*within)), "no cluster is in two"
    assert len(runs) == {1: 5, 2**18: 1}.get(together, len(runs))


def answers(fit):
    design, draws = fit.design(), flat(fit.posterior)
    return {
        "eta": predictor.linear_predictor(design, draws),
        "expected": cm.predict(fit, "more").to_numpy(),
        "likelihood": log_likelihood(design, fit.posterior),
        **{name: values.to_numpy() for name, values in log_prior(design, fit.posterior).items()},
        **{name: values.to_numpy() for name, values in cm.effects(fit, "more").data_vars.items()},
        "levels": cm.effects(fit, "more")["level"].to_numpy().tolist(),
    }


@pytest.mark.parametrize("together", [1, 100, 300])
def test_every_answer_is_that_of_all_rows_at_once(fit, monkeypatch, together):
    whole = answers(fit)
    for module in (predictor, density):
        monkeypatch.setattr(module, "TOGETHER", together)
    for name, values in answers(fit).items():
        if name == "levels":
            assert values == whole[name]
        else:
            np.testing.assert_allclose(values, whole[name], rtol=1e-10, atol=1e-13, err_msg=name)


def test_a_log_likelihood_that_was_not_stored_is_made_again(fit):
    stored = cm.log_likelihood(fit)
    groups = {name: node for name, node in fit.tree.children.items() if name != "log_likelihood"}
    fit = replace(fit, tree=xr.DataTree.from_dict(groups))
    whole = cm.log_likelihood(fit)
    xr.testing.assert_equal(whole.drop_attrs(), stored.drop_attrs())
    assert (whole.name, whole.dims) == ("count", ("chain", "draw", "obs"))
    np.testing.assert_array_equal(whole, log_likelihood(fit.design(), fit.posterior))
    some = cm.log_likelihood(fit, slice(7, 29))
    np.testing.assert_allclose(some, whole[:, :, 7:29], rtol=1e-12)
    assert some["cluster"].to_numpy().tolist() == fit.design().clusters[7:29].tolist()
    assert some["year"].to_numpy().tolist() == fit.design().years[7:29].tolist()


def test_a_part_of_a_design_predicts_its_rows(fit):
    design, draws = fit.design(), flat(fit.posterior)
    here = predictor.part(design, slice(7, 19))
    whole = expected_outcome(design, draws, [1])[:, 7:19]
    np.testing.assert_array_equal(expected_outcome(here, draws, [1]), whole)


def test_moments_of_parts_are_those_of_the_whole():
    rng = np.random.default_rng(2)
    y, residuals = rng.poisson(1.0, (3, 40)).astype(float), rng.normal(2, 1, (3, 40))
    earlier = np.array([0, 1, 5, 22, 23, 30])
    whole = moments(y, residuals, earlier).statistics()
    first = moments(y[:, :20], residuals[:, :20], earlier[:3])
    second = moments(y[:, 20:], residuals[:, 20:], earlier[3:] - 20)
    for name, values in joined([first, second]).statistics().items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-12)
    np.testing.assert_allclose(whole["mean"], y.mean(axis=1))
    np.testing.assert_allclose(whole["zeros"], (y == 0).mean(axis=1))
    np.testing.assert_allclose(whole["spread"], np.sqrt((residuals**2).mean(axis=1)))
    np.testing.assert_allclose(whole["largest residual"], np.abs(residuals).max(axis=1))
    serial = [np.corrcoef(r[earlier], r[earlier + 1])[0, 1] for r in residuals]
    np.testing.assert_allclose(whole["serial correlation"], serial, rtol=1e-10)


def test_residuals_that_do_not_vary_are_not_correlated():
    sums = np.array([4.0, 0.0, 0.04, 0.4, 0.4, 0.04, 0.04, 0.04])[:, None]
    assert Moments(4, 4, sums, np.array([0.1])).statistics()["serial correlation"] == [0.0]


def test_checks_draw_anew_for_every_piece_and_the_same_again(fit, monkeypatch):
    monkeypatch.setattr(predictor, "TOGETHER", 100)
    one, again = (cm.diagnose(fit).checks for _ in range(2))
    assert one.identical(again)
    monkeypatch.setattr(predictor, "TOGETHER", 2**18)
    whole = cm.diagnose(fit).checks
    np.testing.assert_allclose(one["observed"], whole["observed"], rtol=1e-10)
    assert not one["median"].equals(whole["median"])
