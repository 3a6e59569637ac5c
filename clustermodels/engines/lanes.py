"""Points side by side, as the kernels take them.

A kernel works on L points at once, the lanes of a block: one innermost loop over numbers that stand
side by side costs little more than one number would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clustermodels.data.panel import Positions, Values

# Lanes of a block at most. More help no processor; arrays of rows x lanes leave its caches.
MOST = 32
# So many rows x lanes of the longest level at most, while there are at least so many lanes.
ROWS, FEWEST = 1_000_000, 8
# So many numbers at most of anything else that each lane has for itself.
HELD = 8_000_000


def together(points: int, longest: int, *numbers: int) -> int:
    """Give how many lanes a block has.

    Parameters
    ----------
    points
        How many points there are.
    longest
        The number of rows of the longest level.
    numbers
        How many numbers each lane has for itself, beside those of rows: of a matrix, of modes, of
        nodes.
    """
    lanes = max(FEWEST, min(MOST, ROWS // max(longest, 1)))
    return max(1, min(points, lanes, *(HELD // max(held, 1) for held in numbers)))


def filled(points: int) -> int:
    """Give with how many lanes so many points are quickest: registers hold 4 or 8 numbers."""
    if points < 3:
        return points
    return 4 if points <= 4 else 8 * -(-points // 8)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Points as B blocks of L lanes.

    Parameters
    ----------
    own, beta, precision
        (B, L), (B, q, L) and (B, k, k, L).
    place
        (B, L): which point stands where; the last one again where there are no more.
    """

    own: Values
    beta: Values
    precision: Values
    place: Positions


def blocks(own: Values, beta: Values, precision: Values, lanes: int, *, runs: bool) -> Blocks:
    """Put points side by side.

    Parameters
    ----------
    own, beta, precision
        Of T points: (T,), (T, q) and (T, k, k).
    lanes
        L.
    runs
        Whether a lane, through all blocks, holds points that follow each other; else a block does.
    """
    size = len(own)
    many = -(-size // lanes)
    flat = np.minimum(np.arange(many * lanes), size - 1)
    place = flat.reshape(lanes, many).T if runs else flat.reshape(many, lanes)
    return Blocks(
        np.ascontiguousarray(own[place]),
        np.ascontiguousarray(np.moveaxis(beta[place], 1, -1)),
        np.ascontiguousarray(np.moveaxis(precision[place], 1, -1)),
        place,
    )
