"""Measures of how near a node is to the others: closeness in three variants."""

from __future__ import annotations

import numpy as np

from clustermodels.network.measures import Measure, Options
from clustermodels.network.network import Values
from clustermodels.network.snapshot import Snapshot

PATHS = frozenset({"weighted", "exponent", "normalise"})


def freeman(snapshot: Snapshot, options: Options) -> Values:
    """Take (n_c - 1) / sum of distances within the largest component; not normalised, 1 / sum."""
    values = np.full(len(snapshot.nodes), np.nan)
    giant = snapshot.giant
    if giant.any():
        total = snapshot.distances(options.lengths)[np.ix_(giant, giant)].sum(axis=1)
        values[giant] = (giant.sum() - 1 if options.normalise else 1) / total
    return values


def wasserman_faust(snapshot: Snapshot, options: Options) -> Values:
    """Take [(n_c - 1) / (n - 1)] (n_c - 1) / sum of distances within a node's own component.

    Not normalised, it is divided by n - 1, so that a connected graph has 1 / sum, as in Freeman's.
    """
    far = snapshot.distances(options.lengths)
    reached = np.isfinite(far)
    others = reached.sum(axis=1) - 1.0
    total = np.where(reached, far, 0.0).sum(axis=1)
    near = others**2 / np.where(others > 0, total, 1.0)
    n = len(snapshot.nodes)
    return near / max(n - 1, 1) ** (1 if options.normalise else 2)


def harmonic(snapshot: Snapshot, options: Options) -> Values:
    """Take the sum of 1 / distance over all other nodes, 0 for those out of reach.

    Normalised, it is divided by n - 1.
    """
    near = snapshot.distances(options.lengths).copy()
    np.fill_diagonal(near, np.inf)
    n = len(snapshot.nodes)
    return (1 / near).sum(axis=1) / (max(n - 1, 1) if options.normalise else 1)


_VARIANTS = {"wasserman_faust": wasserman_faust, "freeman": freeman, "harmonic": harmonic}


def _closeness(snapshot: Snapshot, options: Options) -> Values:
    return _VARIANTS[options.variant](snapshot, options)


CLOSENESS = Measure(
    "closeness",
    _closeness,
    PATHS | {"variant"},
    "closeness: the inverse of the mean distance to the others that can be reached",
    "outside the largest component",
)
HARMONIC = Measure(
    "harmonic",
    harmonic,
    PATHS,
    "harmonic closeness: the mean of 1 / distance to all others, 0 for those out of reach",
)
