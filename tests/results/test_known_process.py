"""A counterfactual of everything at once, against a simulation of the process that is known.

Counts that feed on their past, a stock that wears off, its effect bent by how many partners a
region has in the last two years' network, and a scenario that adds doses and rewires the ties.
"""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.designs import made_fit

REGIONS = [f"r{number}" for number in range(8)]
YEARS = range(2010, 2020)
KEPT, PATHS = 0.8, 40_000
TRUTH = {"intercept": 1.0, "rho": 0.4, "grants": 0.15, "partners": 0.1, "grants_x_partners": -0.05}
NEW_TIES = [["r0", "r5", 2], ["r1", "r5", 1], ["r2", "r5", 1], ["r3", "r4", 3], ["r6", "r7", 1]]
PARTNERS = {"kind": "network", "measure": "degree", "lag": 1, "window": 2}
GRANTED = {
    "add": {"grants": 2},
    "years": {"from": 2014, "to": 2016},
    "where": {"region": {"is": ["r1", "r5"]}},
}
DOCUMENT = {
    "data": {
        "panel": {"cluster": "region", "year": "year"},
        "ties": {"source": "a", "target": "b", "year": "year", "weight": "w"},
    },
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": {
        "grants": {"kind": "stock", "depreciation": 1 - KEPT, "initial": 0, "slope": "common"}
    },
    "moderators": {"partners": PARTNERS},
    "fixed_effects": {},
    "dynamics": {"initial": "ignore", "accept_bias": True},
    "scenarios": {"all": [GRANTED, {"rewire": {"edges": NEW_TIES}, "years": {"from": 2013}}]},
}


def world():
    rng = np.random.default_rng(11)
    rows = pd.DataFrame(
        [(region, year) for region in REGIONS for year in YEARS], columns=["region", "year"]
    )
    rows["grants"] = rng.poisson(1.0, len(rows)).astype(float)
    rows["patents"] = rng.poisson(4.0, len(rows))
    ties = pd.DataFrame(
        [
            (*rng.choice(REGIONS, 2, replace=False), year, int(rng.integers(1, 4)))
            for year in YEARS
            for _ in range(9)
        ],
        columns=["a", "b", "year", "w"],
    )
    return rows, ties


def partners(ties, year):
    """Count each region's partners in the network of a year and the one before, by networkx."""
    here = ties[(ties["year"] == year) | (ties["year"] == year - 1)]
    graph = nx.from_pandas_edgelist(here, "a", "b")
    graph.add_nodes_from(REGIONS)
    return dict(graph.degree())


def simulated(fit, rows, ties, rng):
    """Draw the known process forward from each region's first outcome, by (region, year)."""
    centre = {name: fit.learned.scales[name].centre for name in TRUTH if name in fit.learned.scales}
    dose = rows.set_index(["region", "year"])["grants"].to_dict()
    first = rows.set_index(["region", "year"])["patents"].to_dict()
    stock, y, told = {}, {}, {}
    for region in REGIONS:
        held = 0.0
        for year in YEARS:
            held = KEPT * held + dose[region, year]
            stock[region, year] = held
        y[region] = np.full(PATHS, float(first[region, 2011]))
    for year in range(2012, 2020):
        degree = partners(ties, year - 1)
        for region in REGIONS:
            grants = stock[region, year] - centre["grants"]
            z = degree[region] - centre["partners"]
            eta = (
                TRUTH["intercept"]
                + TRUTH["rho"] * (np.log1p(y[region]) - centre["rho"])
                + TRUTH["grants"] * grants
                + TRUTH["partners"] * z
                + TRUTH["grants_x_partners"] * grants * z
            )
            told[region, year] = np.exp(eta).mean()
            y[region] = rng.poisson(np.exp(eta))
    return told


def edited(rows, ties):
    hit = rows["year"].between(2014, 2016) & rows["region"].isin(["r1", "r5"])
    new = pd.DataFrame(
        [(a, b, year, w) for a, b, w in NEW_TIES for year in YEARS if year >= 2013],
        columns=["a", "b", "year", "w"],
    )
    return (
        rows.assign(grants=rows["grants"] + 2 * hit),
        pd.concat([ties[ties["year"] < 2013], new]),
    )


@pytest.mark.parametrize("scenario", [None, "all"])
def test_a_scenario_is_the_process_with_other_doses_and_other_ties(scenario):
    rows, ties = world()
    fit = made_fit(DOCUMENT, cm.Tables(rows, ties=ties), around=TRUTH, noise=0, chains=4, draws=500)
    found = cm.predict(fit, scenario).mean(("chain", "draw"))
    places = [*zip(found["cluster"].to_numpy(), found["year"].to_numpy(), strict=True)]
    world_of = (rows, ties) if scenario is None else edited(rows, ties)
    told = simulated(fit, *world_of, np.random.default_rng(3))
    assert {*places} == {*told}
    wanted = np.array([told[place] for place in places])
    # 16,000 paths of ours and 40,000 by hand
    np.testing.assert_allclose(found.to_numpy(), wanted, rtol=0.02)
    assert found.to_numpy().mean() == pytest.approx(wanted.mean(), rel=0.004)


def test_the_scenario_moves_what_it_edits_and_years_after():
    rows, ties = world()
    fit = made_fit(DOCUMENT, cm.Tables(rows, ties=ties), around=TRUTH, noise=0, draws=50)
    change = (cm.predict(fit, "all") - cm.predict(fit)).mean(("chain", "draw"))
    early = change["year"].to_numpy() <= 2013
    assert (change.to_numpy()[early] == 0).all()  # ties of 2013 are read a year later
    assert (change.to_numpy()[~early] != 0).any()
