"""Where the nodes of a network and their labels go on the page, the same every time."""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.int64]

# How a tie's length falls with its weight: weak enough that the strongest pair is not one point.
_SHORTER = 0.25
# A component that no tie reaches is put somewhat farther than any that one does.
_APART = 1.15
# How much of a coordinate is its rank, which loosens the centre of a hub and its spokes.
_RANK = 0.45
# From each side and each corner of a node: what a label reads best at comes first.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))


def strongest(
    size: int, source: Codes, target: Codes, weight: Values, most: int
) -> NDArray[np.intp]:
    """Pick at most so many ties, those without which fewer nodes would be linked first.

    Returns
    -------
    The positions of the ties that stay, weakest first.
    """
    order = np.argsort(-weight, kind="stable")
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(size))
    for tie in order.tolist():
        graph.add_edge(int(source[tie]), int(target[tie]), weight=float(weight[tie]), tie=tie)
    links = nx.maximum_spanning_edges(graph, data=True)
    needed = sorted((part["tie"] for _, _, part in links), key=lambda tie: (-weight[tie], tie))
    kept = list(dict.fromkeys([*needed, *order.tolist()]))[: max(most, len(needed))]
    return np.array(sorted(kept, key=lambda tie: (weight[tie], -tie)), dtype=np.intp)


def arrange(
    size: int, source: Codes, target: Codes, weight: Values, reach: Values, box: tuple[float, float]
) -> Values:
    """Lay out a network in a box, (node, 2): strongly tied nodes near each other, none on another.

    Parameters
    ----------
    reach
        Half of the width and of the height that each node wants for itself, (node, 2).
    box
        Width and height; ``reach`` and the positions are in the same unit.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(size))
    top = weight.max(initial=0.0)
    for tie in range(len(weight)):
        length = float((weight[tie] / top) ** -_SHORTER)
        graph.add_edge(int(source[tie]), int(target[tie]), length=length)
    tied = [node for node in graph if graph.degree(node)]
    alone = [node for node in graph if not graph.degree(node)]
    places = np.zeros((size, 2))
    per_row = max(int(box[0] // 1.1), 1)
    rows = -(-len(alone) // per_row)
    floor = min(0.4 * rows, box[1]) if tied else box[1]
    if tied:
        found = _kamada_kawai(graph.subgraph(tied), reach[tied].prod(axis=1))
        places[tied] = found * (box[0], box[1] - floor) + (0.0, floor)
    for number, node in enumerate(alone):
        across = min(per_row, len(alone) - number // per_row * per_row)
        places[node] = (
            box[0] * (number % per_row + 0.5) / across,
            floor * (number // per_row + 0.5) / rows,
        )
    return _loosened(places, reach, box)


def _kamada_kawai(graph: nx.Graph[int], room: Values) -> Values:
    """Give each node of a graph a place in the unit square, sparser where more room is wanted."""
    nodes = sorted(graph)
    far: dict[int, dict[int, float]] = dict(
        nx.all_pairs_dijkstra_path_length(graph, weight="length")
    )
    most = max(length for lengths in far.values() for length in lengths.values())
    full = {one: {other: far[one].get(other, most * _APART) for other in nodes} for one in nodes}
    found = nx.kamada_kawai_layout(graph, dist=full)
    places = np.array([found[node] for node in nodes])
    # the eye reads along the page: the longer way of the cloud lies flat
    turned = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(turned.T @ turned)
    turned = turned @ axes[:, ::-1]
    turned *= np.where(turned[np.abs(turned).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    width = np.ptp(turned, axis=0)
    even = np.where(width > 0, (turned - turned.min(axis=0)) / np.where(width > 0, width, 1), 0.5)
    if len(nodes) > 2:
        order = even.argsort(axis=0, kind="stable")
        wanted = room[order].cumsum(axis=0) - room[order] / 2
        wanted = (wanted - wanted[0]) / (wanted[-1] - wanted[0])
        rank = np.empty_like(even)
        np.put_along_axis(rank, order, wanted, axis=0)
        even = (1 - _RANK) * even + _RANK * np.where(width > 0, rank, 0.5)
    return np.asarray(even, dtype=np.float64)


def _loosened(places: Values, reach: Values, box: tuple[float, float]) -> Values:
    """Push nodes apart until none is within another's reach, as far as the box allows."""
    want = reach[:, None, :] + reach[None, :, :]
    low = np.minimum(reach, np.array(box) / 2)
    high = np.array(box) - low
    moved = np.clip(places, low, high)
    # no two nodes push each other along the same line for ever
    angle = np.arange(len(places)) * 2.4
    moved = moved + 1e-3 * np.column_stack([np.cos(angle), np.sin(angle)])
    for _ in range(400):
        gap = moved[:, None, :] - moved[None, :, :]
        near = np.sqrt(((gap / want) ** 2).sum(axis=2))
        np.fill_diagonal(near, np.inf)
        push = np.clip(1 - near, 0, None)
        if not push.any():
            break
        away = gap / np.maximum(near, 1e-6)[:, :, None]
        step = 0.25 * (away * push[:, :, None]).sum(axis=1)
        moved = np.clip(moved + np.clip(step, -0.1, 0.1), low, high)
    return moved


def place_labels(
    nodes: Values, radius: Values, labels: Codes, extent: Values, box: tuple[float, float]
) -> Values:
    """Give the centre of each label, (label, 2), clear of nodes and of each other if at all.

    Parameters
    ----------
    nodes, radius
        Where all nodes are, (node, 2), and how large.
    labels
        The nodes that have a label, the most important first.
    extent
        Width and height of each label, (label, 2).
    """
    radius_of, half = radius[labels], extent / 2
    choices = np.stack(
        [
            nodes[labels] + _beside(side, radius_of + gap, half)
            for gap in (0.045, 0.09, 0.16, 0.26)
            for side in _SIDES
        ]
    )  # (choice, label, 2)
    near = np.arange(len(choices))[:, None] * 0.0006
    outside = np.clip(half - choices, 0, None) + np.clip(choices + half - np.array(box), 0, None)
    cost = near + 50 * outside.sum(axis=2)
    for node, (place, size) in enumerate(zip(nodes, radius, strict=True)):
        over = _overlap(choices - place, half + size * 0.85)
        cost += np.where(labels == node, 0.0, 2.0) * over
    picked = cost.argmin(axis=0)
    every = np.arange(len(labels))
    for _ in range(6):
        before = picked.copy()
        for one in every:
            others = every != one
            there = choices[picked, every][others]
            over = _overlap(choices[:, one, None, :] - there, half[one] + half[others] + 0.01)
            picked[one] = int((cost[:, one] + 4 * over.sum(axis=1)).argmin())
        if (picked == before).all():
            break
    return np.asarray(choices[picked, every], dtype=np.float64)


def _beside(side: tuple[int, int], away: Values, half: Values) -> Values:
    slant = 0.75 if all(side) else 1.0
    return np.column_stack([side[axis] * (away * slant + half[:, axis]) for axis in (0, 1)])


def _overlap(apart: Values, reach: Values) -> Values:
    """Give the area that two boxes share, by how far apart their centres are."""
    shared = np.clip(reach - np.abs(apart), 0, None)
    return np.asarray(shared[..., 0] * shared[..., 1], dtype=np.float64)
