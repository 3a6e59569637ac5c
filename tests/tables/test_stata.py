"""Stata files: years and dummies as the numbers that Stata holds, other labels as their words."""

import pandas as pd
import pytest

from clustermodels.tables.cast import labels, years
from clustermodels.tables.read import read_table


@pytest.fixture
def read(tmp_path):
    frame = pd.DataFrame(
        {
            "city": ["A", "A", "B"],
            "year": pd.to_datetime(["2015-01-01", "2016-01-01", "2015-01-01"]),
            "month": pd.to_datetime(["2015-01-01", "2016-01-01", None]),
            "zone": [0, 1, None],
            "region": [1, 2, 1],
        }
    )
    path = tmp_path / "PANEL.DTA"
    frame.to_stata(
        path,
        write_index=False,
        version=118,
        convert_dates={"year": "ty", "month": "tm"},
        value_labels={"zone": {0: "no", 1: "yes"}, "region": {1: "东部", 2: "西部"}},
    )
    return read_table(path)


def test_a_year_is_whole(read):
    cast, problems = years(read, "year")
    assert (cast.tolist(), problems) == ([2015, 2016, 2015], [])


def test_another_date_is_no_year(read):
    assert [problem.got for problem in years(read, "month")[1]] == [
        "'2015-01-01 00:00:00'",
        "'2016-01-01 00:00:00'",
        "nothing",
    ]


def test_a_dummy_keeps_its_codes_and_other_labels_are_words(read):
    assert read.columns["zone"].tolist()[:2] == [0, 1]
    assert labels(read, "zone").tolist() == ["0", "1", None]
    assert labels(read, "region").tolist() == ["东部", "西部", "东部"]


def test_a_categorical_is_its_words(tmp_path):
    frame = pd.DataFrame({"city": pd.Categorical(["north", "south", "west"]), "year": 2015})
    frame.to_stata(tmp_path / "panel.dta", write_index=False)
    read = read_table(tmp_path / "panel.dta")
    assert read.columns["city"].tolist() == ["north", "south", "west"]
