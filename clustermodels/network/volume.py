"""Measures of how many ties a node has, and of how much stays within the region."""

from __future__ import annotations

from typing import Any

import numpy as np
import rustworkx as rx

from clustermodels.network.measures import Measure, Options
from clustermodels.network.network import Values
from clustermodels.network.snapshot import Snapshot

NONE: frozenset[str] = frozenset()


def _degree(snapshot: Snapshot, options: Options) -> Values:
    return snapshot.degree.copy()


def _strength(snapshot: Snapshot, options: Options) -> Values:
    return snapshot.strength.copy()


def _intraregional(snapshot: Snapshot, options: Options) -> Values:
    return snapshot.internal.copy()


def _ei_index(snapshot: Snapshot, options: Options) -> Values:
    external, internal = snapshot.strength, snapshot.internal
    both = external + internal
    return (external - internal) / np.where(both > 0, both, np.nan)


def _core_number(snapshot: Snapshot, options: Options) -> Values:
    shells: Any = rx.core_number(snapshot.graph)  # a mapping from nodes, whatever its stub says
    return np.array([shells[node] for node in range(len(snapshot.nodes))], dtype=np.float64)


DEGREE = Measure("degree", _degree, NONE, "degree: the number of other regions tied to")
STRENGTH = Measure("strength", _strength, NONE, "strength: the weight of ties to other regions")
CORE_NUMBER = Measure(
    "core_number",
    _core_number,
    NONE,
    "core number: the largest k such that the node is among nodes with k ties to one another each",
)
INTRAREGIONAL = Measure(
    "intraregional", _intraregional, NONE, "the weight of ties within the region"
)
EI_INDEX = Measure(
    "ei_index",
    _ei_index,
    NONE,
    "E-I index: weight of ties to others less weight within, over both; 1 is all outwards",
    "for regions with no tie at all",
)
