"""Policies that follow past outcomes are found, and others are not."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.preview.follows import _z
from tests.data.test_feedback import COMMON, world

PLAIN = {k: v for k, v in COMMON.items() if k != "dynamics"}


def asked(document, frame):
    found = cm.check(cm.read_spec(document), frame)
    return [finding for finding in found if finding.check == "follows_outcome"]


def counted(frame):
    rate = np.exp(2 + 0.4 * frame["y"].clip(-4, 4))
    return frame.assign(y=np.random.default_rng(1).poisson(rate).astype(float))


def test_a_policy_that_follows_outcomes_is_found_and_the_way_out_is_said():
    frame = world(60, 10)
    (found,) = asked(PLAIN | {"dynamics": {}}, frame)
    assert "dose a year later goes with y of this year" in found.what
    assert "predetermined: [dose]" in found.what_to_do
    assert asked(COMMON, frame) == []
    assert asked(PLAIN, frame) == [], "without a past the model speaks of none"
    counts = PLAIN | {"outcomes": {"y": {"family": "poisson"}}, "dynamics": {}}
    (found,) = asked(counts, counted(world(150, 10)))
    assert "Compare a gaussian outcome" in found.what_to_do


def test_one_that_does_not_is_not():
    frame, rng = world(60, 10), np.random.default_rng(2)
    frame = frame.assign(dose=rng.normal(size=len(frame)))
    assert asked(PLAIN | {"dynamics": {}}, frame) == []
    assert asked(PLAIN | {"dynamics": {}}, world(8, 10)) == [], "too few clusters to tell"


@pytest.mark.parametrize("groups", [12, 40])
def test_the_z_value_is_the_sandwichs(groups):
    rng = np.random.default_rng(groups)
    cluster = np.repeat(np.arange(groups), 5)
    x = rng.normal(size=(5 * groups, 2)) + rng.normal(size=groups)[cluster, None]
    y = x @ [0.3, 1.0] + rng.normal(size=groups)[cluster] + rng.normal(size=5 * groups)
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    inverse = np.linalg.inv(x.T @ x)
    scores = pd.DataFrame(x * (y - x @ beta)[:, None]).groupby(cluster).sum().to_numpy()
    sandwich = inverse @ scores.T @ scores @ inverse * groups / (groups - 1)
    np.testing.assert_allclose(_z(y, x, cluster), beta[0] / np.sqrt(sandwich[0, 0]))
    assert _z(y, np.column_stack([x[:, 0], x[:, 0]]), cluster) == 0
