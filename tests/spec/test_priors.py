"""The section priors: which prior fits which name."""

import pytest

from clustermodels.spec.read import read_text
from tests.documents import BASE, said, said_of

NAMES = (
    "intercept, dispersion, policies, policies_sd, cluster_effect_sd, cluster_means, year_effect, "
    "cluster_effect_correlation"
)
EITHER = (
    "a prior is one interval or one distribution. Write {ratio: [0.9, 1.5], probability: 0.9} or "
    "{distribution: normal, mean: 0, sd: 0.2}."
)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "policy: {ratio: [0.9, 1.5]}",
            f"policy: unknown posterior name. Got 'policy'; expected {NAMES}. "
            "Did you mean 'policies'?",
        ),
        (
            "policies_by_cluster: {ratio: [0.9, 1.5]}",
            "policies_by_cluster: this follows from other names and takes no prior of its own. "
            f"Got 'policies_by_cluster'; expected {NAMES}. Did you mean 'policies_sd'?",
        ),
        ("policies: ", f"policies: {EITHER}"),
        (
            "policies: {mean: 0, sd: 0.2}",
            "policies: a prior is one interval or one distribution. Add 'distribution: normal'.",
        ),
        ("policies: {ratio: [0.9, 1.5], difference: [0, 1]}", f"policies: {EITHER}"),
        (
            "policies: {ratio: [0.9, 1.5], distribution: normal, mean: 0, sd: 1}",
            f"policies: {EITHER}",
        ),
        (
            "policies: {ratio: [1.5, 0.9]}",
            "policies: not an interval of ratio. Got [1.5, 0.9]; expected 0 < low < high. "
            "Write the lower end first.",
        ),
        (
            "policies: {ratio: [0, 1.5]}",
            "policies: not an interval of ratio. Got [0.0, 1.5]; expected 0 < low < high. "
            "Keep both ends above 0; 1 means no effect.",
        ),
        (
            "policies: {ratio: [0.9]}",
            "policies.ratio: not what belongs here. Got [0.9]; expected two numbers. "
            "Write [low, high].",
        ),
        (
            "policies: {ratio: [1, 2, 3]}",
            "policies.ratio: not allowed here. Got [1, 2, 3]; expected 2 or fewer of them.",
        ),
        (
            "policies: {odds_ratio: [0.9, 1.5]}",
            "policies: 'odds_ratio' is not how this outcome's family measures effects. "
            "Write 'ratio: [low, high]'.",
        ),
        (
            "policies: {ratio: [0.9, 1.5], probability: 90}",
            "policies.probability: not allowed here. Got 90; expected below 1. Write 0.9.",
        ),
        (
            "policies: {ratio: [0.9, 1.5], sd: 1}",
            "policies: an interval takes no sd. "
            "Keep the interval, or write a distribution instead.",
        ),
        (
            "policies: {distribution: normal, mean: 0, sd: 1, probability: 0.9}",
            "policies: 'probability' belongs to an interval. Remove it.",
        ),
        (
            "policies: {distribution: norml, mean: 0, sd: 1}",
            "policies: unknown distribution. Got 'norml'; expected normal, student_t, "
            "half_normal, exponential, gamma, lognormal, beta, lkj. Did you mean 'normal'?",
        ),
        (
            "policies: {distribution: normal, mean: 0}",
            "policies: normal takes mean, sd. Got mean. Give each of them, and nothing else.",
        ),
        (
            "policies: {distribution: normal, mean: 0, sd: -1}",
            "policies: the argument 'sd' of normal must be above 0, not -1. Correct it.",
        ),
        (
            "policies: {distribution: half_normal, sd: 1}",
            "policies: a coefficient may be negative. Use normal or student_t.",
        ),
        (
            "dispersion: {distribution: normal, mean: 0, sd: 1}",
            "dispersion: this must be positive. Use half_normal, exponential, gamma or lognormal.",
        ),
        (
            "policies_sd: {ratio: [1, 2]}",
            "policies_sd: 'ratio' is for the effects of columns, and this is none. "
            "Name a distribution.",
        ),
        (
            "year_effect: {distribution: student_t, df: 3, mean: 0, sd: 2}",
            "year_effect: free effects take a normal prior around 0. "
            "Write {distribution: normal, mean: 0, sd: ...}.",
        ),
        (
            "cluster_effect_correlation: {distribution: exponential, mean: 1}",
            "cluster_effect_correlation: correlations take an lkj prior. "
            "Write {distribution: lkj, concentration: 2}.",
        ),
        (
            "policies: {distribution: lkj, concentration: 2}",
            "policies: lkj is for correlations only. Name another distribution.",
        ),
        (
            "cluster_effect_correlation: {distribution: lkj, concentration: 0}",
            "cluster_effect_correlation: lkj takes a concentration above 0, and nothing else. "
            "Got concentration. Write {distribution: lkj, concentration: 2}.",
        ),
    ],
)
def test_refused(written, words):
    assert said_of(f"priors: {{{written}}}\n") == [f"priors.{words}"]


@pytest.mark.parametrize(
    ("family", "effect"),
    [("gaussian", "difference"), ("poisson", "ratio"), ("bernoulli", "odds_ratio")],
)
def test_each_link_has_its_effect(family, effect):
    text = BASE.replace("negative_binomial", family) + "priors: {policies: {%s: [0.5, 2]}}\n"
    assert read_text(text % effect, "spec.yaml").priors["policies"].interval == (0.5, 2.0)
    for other in {"difference", "ratio", "odds_ratio"} - {effect}:
        assert said(text % other)[0].endswith(f"Write '{effect}: [low, high]'.")


def test_a_difference_may_be_negative():
    text = BASE.replace("negative_binomial", "gaussian")
    text += "priors: {policies: {difference: [-2, -1], probability: 0.5}}\n"
    prior = read_text(text, "spec.yaml").priors["policies"]
    assert (prior.interval, prior.probability) == ((-2.0, -1.0), 0.5)
