"""A small world of regions, records and ties, and documents about it."""

import copy

import numpy as np
import pandas as pd

import clustermodels as cm

CITIES = [f"c{i}" for i in range(8)]
YEARS = range(2010, 2016)

PANEL = {
    "data": {
        "panel": {"cluster": "city", "year": "year"},
        "ties": {"source": "a", "target": "b", "year": "year", "weight": "w"},
    },
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": {"policies": {"slope": "common"}},
}
RECORDS = {
    "data": {
        "records": {
            "unit": "project",
            "region": "city",
            "year": "year",
            "organisation": "org",
            "count": {
                "patents": {"distinct": "unit", "where": {"topic": {"is": "AI"}}},
                "policies": {"rows": True},
            },
        },
        "ties": {"from": "records"},
    },
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": {"policies": {"slope": "common"}},
}


def changed(document, **sections):
    """Give a document with sections replaced; those of ``data`` are merged."""
    made = copy.deepcopy(document)
    made["data"] |= sections.pop("data", {})
    return cm.read_spec(made | sections)


def position(**settings):
    return {"where": {"kind": "network", "measure": "degree", **settings}}


def panel_table(seed=0):
    rng = np.random.default_rng(seed)
    size = len(CITIES) * len(YEARS)
    return pd.DataFrame(
        {
            "city": np.repeat(CITIES, len(YEARS)),
            "year": np.tile(YEARS, len(CITIES)),
            "patents": rng.poisson(5, size),
            "all": rng.poisson(30, size) + 10,
            "policies": rng.poisson(2, size),
        }
    )


def tie_table(rows):
    return pd.DataFrame(rows, columns=["a", "b", "year", "w"])


def ring():
    """Each city but the last works with the next, in every year; c7 with nobody."""
    pairs = [(CITIES[i], CITIES[(i + 1) % 7]) for i in range(7)]
    return tie_table([(a, b, year, 2) for a, b in pairs for year in YEARS])


def record_table():
    """Two projects a year of three cities each, one about AI; c3 and c4 only beside it."""
    rows = []
    for year in YEARS:
        for project, topic, cities in (("p", "AI", ["c0", "c1", "c2"]), ("q", "bio", ["c2", "c3"])):
            rows += [(f"{project}{year}", city, year, f"{city} org", topic) for city in cities]
        rows.append((f"q{year}", "c3", year, "c3 second org", "bio"))
    return pd.DataFrame(rows, columns=["project", "city", "year", "org", "topic"])
