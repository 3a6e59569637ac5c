"""A small world whose ties are edited: by a scenario, and by hand."""

import numpy as np
import pandas as pd

import clustermodels as cm
from clustermodels.data.scenarios import edited
from tests.data.worlds import CITIES, PANEL, changed, panel_table, position, tie_table

SEEN = range(2007, 2016)  # the years of the ties: some before the panel's
SCALE = {"scale": {"column": "all", "at_least": 0}}


def world_ties(seed=4):
    """Give random ties of the eight cities and of two that are no clusters, and some inside."""
    rng = np.random.default_rng(seed)
    nodes = [*CITIES, "Bern", "Oslo"]
    rows = [
        (a, b, year, int(rng.integers(1, 6)))
        for year in SEEN
        for spot, a in enumerate(nodes)
        for b in nodes[spot:]
        if rng.random() < 0.25 and "c7" not in (a, b)
    ]
    return tie_table(rows)


def panel_of(edits, ties=None, **sections):
    """Give a document with one scenario, its panel, and the panel that the scenario makes."""
    sections = {"moderators": position()} | sections
    spec = changed(PANEL, scenarios={"it": edits}, **sections)
    panel = cm.read_panel(
        spec, cm.Tables(panel_table(), ties=world_ties() if ties is None else ties)
    )
    return spec, panel, edited(spec, panel, "it")


def by_hand(rows):
    """Add up rows of ties by pair and year; what weighs nothing is none."""
    ends = np.sort(rows[["a", "b"]].to_numpy(), axis=1)
    rows = rows.assign(a=ends[:, 0], b=ends[:, 1])
    summed = rows.groupby(["a", "b", "year"], as_index=False)["w"].sum()
    return summed[summed["w"] > 0].reset_index(drop=True)


def ties_in(panel):
    network = panel.networks.ties
    names = np.array(network.nodes, dtype=object)
    frame = pd.DataFrame(
        {
            "a": names[network.source],
            "b": names[network.target],
            "year": network.year,
            "w": network.weight,
        }
    )
    return by_hand(frame)


def is_of(rows, one, other):
    return ((rows["a"] == one) & (rows["b"] == other)) | ((rows["a"] == other) & (rows["b"] == one))


def rows_of(pairs, years):
    return tie_table([(a, b, year, w) for a, b, w in pairs for year in years])


TWO = {
    "where": {"kind": "network", "measure": "closeness", "window": 2, "lag": 1},
    "work": {"kind": "network", "measure": "strength", "window": 3, "decay": 0.5, "lag": 1},
}
