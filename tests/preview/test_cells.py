"""Findings and words on missing cells."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtr

import clustermodels as cm
from clustermodels.data.panel import Loss
from clustermodels.preview.lost import APART, CHANCE, difference, missing_findings
from tests.cells import document, table


def found(spec, frame, name):
    return [finding for finding in cm.check(cm.read_spec(spec), frame) if finding.check == name]


def test_lost_rows_that_are_not_like_the_others():
    frame = table(clusters=30, years=8)
    frame["x"] = frame["true"].where(frame["true"] < 5.5)
    (finding,) = found(document(column="x"), frame, "lost_rows_differ")
    gone, y = frame["x"].isna(), frame["y"]
    spread = np.sqrt((y[gone].var(ddof=0) + y[~gone].var(ddof=0)) / 2)
    apart = (y[gone].mean() - y[~gone].mean()) / spread
    assert f"their mean y is {apart:+.2g} standard deviations off" in finding.what
    assert finding.what.startswith(f"the {gone.sum()} cluster-years")
    assert (finding.path, finding.severity) == ("moderators.m", "warning")


def test_lost_rows_that_are_like_the_others():
    frame = table(clusters=30, years=8)
    frame["x"] = frame["true"].where(np.random.default_rng(1).uniform(size=len(frame)) > 0.3)
    assert not found(document(column="x"), frame, "lost_rows_differ")


def test_rows_of_few_clusters_are_no_evidence():
    frame = table(clusters=30, years=8)
    few = frame["city"].isin(["c01", "c02", "c03"])
    frame["x"] = frame["true"].where(~few)
    frame["y"] += 10.0 * few
    assert not found(document(column="x"), frame, "lost_rows_differ")


def test_chance_alone_is_seldom_found():
    rng = np.random.default_rng(2)
    clusters, hits = np.repeat(np.arange(29), 10), 0
    for _ in range(400):
        own = np.repeat(rng.normal(size=29), 10)
        values = own + rng.normal(size=290)
        gone = np.isin(clusters, rng.choice(29, 8, replace=False))
        apart, errors = difference(values, gone, clusters)
        hits += abs(apart) > APART and 2 * stdtr(7, -errors) < CHANCE
    assert hits / 400 < 0.02


def test_first_years_of_a_lag_are_no_missing_cells():
    frame = table(clusters=30, years=8)
    frame["y"] += 10 * (frame["year"] == 2000)
    assert not found(document(column="true", lag=1), frame, "lost_rows_differ")


def test_the_difference_and_its_error_by_hand():
    """Two groups of clusters: the standard error is that of independent clusters' scores."""
    rng = np.random.default_rng(4)
    clusters = np.repeat(np.arange(8), 5)
    gone = rng.uniform(size=40) < 0.4
    values = rng.normal(size=40)
    x = np.column_stack([np.ones(40), gone])
    beta = np.linalg.solve(x.T @ x, x.T @ values)
    residual = values - x @ beta
    meat = sum(
        np.outer(s, s) for c in range(8) for s in [x[clusters == c].T @ residual[clusters == c]]
    )
    bread = np.linalg.inv(x.T @ x)
    error = np.sqrt((bread @ meat @ bread)[1, 1] * 8 / 7)
    assert difference(values, gone, clusters)[1] == pytest.approx(abs(beta[1]) / error)


def test_imputed_cells_are_counted_and_no_row_is_lost():
    frame = table()
    frame.loc[frame["city"] == "c02", "x"] = np.nan
    spec = document(column="x", missing={"given": ["z"]}, error=0.5)
    (finding,) = found(spec, frame, "unknown_cells")
    missing = frame["x"].isna().sum()
    assert f"of the 24 cells of 'm' {missing} are missing and {24 - missing} are" in finding.what
    assert "1 clusters have none at all" in finding.so_what
    assert not found(spec, frame, "rows_lost")


def test_what_explain_says():
    told = cm.explain(cm.read_spec(document(column="w", error="se")), table())
    assert any("24 cells of m are observed with a normal error" in said for said in told.words)
    line = "m_cells_mean + m_cells_given · given[i,t] + m_cells_by_cluster[i]"
    assert f"w[i,t] ~ Normal({line}, m_cells_sd)" in told.equation
    assert "observed w[i,t] ~ Normal(w[i,t], its standard error)" in told.equation
    priors = {prior.name: prior for prior in told.priors}
    assert {"m_cells_mean", "m_cells_sd", "m_cells_by_cluster_sd"} <= priors.keys()
    assert np.isfinite(told.prior_predictive["median"]).all()


def test_a_stated_prior_is_in_the_columns_units():
    spec = document(column="x", missing={"given": ["z"]})
    spec["priors"] = {
        "m_cells_mean": {"distribution": "normal", "mean": 5, "sd": 2},
        "m_cells_given": {"distribution": "normal", "mean": 1, "sd": 0.5},
        "m_cells_sd": {"distribution": "exponential", "mean": 3},
    }
    told = cm.explain(cm.read_spec(spec), table())
    laws = {prior.name: prior.law for prior in told.priors if prior.stated}
    assert laws == {
        "m_cells_mean": "normal(5, 2)",
        "m_cells_given[d]": "normal(1, 0.5)",
        "m_cells_given[z]": "normal(1, 0.5)",
        "m_cells_sd": "exponential(mean 3)",
    }


def test_the_periphery_that_a_dropped_position_loses():
    frame = table(clusters=30, years=8)
    gone = frame["true"] > 5.5
    spec = document(column="true")
    plain = cm.read_spec(spec)
    panel = cm.read_panel(plain, frame)
    places = tuple(zip(frame["city"][gone], frame["year"][gone], strict=True))
    panel = replace(
        panel,
        rows=panel.rows.assign_coords(used=("obs", ~gone.to_numpy())),
        losses=(Loss("m is undefined: no path", places),),
    )
    spec["data"]["ties"] = {"path": "t.csv", "source": "a", "target": "b", "year": "year"}
    spec["moderators"]["m"] = {"kind": "network", "measure": "closeness", "disconnected": "drop"}
    design = cm.design(plain, panel, cm.learn(plain, panel))
    (finding,) = missing_findings(cm.read_spec(spec), panel, design)
    assert (finding.check, finding.path) == ("lost_rows_differ", "moderators.m")
    assert "m is undefined" in finding.what
    assert "disconnected: zero" in finding.what_to_do
