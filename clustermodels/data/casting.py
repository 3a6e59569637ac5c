"""A table to rows: every column cast by its role, rows sorted, keys checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from clustermodels.data.columns_read import reads
from clustermodels.data.row_problems import twice, unnamed
from clustermodels.errors import Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.tables.cast import (
    is_meant_as_number,
    is_number,
    is_truth,
    labels,
    numbers,
    years,
)
from clustermodels.tables.table import Table

# What to do where text stands for numbers, by section.
_WAYS_OUT = {
    "outcomes": "Name a numeric column.",
    "moderators": "Name a numeric column, or write kind: categorical.",
    "controls": "Name a numeric column, or write kind: categorical.",
    "scenarios": "Compare it with 'is:'.",
}


def cast_rows(spec: Spec, table: Table, outcome: bool) -> tuple[xr.Dataset, list[Problem]]:
    """Cast every column by its role, sort, and check the keys."""
    cluster = labels(table, spec.data.cluster)
    year, problems = years(table, spec.data.year)
    problems = [*problems, *unnamed(cluster, table, spec.data.cluster)]
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
            variables[column] = np.where(pd.isna(text), "", text)
    column = spec.outcome[1].column or ""
    if not outcome and column not in {*variables, *spec.measured()}:
        variables[column] = np.full(table.rows, np.nan)  # yet to be drawn
    if not keyed:
        return xr.Dataset(), problems
    codes, names = pd.factorize(cluster, sort=True)
    order = np.lexsort((year, codes))
    cluster, year = names[codes[order]], year[order]
    problems += twice(cluster, year, order, table)
    rows = xr.Dataset(
        {name: ("obs", values[order]) for name, values in variables.items()},
        coords={
            "obs": np.arange(len(order)),
            # known to be text: many rows need not be looked through for what they are
            "cluster": xr.Variable("obs", cluster, fastpath=True),
            "year": ("obs", year),
        },
    )
    return rows, problems


def _roles(spec: Spec, table: Table, outcome: bool) -> dict[str, bool]:
    """Tell for each column that is read whether it is a number; a number wins over a label."""
    roles: dict[str, set[str]] = {}
    for read, _ in reads(spec, outcome):
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
    different: list[str] = pd.unique(values).tolist() if values.dtype.kind == "O" else []
    return [cell for cell in different if cell is not None]


def _text_for_numbers(spec: Spec, table: Table, column: str, outcome: bool) -> Problem:
    """Say where the document first asks for numbers of a column that holds text."""
    path = next(
        path
        for read, path in reads(spec, outcome)
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
