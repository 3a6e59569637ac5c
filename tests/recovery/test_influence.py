"""Weights against a sampler that fits again: counts, slopes and bends that vary by cluster."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm

CLUSTERS, YEARS = 24, 10
STRONG = "city 05"


def panel(seed=8):
    """One city has the widest policy, and there it does four times as much."""
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(CLUSTERS), YEARS)
    city = np.array([f"city {number:02d}" for number in code])
    dose = rng.normal(size=len(code)) * np.where(city == STRONG, 1.5, 1.0)
    centrality = rng.normal(size=len(code))
    slope = np.where(city == STRONG, 0.8, 0.2) + 0.1 * centrality
    eta = 2 + rng.normal(0, 0.5, CLUSTERS)[code] + slope * dose + 0.1 * centrality
    size = 5.0
    year = np.tile(np.arange(2000, 2000 + YEARS), CLUSTERS)
    y = rng.negative_binomial(size, size / (size + np.exp(eta)))
    columns = {"city": city, "year": year, "patents": y, "dose": dose, "centrality": centrality}
    return pd.DataFrame(columns)


@pytest.mark.parametrize("slope", ["common", "partial"])
def test_weights_are_what_nuts_finds_without_the_cluster(slope):
    """4000 draws each: medians err by 0.03 posterior sds or so, in both.

    Where k is between 0.5 and 0.7, weights of so many draws still err by up to 0.2.
    """
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"patents": {"family": "negative_binomial"}},
        "treatments": {"dose": {"slope": slope, "lag": 0}},
        "moderators": ["centrality"],
        "engine": {"kind": "nuts", "draws": 1000, "tune": 1000, "chains": 4, "seed": 1},
    }
    fit = cm.fit(cm.read_spec(document), panel())
    weights, again = (
        cm.influence(fit, refit=how).to_dataframe().set_index(["term", "without"])
        for how in ("never", "always")
    )
    trusted = weights[~(weights["pareto_k"] > 0.5)]
    assert len(trusted) >= 0.75 * len(weights)
    fair = weights[(weights["pareto_k"] > 0.5) & (weights["pareto_k"] <= 0.7)]
    for place, row in fair.iterrows():
        assert row["shift"] == pytest.approx(again.loc[place]["shift"], abs=0.25), place
    for place, row in trusted.iterrows():
        other = again.loc[place]
        assert row["shift"] == pytest.approx(other["shift"], abs=0.15), place
        widths = [one["eti95_upper"] - one["eti95_lower"] for one in (row, other)]
        assert widths[0] == pytest.approx(widths[1], rel=0.12), place
    if slope == "common":
        largest = again.loc["dose"]["shift"].abs().idxmax()
        assert largest == STRONG
