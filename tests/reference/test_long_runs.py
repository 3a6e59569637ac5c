"""The latent Gaussian engine gives what long runs of NUTS gave, and those runs were good.

Some cases, at the number of draws that a document gets where it asks for none; all of them, with
many more draws, are in ``tests/recovery``.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.reference.accuracy import ALLOWED, ERRORS, Comparison, compare, differences, stored
from tests.reference.long_runs import CASES, STORED

DRAWS = 4000
# Of what NUTS gave for any quantity; without it, errors of its own would hide the engine's.
LEAST_ESS = 10_000


@pytest.mark.parametrize(
    "name", ["ai_negative_binomial", "ai_bernoulli", "zones_gaussian", "capital_pooled"]
)
def test_the_engine_agrees_with_a_long_run(name, tmp_path):
    found = compare(name, DRAWS, tmp_path)
    assert len(found.table) == 4 * len(stored(name)["quantities"])
    beyond = found.beyond()
    assert beyond.empty, beyond.to_string()
    assert found.pareto_k < 0.7
    assert found.effective > DRAWS / 2


def test_every_case_has_a_long_run():
    assert {path.stem for path in STORED.glob("*.json")} == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_the_long_run_was_good(name):
    long = stored(name)
    about, rows = long["about"], long["quantities"].values()
    assert about["divergences"] == 0
    assert about["largest_rhat"] == pytest.approx(max(row["rhat"] for row in rows))
    assert about["least_ess"] == pytest.approx(min(row["ess"] for row in rows))
    assert about["largest_rhat"] < 1.01
    assert about["least_ess"] > LEAST_ESS
    for row in rows:
        assert row["low"] < row["mean"] < row["high"]
        # bulk sizes are of ranks; what long tails do to the mean is seen here
        assert 0 < ERRORS * row["mean_error"] < ALLOWED["mean"] * row["sd"]


def normal_run(seed=0, mean=0.0, sd=1.0, size=DRAWS):
    """Compare independent draws with an endless run of a standard normal posterior."""
    points = {"low": stats.norm.ppf(0.025), "high": stats.norm.ppf(0.975)}
    nuts = {"mean": 0.0, "sd": 1.0} | points
    nuts |= {f"{statistic}_error": 0.0 for statistic in nuts}
    draws = np.random.default_rng(seed).normal(mean, sd, size)
    rows = [("x", name, *numbers) for name, numbers in differences(draws, size, nuts).items()]
    columns = ["quantity", "statistic", "apart", "error", "nuts_error"]
    return Comparison(pd.DataFrame(rows, columns=columns), 0.0, size, size, np.inf, 0.0)


@pytest.mark.parametrize(
    ("wrong", "statistic"), [({"mean": 0.2}, "mean"), ({"sd": 0.8}, "sd"), ({"sd": 1.25}, "low")]
)
def test_a_wrong_posterior_is_told(wrong, statistic):
    assert normal_run().beyond().empty
    assert normal_run().beyond(allowed=False).empty
    for seed in range(20):
        assert statistic in {*normal_run(seed, **wrong).beyond()["statistic"]}
    slight = normal_run(mean=0.02, size=200_000)
    assert slight.beyond().empty
    assert "mean" in {*slight.beyond(allowed=False)["statistic"]}


def test_errors_are_those_of_independent_draws():
    """Differences from the truth are, in their own errors, half normal."""
    runs = pd.concat([normal_run(seed).table for seed in range(300)])
    square = ((runs["apart"] / runs["error"]) ** 2).groupby(runs["statistic"]).mean()
    assert square["mean"] == pytest.approx(1, abs=5 * np.sqrt(2 / 300))
    assert square["sd"] == pytest.approx(1, abs=5 * np.sqrt(2 / 300))
    # their density is itself estimated, from few draws
    assert square["low"] == pytest.approx(1, abs=0.45)
    assert square["high"] == pytest.approx(1, abs=0.45)
