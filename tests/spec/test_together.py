"""Every problem of a document at once, in file order, and none that follows from another."""

import pytest

import clustermodels as cm
from clustermodels.spec.read import read_scenarios, read_text
from tests.documents import BASE, said

MANY = """schema: 1
data:
  panel: {path: panel.csv, year: year}
outcomes:
  patents: {family: negbinomial}
treatments:
  policies: {lag: -1}
controls: [gdp, year]
engine:
  draws: many
  chains: 0
scenarios:
  more: [{add: {policies: 1}, set: {gdp: 0}}]
pirors: {}
"""


def test_all_at_once_in_file_order():
    lines = said(MANY)
    places = [line.split(": ")[0:2] for line in lines]
    assert places == [
        ["spec.yaml:3", "data.panel.cluster"],
        ["spec.yaml:5", "outcomes.patents.family"],
        ["spec.yaml:7", "treatments.policies.lag"],
        ["spec.yaml:10", "engine.draws"],
        ["spec.yaml:11", "engine.chains"],
        ["spec.yaml:13", "scenarios.more.0"],
        ["spec.yaml:14", "pirors"],
    ]
    assert lines[-1].endswith("Did you mean 'priors'?")


def test_rules_between_sound_sections_are_judged_beside_broken_ones():
    text = BASE + "engine: {draws: 0}\nmoderators: {c: {moderates: [policy]}}\n"
    assert [line.split(": ")[1] for line in said(text)] == [
        "engine.draws",
        "moderators.c.moderates.0",
    ]


def test_a_misspelt_section_is_one_problem():
    assert said(BASE.replace("treatments:", "treatment:")) == [
        "spec.yaml:6: treatment: unknown key. Got 'treatment'; expected schema, title, data, "
        "clusters, outcomes, treatments, moderators, controls, fixed_effects, dynamics, "
        "residuals, joint and 4 more. Did you mean 'treatments'?"
    ]
    assert len(said(BASE.replace("outcomes:", "outcome:"))) == 1


def test_nothing_to_estimate():
    assert said(BASE.partition("treatments")[0]) == [
        "spec.yaml:1: neither treatments nor controls. Name at least one of either."
    ]


def test_every_problem_has_its_parts():
    with pytest.raises(cm.SpecError) as caught:
        read_text(BASE.replace("lag: 1", "lagg: 1"), "spec.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (
        "spec.yaml",
        7,
        "treatments.policies.lagg",
    )
    assert (problem.what, problem.got) == ("unknown key", "'lagg'")


def test_a_file_of_scenarios_has_lines_of_its_own(tmp_path):
    spec = read_text(BASE, "spec.yaml")
    path = tmp_path / "more.yaml"
    path.write_text("good: [{add: {policies: 1}}]\nbad:\n  - add: {policy: 1}\n")
    with pytest.raises(cm.SpecError) as caught:
        read_scenarios(path, spec)
    assert str(caught.value).startswith(f"{path}:3: scenarios.bad.0.add.policy: ")
    path.write_text("scenarios:\n  good: [{add: {policies: 1}}]\n")
    assert list(read_scenarios(path, spec).scenarios) == ["good"]
    assert spec.scenarios == {}


def test_a_file_may_hold_a_horizon_alone(tmp_path):
    spec = read_text(BASE + "scenarios: {own: [{add: {policies: 1}}]}\n", "spec.yaml")
    path = tmp_path / "ahead.yaml"
    ahead = "horizon: {years: 2, covariates: {policies: last}, year_effect: last}\n"
    path.write_text(ahead)
    made = read_scenarios(path, spec)
    assert made.horizon is not None
    assert made.horizon.years == 2
    assert list(made.scenarios) == ["own"]
    path.write_text(ahead + "scenarios: 3\n")
    with pytest.raises(cm.SpecError, match="no scenarios"):
        read_scenarios(path, spec)
    path.write_text("horizon: [{add: {policies: 1}}]\n")  # a scenario of that name
    assert list(read_scenarios(path, spec).scenarios) == ["horizon"]


def test_a_changed_spec_is_frozen():
    spec = read_text(BASE, "spec.yaml")
    with pytest.raises(ValueError, match="frozen"):
        spec.title = "another"
