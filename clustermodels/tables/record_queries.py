"""Counting, in DuckDB: complete records, columns by region and year, ties by pair and year.

The relations, in the order in which they are made, all of them temporary and none larger than
memory allows: ``regions`` (label, id in the labels' order), ``kept`` (a row per complete record),
``teams`` (a row per unit and year, with its regions).

Sums are made of whole numbers, so that they do not depend on the order in which threads add:
a double times a power of two loses nothing as long as the last of its binary places is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem
from clustermodels.spec.records import Count, Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.record_columns import RECORDS, Column
from clustermodels.tables.record_conditions import Parameters, met
from clustermodels.tables.record_source import RecordSource
from clustermodels.tables.record_survey import Survey

Arrays = Mapping[str, NDArray[Any]]

# Binary places below the largest number that a sum keeps; 36 more are left to count with.
_PLACES = 90
_ONE = 80
_ODD = ", ".join(f"'{digit}'" for digit in "13579bdf")


def make_regions(
    source: RecordSource, records: Records, columns: Mapping[str, Column]
) -> NDArray[np.object_]:
    """Make ``regions``, and give their labels in order.

    Raises
    ------
    PanelError
        If two regions of several columns would have one label.
    """
    cells = [columns[name] for name in records.regions]
    parts = ", ".join(f"{cell.sql} AS r{i}" for i, cell in enumerate(cells))
    label = " || ', ' || ".join(replace(cell, sql=f"r{i}").label for i, cell in enumerate(cells))
    source.connection.execute(
        f"CREATE TEMP TABLE regions AS SELECT *, "
        "CAST(row_number() OVER (ORDER BY label) - 1 AS INTEGER) AS id FROM ("
        f"SELECT {', '.join(f'r{i}' for i in range(len(cells)))}, {label} AS label FROM ("
        f"SELECT DISTINCT {parts} FROM cells WHERE {_complete(records, columns)}))"
    )
    twice = source.connection.execute(
        "SELECT label FROM regions GROUP BY label HAVING count(*) > 1 ORDER BY label LIMIT 1"
    ).fetchone()
    if twice is not None:
        raise PanelError(
            [
                Problem(
                    f"two regions of {source.name} would both be called '{twice[0]}'",
                    "Leave out the commas in their names, or name them in one column.",
                    path=f"{RECORDS}.region",
                )
            ]
        )
    found = source.connection.execute("SELECT label FROM regions ORDER BY id").fetchall()
    return np.array([row[0] for row in found], dtype=object)


def _complete(records: Records, columns: Mapping[str, Column]) -> str:
    needed = (*records.regions, records.year, records.unit)
    return " AND ".join(f"{columns[name].sql} IS NOT NULL" for name in needed)


def make_kept(
    source: RecordSource,
    records: Records,
    ties: RecordTies | None,
    columns: Mapping[str, Column],
    *,
    halved: bool,
) -> None:
    """Make ``kept``: region's id, year, unit, and what is counted; ``odd`` where units are halved.

    The cells are gone then.
    """
    parameters = Parameters()
    on = " AND ".join(f"{columns[name].sql} = r{i}" for i, name in enumerate(records.regions))
    unit = columns[records.unit]
    made = [
        "id AS region",
        f"{columns[records.year].year} AS year",
        f"{unit.sql} AS unit",
    ]
    if halved:
        made.append(f"right(md5({unit.label}), 1) IN ({_ODD}) AS odd")
    for i, count in enumerate(records.count.values()):
        if count.distinct is not None:
            made.append(f"{columns[count.distinct].sql} AS value{i}")
        if count.sum is not None:
            made.append(f"{columns[count.sum].number} AS value{i}")
        if count.where:
            made.append(f"{met(count.where, columns, parameters)} AS met{i}")
    if ties is not None:
        made.append(f"{met(ties.where, columns, parameters)} AS tied")
        if records.organisation is not None:
            made.append(f"{columns[records.organisation].sql} AS organisation")
    source.connection.execute(
        f"CREATE TEMP TABLE kept AS SELECT {', '.join(made)} FROM cells JOIN regions ON {on} "
        f"WHERE {_complete(records, columns)}",
        parameters.values,
    )
    source.connection.execute("DROP TABLE cells")


def count_columns(
    source: RecordSource, records: Records, survey: Survey, halved: str | None
) -> Arrays:
    """Count the declared columns, by region's id and year: ``region``, ``year``, ``n0``, ..."""
    aggregates = [
        f"{_aggregate(count, i, survey, only_odd=key == halved)} AS n{i}"
        for i, (key, count) in enumerate(records.count.items())
    ]
    columns = ", ".join(["region", "year", *aggregates])
    return _arrays(
        source,
        f"SELECT {columns} FROM kept GROUP BY region, year ORDER BY region, year",
        [],
    )


def _arrays(source: RecordSource, statement: str, parameters: list[int]) -> Arrays:
    found = source.connection.execute(statement, parameters).fetchnumpy()
    return {column: np.asarray(values) for column, values in found.items()}


def _aggregate(count: Count, place: int, survey: Survey, *, only_odd: bool) -> str:
    rules = [f"met{place}"] * bool(count.where) + ["odd"] * only_odd
    only = f" FILTER ({' AND '.join(rules)})" if rules else ""
    if count.distinct is not None:
        return f"count(DISTINCT value{place}){only}"
    if count.sum is None:
        return f"count(*){only}"
    largest = survey.largest[count.sum]
    places = min(_PLACES - math.frexp(largest)[1], 1000)
    whole = f"CAST(value{place} * {2.0**places!r} AS HUGEINT)"
    return f"coalesce(CAST(sum({whole}){only} AS DOUBLE) / {2.0**places!r}, 0.0)"


def make_teams(source: RecordSource, records: Records, ties: RecordTies, apart: str | None) -> None:
    """Make ``teams``: unit, year, its regions, those tied inside, its size, whether it is apart.

    Parameters
    ----------
    source
        With ``kept``.
    records, ties
        The declarations.
    apart
        What a unit must be in ``kept`` for ``apart`` to be true of it; by default none is.
    """
    several = "count(*) > 1"
    if records.organisation is not None:
        several = "coalesce(min(organisation) <> max(organisation), false)"
    source.connection.execute(
        f"CREATE TEMP TABLE teams AS SELECT unit, year, list_sort(list(region)) AS regions, "
        f"list(region) FILTER (several) AS inside, count(*) AS size, "
        f"{f'unit IN (SELECT unit FROM kept GROUP BY unit HAVING {apart})' if apart else 'false'} "
        f"AS apart FROM (SELECT unit, year, region, {several} AS several FROM kept WHERE tied "
        "GROUP BY unit, year, region) GROUP BY unit, year"
    )


def count_ties(source: RecordSource, ties: RecordTies, *, apart: bool) -> Arrays:
    """Add up ties: ``source`` and ``target`` (ids of regions), ``year``, ``weight``, ``apart``."""
    weight, total, scale = "1", "count(*)", 1.0
    if ties.counting == "fractional":
        scale = 2.0**_ONE
        weight = f"CAST({scale!r} / greatest(1, size * (size - 1) / 2) AS HUGEINT)"
        total = "sum(weight)"
    made = [("weight", total)] + [("apart", f"{total} FILTER (apart)")] * apart
    sums = ", ".join(
        f"coalesce(CAST({sum_} AS DOUBLE), 0.0) / {scale!r} AS {name}" for name, sum_ in made
    )
    few = f"(SELECT year, regions, inside, apart, {weight} AS weight FROM teams WHERE size <= $1)"
    return _arrays(
        source,
        f"SELECT source, target, year, {sums} FROM ("
        "SELECT source, unnest(regions[place + 1:]) AS target, year, weight, apart FROM ("
        "SELECT unnest(regions) AS source, generate_subscripts(regions, 1) AS place, regions, "
        f"year, weight, apart FROM {few}) "
        "UNION ALL SELECT inside, inside, year, weight, apart FROM ("
        f"SELECT unnest(inside) AS inside, year, weight, apart FROM {few})"
        ") GROUP BY source, target, year ORDER BY year, source, target",
        [ties.max_partners],
    )


def units(source: RecordSource) -> tuple[int, int, int]:
    """Give how many units there are, and their first and last year."""
    found = source.connection.execute(
        "SELECT count(DISTINCT unit), min(year), max(year) FROM kept"
    ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1]), int(found[2])


def sizes(source: RecordSource, most: int) -> tuple[int, int]:
    """Give how many units have more regions than ``most`` in a year, and the largest number."""
    found = source.connection.execute(
        "SELECT count(DISTINCT unit) FILTER (size > $1), coalesce(max(size), 0) FROM teams", [most]
    ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])
