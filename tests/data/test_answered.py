"""Rows without an outcome: predicted, and of no weight in the fit."""

from dataclasses import fields

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.model.numbers import structure
from tests.cells import table
from tests.designs import designed, made_fit

GAPS = [("c01", 2001), ("c03", 2000), ("c03", 2003)]
MORE = {
    "scenarios": {
        "more": [{"add": {"d": 2}}],
        "where": [{"add": {"d": 1}, "where": {"z": {"above_quantile": 0.5}}}],
    }
}


def document(missing="model", **changes):
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian", "missing": missing}},
        "treatments": {"d": {"slope": "partial"}},
        "controls": ["z"],
        **MORE,
        **changes,
    }


@pytest.fixture(scope="module")
def frame():
    frame = table()
    pairs = zip(frame["city"], frame["year"], strict=True)
    frame.loc[[pair in GAPS for pair in pairs], "y"] = np.nan
    return frame


def test_the_fit_is_that_of_the_rows_with_an_outcome(frame):
    """All that a likelihood or prior reads is the same, so the posterior is."""
    *_, learned, design = designed(document(), frame)
    *_, expected_learned, expected = designed(document("drop"), frame[frame["y"].notna()])
    assert learned == expected_learned
    assert structure(design) == structure(expected)
    assert design.intercept == expected.intercept
    assert design.outcome.parameters == expected.outcome.parameters
    for name in ("values", "offset", "trials"):
        np.testing.assert_array_equal(
            getattr(design.outcome, name), getattr(expected.outcome, name)
        )
    for one, other in zip(design.blocks, expected.blocks, strict=True):
        assert [f.name for f in fields(one)] == [f.name for f in fields(other)]
        assert one.terms == other.terms
        np.testing.assert_array_equal(one.values, other.values)
        if one.factor is not None:
            np.testing.assert_array_equal(one.factor.codes, other.factor.codes)


def test_they_are_predicted_as_any_other_row(frame):
    fit = made_fit(document(), frame, around={"d": 1.0, "z": 2.0, "intercept": 3.0})
    found = cm.predict(fit)
    assert found.sizes["obs"] == len(frame)
    assert np.isfinite(found).all()
    draws, learned = fit.posterior, fit.learned
    spot = int(np.flatnonzero((frame["city"] == "c01") & (frame["year"] == 2001))[0])
    row = frame.iloc[spot]
    means = fit.design().blocks
    (block,) = [b for b in means if b.name == "cluster_means"]
    at = block.values[np.flatnonzero(fit.design().clusters == "c01")[0]]
    units = np.array([term.unit for term in block.terms])
    eta = (
        draws["intercept"]
        + draws["d_by_cluster"].sel(cluster="c01") * (row["d"] - learned.scales["d"].centre)
        + draws["z"] * (row["z"] - learned.scales["z"].centre)
        + draws["cluster_effect"].sel(cluster="c01")
        + draws["year_effect"].sel(year="2001")
        + (draws["cluster_means"] * (at / units)).sum("cluster_means_level")
    )
    np.testing.assert_allclose(found[..., spot], eta, rtol=1e-10)


def test_effects_are_over_all_of_them_and_conditions_over_the_fitted_ones(frame):
    fit = made_fit(document(), frame, around={"d": 1.0})
    for scenario in ("more", "where"):
        changed = cm.predict(fit, scenario) - cm.predict(fit)
        total = cm.effects(fit, scenario).isel(row=0)
        assert float(total["median"]) == pytest.approx(float(changed.sum("obs").median()))
        moved = (np.abs(changed) > 0).any(("chain", "draw")).to_numpy()
        above = frame["z"] > frame.loc[frame["y"].notna(), "z"].median()
        np.testing.assert_array_equal(moved, above if scenario == "where" else moved | True)


def test_what_the_fit_does_not_know_stays_lost(frame):
    frame = frame.copy()
    frame.loc[(frame["city"] == "c03") & (frame["year"] == 2000), "z"] = np.nan
    frame.loc[frame["city"] == "c05", "y"] = np.nan
    panel = cm.read_panel(cm.read_spec(document()), frame)
    losses = {loss.reason: loss.places for loss in panel.losses}
    assert losses["no outcome; predicted"] == (("c01", 2001), ("c03", 2003))
    assert losses["no y"] == (("c03", 2000), *(("c05", year) for year in range(2000, 2004)))


def test_check_says_so_and_counts_them_as_no_loss(frame):
    found = {finding.check: finding for finding in cm.check(cm.read_spec(document()), frame)}
    assert "3 cluster-years have no outcome and are predicted" in found["rows_predicted"].what
    assert "rows_lost" not in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dynamics": {}}, "beside 'dynamics', because the year after has no past"),
        ({"residuals": {"kind": "ar1"}}, "beside 'residuals', because what carries over"),
        (
            {"treatments": {"d": {"kind": "adoption", "by": "cohort_year"}}},
            "beside 'by: cohort_year', because",
        ),
        ({"controls": {"x": {"missing": "model"}}}, "only cells of rows with an outcome"),
    ],
)
def test_refused(changes, message):
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(document(**changes))
    assert message in str(caught.value)


def test_a_saved_fit_predicts_them_too(frame, tmp_path):
    fit = made_fit(document(), frame)
    cm.save(fit, tmp_path / "run.nc")
    again = cm.predict(cm.load_fit(tmp_path / "run.nc"))
    np.testing.assert_array_equal(again, cm.predict(fit))
