"""Outcomes drawn from a document's own model have its mean, its spread and its dependence."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.data.worlds import PANEL, changed, panel_table, position, ring
from tests.designs import PLAIN, table

N, T = 400, 5


def wide(seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "city": np.repeat([f"c{i:03d}" for i in range(N)], T),
            "year": np.tile(np.arange(2000, 2000 + T), N),
            "dose": rng.normal(2, 1, N * T),
        }
    )


def drawn(document, truth, frame, seed=1):
    rows = cm.simulate(cm.read_spec(document), truth, frame, seed=seed)
    (name,) = document["outcomes"]
    return rows, rows[name].to_numpy()


def close(estimate, truth, se):
    assert abs(estimate - truth) < 4 * se, (estimate, truth, se)


def test_a_poisson_has_the_mean_and_the_variance_of_its_formula():
    """Where the column is at its centre the log mean is the intercept; no outcome is read."""
    frame = wide()
    document = PLAIN | {"outcomes": {"y": {"family": "poisson"}}, "controls": ["dose"]}
    rows, y = drawn(document, {"intercept": 1.0, "dose": 0.5}, frame)
    x = rows["dose"].to_numpy()
    mu = np.exp(1 + 0.5 * (x - x.mean()))
    z = (y - mu) / np.sqrt(mu)
    close(z.mean(), 0, 1 / np.sqrt(z.size))
    close(np.mean(z**2), 1, np.sqrt(np.mean(2 + 1 / mu) / z.size))
    assert (y == np.floor(y)).all()


def test_a_normal_has_its_sigma_and_is_seeded():
    frame = wide()
    document = PLAIN | {"controls": ["dose"]}
    truth = {"intercept": -3.0, "dose": 0.5, "sigma": 2.0}
    rows, y = drawn(document, truth, frame)
    x = rows["dose"].to_numpy()
    residual = y + 3 - 0.5 * (x - x.mean())
    close(residual.mean(), 0, 2 / np.sqrt(y.size))
    close(residual.std(), 2, 2 / np.sqrt(2 * y.size))
    np.testing.assert_array_equal(drawn(document, truth, frame)[1], y)
    assert (drawn(document, truth, frame, seed=2)[1] != y).all()


def test_levels_that_are_not_stated_come_from_their_sds_and_correlation():
    """Cluster means and slopes by least squares, each cluster: their sds and correlation."""
    frame = wide()
    frame["dose"] = np.tile(np.arange(-2.0, 3.0), N)
    document = PLAIN | {
        "treatments": ["dose"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    truth = {
        "intercept": 0.0,
        "dose": 1.5,
        "sigma": 1e-6,
        "cluster_effect_sd": 2.0,
        "dose_sd": 0.5,
        "cluster_effect_correlation": 0.6,
    }
    _, y = drawn(document, truth, frame)
    y = y.reshape(N, T)
    x = np.arange(-2.0, 3.0)
    effect, slope = y.mean(axis=1), y @ x / (x @ x)
    close(effect.std(ddof=1), 2.0, 2.0 / np.sqrt(2 * N))
    close(slope.std(ddof=1), 0.5, 0.5 / np.sqrt(2 * N))
    close(slope.mean(), 1.5, 0.5 / np.sqrt(N))
    close(np.corrcoef(effect, slope)[0, 1], 0.6, (1 - 0.36) / np.sqrt(N))


def test_stated_levels_are_used_as_they_stand():
    frame = table()
    document = PLAIN | {
        "treatments": ["dose"],
        "controls": ["phase"],
        "fixed_effects": {"cluster": {"pooling": "partial"}, "year": {"pooling": "free"}},
    }
    own = dict(zip("ABCDE", [1.0, 2.0, 4.0, 8.0, 16.0], strict=True))
    phase = {"early": 1000.0, "late": 2000.0, "none": 3000.0}
    truth = {
        "intercept": 0.0,
        "dose": 0.0,
        "sigma": 1e-9,
        "cluster_effect": own,
        "dose_by_cluster": 0,
        "phase": phase,
        "year_effect": {year: year / 1e4 for year in range(2010, 2019)},
    }
    rows, y = drawn(document, truth, frame)
    wanted = [
        own[c] + phase[p] + t / 1e4
        for c, p, t in zip(
            rows["cluster"].to_numpy(), rows["phase"].to_numpy(), rows["year"].to_numpy(),
            strict=True,
        )
    ]  # fmt: skip
    np.testing.assert_allclose(y, wanted, atol=1e-7)


def test_a_row_without_its_covariates_has_no_outcome():
    document = PLAIN | {"controls": {"dose": {"lag": 1}}}
    rows, y = drawn(document, {"intercept": 0, "dose": 0, "sigma": 1}, wide())
    np.testing.assert_array_equal(np.isnan(y), rows["year"].to_numpy() == 2000)


TRUTH = {"intercept": 0, "dose": 1.0, "sigma": 1, "phase": {"early": 1, "late": 0, "none": -1}}


@pytest.mark.parametrize(
    ("change", "path", "what", "fix"),
    [
        ({"dose": None}, "dose", "no true value", "State it in the truth."),
        ({"dose": "1.0"}, "dose", "not a finite number: '1.0'", "State it in the truth."),
        ({"sigma": True}, "sigma", "not a finite number: True", "State it in the truth."),
        ({"sigma": np.inf}, "sigma", "not a finite number: inf", "State it in the truth."),
        ({"sigmo": 1}, "sigmo", "not a name of this model", "Did you mean 'sigma'?"),
        ({"zzz": 1}, "zzz", "not a name of this model", "Remove it."),
        ({"phase": {"early": 1, "late": 0}}, "phase.none", "no true value", None),
        (
            {"phase": TRUTH["phase"] | {"lte": 1}},
            "phase",
            "'lte' is not one of its levels",
            None,
        ),
    ],
)
def test_what_the_truth_lacks_or_has_too_much_is_named(change, path, what, fix):
    spec = cm.read_spec(PLAIN | {"controls": ["dose", "phase"]})
    cm.simulate(spec, TRUTH, table())
    with pytest.raises(cm.SpecError) as caught:
        cm.simulate(spec, TRUTH | change, table())
    (problem,) = caught.value.problems
    assert (problem.path, problem.what) == (path, what)
    assert fix is None or problem.fix == fix


def test_a_file_of_the_truth(tmp_path):
    path = tmp_path / "truth.yaml"
    path.write_text("intercept: 1\nphase: {early: 1e-1}\n")
    assert cm.read_truth(path) == {"intercept": 1, "phase": {"early": 0.1}}
    path.write_text("- 1\n")
    with pytest.raises(cm.SpecError, match="not a mapping of names to values"):
        cm.read_truth(path)
    with pytest.raises(cm.SpecError, match="cannot be read"):
        cm.read_truth(tmp_path / "none.yaml")


POOLED = {
    "treatments": {"dose": {"slope": "partial"}},
    "fixed_effects": {"cluster": {"pooling": "partial"}},
}
WHOLE = {
    "intercept": 0,
    "sigma": 1,
    "dose": 0.5,
    "cluster_effect_sd": 1,
    "dose_sd": 0.1,
    "cluster_effect_correlation": 0.3,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cluster_effect_sd": None, "dose_sd": None}, ["no true value"] * 2),
        ({"dose_sd": -1}, ["must be positive, not -1"]),
        ({"sigma": 0}, ["must be positive, not 0"]),
        ({"cluster_effect_correlation": 1.5}, ["no correlations can be so"]),
    ],
)
def test_a_truth_that_cannot_be_is_refused_before_anything_is_drawn(change, said):
    spec = cm.read_spec(PLAIN | POOLED)
    cm.simulate(spec, WHOLE, table())
    with pytest.raises(cm.SpecError) as caught:
        cm.simulate(spec, WHOLE | change, table())
    assert [problem.what for problem in caught.value.problems] == said


def test_regions_that_are_no_clusters_keep_their_outcome():
    spec = changed(
        PANEL,
        fixed_effects={},
        moderators=position(),
        clusters={
            "scale": {"column": "all", "at_least": 230},
            "location_quotient": {"activity": "patents", "total": "all", "above": 0.1},
        },
    )
    frame = panel_table()
    truth = {"intercept": 3, "policies": 0.1, "where": 0.2, "policies_x_where": 0}
    rows = cm.simulate(spec, truth, cm.Tables(frame, ties=ring())).to_dataframe()
    assert len(rows) == len(frame)
    assert "where" not in rows
    large = frame.groupby("city")["all"].sum() >= 230
    assert 2 <= large.sum() <= 7
    rows = rows.merge(frame, left_on=["cluster", "year"], right_on=["city", "year"])
    other = ~rows["cluster"].map(large)
    np.testing.assert_array_equal(rows["patents_x"][other], rows["patents_y"][other])
    drawn = rows[~other]
    assert drawn["patents_x"][drawn["year"] == 2010].isna().all()
    assert drawn["patents_x"][drawn["year"] > 2010].mean() > 15


TWO = PLAIN | {"outcomes": {"y": {"family": "gaussian"}, "n": {"family": "poisson"}}}


def test_of_several_outcomes_each_is_drawn_by_its_own_truth():
    document = TWO | {"controls": ["dose"]}
    truth = {"dose": 0.2, "y::intercept": 7.0, "n::intercept": 1.0, "y::sigma": 0.5}
    frame = wide()
    rows = cm.simulate(cm.read_spec(document), truth, frame)
    own = {"intercept": 7.0, "dose": 0.2, "sigma": 0.5}
    np.testing.assert_array_equal(rows["y"], drawn(PLAIN | {"controls": ["dose"]}, own, frame)[1])
    x, n = rows["dose"].to_numpy(), rows["n"].to_numpy()
    mu = np.exp(1 + 0.2 * (x - x.mean()))
    close((n - mu).mean(), 0, np.sqrt(mu.mean() / n.size))
    left = rows["y"].to_numpy() - 7 - 0.2 * (x - x.mean())
    close(np.corrcoef(left, n - mu)[0, 1], 0, 1 / np.sqrt(n.size))


def test_of_several_outcomes_what_a_truth_lacks_is_said_with_the_equation():
    document = TWO | {"controls": ["dose"]}
    with pytest.raises(cm.SpecError) as caught:
        cm.simulate(cm.read_spec(document), {"dose": 0, "n::intercept": 1, "z": 2}, wide())
    said = {problem.path: problem.what for problem in caught.value.problems}
    assert said == {
        "y::intercept": "no true value",
        "y::sigma": "no true value",
        "z": "not a name of this model",
    }
