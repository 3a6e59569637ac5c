"""Findings on what a panel can tell of the outcome's past."""

import clustermodels as cm
from tests.designs import PLAIN, table

DYNAMIC = PLAIN | {
    "treatments": {"dose": {"slope": "common", "lag": 1}},
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "dynamics": {},
}


def found(document, frame):
    return {finding.check: finding for finding in cm.check(cm.read_spec(document), frame)}


def test_first_values_that_are_not_there_are_named():
    said = found(DYNAMIC, table())["first_values_unseen"]
    assert "the later means of dose and not their first values" in said.what
    assert said.path == "dynamics"
    seen = DYNAMIC | {"treatments": {"dose": {"slope": "common"}}}
    assert "first_values_unseen" not in found(seen, table())


def test_short_panels_and_few_clusters_are_named():
    frame = table()
    short = found(DYNAMIC | {"treatments": ["dose"]}, frame[frame["year"] < 2013])
    assert "years a cluster" in short["short_past"].what
    assert "short_past" not in found(DYNAMIC, frame)
    many = found(DYNAMIC | {"controls": ["money"]}, frame)["many_given"]
    assert "the effects of 5 clusters are given 4 numbers of each" in many.what


def test_clusters_with_gaps_are_named_where_scenarios_lose_their_past():
    frame = table()
    assert found(DYNAMIC, frame)["broken_past"].what == "the years of B have gaps"
    whole = frame[frame[PLAIN["data"]["panel"]["cluster"]] != "B"]
    assert "broken_past" not in found(DYNAMIC, whole)


def test_rows_without_a_past_are_no_fault_of_the_data():
    said = [f for f in cm.check(cm.read_spec(DYNAMIC), table()) if f.check == "rows_lost"]
    of_past = next(f for f in said if "no y 1 year before" in f.what)
    assert of_past.severity == "note"
    assert "each cluster's first years" in of_past.what_to_do


def test_the_past_is_said_in_words_and_in_the_equation():
    told = cm.explain(cm.read_spec(DYNAMIC), table())
    assert any("y depends on itself 1 year back: y[i,t-1]." in line for line in told.words)
    assert any("given its first y, and its later means" in line for line in told.words)
    assert any(line.strip().startswith("+ rho · (y[i,t-1] ") for line in told.equation)
    assert any("cluster_initial · first[i]" in line for line in told.equation)
    assert {"dynamics.lags: 1", "dynamics.initial: wooldridge"} <= {*told.defaults}
    words = {entry.name: entry.words for entry in told.priors}
    assert "the clusters' first y" in words["cluster_initial[y]"]


def test_what_explains_itself_is_sent_to_the_dynamics():
    document = DYNAMIC | {"controls": {"past": {"column": "y", "lag": 1}}}
    del document["dynamics"]
    assert "dynamics: {lags: 1}" in found(document, table())["lagged_outcome"].what_to_do
