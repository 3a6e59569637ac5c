"""Tables that are handed over: which are taken, and what is said of the rest."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.tables.objects import from_object


def test_types_of_pandas():
    table = from_object(
        pd.DataFrame(
            {
                "whole": [1, 2],
                "gap": [1.5, None],
                "nullable": pd.array([1, None], dtype="Int64"),
                "truth": [True, False],
                "maybe": pd.array([True, None], dtype="boolean"),
                "text": ["01", " x "],
                "missing": ["NA", "."],
                "mixed": [1, "a"],
                "category": pd.Categorical(["u", None]),
                "date": pd.to_datetime(["2010-01-01", "2011-01-01"]),
            }
        )
    )
    kinds = {name: values.dtype.kind for name, values in table.columns.items()}
    assert kinds == {
        "whole": "i",
        "gap": "f",
        "nullable": "f",
        "truth": "b",
        "maybe": "f",
        "text": "O",
        "missing": "O",
        "mixed": "O",
        "category": "O",
        "date": "O",
    }
    np.testing.assert_array_equal(table.columns["nullable"], [1.0, np.nan])
    np.testing.assert_array_equal(table.columns["maybe"], [1.0, np.nan])
    assert table.columns["text"].tolist() == ["01", "x"]
    assert table.columns["missing"].tolist() == [None, None]
    assert table.columns["mixed"].tolist() == ["1", "a"]
    assert table.columns["category"].tolist() == ["u", None]


def test_an_index_with_names_is_columns():
    frame = pd.DataFrame({"city": ["A"], "year": [2010], "x": [1]})
    assert from_object(frame.set_index(["city", "year"])).available == ("city", "year", "x")
    assert from_object(frame).available == ("city", "year", "x")


def test_the_hash_follows_the_values():
    hashes = [from_object({"x": values}).sha256 for values in ([1, 2], [1, 2], [2, 1])]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            [1, 2],
            "<table>: not a table: list. "
            "Hand over a pandas, polars or Arrow table, an xarray Dataset or a mapping.",
        ),
        ({}, "<table>: no rows. Write a row per cluster and year."),
        (
            {"city": ["A", "B"], "year": [2010]},
            "<table>: not a table: All arrays must be of the same length. "
            "Hand over a mapping of column names to lists of the same length.",
        ),
        (
            {"city": "A", "year": 2010},
            "<table>: not a table: If using all scalar values, you must pass an index. "
            "Hand over a mapping of column names to lists of the same length.",
        ),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "<table>: two columns are called 'a'. Give each its own name.",
        ),
    ],
)
def test_refused(data, words):
    with pytest.raises(cm.PanelError) as caught:
        from_object(data)
    assert str(caught.value) == words
