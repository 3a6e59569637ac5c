"""A model before its fit: in words, as an equation, and what the document left open."""

import pytest

import clustermodels as cm
from clustermodels.preview.assumptions import assumptions
from tests.designs import PLAIN
from tests.preview.panels import document, sound


def told(table=None, **changes):
    return cm.explain(cm.read_spec(document(**changes)), sound() if table is None else table)


def test_in_words():
    words = told(treatments={"policies": {"slope": "partial", "lag": 1}}).words
    assert words[:-1] == (
        "patents of 12 clusters in 2011 to 2017, 84 of 96 cluster-years, as poisson with log link.",
        "The effect of policies, 1 year later: a slope for each cluster, partially pooled.",
        "centrality bends the effect of policies along a straight line; becoming and "
        "being high on it count alike.",
        "Held fixed: gdp.",
        "cluster: a random effect for each cluster, given the cluster's means of the columns that "
        "vary within it (Mundlak).",
        "year: a parameter for each year, summing to zero.",
    )
    assert "not proof of cause" in words[-1]


def test_every_default_is_said():
    assert told(treatments=["policies"]).defaults == (
        "fixed_effects: cluster correlated (random, given the cluster's means), year free",
        "treatments.policies.kind: dose",
        "treatments.policies.lag: 0 (the same year)",
        "treatments.policies.slope: partial (a slope per cluster, pooled)",
        "treatments.policies.transform: none",
        "moderators.centrality.kind: column",
        f"moderators.centrality.centre: its mean, {sound()['centrality'].mean():.4g}",
        "moderators.centrality.moderates: every treatment",
        "moderators.centrality.form: linear",
        "moderators.centrality.split: none (becoming and being high count alike)",
        "moderators.centrality.lag: 0 (the same year)",
        "moderators.centrality.transform: none",
        "controls.gdp.kind: numeric",
        "controls.gdp.transform: none",
        "controls.gdp.lag: 0 (the same year)",
        "engine: kind nuts, draws 1000, chains 4, seed 1, tune 1000, adaptation auto, "
        "target_accept 0.9",
        "intervals: equal-tailed, 95 %",
    )


def test_what_is_written_is_no_default():
    said = told(
        treatments={"policies": {"kind": "dose", "slope": "common", "lag": 0, "transform": "sqrt"}},
        moderators={
            "centrality": {
                "kind": "column",
                "centre": 4.0,
                "moderates": ["policies"],
                "form": "linear",
                "lag": 0,
                "transform": "none",
                "split": "none",
            }
        },
        controls={"gdp": {"kind": "numeric", "transform": "none", "lag": 0}},
        fixed_effects={"year": {}},
        priors={"policies": {"ratio": [0.5, 2]}},
        engine={"kind": "nuts", "draws": 100, "chains": 2, "seed": 1, "tune": 9},
    ).defaults
    assert said == (
        "fixed_effects.year.pooling: free",
        "fixed_effects: the document lists no cluster effect, so there is none",
        "engine: adaptation auto, target_accept 0.9",
        "priors.policies.probability: 0.9",
        "intervals: equal-tailed, 95 %",
    )


TABLE = sound()
CENTRE = {name: f"{TABLE[name].mean():.4g}" for name in ("policies", "centrality", "gdp")}
POLICIES = f"(policies[i,t] - {CENTRE['policies']})"
MODERATOR = f"(centrality[i,t] - {CENTRE['centrality']})"


def test_the_whole_equation():
    lines = told(
        treatments={"policies": {"slope": "partial"}},
        fixed_effects={"cluster": {"pooling": "partial"}, "year": {"pooling": "free"}},
    ).equation
    assert lines == (
        "patents[i,t] ~ Poisson(μ[i,t])",
        "log μ[i,t] = intercept",
        "           + cluster_effect[i]",
        "           + year_effect[t]",
        f"           + policies_by_cluster[i] · {POLICIES}",
        f"           + policies_x_centrality · {POLICIES} · {MODERATOR}",
        f"           + centrality · {MODERATOR}",
        f"           + gdp · (gdp[i,t] - {CENTRE['gdp']})",
        "(cluster_effect[i], policies_by_cluster[i]) ~ Normal((0, policies), Σ), "
        "Σ from cluster_effect_sd, policies_sd and cluster_effect_correlation",
        "Σ year_effect[t] = 0",
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "           + cluster_means · means[i]"),
        ({"treatments": {"policies": {"slope": "common"}}}, f"           + policies · {POLICIES}"),
        (
            {"treatments": {"policies": {"slope": "free"}}},
            "Σ (policies_by_cluster[i] - policies) = 0",
        ),
        (
            {"fixed_effects": {"cluster": {"pooling": "partial"}}},
            "cluster_effect[i] ~ Normal(0, cluster_effect_sd)",
        ),
        (
            {"treatments": {"policies": {}}, "fixed_effects": {}},
            "policies_by_cluster[i] ~ Normal(policies, policies_sd)",
        ),
        (
            {"fixed_effects": {"year": {"pooling": "partial"}}},
            "year_effect[t] ~ Normal(0, year_effect_sd)",
        ),
        (
            {"fixed_effects": {"r": {"columns": ["region", "year"], "pooling": "partial"}}},
            "           + r_effect[r]",
        ),
        ({"controls": ["region"]}, "           + region[level of region]"),
        (
            {"outcomes": {"patents": {"family": "poisson", "exposure": "gdp"}}, "controls": {}},
            "           + log gdp[i,t]",
        ),
        ({"outcomes": {"patents": {"family": "gaussian"}}}, "patents[i,t] ~ Normal(μ[i,t], sigma)"),
        (
            {"outcomes": {"patents": {"family": "negative_binomial"}}},
            "patents[i,t] ~ NegativeBinomial(μ[i,t], variance μ + dispersion μ²)",
        ),
        (
            {"outcomes": {"patents": {"family": "binomial", "trials": "n"}}},
            "patents[i,t] ~ Binomial(n[i,t], μ[i,t])",
        ),
        ({"outcomes": {"on": {"family": "bernoulli"}}}, "logit μ[i,t] = intercept"),
        (
            {"moderators": {"centrality": {"centre": -2}}},
            f"           + policies_x_centrality · {POLICIES} · (centrality[i,t] + 2)",
        ),
    ],
)
def test_a_line_for_each_feature(changes, line):
    table = sound().assign(n=40, on=lambda t: t.index % 2, region=lambda t: "r" + t["city"].str[-1])
    assert line in told(table, **changes).equation


@pytest.mark.parametrize(
    ("control", "start"),
    [
        ({"transform": "log"}, "(log gdp[i,t] - "),
        ({"transform": "log1p"}, "(log(1 + gdp[i,t]) - "),
        ({"transform": "sqrt"}, "(√gdp[i,t] - "),
        ({"transform": {"per": 1000}}, "(gdp[i,t]/1000 - "),
        ({"transform": "standardise"}, "(standardised gdp[i,t] "),
        ({"lag": 2}, "(gdp[i,t-2] - "),
        ({"column": "centrality"}, "(centrality[i,t] - "),
    ],
)
def test_how_a_column_enters(control, start):
    lines = told(controls={"gdp": control}).equation
    assert any(line.startswith(f"           + gdp · {start}") for line in lines), lines


def test_an_adoption_by_first_year():
    table = sound().assign(start=lambda t: 2012 + t["city"].str[-1].astype(int) % 4)
    zone = {"kind": "adoption", "first_year": "start", "slope": "common", "lag": 1}
    lines = told(table, treatments={"zone": zone}, moderators={}).equation
    assert any(line.startswith("           + zone · ((t ≥ start[i] + 1) - ") for line in lines), (
        lines
    )


def test_what_a_document_models_itself_is_assumed_no_more():
    plain = cm.read_spec(PLAIN | {"treatments": ["dose"]})
    assert "if past outcomes do not drive the policy" in assumptions(plain)
    effects = {"cluster": {"pooling": "correlated"}, "year": {}}
    reacting = PLAIN | {
        "treatments": {"dose": {"slope": "common"}},
        "fixed_effects": effects,
        "dynamics": {"predetermined": ["dose"]},
    }
    assert "if past outcomes drive dose only as its equation says" in assumptions(
        cm.read_spec(reacting)
    )
    better = PLAIN | {"treatments": {"dose": {"slope": "correlated"}}, "fixed_effects": effects}
    assert "(of dose, beyond a straight line in the cluster's mean)" in assumptions(
        cm.read_spec(better)
    )
