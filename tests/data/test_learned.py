"""What the fitting panel taught: a factor's means, and that the within estimate comes out."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.designs import PLAIN, block_of, designed, past, predictor, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "moderators": ["fixed"],
    "controls": ["money", "region"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "scenarios": {"more": [{"add": {"dose": 5}}], "rich": [{"scale": {"money": 3}}]},
}


def means_by_hand(design, values):
    """Give each cluster's mean of a column, once a cluster."""
    return np.array([values[design.clusters == c].mean() for c in np.unique(design.clusters)])


def test_a_correlated_factor_has_the_means_of_what_varies_within_it():
    """Not of what is fixed within clusters, which is its own mean."""
    frame = table()
    _, _, learned, design = designed(DOCUMENT, frame)
    assert learned.means["cluster"].columns == ("dose", "dose_x_fixed", "money")
    d = past(frame, design, "dose", 0)
    z = past(frame, design, "fixed", 0)
    m = past(frame, design, "money", 0)
    product = (d - d.mean()) * (z - z.mean())
    b = [0.3, -0.2, 0.01]
    wanted = 0.0
    for coefficient, column in zip(b, (d, product, m), strict=True):
        mean = means_by_hand(design, column)
        row = dict(zip(np.unique(design.clusters), mean - mean.mean(), strict=True))
        wanted = wanted + coefficient * np.array([row[c] for c in design.clusters])
    zero = {"dose": 0.0, "fixed": 0.0, "dose_x_fixed": 0.0, "money": 0.0}
    eta = predictor(
        design,
        intercept=0.0,
        region=[0.0, 0.0],
        cluster_effect=[0.0] * 5,
        cluster_means=b,
        **zero,
    )
    np.testing.assert_allclose(eta, wanted, rtol=1e-10, atol=1e-12)


def test_a_mean_that_is_the_same_everywhere_gets_no_term():
    frame = table().query("city != 'B' and city != 'C'")
    frame = frame.assign(dose=frame["year"] * 1.0)
    _, _, learned, _ = designed(DOCUMENT | {"moderators": {}, "controls": ["money"]}, frame)
    assert learned.means["cluster"].columns == ("money",)


@pytest.mark.parametrize(("scenario", "column"), [("more", "dose"), ("rich", "money")])
def test_no_scenario_moves_the_means_or_any_scale(scenario, column):
    frame = table()
    spec, panel, learned, design = designed(DOCUMENT, frame)
    changed = cm.design(spec, edited(spec, panel, scenario), learned)
    before, after = block_of(design, "cluster_means"), block_of(changed, "cluster_means")
    np.testing.assert_array_equal(after.values, before.values)
    moved = block_of(changed, column).values - block_of(design, column).values
    spread = past(frame, design, column, 0).std(ddof=1)
    step = 5.0 if scenario == "more" else 2 * past(frame, design, "money", 0)
    np.testing.assert_allclose(moved[:, 0], np.broadcast_to(step / spread, moved[:, 0].shape))


@pytest.mark.parametrize("ratio", [0.3, 2.0])
def test_the_correlated_effect_gives_the_within_estimate(ratio):
    """Mundlak 1978: with flat coefficients GLS at any group sd is the within estimator, exactly."""
    frame = table()
    document = PLAIN | {
        "controls": ["dose", "money"],
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
    }
    _, _, _, design = designed(document, frame)
    y = design.outcome.values
    common = [b for b in design.blocks if b.factor is None]
    x = np.column_stack([np.ones(len(y)), *[b.values for b in common]])
    random = (design.clusters[:, None] == np.unique(design.clusters)) * ratio
    covariance = np.eye(len(y)) + random @ random.T
    weighted = np.linalg.solve(covariance, x)
    gls = np.linalg.solve(x.T @ weighted, weighted.T @ y)[1:3]
    unit = [block_of(design, name).terms[0].unit for name in ("dose", "money")]

    def within(values):
        means = {c: values[design.clusters == c].mean() for c in np.unique(design.clusters)}
        return values - np.array([means[c] for c in design.clusters])

    columns = [within(past(frame, design, name, 0)) for name in ("dose", "money")]
    wanted = np.linalg.lstsq(np.column_stack(columns), within(y))[0]
    np.testing.assert_allclose(gls * unit, wanted, rtol=1e-10)


def test_learned_survives_json_to_the_last_bit():
    _, _, learned, _ = designed(DOCUMENT, table())
    again = cm.Learned.model_validate_json(learned.model_dump_json())
    assert again == learned


def test_centres_and_spreads_are_those_of_the_used_rows():
    """Rows that serve only as the past of others do not count twice or at all."""
    frame = table()
    document = PLAIN | {"treatments": {"dose": {"lag": 1, "transform": "log", "slope": "common"}}}
    _, _, learned, design = designed(document, frame)
    x = np.log(past(frame, design, "dose", 1))
    scale = learned.scales["dose"]
    assert scale.centre == pytest.approx(x.mean(), rel=1e-14)
    assert scale.spread == pytest.approx(x.std(ddof=1), rel=1e-14)
    assert (scale.low, scale.high) == (x.min(), x.max())
    assert learned.outcome == pytest.approx(
        (design.outcome.values.mean(), design.outcome.values.std()), rel=1e-14
    )
