"""What other programs call a choice leads to it, and only where it is one."""

import pytest

from clustermodels.errors import nearest
from clustermodels.families.table import names
from tests.documents import BASE, said, said_of


@pytest.mark.parametrize(
    ("word", "family"),
    [
        *[(word, "negative_binomial") for word in ("nbreg", "negbin", "NB")],
        *[(word, "bernoulli") for word in ("logit", "logistic")],
        *[(word, "gaussian") for word in ("ols", "normal")],
    ],
)
def test_families(word, family):
    assert nearest(word, names()) == family


@pytest.mark.parametrize(
    ("addition", "meant"),
    [
        ("controls: {gdp: {transform: ln}}\n", "log"),
        ("fixed_effects: {cluster: {pooling: random}}\n", "partial"),
        ("fixed_effects: {cluster: {pooling: fixed}}\n", "free"),
        ("fixed_effects: {cluster: {pooling: Mundlak}}\n", "correlated"),
    ],
)
def test_settings(addition, meant):
    (words,) = said_of(addition)
    assert words.endswith(f"Did you mean '{meant}'?")


def test_a_family_in_a_document():
    (words,) = said(BASE.replace("negative_binomial", "nbreg"))
    assert words.endswith("Did you mean 'negative_binomial'?")


def test_a_synonym_of_no_choice():
    assert nearest("ols", ["centrality", "gdp"]) is None
    assert nearest("normal", ["normal_2", "gaussian", "Normal"]) == "Normal"
