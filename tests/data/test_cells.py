"""Unknown cells in designs: what is learned, what the predictor makes of them."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.cells import Regression, expected_cells, guessed
from clustermodels.data.filled import filled
from clustermodels.data.predictor import by_piece, linear_predictor
from clustermodels.data.scenarios import counterfactual
from clustermodels.engines.classes import outside
from clustermodels.engines.nuts_start import starts
from clustermodels.model.build import build_model
from clustermodels.model.numbers import structure
from tests.cells import document, table
from tests.designs import designed

MISSING = {"missing": {"given": ["z"]}, "centre": 3}
EDIT = {"scenarios": {"more": [{"add": {"d": 2}}]}}


def draws_of(design, frame, size=3, column="true"):
    """Give draws with cells at the truth."""
    rng = np.random.default_rng(2)
    draws = {name: rng.normal(size=size) for name in ("intercept", "d", "m", "d_x_m")}
    draws["cluster_effect"] = rng.normal(size=(size, 6))
    for cells in design.cells:
        truth = frame[column].to_numpy()[cells.rows]
        draws[cells.name] = np.tile(truth, (size, 1))
    return draws


@pytest.mark.parametrize("edit", [False, True])
@pytest.mark.parametrize("lag", [0, 1])
def test_the_predictor_at_true_cells_is_that_of_the_full_column(edit, lag):
    frame = table()
    gaps, full = (
        designed(document(column=column, lag=lag, **settings) | EDIT, frame)
        for column, settings in (("x", MISSING), ("true", {"centre": 3}))
    )
    both = []
    for spec, panel, learned, design in (gaps, full):
        used = counterfactual(spec, panel, learned, "more") if edit else design
        truth = frame.assign(true=frame["true"].groupby(frame["city"]).shift(lag))
        truth = truth[truth["year"] >= 2000 + lag]
        both.append(linear_predictor(used, draws_of(used, truth)))
    np.testing.assert_allclose(*both, rtol=1e-12)


def test_pieces_of_rows_read_their_own_cells(monkeypatch):
    frame = table()
    *_, design = designed(document(column="x", **MISSING), frame)
    draws = draws_of(design, frame)
    monkeypatch.setattr("clustermodels.data.predictor.TOGETHER", 12)
    pieces = [eta for _, eta in by_piece(design, 3, lambda _, d: linear_predictor(d, draws))]
    assert len(pieces) == 6
    np.testing.assert_allclose(np.hstack(pieces), linear_predictor(design, draws), rtol=1e-12)


def test_centres_scales_and_means_are_of_observed_cells():
    frame = table()
    frame.loc[frame["city"] == "c02", "x"] = np.nan
    spec = document(column="x", missing="model")
    spec["fixed_effects"] = {"cluster": {"pooling": "correlated"}}
    _, _, learned, design = designed(spec, frame)
    seen = frame["x"].dropna()
    scale = learned.scales["m"]
    assert (scale.centre, scale.spread) == pytest.approx((seen.mean(), seen.std()))
    means = np.array(learned.means["cluster"].values)[
        :, [*learned.means["cluster"].columns].index("m")
    ]
    expected = ((frame.groupby("city")["x"].mean() - seen.mean()) / seen.std()).to_numpy()
    others = np.arange(6) != 2
    np.testing.assert_allclose(means[others], expected[others])
    assert means[2] == pytest.approx(expected[others].mean())
    assert all(np.isfinite(block.values).all() for block in design.blocks)


def test_expected_cells_are_those_of_one_joint_normal_law():
    """By brute force: all cells, true and observed, are one normal vector."""
    frame = table().assign(x=lambda t: t["x"] + 0.3)
    *_, design = designed(document(column="x", missing={"given": ["z"]}, error=0.4), frame)
    (cells,) = design.cells
    at = Regression(0.2, np.array([0.3, 0.7]), 0.8, 0.6)
    same = cells.cluster.codes[:, None] == cells.cluster.codes
    true = at.between**2 * same + at.sd**2 * np.eye(len(frame))
    seen = cells.known
    noisy = true[np.ix_(seen, seen)] + np.diag(cells.error[seen] ** 2)
    line = at.mean + cells.given @ [0.3, 0.7]
    gain = np.linalg.solve(noisy, (cells.observed - line)[seen])
    expected = line + true[:, seen] @ gain
    np.testing.assert_allclose(expected_cells(cells, at)[0], expected[cells.rows], rtol=1e-10)


def test_errors_take_the_slope_of_the_transform():
    frame = table()
    designs = [
        designed(document(column="w", error="se", transform=transform), frame)[-1]
        for transform in ("none", "standardise", {"per": 10})
    ]
    for design in designs:
        (cells,) = design.cells
        np.testing.assert_allclose(cells.error, 0.8 / frame["w"].std())


def test_without_gaps_nothing_is_a_parameter():
    *_, design = designed(document(column="true", missing="model"), table())
    assert design.cells == ()
    assert outside(design) is None


def test_the_fast_engine_says_why_not():
    *_, design = designed(document(column="x", **MISSING), table())
    missing = table()["x"].isna().sum()
    assert outside(design) == (
        f"{missing} cells of m are not known, and a cell times a coefficient is not Gaussian"
    )
    assert outside(filled(design)) is None


def test_another_number_of_unknown_cells_is_another_structure():
    frame = table()
    one, same = (
        structure(designed(document(column="x", **MISSING), data)[-1])
        for data in (frame, frame.assign(y=-frame["y"]))
    )
    assert one == same
    frame.loc[frame["x"].first_valid_index(), "x"] = np.nan
    assert structure(designed(document(column="x", **MISSING), frame)[-1]) != one


def test_least_squares_guess_the_regression():
    *_, design = designed(document(column="x", **MISSING), table(clusters=60, years=12))
    guess, (cells,) = guessed(design.cells[0]), design.cells
    assert guess.slopes * cells.units == pytest.approx([0, 0.8], abs=0.1)
    assert guess.sd * cells.spread == pytest.approx(0.7, abs=0.05)
    assert guess.between * cells.spread == pytest.approx(1.0, abs=0.3)


def test_chains_start_at_points_that_the_model_takes():
    *_, design = designed(document(column="x", error=0.5, **MISSING), table())
    model = build_model(design)
    point = starts(design)(1)
    sizes = {name: np.size(value) for name, value in model.initial_point().items()}
    assert {name: np.size(value) for name, value in point.items()} == sizes
    assert all(np.isfinite(value).all() for value in point.values())


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan])
def test_standard_errors_that_cannot_be(wrong):
    frame = table()
    frame.loc[5, "se"] = wrong
    with pytest.raises(cm.PanelError) as caught:
        cm.read_panel(cm.read_spec(document(column="w", error="se")), frame)
    said = str(caught.value)
    assert "moderators.m.error: 'se' has 1 standard error that cannot be" in said
    assert f"Got {wrong:g} in c01 2001; expected above 0" in said


def test_simulate_needs_every_cell():
    with pytest.raises(cm.SpecError, match="no outcome can be drawn, because"):
        cm.simulate(cm.read_spec(document(column="x", **MISSING)), {}, table())


def test_cells_are_given_the_predictor_the_years_and_the_declared_columns():
    frame = table()
    spec = document(column="x", missing={"given": ["z"]})
    spec["controls"] = {"w": {}, "q": {"column": "true", "error": 0.5}}
    spec["fixed_effects"]["year"] = {}
    *_, design = designed(spec, frame)
    cells, _ = design.cells
    years = ["year 2001", "year 2002", "year 2003"]
    assert cells.labels == ("d", "w", "z", *years)
    for at, name in enumerate(("d", "w", "z")):
        column = frame[name]
        np.testing.assert_allclose(
            cells.given[:, at], (column - column.mean()) / column.std(), atol=1e-12
        )
    np.testing.assert_allclose(cells.given[:, 3:].sum(axis=0), 0, atol=1e-12)
    assert sorted(set(cells.given[:, 3])) == [-0.25, 0.75]


@pytest.mark.parametrize(("known", "said"), [(0, "none of them are"), (1, "1 of them is")])
def test_a_column_of_which_nothing_is_known_is_no_column(known, said):
    frame = table()
    frame["x"] = frame["true"].where(np.arange(len(frame)) < known)
    with pytest.raises(cm.PanelError, match=f"cannot be imputed, because {said} known"):
        cm.read_panel(cm.read_spec(document(column="x", **MISSING)), frame)
