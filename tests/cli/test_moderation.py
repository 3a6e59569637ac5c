"""What commands on moderation print, against the verbs of their names."""

import csv
import io
import json

import numpy as np
import pytest

import clustermodels as cm
from tests.results.sampled_world import world


@pytest.fixture(scope="module")
def found(tiny_fit):
    return cm.test_moderation(tiny_fit)


def test_a_test_of_moderation_for_readers(run, found, project):
    code, out, _ = run("test-moderation", "run.nc", "--picture", "bend.svg")
    assert code == 0
    for heading in (
        "Where the policy varies, along the moderator",
        "The effect of a doubling of 1 + policies along the moderator (ratio)",
        "How far each form leaves the line that fits it best, on the link's scale",
        "Which form predicts a row better that is left out",
    ):
        assert heading in out
    assert " ".join(found.verdict.split()) in " ".join(out.split())
    assert "wrote bend.svg" in out
    assert "<svg" in (project / "bend.svg").read_text("utf-8")
    # each bin once, as its effect is one number
    effects = found.curves.sel(form="bins")["median"].to_numpy()
    assert sum(line.split()[:1] == ["bins"] for line in out.splitlines()) == (
        len({*effects.tolist()}) + 2  # and once in each of two other tables
    )


def test_a_test_of_moderation_for_programs(run, found):
    _, out, _ = run("test-moderation", "run.nc", "--format", "csv")
    rows = [*csv.DictReader(io.StringIO(out))]
    assert len(rows) == found.curves["median"].size
    wanted = found.curves["median"].to_numpy().ravel()
    np.testing.assert_allclose([float(row["median"]) for row in rows], wanted, rtol=1e-9)
    _, out, _ = run("test-moderation", "run.nc", "--format", "json")
    told = json.loads(out)
    assert told["verdict"] == found.verdict
    assert told["region"] == [[*each] for each in found.region]
    assert [row["form"] for row in told["departures"]] == ["bins", "spline"]
    assert [row["supported"] for row in told["support"]] == found.support["supported"].data.tolist()
    assert [row["model"] for row in told["models"]] == found.models["model"].data.tolist()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--forms", "binz"), "no form binz. Choose among: linear"),
        (("--moderator", "gdp"), "'gdp' moderates no treatment"),
        (("--treatment", "law"), "'centrality' does not bend it"),
    ],
)
def test_what_cannot_be_tested_is_refused(run, asked, said):
    code, out, error = run("test-moderation", "run.nc", *asked)
    assert code == 3
    assert said in error
    assert not out


def test_products_are_set_side_by_side(run, tiny_fit):
    code, out, _ = run("moderation-split", "run.nc")
    assert code == 0
    assert "Products of policies and centrality, on the coefficient's scale" in out
    _, out, _ = run("moderation-split", "run.nc", "--format", "csv")
    wanted = cm.moderation_split(tiny_fit)
    rows = [*csv.DictReader(io.StringIO(out))]
    assert [row["form"] for row in rows] == wanted["form"].to_numpy().tolist()
    np.testing.assert_allclose([float(row["sd"]) for row in rows], wanted["sd"], rtol=1e-9)


def test_what_sampled_ties_leave_is_told_with_its_finding(run, project):
    tables, _ = world(3, regions=12, years=6)
    document = {
        "data": {
            "panel": {"cluster": "city", "year": "year"},
            "ties": {"source": "a", "target": "b", "year": "year", "weight": "w"},
        },
        "outcomes": {"y": {"family": "gaussian"}},
        "treatments": {"d": {"slope": "common"}},
        "moderators": {
            "z": {"kind": "network", "measure": "strength", "lag": 0, "uncertain": "ties"}
        },
        "engine": {"kind": "latent_gaussian", "draws": 100, "chains": 2},
    }
    cm.save(cm.fit(cm.read_spec(document), tables), project / "ties.nc")
    code, out, _ = run("attenuation", "ties.nc")
    assert code == 0
    assert "d_x_z" in out
    assert "are counts with a sampling error" in " ".join(out.split())
    code, _, error = run("attenuation", "run.nc")
    assert code == 3
    assert "because no moderator has 'uncertain: ties'" in error
