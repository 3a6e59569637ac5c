"""What a document may say of cells that are not known, and what it may not."""

import pytest

import clustermodels as cm
from clustermodels.spec.names import posterior_names
from tests.cells import document

KNOWN = {"column": "x"}


def test_names_of_what_cells_follow():
    spec = cm.read_spec(document(column="x", missing={"given": ["z"]}))
    roles = {entry.name: entry.role for entry in posterior_names(spec) if "cells" in entry.name}
    assert roles == {
        "m_cells": "derived",
        "m_cells_mean": "location",
        "m_cells_given": "location",
        "m_cells_sd": "sd",
        "m_cells_by_cluster": "derived",
        "m_cells_by_cluster_sd": "sd",
    }


def test_a_document_comes_back_as_it_was_written():
    spec = cm.read_spec(document(column="x", missing={"given": ["z"]}, error="se"))
    assert cm.read_spec(spec.plain()).plain() == spec.plain()
    assert spec.plain()["moderators"]["m"]["missing"] == {"given": ["z"]}


@pytest.mark.parametrize(
    ("moderator", "more", "message"),
    [
        ({"error": "se", "transform": "log"}, {}, "because a normal error of the column is not"),
        ({"error": 0}, {}, "m.error: a standard error is above 0. Got 0"),
        ({"missing": "impute"}, {}, "expected 'drop' or 'model', or a mapping of given"),
        ({"missing": {"given": ["y"]}}, {}, "because that is the outcome"),
        ({"missing": {"given": ["x"]}}, {}, "'x' is read elsewhere too (here, as given)"),
        ({"missing": "model"}, {"controls": {"c": KNOWN}}, "read elsewhere too (controls.c)"),
        (
            {"missing": "model"},
            {"controls": {"c": {"missing": {"given": ["x"]}}}},
            "read elsewhere too (controls.c)",
        ),
        ({"missing": "model"}, {"scenarios": {"s": [{"set": {"x": 1}}]}}, "'x' cannot be edited"),
        (
            {"missing": {"given": ["z"]}},
            {"scenarios": {"s": [{"add": {"z": 1}}]}},
            "because it only helps to impute",
        ),
        (
            {"missing": "model"},
            {"scenarios": {"s": [{"add": {"d": 1}, "where": {"x": {"above": 1}}}]}},
            "because whether a row meets it is not known",
        ),
        (
            {"missing": "model"},
            {"dynamics": {}, "fixed_effects": {"cluster": {"pooling": "correlated"}}},
            "beside 'initial: wooldridge', because",
        ),
        (
            {},
            {"controls": {"c": {"kind": "categorical", "missing": "model"}}},
            "because NUTS moves in numbers only",
        ),
        (
            {"missing": "model"},
            {"priors": {"m_cells_mean": {"difference": [0, 1]}}},
            "'difference' is for the effects of columns",
        ),
        (
            {"missing": "model"},
            {"priors": {"m_cells_mean": {"distribution": "exponential", "mean": 1}}},
            "Use normal or student_t",
        ),
        ({}, {"treatments": {"d": {"missing": "model"}}}, "unknown key"),
        (
            {"missing": "model"},
            {"controls": {"m_cells": {"column": "z"}}},
            "the results would hold 'm_cells' twice",
        ),
    ],
)
def test_refused(moderator, more, message):
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(document(column="x", **moderator) | more)
    assert message in str(caught.value)


def test_a_column_that_only_helps_may_be_edited_where_the_predictor_reads_it():
    edited = {"controls": ["z"], "scenarios": {"s": [{"add": {"z": 1}}]}}
    cm.read_spec(document(column="x", missing={"given": ["z"]}) | edited)
