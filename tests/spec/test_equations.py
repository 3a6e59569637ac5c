"""A document with several outcomes, as one document for each."""

import pytest

import clustermodels as cm
from clustermodels.spec.read import read_text
from tests.documents import BASE, NEXT, said

TWO = BASE.replace("  patents", "  papers: {family: gaussian}\n  patents")
PRIORS = """priors:
  policies: {distribution: normal, mean: 0, sd: 1}
  patents::policies: {ratio: [0.9, 1.5]}
  sigma: {distribution: exponential, mean: 3}
"""
AFTER = NEXT + 1  # the line on which something added to TWO stands


def test_each_equation_has_one_outcome_and_all_else():
    spec = read_text(TWO, "spec.yaml")
    each = cm.equations(spec)
    assert [*each] == ["papers", "patents"]
    for name, one in each.items():
        assert one.outcome == (name, spec.outcomes[name])
        whole, part = spec.plain(), one.plain()
        assert {**whole, "outcomes": None} == {**part, "outcomes": None}
    alone = read_text(BASE, "spec.yaml")
    assert cm.equations(alone) == {"patents": alone}
    assert cm.equations(each["papers"])["papers"] is each["papers"]


def test_an_equation_is_the_document_with_its_outcome_alone():
    patents = cm.equations(read_text(TWO, "spec.yaml"))["patents"]
    assert patents.plain() == read_text(BASE, "spec.yaml").plain()
    assert read_text(patents.source.text, "spec.yaml").plain() == patents.plain()


def test_priors_are_of_one_equation_or_of_all_that_have_the_name():
    each = cm.equations(read_text(TWO + PRIORS, "spec.yaml"))
    assert each["papers"].priors["policies"].sd == 1
    assert each["patents"].priors["policies"].interval == (0.9, 1.5)
    assert "sigma" in each["papers"].priors
    assert "sigma" not in each["patents"].priors


def test_lines_and_paths_are_those_of_the_document():
    patents = cm.equations(read_text(TWO + PRIORS, "spec.yaml"))["patents"]
    line = (TWO + PRIORS).split("\n").index("  patents::policies: {ratio: [0.9, 1.5]}") + 1
    assert patents.source.line(("priors", "policies")) == line
    assert patents.source.line(("priors", "policies", "ratio")) == line
    assert patents.source.problem(("priors", "policies"), "x").path == "priors.patents::policies"
    assert patents.source.line(("outcomes", "patents")) == 6


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        (
            "priors: {polices: {distribution: normal, mean: 0, sd: 1}}",
            "priors.polices: unknown posterior name. Got 'polices'; ",
        ),
        (
            "priors: {paper::policies: {distribution: normal, mean: 0, sd: 1}}",
            "priors.paper::policies: a prior of no outcome. Got 'paper'; expected papers, patents. "
            "Did you mean 'papers'?",
        ),
        (
            "priors: {patents::sigma: {distribution: exponential, mean: 1}}",
            "priors.patents::sigma: unknown posterior name. Got 'sigma'; ",
        ),
        (
            "priors: {policies: {ratio: [0.9, 1.5]}}",
            "priors.policies: 'ratio' is not how this outcome's family measures effects, in the "
            "equation of papers. Write 'difference: [low, high]'.",
        ),
        ("controls: [patents]", "controls.patents: the results would hold 'patents' twice: "),
    ],
)
def test_what_fits_one_equation_only_is_said_with_its_name(addition, expected):
    (line,) = said(TWO + addition)
    assert line.startswith(f"spec.yaml:{AFTER}: {expected}"), line


def test_what_all_equations_lack_is_said_once():
    text = TWO.replace("treatments:\n  policies: {lag: 1}\n", "")
    assert said(text) == [
        "spec.yaml:1: neither treatments nor controls. Name at least one of either."
    ]


def test_a_verb_for_one_outcome_says_how_to_choose(tiny_panel):
    spec = read_text(TWO, "spec.yaml")
    for verb in (cm.check, cm.explain, cm.read_panel, cm.prepare):
        with pytest.raises(cm.SpecError) as caught:
            verb(spec, tiny_panel)
        assert str(caught.value) == (
            "spec.yaml:4: outcomes: this is done for one outcome at a time. Got papers, patents. "
            "Take the equation of one: equations(spec)['papers']."
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "joint: true\n", "joint: there is one outcome, and nothing to fit it with. "),
        (
            TWO + "joint: true\nfixed_effects: {cluster: {pooling: free}}\n"
            "treatments: {policies: {slope: common}}\n",
            "joint: the outcomes share nothing, because nothing that varies by cluster is pooled",
        ),
        (
            TWO.replace("family: gaussian", "family: gaussian, column: patents") + "joint: true\n",
            "outcomes.patents: 'papers' has the column 'patents' too, and the two would be",
        ),
        (
            TWO + "joint: true\nengine: {kind: latent_gaussian}\n",
            "engine.kind: latent_gaussian fits no outcomes jointly, because",
        ),
        (
            TWO + "joint: true\nresiduals: {kind: ar1}\n",
            "residuals: this cannot stand beside 'joint: true', because residuals that carry",
        ),
        (
            TWO + "joint: true\ncontrols: {gdp: {missing: model}}\n",
            "controls.gdp: this cannot stand beside 'joint: true', because a cell",
        ),
        (
            TWO.replace(
                "family: gaussian", "family: gaussian, weights: {column: w, kind: frequency}"
            )
            + "joint: true\n",
            "outcomes.papers.weights: this cannot stand beside 'joint: true', because what a row",
        ),
        (
            TWO + "joint: true\ndynamics: {predetermined: [policies]}\n",
            "dynamics.predetermined: this cannot stand beside 'joint: true', because the equations",
        ),
        (
            TWO + "joint: true\n"
            "priors: {correlation_of_effects: {distribution: normal, mean: 0, sd: 1}}\n",
            "priors.correlation_of_effects: correlations take an lkj prior. Write ",
        ),
        (
            TWO + "priors: {correlation_of_effects: {distribution: lkj, concentration: 2}}\n",
            "priors.correlation_of_effects: unknown posterior name.",
        ),
        (
            TWO + "joint: true\n"  # counts have no normal error
            "priors: {correlation_of_residuals: {distribution: lkj, concentration: 2}}\n",
            "priors.correlation_of_residuals: unknown posterior name.",
        ),
    ],
)
def test_what_cannot_be_fitted_jointly_is_refused_with_its_reason(text, expected):
    if "treatments: {policies: {slope" in text:
        text = text.replace("treatments:\n  policies: {lag: 1}\n", "", 1)
    assert any(expected in line for line in said(text)), said(text)


def test_equations_of_a_joint_document_are_documents_of_their_own():
    text = TWO + (
        "joint: true\npriors: {correlation_of_effects: {distribution: lkj, concentration: 4}}\n"
    )
    each = cm.equations(read_text(text, "spec.yaml"))
    for one in each.values():
        assert not one.joint
        assert not one.priors
        assert read_text(one.source.text, "spec.yaml").plain() == one.plain()
