"""What the data tell, against the rank of all columns as numpy finds it."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.data.told import told, told_slopes
from clustermodels.fits.record import flat
from tests.designs import designed, made_fit

FIRST = {"A": 2011, "B": 2011, "C": 2013, "D": 2013, "E": 2015, "F": 0, "G": 0, "H": 2009}


def frame(first=None, seed=0, lost=0):
    rng = np.random.default_rng(seed)
    rows = [
        {"city": city, "year": year, "start": start, "on": float(bool(start) and year >= start)}
        for city, start in (first or FIRST).items()
        for year in range(2010, 2017)
    ]
    made = pd.DataFrame(rows)
    made = made.assign(
        y=rng.normal(size=len(made)),
        dose=rng.normal(size=len(made)),
        cell=((made["start"] == 2013) & (made["year"] == 2014)) * 1.0,
    )
    return made.drop(index=rng.choice(len(made), lost, replace=False)).reset_index(drop=True)


def document(trend="none", pooling="free", treatments=None, **law):
    law = {"kind": "adoption", "first_year": "start", "by": "cohort_year", "slope": "free"} | law
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"law": law} | (treatments or {}),
        "fixed_effects": {"cluster": {"pooling": pooling, "trend": trend}, "year": {}},
    }


def by_rank(table, columns, labels, trend):
    """Tell which labels' coefficients are functions of X b: a row of theirs adds nothing to X."""
    city = pd.get_dummies(table["city"]).to_numpy(dtype=float)
    year = pd.get_dummies(table["year"]).to_numpy(dtype=float)
    own = (
        table["start"].where(table["start"] > 0, 9999).astype(str)
        + " in "
        + table["year"].astype(str)
    )
    cells = np.column_stack([(own == label).to_numpy(dtype=float) for label in labels])
    drift = city * (table["year"].to_numpy() - 2013.0)[:, None]
    every = np.hstack([cells, city, year, *([drift] if trend == "free" else []), *columns])
    rank = np.linalg.matrix_rank(every)
    units = np.eye(every.shape[1])[: len(labels)]
    return np.array([np.linalg.matrix_rank(np.vstack([every, unit])) == rank for unit in units])


@pytest.mark.parametrize("lost", [0, 16, 24])
@pytest.mark.parametrize(
    ("trend", "pooling", "comparison", "beside"),
    [
        ("none", "free", "not_yet", []),
        ("none", "correlated", "never", ["dose"]),
        ("free", "partial", "not_yet", ["cell"]),
    ],
)
def test_what_the_data_tell_is_what_the_rank_of_all_columns_says(
    lost, trend, pooling, comparison, beside
):
    table = frame(seed=lost, lost=lost)
    treatments = {name: {"slope": "common"} for name in beside}
    of = document(trend, pooling, treatments, comparison=comparison)
    spec, _, learned, design = designed(of, table)
    codes = [b.factor.codes.copy() for b in design.blocks if b.factor is not None]
    found = told(spec, design)
    names = [*found.levels]
    assert names == ["law_by_cohort_year", "law_before"][: 1 + (comparison == "never")]
    labels = [label for name in names for label in learned.levels[name]]
    seen = np.concatenate([found.levels[name] for name in names])
    wanted = by_rank(table, [table[[name]].to_numpy() for name in beside], labels, trend)
    np.testing.assert_array_equal(seen, wanted)
    assert 0 < wanted.sum() < len(wanted)
    after = [b.factor.codes for b in design.blocks if b.factor is not None]
    assert all(np.array_equal(one, other) for one, other in zip(codes, after, strict=True))


def test_slopes_of_clusters_where_a_policy_never_changes_are_not_told():
    table = frame()
    line = table["dose"].where(table["city"] != "B", 3.0 * table["year"])
    table = table.assign(dose=line.where(~table["city"].isin(["C", "H"]), 2.0))
    for trend, unknown in (("none", "CH"), ("free", "BCH")):
        of = document(trend, treatments={"dose": {"slope": "free"}})
        design = designed(of, table)[3]
        assert [*told_slopes(design)] == ["dose_by_cluster"]
        np.testing.assert_array_equal(
            told_slopes(design)["dose_by_cluster"], [city not in unknown for city in "ABCDEFGH"]
        )
        found = {f.check: f for f in cm.check(cm.read_spec(of), table)}["slopes_untold"]
        assert found.severity == "serious"
        assert f"each of 8 clusters, and in {len(unknown)} of them" in found.what
        assert found.what.endswith(", ".join(unknown))
    pooled = cm.read_spec(document(treatments={"dose": {"slope": "partial"}}))
    assert "slopes_untold" not in {f.check for f in cm.check(pooled, table)}


def said(table, **law):
    listed = cm.check(cm.read_spec(document(**law)), table)
    return {finding.check: finding for finding in listed}


def test_cohorts_and_years_that_are_not_told_are_found_with_the_reason():
    assert "cells_untold" not in said(frame())
    table = frame()
    gap = table[(table["start"] != 2013) | (table["year"] != 2012)]
    missing = said(gap, comparison="never")["cells_untold"]
    assert missing.severity == "serious"
    assert "2013 in 2013, 2013 in 2014, 2013 in 2015, 2013 in 2016, 2013 in 2010" in missing.what
    assert "No row of 2013 is of the year before adoption" in missing.so_what
    assert "trends" not in missing.so_what
    assert "cells_untold" not in said(gap)
    short = said(frame(), trend="free")["cells_untold"]
    assert short.what.endswith("2011 in 2014, 2011 in 2015, 2011 in 2016")
    assert "too few years before" in short.so_what
    same = said(frame(), treatments={"cell": {"slope": "common"}})["cells_untold"]
    assert same.what.endswith("for 2013 in 2014")
    assert "'cell' and these move together" in same.so_what
    assert "Remove 'cell'" in same.what_to_do


def means_of(fit, table):
    """Average told effects over their rows, by what makes a group."""
    draws = flat(fit.posterior)["law_by_cohort_year"]
    levels = fit.learned.levels["law_by_cohort_year"]
    on = table[(table["start"] > 2010) & (table["year"] >= table["start"])]
    each = np.stack(
        [
            draws[:, levels.index(f"{start} in {year}")]
            for start, year in zip(on["start"], on["year"], strict=True)
        ],
        axis=1,
    )
    return on, each


@pytest.mark.parametrize("law", [{}, {"first_year": None, "column": "on"}])
def test_who_was_always_treated_is_in_no_average(law):
    table = frame()
    fit = made_fit(document(**law), table, noise=1.0)
    found = cm.event_study(fit)
    on, each = means_of(fit, table)
    always = {f.check: f for f in cm.check(fit.spec, table)}["always_treated"]
    assert "had reached H in the first year" in always.what
    for by, group in (
        ("overall", np.zeros(len(on))),
        ("event_time", on["year"] - on["start"]),
        ("cohort", on["start"]),
        ("year", on["year"]),
    ):
        rows = (found["by"] == by).to_numpy()
        levels = found["level"].to_numpy()[rows].tolist()
        wanted = [int(level) for level in np.unique(group)] if by != "overall" else [0]
        assert levels == ([""] if by == "overall" else [str(level) for level in wanted])
        medians = [np.median(each[:, np.asarray(group == level)].mean(axis=1)) for level in wanted]
        np.testing.assert_allclose(found["median"].to_numpy()[rows], medians, atol=1e-12)
    cells = found["level"].to_numpy()[(found["by"] == "cell").to_numpy()]
    assert "2013 in 2014" in cells
    assert not any("2009" in cell or "earlier" in cell for cell in cells)
    slope = cm.effects(fit)
    own = (slope["treatment"] == "law").to_numpy() & (slope["scale"] == "coefficient").to_numpy()
    assert float(slope["median"][own][0]) == pytest.approx(np.median(each.mean(axis=1)))


def test_years_before_that_are_not_told_are_in_no_average():
    table = frame()
    gap = table[(table["start"] != 2013) | (table["year"] != 2012)]
    fit = made_fit(document(comparison="never"), gap, noise=1.0)
    found = cm.event_study(fit)
    rows = (found["by"] == "before").to_numpy()
    assert found["level"].to_numpy()[rows].tolist() == ["-5", "-4", "-3", "-2"]
    assert found["rows"].to_numpy()[rows].tolist() == [1, 1, 1, 1]  # E alone


def test_where_nothing_is_told_all_is_averaged():
    everyone = frame(dict.fromkeys("ABC", 2013))
    fit = made_fit(document(), everyone)
    found = cm.event_study(fit)
    assert int(found["rows"].to_numpy()[(found["by"] == "overall").to_numpy()][0]) == 12
    assert "no_comparison" in {f.check for f in cm.check(fit.spec, everyone)}


def test_a_scenario_that_moves_what_is_not_told_is_found():
    scenarios = {
        "never": [{"set": {"start": 0}}],
        "some": [{"set": {"start": 0}, "where": {"start": {"above": 2010}}}],
        "as_ever": [{"set": {"start": 2009}, "where": {"cluster": {"is": "C"}}}],
    }
    listed = cm.check(cm.read_spec(document() | {"scenarios": scenarios}), frame())
    found = {f.path: f for f in listed if f.check == "scenario_untold"}
    assert [*found] == ["scenarios.never", "scenarios.as_ever"]
    assert "in 7 cluster-years whose effects the data do not tell, of H" in (
        found["scenarios.never"].what
    )
    assert "in 7 cluster-years" in found["scenarios.as_ever"].what
    assert found["scenarios.as_ever"].what.endswith("of C")
