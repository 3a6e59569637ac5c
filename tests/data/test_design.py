"""The predictor of a whole document equals the formula written by hand."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.walk import expected_outcome
from tests.designs import PLAIN, block_of, designed, past, predictor, table

COMMON = {"slope": "common"}


def codes(design, name):
    """Give the level of each row of a factor as its label."""
    (factor,) = [b.factor for b in design.blocks if b.factor and b.factor.name == name]
    return np.array(factor.levels, dtype=object)[factor.codes], factor.levels


def test_treatments_and_the_moderators_that_bend_them():
    """fixed: centre 3, bends the dose alone; yearly: centred at its mean, bends both."""
    frame = table()
    document = PLAIN | {
        "treatments": {"dose": {"lag": 1} | COMMON, "money": {"transform": "log"} | COMMON},
        "moderators": {
            "fixed": {"centre": 3, "moderates": ["dose"]},
            "yearly": {"lag": 2, "transform": "sqrt"},
        },
    }
    frame["yearly"] = frame["yearly"].abs()
    _, _, _, design = designed(document, frame)
    b = {
        "intercept": 0.7,
        "dose": 1.1,
        "money": -0.4,
        "fixed": 0.2,
        "yearly": 0.3,
        "dose_x_fixed": 0.05,
        "dose_x_yearly": -0.6,
        "money_x_yearly": 0.8,
    }
    assert {block.name for block in design.blocks} == set(b) - {"intercept"}
    d = past(frame, design, "dose", 1)
    m = np.log(past(frame, design, "money", 0))
    z = past(frame, design, "fixed", 0) - 3
    w = np.sqrt(past(frame, design, "yearly", 2))
    d, m, w = d - d.mean(), m - m.mean(), w - w.mean()
    wanted = (
        b["intercept"]
        + b["dose"] * d
        + b["money"] * m
        + b["fixed"] * z
        + b["yearly"] * w
        + b["dose_x_fixed"] * d * z
        + b["dose_x_yearly"] * d * w
        + b["money_x_yearly"] * m * w
    )
    np.testing.assert_allclose(predictor(design, **b), wanted, rtol=1e-12)


@pytest.mark.parametrize("slope", ["common", "partial", "free"])
@pytest.mark.parametrize("pooling", [None, "free", "partial"])
def test_a_slope_by_cluster_takes_the_place_of_the_common_one(slope, pooling):
    frame = table()
    document = PLAIN | {
        "treatments": {"dose": {"slope": slope}},
        "fixed_effects": {} if pooling is None else {"cluster": {"pooling": pooling}},
    }
    _, _, _, design = designed(document, frame)
    d = past(frame, design, "dose", 0)
    own = dict(zip("ABCDE", [0.5, -1.0, 2.0, 0.1, 3.0], strict=True))
    effect = dict(zip("ABCDE", [1.0, 0.3, -0.7, -0.2, -0.4], strict=True))
    given = {"intercept": 0.2, "dose": 0.9}
    slopes, levels = 0.9, 0.0
    if slope != "common":
        given["dose_by_cluster"] = [*own.values()]
        slopes = np.array([own[c] for c in design.clusters])
    if pooling is not None:
        given["cluster_effect"] = [*effect.values()]
        levels = np.array([effect[c] for c in design.clusters])
    eta = predictor(design, **given)
    np.testing.assert_allclose(eta, 0.2 + slopes * (d - d.mean()) + levels, rtol=1e-12)
    joint = {None: "cluster_slopes", "free": "cluster_slopes", "partial": "cluster_effect"}
    if slope == "partial":
        block = block_of(design, joint[pooling])
        assert block.pooling == "partial"
        assert len(block.terms) == 1 + (pooling == "partial")
    if slope == "free":
        assert block_of(design, "dose_by_cluster").pooling == "free"


def test_a_categorical_control_has_an_effect_a_level_that_sum_to_zero():
    frame = table()
    document = PLAIN | {"controls": ["dose", {"phase": {"lag": 1}}]}
    _, _, _, design = designed(document, frame)
    effect = {"early": 0.4, "late": -1.0, "none": 0.6}
    eta = predictor(design, intercept=0.0, dose=0.0, phase=[*effect.values()])
    wanted = [effect[label] for label in past(frame, design, "phase", 1)]
    np.testing.assert_allclose(eta, wanted)
    block = block_of(design, "phase")
    assert (block.pooling, block.factor.dim) == ("free", "phase_level")
    assert block.factor.levels == ("early", "late", "none")


def test_numbers_may_be_categories():
    """Levels sort as numbers: 2 before 10."""
    frame = table().assign(code=lambda f: f["dose"].map(lambda x: 10 if x > 3 else 2))
    document = PLAIN | {"controls": {"code": {"kind": "categorical"}}}
    _, _, _, design = designed(document, frame)
    assert block_of(design, "code").factor.levels == ("2", "10")
    eta = predictor(design, intercept=0.0, code=[0.5, -0.5])
    np.testing.assert_array_equal(eta, np.where(past(frame, design, "dose", 0) > 3, -0.5, 0.5))


def test_crossed_factors_have_a_level_for_each_pair_that_is_seen():
    frame = table()
    crossed = {"columns": ["region", "year"], "pooling": "partial"}
    document = PLAIN | {"controls": ["dose"], "fixed_effects": {"shock": crossed}}
    _, _, _, design = designed(document, frame)
    labels, levels = codes(design, "shock")
    rows = zip(past(frame, design, "region", 0), design.years, strict=True)
    assert labels.tolist() == [f"{region} × {year}" for region, year in rows]
    assert len(levels) == 18
    assert block_of(design, "shock_effect").factor.dim == "shock_level"
    values = np.arange(18.0)
    eta = predictor(design, intercept=0.0, dose=0.0, shock_effect=values)
    np.testing.assert_array_equal(eta, [levels.index(label) for label in labels])


def test_exposure_enters_as_its_log():
    frame = table()
    document = PLAIN | {
        "outcomes": {"count": {"family": "poisson", "exposure": "people"}},
        "controls": ["dose"],
    }
    _, _, learned, design = designed(document, frame)
    people = past(frame, design, "people", 0)
    np.testing.assert_allclose(predictor(design, intercept=-1.0, dose=0.0), np.log(people) - 1)
    y = past(frame, design, "count", 0)
    assert learned.outcome[0] == pytest.approx(np.log(y.sum() / people.sum()))


def test_trials_multiply_the_share():
    frame = table().assign(tries=30)
    document = PLAIN | {
        "outcomes": {"won": {"column": "count", "family": "binomial", "trials": "tries"}},
        "controls": ["dose"],
    }
    _, _, _, design = designed(document, frame)
    draws = {"intercept": np.array([-1.0]), "dose": np.array([0.0])}
    (expected,) = expected_outcome(design, draws, [1])
    np.testing.assert_allclose(expected, 30 / (1 + np.e), rtol=1e-14)
    assert design.outcome.name == "won"
    np.testing.assert_array_equal(design.outcome.values, past(frame, design, "count", 0))


def test_a_factor_within_a_free_one_is_refused_with_why():
    frame = table()
    document = PLAIN | {
        "treatments": ["dose"],
        "controls": ["region"],
        "fixed_effects": {"cluster": {"pooling": "free"}},
    }
    with pytest.raises(cm.PanelError) as caught:
        designed(document, frame)
    (problem,) = caught.value.problems
    assert problem.path == "controls.region"
    assert "'region' never changes within 'cluster', and 'cluster' has free" in problem.what
    assert problem.fix == "Remove 'region', or pool 'cluster' (pooling: partial)."
    pooled = document | {"fixed_effects": {"cluster": {"pooling": "partial"}}}
    assert block_of(designed(pooled, frame)[3], "region").factor.levels == ("n", "s")
