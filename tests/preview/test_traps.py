"""Findings on designs that fit without complaint and mislead: each found, and not on sound ones."""

import numpy as np
import pytest

from tests.preview.panels import CLUSTERS, YEARS, found, sound

FREE = {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}}


@pytest.mark.parametrize("changing", [1, 4])
def test_a_policy_that_changes_in_few_clusters(changing):
    table = sound()
    table.loc[changing * YEARS :, "policies"] = 1
    finding = found(table)["few_treated"]
    assert finding.what.startswith(f"'policies' changes in {changing} cluster")
    assert "c00" in finding.what
    assert "few_treated" not in found(sound())


def test_the_outcomes_own_past_and_present():
    past = found(sound(), controls=[{"before": {"column": "patents", "lag": 1}}])
    assert past["lagged_outcome"].severity == "warning"
    assert past["lagged_outcome"].path == "controls.before"
    now = found(sound(), controls=[{"same": {"column": "patents"}}])
    assert now["outcome_explains_itself"].severity == "serious"


def test_free_effects_of_small_levels_inflate_a_logits_slopes():
    table = sound().assign(patents=lambda t: (t["patents"] > t["patents"].median()).astype(int))
    binary = {"outcomes": {"patents": {"family": "bernoulli"}}}
    finding = found(table, **binary, fixed_effects=FREE)["incidental_parameters"]
    assert finding.severity == "serious"
    assert f"{CLUSTERS} levels with {YEARS} trials each" in finding.what
    pooled = {"cluster": {"pooling": "correlated"}, "year": {"pooling": "free"}}
    assert "incidental_parameters" not in found(table, **binary, fixed_effects=pooled)
    many = {"outcomes": {"patents": {"family": "binomial", "trials": "n"}}}
    assert "incidental_parameters" not in found(table.assign(n=50), **many, fixed_effects=FREE)


@pytest.mark.parametrize("pooling", ["free", "correlated"])
def test_columns_that_are_one_within_clusters(pooling):
    """They differ by a constant of each cluster, which free effects and Mundlak's means take up."""
    rng = np.random.default_rng(4)
    own = np.repeat(rng.normal(0, 5, CLUSTERS), YEARS)
    table = sound().assign(twin=lambda t: t["gdp"] + own)
    factors = {"cluster": {"pooling": pooling}}
    finding = found(table, controls=["gdp", "twin"], fixed_effects=factors)["collinear"]
    assert finding.severity == "serious"
    partial = {"cluster": {"pooling": "partial"}}
    assert "collinear" not in found(table, controls=["gdp", "twin"], fixed_effects=partial)


def test_a_scenario_that_changes_nothing():
    edits = [{"add": {"policies": 1}, "where": {"centrality": {"above": 1e6}}}]
    finding = found(sound(), scenarios={"idle": edits})["idle_scenario"]
    assert finding.path == "scenarios.idle"
    last = [{"add": {"policies": 1}, "years": [2017]}]
    late = {"treatments": {"policies": {"lag": 1, "slope": "common"}}, "scenarios": {"late": last}}
    assert "idle_scenario" in found(sound(), **late)
    assert "idle_scenario" not in found(sound(), scenarios={"fine": [{"add": {"policies": 1}}]})
