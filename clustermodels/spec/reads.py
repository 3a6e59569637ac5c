"""Which columns of the panel an item reads, at which lag, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


def years_before(lag: int) -> str:
    """Say how far back a lag goes.

    Examples
    --------
    >>> years_before(1), years_before(2)
    ('1 year before', '2 years before')
    """
    return f"{lag} year{'s' * (lag > 1)} before"


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
