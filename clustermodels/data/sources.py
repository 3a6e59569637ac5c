"""The tables that a document names, as one table of panel columns, and what was counted beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.findings import unmatched
from clustermodels.errors import Finding, PanelError, Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import rewire_paths
from clustermodels.tables.cast import labels, years
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import kind_of_file, read_table
from clustermodels.tables.records import Apart, Counted, count_records
from clustermodels.tables.table import Table


@dataclass(frozen=True)
class Tables:
    """Tables that are handed over in Python, instead of the files that a document names.

    Parameters
    ----------
    panel, records, ties
        Each a pandas, polars or Arrow table, an xarray Dataset or a mapping of columns; None where
        the document's file is to be read.
    """

    panel: object = None
    records: object = None
    ties: object = None


@dataclass(frozen=True, eq=False)
class Sources:
    """What was read and counted.

    Parameters
    ----------
    table
        The panel's columns; counts are among them.
    counted
        What the records gave, with regions that the panel may not have.
    found
        Doubts about how they fit together.
    """

    table: Table
    counted: Counted | None
    found: tuple[Finding, ...]


def read_sources(spec: Spec, tables: Tables, wanted: list[str], numeric: set[str]) -> Sources:
    """Read the panel's table and count the records, and join the two on cluster and year.

    A region that the records name has 0 in the years between the records' first and last in
    which it has none; of other regions and years nothing is known.

    Parameters
    ----------
    spec, tables
        The document, and the tables to use instead of its files.
    wanted, numeric
        The columns of the panel to read, and those among them that are asked for as numbers.

    Raises
    ------
    PanelError
        With every file that is not there, the ties' among them; or with what is wrong with the
        panel and with the records, or a count that the panel has as a column already.
    """
    problems = [*_not_there(spec, tables)]
    if problems:
        raise PanelError(problems)
    table = counted = None
    try:
        table = _panel(spec, tables.panel, wanted, numeric) if spec.data.panel is not None else None
    except PanelError as error:
        problems += error.problems
    try:
        counted = _counted(spec, tables)
    except PanelError as error:
        problems += error.problems
    if problems:
        raise PanelError(problems)
    if table is None:
        assert counted is not None
        return Sources(_alone(spec, counted), counted, ())
    if counted is None or not spec.data.counts:
        return Sources(table, counted, ())
    return _joined(spec, table, counted)


def as_tables(data: object) -> Tables:
    """Take one table for the panel's."""
    return data if isinstance(data, Tables) else Tables(panel=data)


def _not_there(spec: Spec, tables: Tables) -> Iterator[Problem]:
    """Find every table that is not handed over and has no file that can be opened."""
    data = spec.data
    parts = (
        ("panel", data.panel, tables.panel, "cluster-year"),
        ("records", data.records, tables.records, "record"),
        ("ties", data.tie_table, tables.ties, "pair and year"),
    )
    for section, source, given, row in parts:
        if source is None or given is not None:
            continue
        if source.path is None:
            yield spec.source.problem(
                ("data", section),
                "no table",
                fix="Add 'path: FILE', or hand a table over in Python.",
            )
            continue
        try:
            kind_of_file(spec.source.folder / source.path, source.path, source.table, row)
        except PanelError as error:
            for found in error.problems:
                path = ("data", section, "path")
                yield spec.source.problem(path, f"{source.path}: {found.what}", fix=found.fix)
    for file, place in rewire_paths(spec.scenarios).items():
        try:
            kind_of_file(spec.source.folder / file, file, None, "pair and year")
        except PanelError as error:
            for found in error.problems:
                yield spec.source.problem(place, f"{file}: {found.what}", fix=found.fix)


def _panel(spec: Spec, data: object, wanted: list[str], numeric: set[str]) -> Table:
    if data is not None:
        return from_object(data)
    source = spec.data.panel
    assert source is not None
    assert source.path is not None
    columns = [column for column in wanted if column not in spec.data.counts]
    return read_table(
        spec.source.folder / source.path,
        name=source.path,
        table=source.table,
        columns=columns,
        numeric=numeric,
    )


def _counted(spec: Spec, tables: Tables) -> Counted | None:
    records = spec.data.records
    if records is None:
        return None
    asked = [p.without_own for p in spec.positions().values() if p.without_own]
    column = spec.outcome[1].column or ""
    source = tables.records
    try:
        return count_records(
            spec.source.folder / (records.path or "") if source is None else source,
            records,
            spec.data.record_ties,
            name=records.path or "<records>",
            apart=Apart(column, half=asked[0] == "half") if asked else None,
        )
    except PanelError as error:
        raise PanelError([_with_line(spec, problem) for problem in error.problems]) from None


def _with_line(spec: Spec, problem: Problem) -> Problem:
    """Point a problem with a part of the document to its line there."""
    if not problem.path.startswith("data."):
        return problem
    path = tuple(problem.path.split("."))
    return replace(problem, file=spec.source.file, line=spec.source.line(path))


def _alone(spec: Spec, counted: Counted) -> Table:
    """Make a panel of the counts: every region in every year from the first to the last."""
    table = counted.counts
    regions = labels(table, "region")
    when = years(table, "year")[0]
    names = np.unique(regions.astype(str)).astype(object)
    span = np.arange(when.min(), when.max() + 1)
    columns: dict[str, NDArray[np.generic]] = {
        spec.data.cluster: np.repeat(names, len(span)),
        spec.data.year: np.tile(span, len(names)),
    }
    columns |= _filled(spec, counted, columns[spec.data.cluster], columns[spec.data.year])
    return Table(table.name, columns, tuple(columns), None, table.sha256)


def _joined(spec: Spec, table: Table, counted: Counted) -> Sources:
    clash = [column for column in spec.data.counts if column in table.available]
    if clash:
        raise PanelError(
            [
                spec.source.problem(
                    ("data", "records", "count", column),
                    f"{table.name} has a column '{column}' too",
                    fix="Give the count another name.",
                )
                for column in clash
            ]
        )
    absent = [c for c in (spec.data.cluster, spec.data.year) if c not in table.columns]
    if absent:
        return Sources(table, counted, ())  # said where all columns are looked for
    clusters = labels(table, spec.data.cluster)
    when, problems = years(table, spec.data.year)
    if problems:
        raise PanelError(problems)
    columns = {**table.columns, **_filled(spec, counted, clusters, when)}
    joined = replace(table, columns=columns, available=(*table.available, *spec.data.counts))
    return Sources(joined, counted, tuple(unmatched(spec, clusters, when, counted)))


def _filled(
    spec: Spec, counted: Counted, clusters: NDArray[np.generic], when: NDArray[np.generic]
) -> dict[str, NDArray[np.generic]]:
    """Give the counts of each cluster and year: 0 where the records could have some and do not."""
    table = counted.counts
    regions, years_there = labels(table, "region").tolist(), years(table, "year")[0].tolist()
    row = {place: r for r, place in enumerate(zip(regions, years_there, strict=True))}
    known, first, last = set(regions), min(years_there), max(years_there)
    places = list(zip(clusters.tolist(), when.tolist(), strict=True))
    source = np.array([row.get(place, -1) for place in places], dtype=np.int64)
    possible = np.array([c in known and first <= y <= last for c, y in places], dtype=bool)
    empty = np.where(possible, 0.0, np.nan)
    return {
        column: np.where(source < 0, empty, table.columns[column].astype(float)[source])
        for column in spec.data.counts
    }
