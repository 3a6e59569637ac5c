"""A sound panel for a document, and one change at a time that spoils it."""

import numpy as np
import pandas as pd

import clustermodels as cm

DOCUMENT = {
    "data": {"panel": {"cluster": "city", "year": "year"}},
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": {"policies": {"slope": "common"}},
    "moderators": ["centrality"],
    "controls": ["gdp"],
}
CLUSTERS, YEARS = 12, 8


def sound(seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = CLUSTERS * YEARS
    return pd.DataFrame(
        {
            "city": np.repeat([f"c{i:02d}" for i in range(CLUSTERS)], YEARS),
            "year": np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS),
            "patents": 1 + rng.poisson(4, size),
            "policies": rng.poisson(1.5, size),
            "centrality": rng.normal(4, 1, size),
            "gdp": rng.normal(10, 2, size),
        }
    )


def document(**changes) -> dict:
    return DOCUMENT | changes


def found(table: pd.DataFrame, **changes) -> dict[str, cm.Finding]:
    """Give the findings of a check, by their names; no name twice."""
    listed = cm.check(cm.read_spec(document(**changes)), table)
    named = {finding.check: finding for finding in listed}
    assert len(named) == len(listed), listed
    return named
