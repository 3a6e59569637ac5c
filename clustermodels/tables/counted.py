"""What is counted from records, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.tables.table import Table


@dataclass(frozen=True)
class Apart:
    """Which of the records' own counts the ties are to be free of.

    Parameters
    ----------
    column
        One of the declared counts, the outcome.
    half
        False: ``ties_apart`` are of the units none of whose records meets the count's ``where``.
        True: units are halved by the MD5 of their text; ``ties_apart`` are of those whose MD5 is
        even, and the count itself is of those whose MD5 is odd. The halves are the same on every
        machine, in every order of rows, and whatever other units there are.
    """

    column: str
    half: bool


@dataclass(frozen=True, eq=False)
class TieRows:
    """Joint work of two regions in a year, or inside one.

    Parameters
    ----------
    source, target
        Regions, (tie,), as text; ``source`` is the first in order, or both are the same.
    year
        (tie,), int64.
    weight
        (tie,), float64: units, each counted 1 or as its fraction.
    """

    source: NDArray[np.object_]
    target: NDArray[np.object_]
    year: NDArray[np.int64]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class RecordFacts:
    """What there was to count.

    Parameters
    ----------
    rows
        All records.
    rows_without_region, rows_without_year, rows_without_unit
        Records that are left out of everything, each at the first of these that it lacks.
    units
        Different units among the others.
    regions
        Different regions among them.
    years
        The first and the last.
    units_left_out
        Units that make no ties, because in some year they have more regions than the document's
        ``max_partners``; 0 where no ties are counted.
    largest_unit
        The largest number of regions of a unit in a year, among the records that may make ties;
        0 where no ties are counted.
    absent
        Values of a condition's list that no record has, where others of the list are there: the
        place in the document (``data.ties.where.topic.is``), and the value.
    """

    rows: int
    rows_without_region: int
    rows_without_year: int
    rows_without_unit: int
    units: int
    regions: int
    years: tuple[int, int]
    units_left_out: int
    largest_unit: int
    absent: tuple[tuple[str, str | int | float | bool], ...] = ()


@dataclass(frozen=True, eq=False)
class Counted:
    """What was counted from records.

    Parameters
    ----------
    counts
        A row per region and year that has a record, in order: 'region' (text), 'year', and every
        declared count.
    ties
        All ties, by year, source and target; None where none are declared.
    ties_apart
        Those of some units only, where they are asked for.
    facts
        What there was to count.
    sha256
        Of the file's bytes, or of the values that were handed over.
    """

    counts: Table
    ties: TieRows | None
    ties_apart: TieRows | None
    facts: RecordFacts
    sha256: str
