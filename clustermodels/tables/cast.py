"""Columns by their role: numbers, labels, years."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustermodels.errors import Problem
from clustermodels.tables.table import Table

SHOWN = 5
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WHOLE = re.compile(r"[-+]?\d{1,9}(\.0*)?")


def is_number(text: str) -> bool:
    """Tell whether a cell is written as a number.

    Examples
    --------
    >>> is_number("1e-3"), is_number("1_000"), is_number("nan")
    (True, False, False)
    """
    return bool(_NUMBER.fullmatch(text))


def numbers(table: Table, column: str) -> tuple[NDArray[np.float64], list[Problem]]:
    """Cast a column to numbers, (row,), nan where missing; infinities are refused.

    Returns
    -------
    values, problems
        The first cells that are not numbers, each with its line, and how many more there are.
    """
    values = table.columns[column]
    if values.dtype.kind != "O":
        cast = values.astype(float)
    else:
        cells = values.tolist()
        cast = np.array(
            [
                np.nan if cell is None else float(cell) if _NUMBER.fullmatch(cell) else np.inf
                for cell in cells
            ]
        )
    wrong = np.flatnonzero(np.isinf(cast)).tolist()
    return cast, _problems(table, column, wrong, "not a finite number", "a number", _advice)


def number_advice(cell: str) -> str:
    """Say how to write a number that is written for people to read; '' for any other text.

    Examples
    --------
    >>> number_advice("4,53"), number_advice("north")
    ('Write a decimal point: 4.53.', '')
    """
    if re.fullmatch(r"[-+]?\d{1,3},\d{3}", cell):
        plain, point = cell.replace(",", ""), cell.replace(",", ".")
        return f"Write {plain} if the comma groups thousands, {point} if it is a decimal comma."
    if re.fullmatch(r"[-+]?\d{1,3}([,'\s]\d{3})+(\.\d+)?", cell):
        return f"Write it without thousands separators: {re.sub(r"[,'\s]", '', cell)}."
    if re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+,\d+", cell):
        plain = cell.replace(".", "").replace(",", ".")
        return f"Write a decimal point and no thousands separators: {plain}."
    if re.fullmatch(r"[-+]?\d+,\d+", cell):
        return f"Write a decimal point: {cell.replace(',', '.')}."
    if re.fullmatch(r"[-+]?[\d.,]*\d\s*[%％]", cell):
        return "Write it without the per cent sign."
    return ""


def is_meant_as_number(text: str) -> bool:
    """Tell whether a cell is a number, or would be one if it were written as files write it."""
    return is_number(text) or bool(number_advice(text))


def is_truth(text: str) -> bool:
    """Tell whether a cell is true or false in words."""
    return text.casefold() in ("true", "false")


def _advice(cell: str) -> str:
    advice = number_advice(cell)
    if advice:
        return advice
    if is_truth(cell):
        return "Write 1 for true and 0 for false."
    return "Correct it, or leave the cell empty where the value is missing."


def years(table: Table, column: str) -> tuple[NDArray[np.int64], list[Problem]]:
    """Cast a column to years, (row,); every row must have a whole one."""
    values = table.columns[column]
    if values.dtype.kind == "O":
        codes, cells = pd.factorize(values)
        fitting = [cell if _WHOLE.fullmatch(cell) else "nan" for cell in cells.tolist()]
        cast = np.array([*map(float, fitting), np.nan])[codes]
        fits = np.isfinite(cast)
    else:
        cast = values.astype(float)
        fits = np.isfinite(cast) & (cast == np.floor(cast)) & (np.abs(cast) < 1e9)
    wrong = np.flatnonzero(~fits).tolist()
    problems = _problems(table, column, wrong, "not a year", "a whole number", _year_advice)
    return np.where(fits, cast, 0).astype(np.int64), problems


def _year_advice(cell: str) -> str:
    found = re.search(r"(?<!\d)\d{4}(?!\d)", cell)
    if found:
        return f"Write the year alone: {found.group()}. One row per cluster and year."
    return "Every row needs its year."


def labels(table: Table, column: str) -> NDArray[np.object_]:
    """Give a column as text, (row,), None where missing: '01001' stays, 3.0 becomes '3'."""
    values = table.columns[column]
    if values.dtype.kind == "O":
        return values.astype(object)
    codes, different = pd.factorize(values)
    return np.array([*map(_label, different.tolist()), None], dtype=object)[codes]


def _label(value: float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _problems(
    table: Table,
    column: str,
    wrong: list[int],
    what: str,
    expected: str,
    advice: Callable[[str], str],
) -> list[Problem]:
    values = table.columns[column]
    problems = []
    for row in wrong[:SHOWN]:
        cell = values[row]
        shown = "nothing" if cell is None else repr(str(cell))
        problems.append(
            Problem(
                what,
                advice("" if cell is None else str(cell)),
                file=table.name,
                line=table.line(row),
                path=column,
                got=shown,
                expected=expected,
            )
        )
    if len(wrong) > SHOWN:
        problems.append(
            Problem(f"{len(wrong) - SHOWN} more cells are {what}", file=table.name, path=column)
        )
    return problems
