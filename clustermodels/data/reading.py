"""Spec and table to Panel: columns found, cast by their role, keys checked, losses counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import xarray as xr

from clustermodels.data.losses import counted, ledger
from clustermodels.data.panel import Panel
from clustermodels.data.row_problems import impossible, one_cluster, twice, unnamed
from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.reads import Read, Role
from clustermodels.spec.source import Path
from clustermodels.tables.cast import (
    is_meant_as_number,
    is_number,
    is_truth,
    labels,
    numbers,
    years,
)
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import read_table
from clustermodels.tables.table import Table

# What a panel calls its own coordinates.
TAKEN = (CLUSTER, YEAR, "obs", "used")
# What to do where text stands for numbers, by section.
_WAYS_OUT = {
    "outcomes": "Name a numeric column.",
    "controls": "Name a numeric column, or write kind: categorical.",
    "scenarios": "Compare it with 'is:'.",
}


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
    problems = [*_absent(spec, table, outcome), *_taken(spec, table, outcome)]
    if problems:
        raise PanelError(problems)
    rows, problems = _rows(spec, table, outcome)
    if problems:
        raise PanelError(problems)
    problems = [*one_cluster(spec, rows, table)]
    if problems:
        raise PanelError(problems)
    losses = ledger(spec, rows, outcome)
    lost = {place for loss in losses for place in loss.places}
    places = zip(rows["cluster"].to_numpy(), rows["year"].to_numpy().tolist(), strict=True)
    used = np.array([place not in lost for place in places], dtype=bool)
    if not used.any():
        said = "; ".join(f"{loss.reason}: {counted(len(loss.places))}" for loss in losses)
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
    for read, path in _reads(spec, outcome):
        yield read.column, path


def _reads(spec: Spec, outcome: bool) -> Iterator[tuple[Read, Path]]:
    """Give every read of a column beside the panel's own, and where the document asks for it."""
    name, declared = spec.outcome
    for read in declared.reads():
        if outcome or read.column != declared.column:
            yield read, ("outcomes", name)
    for item, reads in spec.predictors().items():
        for read in reads:
            yield read, item
    for name, factor in spec.fixed_effects.items():
        for column in factor.columns or ():
            if column not in (CLUSTER, YEAR):
                yield Read(column, role="label"), ("fixed_effects", name)
    yield from _conditions(spec)


def _conditions(spec: Spec) -> Iterator[tuple[Read, Path]]:
    """Give what scenarios' conditions read, but for the roles cluster and year."""
    roles = (CLUSTER, YEAR, spec.data.panel.cluster, spec.data.panel.year)
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            for column, condition in (edit.where or {}).items():
                role: Role = "number" if condition.compares else "either"
                if column not in roles:
                    yield Read(column, role=role), ("scenarios", name, position, "where", column)


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


def _taken(spec: Spec, table: Table, outcome: bool) -> Iterator[Problem]:
    """Refuse columns that are called like a part of the panel and are something else."""
    roles = {CLUSTER: spec.data.panel.cluster, YEAR: spec.data.panel.year}
    read = [*_columns(spec, outcome)][len(roles) :]
    for column, path in dict.fromkeys(read):
        if column in TAKEN and roles.get(column) != column and column in table.columns:
            yield spec.source.problem(
                path,
                f"'{column}' is a name that the panel keeps for itself",
                fix=f"Rename the column in {table.name}.",
            )


def _rows(spec: Spec, table: Table, outcome: bool) -> tuple[xr.Dataset, list[Problem]]:
    """Cast every column by its role, sort, and check the keys."""
    cluster = labels(table, spec.data.panel.cluster)
    year, problems = years(table, spec.data.panel.year)
    problems = [*problems, *unnamed(cluster, table, spec.data.panel.cluster)]
    keyed = not problems
    variables = {}
    for column, numeric in _roles(spec, table, outcome).items():
        if numeric:
            values, bad = numbers(table, column)
            if bad and _holds_text(table, column):
                problems.append(_text_for_numbers(spec, table, column, outcome))
            else:
                problems += _or_label(spec, column, bad)
            variables[column] = values
        else:
            text = labels(table, column)
            variables[column] = np.array(["" if t is None else t for t in text], dtype=object)
    if not outcome:
        variables[spec.outcome[1].column or ""] = np.full(table.rows, np.nan)
    if not keyed:
        return xr.Dataset(), problems
    order = np.lexsort((year, cluster.astype(str)))
    problems += twice(cluster[order], year[order], order, table)
    rows = xr.Dataset(
        {name: ("obs", values[order]) for name, values in variables.items()},
        coords={
            "obs": np.arange(len(order)),
            "cluster": ("obs", cluster[order]),
            "year": ("obs", year[order]),
        },
    )
    if not problems:
        problems += impossible(spec, rows, outcome, table)
    return rows, problems


def _roles(spec: Spec, table: Table, outcome: bool) -> dict[str, bool]:
    """Tell for each column that is read whether it is a number; a number wins over a label."""
    roles: dict[str, set[str]] = {}
    for read, _ in _reads(spec, outcome):
        roles.setdefault(read.column, set()).add(read.role)
    read_as_number = {
        column
        for column, wanted in roles.items()
        if "number" in wanted or ("either" in wanted and _looks_numeric(spec, table, column))
    }
    return {
        column: column in read_as_number
        for column in roles
        if column in table.columns and column not in (CLUSTER, YEAR)  # the panel has these
    }


def _looks_numeric(spec: Spec, table: Table, column: str) -> bool:
    """Take a column for numbers as soon as one of its values is; its other text is then wrong.

    Of a control that does not say its kind, a number written for people (4,53) counts as well.
    """
    if table.columns[column].dtype.kind != "O":
        return True
    counts = is_meant_as_number if _is_undecided(spec, column) else is_number
    return any(counts(cell) for cell in _texts(table, column))


def _holds_text(table: Table, column: str) -> bool:
    """Tell whether no cell of a column is a number, nor could be mended to be one."""
    text = _texts(table, column)
    return bool(text) and not any(is_meant_as_number(cell) or is_truth(cell) for cell in text)


def _texts(table: Table, column: str) -> list[str]:
    """Give the different cells of a column of text; none where it holds numbers already."""
    values = table.columns[column]
    if values.dtype.kind != "O":
        return []
    return [*dict.fromkeys(cell for cell in values.tolist() if cell is not None)]


def _text_for_numbers(spec: Spec, table: Table, column: str, outcome: bool) -> Problem:
    """Say where the document first asks for numbers of a column that holds text."""
    path = next(
        path
        for read, path in _reads(spec, outcome)
        if read.column == column and read.role == "number"
    )
    return spec.source.problem(
        path,
        f"'{column}' holds text, and this needs numbers",
        got=repr(_texts(table, column)[0]),
        fix=_WAYS_OUT.get(str(path[0]), "Name a numeric column, or make it a control."),
    )


def _is_undecided(spec: Spec, column: str) -> bool:
    """Tell whether a control reads a column and leaves its kind to the cells."""
    return any(c.column == column and c.kind is None for c in spec.controls.values())


def _or_label(spec: Spec, column: str, bad: list[Problem]) -> list[Problem]:
    """Add the other way out where a control may be a number or a label, as its cells say."""
    if not _is_undecided(spec, column):
        return bad
    other = "If its cells are names and not amounts, write kind: categorical."
    return [replace(problem, fix=f"{problem.fix} {other}".strip()) for problem in bad]
