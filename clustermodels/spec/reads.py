"""Which columns of the panel an item reads, at which lag, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


def years_before(lag: int) -> str:
    """Say how far back a lag goes, or how far ahead.

    Examples
    --------
    >>> years_before(1), years_before(2), years_before(-1)
    ('1 year before', '2 years before', '1 year after')
    """
    return f"{abs(lag)} year{'s' * (abs(lag) > 1)} {'before' if lag > 0 else 'after'}"


Role = Literal["number", "label", "either"]


@dataclass(frozen=True)
class Stock:
    """How doses add up over years.

    Parameters
    ----------
    depreciation
        The share of the stock that is lost in a year, from 0 to below 1.
    initial
        The stock in the year before each cluster's first row.
    """

    depreciation: float
    initial: float


@dataclass(frozen=True)
class Read:
    """One column that an item reads.

    Parameters
    ----------
    column
        The panel's column.
    lag
        Years back, by year value; ahead where below 0.
    role
        ``number``, ``label`` (text as it is written), or ``either``, as the data decide.
    may_be_empty
        True where an empty cell has a meaning (a cluster that never adopts), so no row is lost.
    stock
        Where not the cell itself is read but what has accumulated until then.
    """

    column: str
    lag: int = 0
    role: Role = "number"
    may_be_empty: bool = False
    stock: Stock | None = None
