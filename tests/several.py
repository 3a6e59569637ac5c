"""The tiny panel with a second outcome, and a document of both."""

import numpy as np

from tests.tiny import TINY, tiny_table

QUICK = {"kind": "latent_gaussian", "draws": 40, "chains": 2, "seed": 3}
FAMILIES = {"patents": {"family": "negative_binomial"}, "papers": {"family": "gaussian"}}
TWO = TINY | {"outcomes": FAMILIES, "engine": QUICK}


def alone(outcome):
    """Give the document of one outcome."""
    return TWO | {"outcomes": {outcome: FAMILIES[outcome]}}


def two_table():
    """Give the tiny panel, with papers of which some are missing."""
    table, rng = tiny_table(), np.random.default_rng(5)
    table["papers"] = 0.1 * table["gdp"] + rng.normal(3, 1, len(table))
    table.loc[[3, 10], "papers"] = np.nan
    return table
