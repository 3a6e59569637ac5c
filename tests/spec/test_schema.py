"""The JSON Schema agrees with the reader, on what is right and on what is wrong."""

import json

import jsonschema
import pytest
import yaml

import clustermodels as cm
from clustermodels.spec.read import read_text
from tests.documents import BASE, said
from tests.properties.test_documents import WHOLE

VALIDATOR = jsonschema.Draft202012Validator(cm.json_schema())


@pytest.mark.parametrize(
    "addition",
    [
        "",
        "controls: [gdp, {income: {transform: log}}]\n",
        "controls: {gdp: , income: {transform: {per: 1000}}}\n",
        "engine: {draws: 10}\n",
        "scenarios: {a: [{add: {policies: 1}, years: {from: 2018}}, {set: {policies: 0}}]}\n",
        "moderators: [centrality]\n",
    ],
)
def test_what_the_reader_takes_the_schema_takes(addition):
    assert read_text(BASE + addition, "spec.yaml")
    VALIDATOR.validate(yaml.safe_load(BASE + addition))


def test_the_grammar_whole():
    VALIDATOR.validate(yaml.safe_load(WHOLE))


@pytest.mark.parametrize(
    "addition",
    [
        "engine: {draws: 0}\n",
        "engine: {kind: hmc}\n",
        "controls: [{a: {}, b: {}}]\n",
        "controls: {gdp: {transform: log10}}\n",
        "moderators: {c: {moderate: [policies]}}\n",
        "mechanisms: {}\n",
        "title: 3\n",
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(addition):
    assert said(BASE + addition)
    assert not VALIDATOR.is_valid(yaml.safe_load(BASE + addition))


def test_the_schema_names_every_family():
    families = cm.json_schema()["$defs"]["ColumnOutcome"]["properties"]["family"]["enum"]
    assert set(families) >= {"gaussian", "poisson", "negative_binomial", "binomial"}
    assert json.dumps(cm.json_schema())
