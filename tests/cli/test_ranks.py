"""What 'ranks' prints: the numbers of the verb, a table a policy, and what they are."""

import csv
import io
import json

import numpy as np
import pytest

import clustermodels as cm
from tests.designs import PLAIN, made_fit, table

POOLED = {"fixed_effects": {"cluster": {"pooling": "partial"}}}


def test_programs_get_every_number_of_the_verb(run, tiny_fit):
    code, out, _ = run("ranks", "run.nc", "--format", "csv", "--top", "4")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    wanted = cm.rank_clusters(tiny_fit, top=4)
    assert [row["cluster"] for row in rows] == [*wanted["cluster"].to_numpy()]
    assert len(rows) == 12
    for name, values in wanted.data_vars.items():
        np.testing.assert_array_equal([float(row[name]) for row in rows], values)
    assert {(row["scale"], row["at"], row["top"], row["changes"]) for row in rows} == {
        ("ratio", "own", "4", "1")
    }
    told = json.loads(run("ranks", "run.nc", "--format", "json", "--top", "4")[1])
    assert [row["rank_mean"] for row in told] == [*wanted["rank_mean"].to_numpy()]


@pytest.mark.parametrize(
    ("at", "said"),
    [("own", "at each cluster's own means."), ("centre", "at their centres.")],
)
def test_readers_get_the_order_and_what_it_is(run, tiny_fit, at, said):
    code, out, _ = run("ranks", "run.nc", "--at", at)
    assert code == 0
    assert "Clusters by the effect of policies" in out
    assert f"Effects are for a doubling of 1 + policies, with moderators {said}" in out
    assert "P(top 3)" in out
    assert "not proof of cause" in out
    assert "effective sample size is" in out, "120 draws are too few, which is said"
    order = cm.rank_clusters(tiny_fit, at=at)["cluster"].to_numpy()
    places = [out.index(f" {city} ") for city in order]
    assert places == sorted(places)
    assert f"| {order[0]} |" in run("ranks", "run.nc", "--at", at, "--format", "markdown")[1]


def test_where_a_policy_stands_still_is_said(run, project):
    stuck = table().assign(dose=lambda f: np.where(f["city"].isin(["B", "E"]), 1.0, f["dose"]))
    both = {"dose": {"slope": "partial"}, "money": {"slope": "free"}}
    cm.save(made_fit(PLAIN | POOLED | {"treatments": both}, stuck), project / "other.nc")
    _, out, _ = run("ranks", "other.nc")
    assert out.index("by the effect of dose") < out.index("by the effect of money")
    assert "dose never changes in B, E" in out or "dose never changes in E, B" in out
    assert "money never changes" not in out
    assert "Effects are for one more dose." in out
    _, out, _ = run("ranks", "other.nc", "--treatment", "money")
    assert "by the effect of dose" not in out


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--treatment", "policy"), 3, "Did you mean 'policies'?"),
        (("--top", "12"), 3, "because 12 of 12 are no group at the top"),
        (("--at", "median"), 2, "own"),
    ],
)
def test_what_cannot_be_ranked_is_said(run, asked, code, said):
    ended, out, err = run("ranks", "run.nc", *asked)
    assert ended == code
    assert said in err
    assert "Traceback" not in out + err
