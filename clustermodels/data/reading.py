"""Spec and table to Panel: columns found, cast by their role, keys checked, losses counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.panel import Loss, Panel, Reader
from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.reads import Read, Role
from clustermodels.spec.source import Path
from clustermodels.tables.cast import labels, numbers, years
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import read_table
from clustermodels.tables.table import Table


def read_panel(spec: Spec, data: object = None, *, outcome: bool = True) -> Panel:
    """Read the panel that a document names.

    Parameters
    ----------
    spec
        The document.
    data
        A pandas, polars or Arrow table or an xarray Dataset to use instead of the file.
    outcome
        False where the outcome is yet to be drawn: its column is not read, and all nan.

    Returns
    -------
    Panel
        Sorted by cluster and year; rows without an outcome, a covariate or a lagged value are
        kept as the past of others, and counted as lost with the reason.

    Raises
    ------
    PanelError
        With every problem: a missing column, text in numbers, impossible outcomes, a cluster-year
        that stands twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...                   "outcomes": {"patents": {"family": "poisson"}}, "controls": ["talent"]})
    >>> table = pd.DataFrame({"city": ["B", "A"], "year": [2020, 2020], "patents": [3, 5],
    ...                       "talent": [0.1, None]})
    >>> read_panel(spec, table).losses
    (Loss(reason='no talent', places=(('A', 2020),)),)
    """
    wanted = [*dict(_columns(spec, outcome))]
    table = _table(spec, data, wanted)
    problems = [*_absent(spec, table, outcome)]
    if problems:
        raise PanelError(problems)
    rows, problems = _rows(spec, table, outcome)
    if problems:
        raise PanelError(problems)
    losses = _losses(spec, rows, outcome)
    lost = {place for loss in losses for place in loss.places}
    places = zip(rows["cluster"].to_numpy(), rows["year"].to_numpy().tolist(), strict=True)
    used = np.array([place not in lost for place in places], dtype=bool)
    if not used.any():
        said = "; ".join(f"{loss.reason}: {len(loss.places)} rows" for loss in losses)
        raise PanelError(
            [
                Problem(
                    f"no row is left to fit ({said})",
                    "Fill the gaps or drop a term or lag.",
                    file=table.name,
                )
            ]
        )
    return Panel(rows.assign_coords(used=("obs", used)), losses, table.name, table.sha256)


def _table(spec: Spec, data: object, wanted: list[str]) -> Table:
    if data is not None:
        return from_object(data)
    source = spec.data.panel
    if source.path is None:
        raise PanelError(
            [
                spec.source.problem(
                    ("data", "panel"),
                    "no table",
                    fix="Add 'path: FILE', or hand a table over in Python.",
                )
            ]
        )
    return read_table(
        spec.source.folder / source.path, name=source.path, table=source.table, columns=wanted
    )


def _columns(spec: Spec, outcome: bool) -> Iterator[tuple[str, Path]]:
    """Give every column that the document names, and where it names it."""
    yield spec.data.panel.cluster, ("data", "panel", "cluster")
    yield spec.data.panel.year, ("data", "panel", "year")
    name, declared = spec.outcome
    for read in declared.reads():
        if outcome or read.column != declared.column:
            yield read.column, ("outcomes", name)
    for item, reads in spec.predictors().items():
        for read in reads:
            yield read.column, item
    for name, factor in spec.fixed_effects.items():
        for column in factor.columns or ():
            if column not in (CLUSTER, YEAR):
                yield column, ("fixed_effects", name)
    for column, path in where_columns(spec):
        yield column, path


def where_columns(spec: Spec) -> Iterator[tuple[str, Path]]:
    """Give the columns that scenarios' conditions name, but for the roles cluster and year."""
    roles = (CLUSTER, YEAR, spec.data.panel.cluster, spec.data.panel.year)
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            for column in edit.where or ():
                if column not in roles:
                    yield column, ("scenarios", name, position, "where", column)


def _absent(spec: Spec, table: Table, outcome: bool) -> Iterator[Problem]:
    seen = set()
    for column, path in _columns(spec, outcome):
        if column in table.columns or column in seen:
            continue
        seen.add(column)
        close = nearest(column, table.available)
        yield spec.source.problem(
            path,
            f"{table.name} has no column '{column}'",
            expected=choices(table.available),
            fix=f"Did you mean '{close}'?" if close else "Name one of its columns.",
        )


def _rows(spec: Spec, table: Table, outcome: bool) -> tuple[xr.Dataset, list[Problem]]:
    """Cast every column by its role, sort, and check the keys."""
    cluster = labels(table, spec.data.panel.cluster)
    year, problems = years(table, spec.data.panel.year)
    problems = [*problems, *_unnamed(cluster, table, spec.data.panel.cluster)]
    if problems:
        return xr.Dataset(), problems
    variables = {}
    for column, numeric in _roles(spec, table, outcome).items():
        if numeric:
            values, bad = numbers(table, column)
            problems += bad
            variables[column] = values
        else:
            text = labels(table, column)
            variables[column] = np.array(["" if t is None else t for t in text], dtype=object)
    if not outcome:
        variables[spec.outcome[1].column or ""] = np.full(table.rows, np.nan)
    order = np.lexsort((year, cluster.astype(str)))
    problems += _twice(cluster[order], year[order], order, table)
    rows = xr.Dataset(
        {name: ("obs", values[order]) for name, values in variables.items()},
        coords={
            "obs": np.arange(len(order)),
            "cluster": ("obs", cluster[order]),
            "year": ("obs", year[order]),
        },
    )
    if not problems:
        problems += _impossible(spec, rows, outcome, table)
    return rows, problems


def _roles(spec: Spec, table: Table, outcome: bool) -> dict[str, bool]:
    """Tell for each column that is read whether it is a number; a number wins over a label."""
    _, declared = spec.outcome
    roles: dict[str, set[str]] = {}

    def note(reads: Iterable[Read]) -> None:
        for read in reads:
            roles.setdefault(read.column, set()).add(read.role)

    note(read for read in declared.reads() if outcome or read.column != declared.column)
    for reads in spec.predictors().values():
        note(reads)
    for factor in spec.fixed_effects.values():
        note(Read(c, role="label") for c in factor.columns or () if c not in (CLUSTER, YEAR))
    for scenario in spec.scenarios.values():
        for edit in scenario:
            for column, condition in (edit.where or {}).items():
                role: Role = "number" if condition.compares else "either"
                note([Read(column, role=role)])
    reserved = {CLUSTER, YEAR, spec.data.panel.cluster, spec.data.panel.year}
    read_as_number = {
        column
        for column, wanted in roles.items()
        if "number" in wanted or ("either" in wanted and _looks_numeric(table, column))
    }
    return {
        column: column in read_as_number
        for column in roles
        if column in table.columns and (column not in reserved or column in read_as_number)
    }


def _looks_numeric(table: Table, column: str) -> bool:
    """Take a column for numbers as soon as one of its values is; its other text is then wrong."""
    values = table.columns[column]
    if values.dtype.kind != "O":
        return True
    text = [value for value in values.tolist() if value is not None]
    return any(_is_number(value) for value in dict.fromkeys(text)) if text else False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unnamed(cluster: NDArray[np.object_], table: Table, column: str) -> Iterator[Problem]:
    for spot in [index for index, label in enumerate(cluster) if label is None][:5]:
        yield Problem(
            "a row without a cluster",
            "Name its cluster or delete the row.",
            file=table.name,
            line=table.line(spot),
            path=column,
        )


def _twice(
    cluster: NDArray[np.object_], year: NDArray[np.int64], order: NDArray[np.int64], table: Table
) -> Iterator[Problem]:
    same = np.flatnonzero((cluster[1:] == cluster[:-1]) & (year[1:] == year[:-1]))
    for spot in same[:5].tolist():
        first = table.line(int(order[spot]))
        yield Problem(
            f"{cluster[spot]} {year[spot]} stands twice",
            "Keep one row per cluster and year, or add them up."
            + (f" The first is on line {first}." if first else ""),
            file=table.name,
            line=table.line(int(order[spot + 1])),
        )
    if same.size > 5:
        yield Problem(f"{same.size - 5} more cluster-years stand twice", file=table.name)


def _impossible(spec: Spec, rows: xr.Dataset, outcome: bool, table: Table) -> Iterator[Problem]:
    """Find outcomes, exposures and trials that the family cannot have."""
    name, declared = spec.outcome
    family = find(declared.family)
    ones = np.ones(rows.sizes["obs"])
    trials = rows[declared.trials].to_numpy() if declared.trials else ones
    checks = []
    if outcome and declared.column is not None:
        y = rows[declared.column].to_numpy()
        support = family.support
        wrong = np.isfinite(y) & np.isfinite(trials) & ~family.inside(y, trials)
        checks.append((declared.column, y, wrong, f"{support} for {family.name}"))
    if declared.exposure is not None:
        exposure = rows[declared.exposure].to_numpy()
        checks.append((declared.exposure, exposure, exposure <= 0, "above 0, as an exposure"))
    if declared.trials is not None:
        bad = (trials < 0) | (trials != np.floor(trials))
        checks.append(
            (declared.trials, trials, bad & np.isfinite(trials), "whole trials, 0 or more")
        )
    for column, values, wrong, rule in checks:
        spots = np.flatnonzero(wrong)
        if not spots.size:
            continue
        clusters, year = rows["cluster"].to_numpy(), rows["year"].to_numpy()
        seen = choices([f"{values[s]:g} in {clusters[s]} {year[s]}" for s in spots.tolist()], 3)
        yield spec.source.problem(
            ("outcomes", name),
            f"{table.name}: '{column}' has values that are impossible here",
            got=seen,
            expected=rule,
            fix="Correct the data or choose another family.",
        )


def _losses(spec: Spec, rows: xr.Dataset, outcome: bool) -> tuple[Loss, ...]:
    """Count each row that cannot be used under the first reason that applies to it."""
    everything = Reader(rows, np.arange(rows.sizes["obs"]))
    left = np.ones(rows.sizes["obs"], dtype=bool)
    losses = []
    for reason, missing in _reasons(spec, everything, outcome):
        hit = np.flatnonzero(left & missing)
        if hit.size:
            places = zip(
                everything.clusters[hit].tolist(), everything.years[hit].tolist(), strict=True
            )
            losses.append(Loss(reason, tuple(places)))
            left[hit] = False
    return tuple(losses)


def _reasons(spec: Spec, rows: Reader, outcome: bool) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    _, declared = spec.outcome
    reads = [read for read in declared.reads() if outcome or read.column != declared.column]
    for items in spec.predictors().values():
        reads += [read for read in items if not read.may_be_empty]
    for factor in spec.fixed_effects.values():
        reads += [Read(c, role="label") for c in factor.columns or () if c not in (CLUSTER, YEAR)]
    for read in dict.fromkeys(reads):
        if rows.is_number(read.column):
            missing = np.isnan(rows.numbers(read))
        else:
            missing = rows.labels(read.column, read.lag) == ""
        past = f" {read.lag} year{'s' * (read.lag > 1)} before" if read.lag else ""
        yield f"no {read.column}{past}", missing
