"""Edits of a panel: verbs, years, conditions, order, and what is refused."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.designs import PLAIN, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"lag": 1}, "money": {}},
    "controls": ["yearly", "phase"],
    "moderators": ["fixed"],
}


def run(edits, frame=None, document=DOCUMENT):
    """Give the columns of a panel before and after a scenario, as frames."""
    spec = cm.read_spec(document | {"scenarios": {"it": edits}})
    panel = cm.read_panel(spec, table() if frame is None else frame)
    after = edited(spec, panel, "it")
    assert after.used.tolist() == panel.used.tolist()
    assert after.sha256 == panel.sha256
    return panel.rows.to_dataframe(), after.rows.to_dataframe(), panel


@pytest.mark.parametrize(
    ("verb", "formula"),
    [("add", lambda x: x + 2.5), ("scale", lambda x: x * 2.5), ("set", lambda x: 0 * x + 2.5)],
)
def test_a_verb_changes_its_column_everywhere_and_no_other(verb, formula):
    before, after, _ = run([{verb: {"dose": 2.5}}])
    np.testing.assert_array_equal(after["dose"], formula(before["dose"]))
    assert after.drop(columns="dose").equals(before.drop(columns="dose"))


def test_an_edit_names_several_columns():
    before, after, _ = run([{"add": {"dose": 1, "money": -2}}])
    np.testing.assert_array_equal(after["dose"], before["dose"] + 1)
    np.testing.assert_array_equal(after["money"], before["money"] - 2)


@pytest.mark.parametrize(
    ("years", "inside"),
    [
        ([2011, 2015], lambda y: y.isin([2011, 2015])),
        ({"from": 2016}, lambda y: y >= 2016),
        ({"to": 2011}, lambda y: y <= 2011),
        ({"from": 2012, "to": 2013}, lambda y: y.between(2012, 2013)),
        ({"from": 1900, "to": 2010}, lambda y: y == 2010),
    ],
)
def test_years_are_a_list_or_a_range_with_both_ends(years, inside):
    before, after, _ = run([{"add": {"dose": 1}, "years": years}])
    np.testing.assert_array_equal(after["dose"] - before["dose"], inside(before["year"]) * 1.0)


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ({"yearly": {"below": 5}}, lambda f, used: f["yearly"] < 5),
        ({"yearly": {"above": 5, "below": 6}}, lambda f, used: f["yearly"].between(5, 6)),
        (
            {"yearly": {"below_quantile": 0.3}},
            lambda f, used: f["yearly"] < np.quantile(f["yearly"][used], 0.3),
        ),
        (
            {"yearly": {"above_quantile": 0.8}},
            lambda f, used: f["yearly"] > np.quantile(f["yearly"][used], 0.8),
        ),
        ({"phase": {"is": "late"}}, lambda f, used: f["phase"] == "late"),
        ({"phase": {"is": ["late", "none"]}}, lambda f, used: f["phase"] != "early"),
        ({"fixed": {"is": 7}}, lambda f, used: f["city"] == "C"),
        ({"city": {"is": ["A", "B"]}}, lambda f, used: f["city"] < "C"),
        ({"cluster": {"is": "A"}}, lambda f, used: f["city"] == "A"),
        ({"year": {"above": 2016}}, lambda f, used: f["year"] > 2016),
        ({"region": {"is": "n"}, "dose": {"below": 3}}, lambda f, used: f["city"].isin(
            ["A", "C", "E"]) & (f["dose"] < 3)),
    ],
)  # fmt: skip
def test_conditions(where, meets):
    """Ends are left out; several conditions must all hold; quantiles are of the fitted rows."""
    before, after, panel = run([{"add": {"money": 1}, "where": where}])
    frame = before.rename(columns={"cluster": "city"})
    changed = after["money"] - before["money"]
    wanted = np.asarray(meets(frame, panel.used), dtype=float)
    assert 0 < wanted.mean() < 1
    np.testing.assert_allclose(changed, wanted, atol=1e-9)


def test_quantiles_are_of_the_fitted_rows_alone():
    """Rows that are only the past of others would move the quantile."""
    frame = table()
    first = frame["year"] == 2010
    frame.loc[first, "yearly"] = 1e6
    before, after, panel = run([{"set": {"money": 0}, "where": {"yearly": {"above_quantile": 1}}}],
                               frame)  # fmt: skip
    hit = after["money"] == 0
    np.testing.assert_array_equal(hit, first)  # above the fitted rows' largest value
    assert not hit.to_numpy()[panel.used].any()
    assert len(before) > len(panel.used)


def test_edits_follow_each_other_and_conditions_see_the_panel_before_all_of_them():
    high = {"dose": {"above": 3}}
    before, after, _ = run(
        [
            {"set": {"dose": 0}},
            {"add": {"dose": 2}, "where": high},
            {"scale": {"dose": 10}, "where": high},
            {"add": {"dose": 1}},
        ]
    )
    np.testing.assert_array_equal(after["dose"], np.where(before["dose"] > 3, 21.0, 1.0))


def test_the_lagged_effect_of_an_edit_comes_a_year_later():
    spec = cm.read_spec(DOCUMENT | {"scenarios": {"once": [{"add": {"dose": 1}, "years": [2014]}]}})
    panel = cm.read_panel(spec, table())
    learned = cm.learn(spec, panel)
    before = cm.design(spec, panel, learned)
    after = cm.design(spec, edited(spec, panel, "once"), learned)
    for one, other in zip(before.blocks, after.blocks, strict=True):
        moved = np.unique(before.years[(one.values != other.values).any(axis=1)])
        reads = one.name in ("dose", "dose_x_fixed", "cluster_slopes")
        assert moved.tolist() == ([2015] if reads else []), one.name


def refused(edits, name="it"):
    spec = cm.read_spec(DOCUMENT | {"scenarios": {"it": edits, "other": [{"add": {"dose": 1}}]}})
    panel = cm.read_panel(spec, table())
    with pytest.raises(cm.PanelError) as caught:
        edited(spec, panel, name)
    (problem,) = caught.value.problems
    return problem


def test_an_unknown_scenario_names_the_nearest():
    problem = refused([{"add": {"dose": 1}}], "othr")
    assert problem.what == "no such scenario"
    assert problem.expected == "it, other"
    assert problem.fix == "Did you mean 'other'?"


@pytest.mark.parametrize(
    ("edit", "path", "what", "said"),
    [
        (
            {"add": {"dose": 1}, "years": [2014, 2030, 2031]},
            "scenarios.it.0.years",
            "years that the panel does not have",
            ("2030, 2031", "years in 2010 to 2018", "Years ahead need a 'horizon'."),
        ),
        (
            {"add": {"dose": 1}, "years": {"from": 2019}},
            "scenarios.it.0.years",
            "years that the panel does not have",
            ("from 2019 on", "years in 2010 to 2018", "Years ahead need a 'horizon'."),
        ),
        (
            {"add": {"dose": 1}, "where": {"phase": {"is": "lat"}}},
            "scenarios.it.0.where.phase.is",
            "no row has this value",
            ("'lat'", "early, late, none", "Did you mean 'late'?"),
        ),
        (
            {"add": {"dose": 1}, "where": {"fixed": {"is": [7, 8]}}},
            "scenarios.it.0.where.fixed.is",
            "no row has this value",
            ("8", "0.5, 1.0, 2.5, 4.0, 7.0", ""),
        ),
        (
            {"add": {"dose": 1}, "where": {"cluster": {"above": 3}}},
            "scenarios.it.0.where.cluster",
            "the column holds text",
            (None, None, "Compare it with 'is:'."),
        ),
        (
            {"add": {"phase": 1}},
            "scenarios.it.0.add.phase",
            "the column holds text",
            (None, None, "Edit a numeric column."),
        ),
    ],
)
def test_what_the_panel_cannot_do_is_refused(edit, path, what, said):
    problem = refused([edit])
    assert (problem.path, problem.what) == (path, what)
    assert (problem.got, problem.expected, problem.fix) == said


def test_a_condition_on_a_column_that_the_run_does_not_hold(tiny_fit, tmp_path):
    """Scenarios of another file meet a stored panel, which has only the document's columns."""
    file = tmp_path / "more.yaml"
    file.write_text("it: [{add: {policies: 1}, where: {centrelity: {above: 1}}}]\n")
    spec = cm.read_scenarios(file, tiny_fit.spec)
    with pytest.raises(cm.PanelError) as caught:
        edited(spec, tiny_fit.panel, "it")
    (problem,) = caught.value.problems
    assert problem.what == "a column that the run does not hold"
    assert problem.fix == "Did you mean 'centrality'?"
    assert problem.line == 1


def test_every_scenario_is_judged_before_a_fit():
    """All problems at once, each at its own scenario, also where only the transform refuses."""
    document = PLAIN | {
        "treatments": {"dose": {"transform": "log", "slope": "common"}},
        "scenarios": {
            "fine": [{"add": {"dose": 1}}],
            "gone": [{"set": {"dose": 0}}],
            "late": [{"add": {"dose": 1}, "years": [2050]}],
        },
    }
    for verb in (cm.check, cm.fit):
        with pytest.raises(cm.PanelError) as refused:
            verb(cm.read_spec(document), table())
        gone, late = refused.value.problems
        assert (gone.path, late.path) == ("scenarios.gone", "scenarios.late.0.years")
        assert gone.what == "it gives 'treatments.dose' 41 values that log does not take"
        assert late.got == "2050"
