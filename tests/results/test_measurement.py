"""Coefficients beside those of a fit that takes unknown cells as they stand."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.results.measurement import measurement_findings, plug_in
from clustermodels.results.robust import robust_sd
from tests.cells import document, table
from tests.designs import designed, made_fit

AROUND = {"m": 2.0, "d_x_m": 1.0, "d": 1.0}


@pytest.fixture(scope="module")
def frame():
    return table(clusters=12, years=5)


@pytest.mark.parametrize(
    ("settings", "column"),
    [({"column": "x", "missing": {"given": ["z"]}}, "x"), ({"column": "w", "error": "se"}, "w")],
)
def test_the_plug_in_is_the_design_of_the_column_as_it_stands(frame, settings, column):
    fit = made_fit(document(**settings), frame)
    centre = fit.learned.scales["m"].centre
    *_, expected = designed(document(column=column, centre=centre), frame)
    found = plug_in(fit)
    np.testing.assert_array_equal(found.outcome.values, expected.outcome.values)
    for one, other in zip(found.blocks, expected.blocks, strict=True):
        assert one.name == other.name
        np.testing.assert_allclose(one.values, other.values, atol=1e-12)


def test_both_coefficients_and_their_ratio(frame):
    fit = made_fit(document(column="w", error="se"), frame, around=AROUND)
    found = cm.measurement(fit)
    assert found["coefficient"].to_numpy().tolist() == ["d", "m", "d_x_m"]
    assert float(found["corrected"].sel(coefficient="m")) == pytest.approx(
        float(fit.posterior["m"].mean())
    )
    np.testing.assert_allclose(found["attenuation"], found["plug_in"] / found["corrected"])
    assert found.attrs == {"rows": 60, "plug_in_rows": 60, "engine": "latent_gaussian"}
    (finding,) = measurement_findings(fit)
    assert "with the 60 unknown cells of 'm' as parameters m is 2" in finding.what
    assert "standard errors" in finding.so_what


def test_where_every_cell_is_known_there_is_nothing_to_compare(frame):
    fit = made_fit(document(column="true"), frame)
    assert cm.measurement(fit).sizes["coefficient"] == 0


def test_no_sandwich_where_cells_are_parameters(frame):
    fit = made_fit(document(column="x", missing="model"), frame)
    assert robust_sd(fit.design(), {}) == {}


def test_slopes_are_quoted_along_what_was_observed(frame):
    fit = made_fit(document(column="x", missing="model"), frame, around=AROUND)
    at = cm.effects(fit)["moderator_value"].to_numpy()
    assert sorted(set(at)) == pytest.approx(np.nanquantile(frame["x"], [0.1, 0.5, 0.9]).tolist())
