"""Which columns of the panel an item reads, at which lag, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["number", "label", "either"]


@dataclass(frozen=True)
class Read:
    """One column that an item reads.

    Parameters
    ----------
    column
        The panel's column.
    lag
        Years back, by year value.
    role
        ``number``, ``label`` (text as it is written), or ``either``, as the data decide.
    may_be_empty
        True where an empty cell has a meaning (a cluster that never adopts), so no row is lost.
    """

    column: str
    lag: int = 0
    role: Role = "number"
    may_be_empty: bool = False
