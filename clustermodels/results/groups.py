"""What an answer is averaged over: all rows, clusters, years, columns and their bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustermodels.data.panel import Positions
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.places import Place

Bins = int | Sequence[float] | None
By = str | Sequence[str] | Mapping[str, Bins] | None
OVERALL = "overall"
# What rows beyond all edges are called, and those without a value.
OUTSIDE = "outside"
Labels = dict[str, NDArray[np.object_]]


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows an answer is averaged over.

    Parameters
    ----------
    codes
        The group of each row, (obs,), over all places.
    labels
        What groups are called, (group,) by name.
    size
        How many rows each has, (group,).
    """

    codes: Positions
    labels: Labels
    size: Positions


def grouped(fit: Fit, places: Sequence[Place], by: By) -> Groups | None:
    """Give the groups of the rows of all places; None where each row is its own.

    Parameters
    ----------
    by
        None: every row; ``overall``: all rows; ``cluster``, ``year``, a column, several of them;
        or columns with bins: how many with as many rows each, or their edges.

    Raises
    ------
    PanelError
        If there is no such column.
    FitError
        If a column of text is to be cut into bins.
    """
    if by is None or not places:
        return None
    size = sum(len(place.panel.used) for place in places)
    if by == OVERALL:
        return Groups(np.zeros(size, dtype=np.int64), {}, np.array([size]))
    names = [by] if isinstance(by, str) else [*by]
    bins = dict(by) if isinstance(by, Mapping) else {}
    parts = {
        name: _coded(name, np.concatenate([p.column(fit, name) for p in places]), bins.get(name))
        for name in names
    }
    shape = [len(levels) for _, levels in parts.values()]
    whole = np.ravel_multi_index([codes for codes, _ in parts.values()], shape)
    found, codes = np.unique(whole, return_inverse=True)
    at = np.unravel_index(found, shape)
    labels = {
        name: levels[spots] for (name, (_, levels)), spots in zip(parts.items(), at, strict=True)
    }
    return Groups(codes.astype(np.int64), labels, np.bincount(codes))


def _coded(
    name: str, values: NDArray[np.generic], bins: Bins
) -> tuple[Positions, NDArray[np.object_]]:
    """Give the level of each row, and the levels in order; the last is of rows without one."""
    if bins is None:
        missing = pd.isna(values)
        levels, codes = np.unique(values[~missing], return_inverse=True)
    else:
        if values.dtype.kind not in "fi":
            raise FitError(f"'{name}' has no bins because it holds text. Name it without them.")
        numbers = values.astype(np.float64)
        seen = numbers[np.isfinite(numbers)]
        if isinstance(bins, int):
            edges = np.unique(np.quantile(seen, np.linspace(0, 1, bins + 1)))
        else:
            edges = np.unique(np.asarray(bins, dtype=np.float64))
        # as in a moderator's bins, a value on an edge is of the bin above, but for the last
        cells = np.asarray(np.searchsorted(edges, numbers, side="right"))
        cells = np.where(numbers == edges[-1], len(edges) - 1, cells)
        missing = ~np.isfinite(numbers) | (cells == 0) | (cells == len(edges))
        if missing.all():
            raise FitError(
                f"no group of '{name}' has a row because none lies within {edges[0]:g} to "
                f"{edges[-1]:g}. Give edges among its values, {seen.min():g} to {seen.max():g}."
            )
        named = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
        levels, codes = np.array(named, dtype=object), cells[~missing] - 1
    every = np.full(len(values), len(levels), dtype=np.int64)
    every[~missing] = codes
    shown = np.empty(len(levels) + 1, dtype=object)
    shown[:-1], shown[-1] = levels, "" if bins is None else OUTSIDE
    return every, shown
