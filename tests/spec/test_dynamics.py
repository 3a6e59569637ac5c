"""The outcome's past in a document: what is refused, why, and the way out."""

import pytest

import clustermodels as cm
from clustermodels.spec.names import posterior_names

BASE = {
    "data": {"panel": {"path": "p.csv", "cluster": "city", "year": "year"}},
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": ["policies"],
}


def refused(**sections):
    with pytest.raises(cm.SpecError) as error:
        cm.read_spec(BASE | sections)
    return str(error.value)


def test_its_names_are_in_the_posterior():
    spec = cm.read_spec(BASE | {"dynamics": {"lags": 3}})
    names = [entry.name for entry in posterior_names(spec) if entry.path == ("dynamics",)]
    assert names == ["rho", "rho_2", "rho_3", "cluster_initial"]
    assert cm.read_spec(spec.plain()).plain() == spec.plain()


def test_absent_there_is_no_past():
    spec = cm.read_spec(BASE)
    assert spec.dynamics is None
    assert spec.lagged() == {}


@pytest.mark.parametrize(
    ("family", "form", "own"),
    [
        ("poisson", "level", "log1p"),
        ("negative_binomial", "log", "log1p"),
        ("gaussian", "log1p", "level"),
        ("bernoulli", "log", "level"),
    ],
)
def test_a_form_of_another_link_is_refused(family, form, own):
    said = refused(outcomes={"y": {"family": family}}, dynamics={"form": form})
    assert f"{family} takes the past outcome as '{own}', because" in said
    assert f"Write 'form: {own}'" in said
    cm.read_spec(BASE | {"outcomes": {"y": {"family": family}}, "dynamics": {"form": own}})


def test_successes_among_trials_have_no_past():
    said = refused(outcomes={"y": {"family": "binomial", "trials": "n"}}, dynamics={})
    assert "binomial has no dynamics, because" in said


@pytest.mark.parametrize("pooling", ["free", "partial", None])
def test_wooldridge_needs_correlated_clusters(pooling):
    effects = {"year": {}} | ({"cluster": {"pooling": pooling}} if pooling else {})
    said = refused(fixed_effects=effects, dynamics={})
    assert f"here cluster effects are {pooling or 'absent'}" in said
    assert "accept_bias: true" in said


@pytest.mark.parametrize(
    ("pooling", "why"),
    [
        ("free", "Nickell 1981"),
        ("partial", "takes the past outcome for its own"),
        ("correlated", "means alone"),
        (None, "taken for persistence"),
    ],
)
def test_what_is_biased_must_be_accepted(pooling, why):
    effects = {"year": {}} | ({"cluster": {"pooling": pooling}} if pooling else {})
    said = refused(fixed_effects=effects, dynamics={"initial": "ignore"})
    assert "biased, because" in said
    assert why in said
    accepted = {"initial": "ignore", "accept_bias": True}
    cm.read_spec(BASE | {"fixed_effects": effects, "dynamics": accepted})


def test_there_is_nothing_to_accept_otherwise():
    assert "no bias to accept" in refused(dynamics={"accept_bias": True})


@pytest.mark.parametrize("lags", [0, 4, 1.5, True])
def test_lags_are_one_to_three(lags):
    assert "dynamics.lags" in refused(dynamics={"lags": lags})


def test_a_name_that_the_past_bears_is_taken():
    said = refused(controls=["rho"], dynamics={})
    assert "the results would hold 'rho' twice" in said
