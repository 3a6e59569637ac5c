"""Cells to numbers, years and labels, with advice on each that is not one."""

import numpy as np
import pytest

from clustermodels.errors import word
from clustermodels.tables.cast import is_meant_as_number, is_number, labels, numbers, years
from clustermodels.tables.table import Table

MISSING = "Correct it, or leave the cell empty where the value is missing."


def one(*cells, kind=object):
    return Table(
        "panel.csv", {"x": np.array(cells, dtype=kind)}, ("x",), np.arange(2, 2 + len(cells))
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", 1.0), ("-1.5", -1.5), ("+.5", 0.5), ("1e-3", 0.001), ("1.", 1.0), ("007", 7.0)],
)
def test_a_number(cell, value):
    cast, problems = numbers(one(cell), "x")
    assert (cast.tolist(), problems) == ([value], [])
    assert is_number(cell)


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("1,234", "Write 1234 if the comma groups thousands, 1.234 if it is a decimal comma."),
        ("1,234,567.5", "Write it without thousands separators: 1234567.5."),
        ("1 234 567", "Write it without thousands separators: 1234567."),
        ("1\u00a0234", "Write it without thousands separators: 1234."),
        ("1\u202f234", "Write it without thousands separators: 1234."),
        ("1'234", "Write it without thousands separators: 1234."),
        ("1.234.567,89", "Write a decimal point and no thousands separators: 1234567.89."),
        ("1,5", "Write a decimal point: 1.5."),
        ("12,25", "Write a decimal point: 12.25."),
        ("5%", "Write it without the per cent sign."),
        ("TRUE", "Write 1 for true and 0 for false."),
        ("inf", MISSING),
        ("-Infinity", MISSING),
        ("1e999", MISSING),
        ("nan", MISSING),
        ("N/A", MISSING),
        ("1_000", MISSING),
        ("0x10", MISSING),
        ("€3", MISSING),
        ("many", MISSING),
    ],
)
def test_no_number(cell, advice):
    _, (problem,) = numbers(one("1", cell), "x")
    assert word(problem) == (
        f"panel.csv:3: x: not a finite number. Got {cell!r}; expected a number. {advice}"
    )


@pytest.mark.parametrize(
    ("cell", "meant"),
    [("4,53", True), ("1,234", True), ("12%", True), ("7", True), ("top 10%", False), ("é", False)],
)
def test_meant_as_a_number(cell, meant):
    assert is_meant_as_number(cell) == meant


def test_five_cells_are_shown_and_the_rest_counted():
    _, problems = numbers(one(*["?"] * 12), "x")
    assert len(problems) == 6
    assert word(problems[-1]) == "panel.csv: x: 7 more cells are not a finite number."


def test_infinities_that_are_numbers_already():
    _, (problem,) = numbers(one(1.0, np.inf, np.nan, kind=float), "x")
    assert problem.line == 3
    assert problem.got == "'inf'"


def test_truth_is_one():
    assert numbers(one(True, False, kind=bool), "x")[0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("cell", ["2010", "2010.0", "2010.", " 2010".strip()])
def test_a_year(cell):
    cast, problems = years(one(cell), "x")
    assert (cast.tolist(), cast.dtype, problems) == ([2010], np.int64, [])


@pytest.mark.parametrize(
    ("cell", "got", "advice"),
    [
        ("2015Q1", "'2015Q1'", "Write the year alone: 2015. One row per cluster and year."),
        ("2015-01-01", "'2015-01-01'", "Write the year alone: 2015. One row per cluster and year."),
        ("2010.5", "'2010.5'", "Write the year alone: 2010. One row per cluster and year."),
        ("soon", "'soon'", "Every row needs its year."),
        (None, "nothing", "Every row needs its year."),
        ("99999999999", "'99999999999'", "Every row needs its year."),
    ],
)
def test_no_year(cell, got, advice):
    _, (problem,) = years(one(cell), "x")
    assert word(problem) == (
        f"panel.csv:2: x: not a year. Got {got}; expected a whole number. {advice}"
    )


@pytest.mark.parametrize("value", [2010.5, np.nan, np.inf, 1e12])
def test_no_year_among_numbers(value):
    assert [problem.line for problem in years(one(2010, value, kind=float), "x")[1]] == [3]


@pytest.mark.parametrize(
    ("cells", "kind", "text"),
    [
        (["01001", "1e3", None], object, ["01001", "1e3", None]),
        ([3.0, 2.5, np.nan], float, ["3", "2.5", None]),
        ([110000], np.int64, ["110000"]),
        ([True, False], bool, ["true", "false"]),
    ],
)
def test_labels(cells, kind, text):
    assert labels(one(*cells, kind=kind), "x").tolist() == text
