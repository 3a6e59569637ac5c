"""Text that DuckDB takes apart, against our own reader; columns that are asked for as numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustermodels.errors import PanelError
from clustermodels.tables import delimited
from clustermodels.tables.cast import numbers
from clustermodels.tables.read import read_table

PIECES = ["a", "1", " ", '"', '""', ",", ";", "\n", "\r\n", "\r", "\t", "é", "\ufeff", "\u2028"]
PLAIN = ["", "a", "1", " b ", "é", '"c"', '"x,y"', '"q ""r"""', '""', "\u2028", "#", "'", "\\"]
ODD = ['"l\nm"', 'd"e', '"f"g', ' "h"', '"i" ', "\r", "j,k", '"', "\ufeff"]
ROW = st.tuples(st.sampled_from(PLAIN), st.sampled_from(PLAIN)).map(",".join)
WRONG = st.sampled_from(["", " ", "a", *(f"{odd},b" for odd in ODD), *(f"a,{odd}" for odd in ODD)])
LINES = st.lists(ROW, max_size=6) | st.lists(ROW | WRONG, max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])
HEADERS = st.sampled_from(["a,b", '"a","b"', "a", "\na,b", "a,b,c"])
LETTERS = st.text(alphabet="0019+-.eE_ naif\t,", max_size=7)
CELLS = st.one_of(
    LETTERS,
    st.sampled_from(
        ["", "NA", "NaN", ".", "nan", "inf", "1_000", "+-1", "1e999", "٣", " 1 ", "0x1"]
    ),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers().map(str),
)


def outcome(path, **settings):
    """Give what is read, or what is said."""
    try:
        table = read_table(path, name="p.csv", **settings)
    except PanelError as error:
        return str(error)
    cells = {name: values.tolist() for name, values in table.columns.items()}
    return cells, table.available, table.lines.tolist()


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    lines=LINES,
    header=st.just("a,b") | HEADERS,
    end=ENDS,
    last=st.sampled_from(["", "\n"]) | ENDS,
    odd=st.just("") | st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
)
def test_the_same_as_row_by_row(tmp_path_factory, lines, header, end, last, odd):
    path = tmp_path_factory.getbasetemp() / "plain.csv"
    path.write_bytes((end.join([header, *lines]) + last + odd).encode())
    at_once = outcome(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_at_once", lambda *given: None)
        assert outcome(path) == at_once


def test_plain_text_is_read_at_once(tmp_path, monkeypatch):
    path = tmp_path / "plain.csv"
    path.write_text('city,year,x\n"A, B",2010,1.5\n"C ""D""",2011,\n', "utf-8")
    monkeypatch.setattr(delimited, "_row_by_row", None)
    cells, _, lines = outcome(path, numeric={"x"})
    assert cells["city"] == ["A, B", 'C "D"']
    assert cells["year"] == ["2010", "2011"]
    assert repr(cells["x"]) == "[1.5, nan]"
    assert lines == [2, 3]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(cells=st.lists(CELLS, min_size=1, max_size=5))
def test_a_column_of_numbers_is_what_its_text_says(tmp_path_factory, cells):
    """Where the column comes as numbers, they are those of the text, to the last bit."""
    path = tmp_path_factory.getbasetemp() / "numbers.csv"
    path.write_text("k\tx\n" + "".join(f"k\t{cell}\n" for cell in map(one_cell, cells)), "utf-8")
    text, numeric = read_table(path), read_table(path, numeric={"x"})
    wanted, problems = numbers(text, "x")
    if numeric.columns["x"].dtype.kind == "O":
        assert numeric.columns["x"].tolist() == text.columns["x"].tolist()
    else:
        assert not problems
        np.testing.assert_array_equal(numeric.columns["x"], wanted)
    clean = [cell for cell in text.columns["x"].tolist() if cell is not None]
    if clean and not problems and all(cell.isascii() for cell in clean):
        spaced = any(one_cell(cell).strip(" ") != cell.strip() for cell in cells)
        assert spaced or numeric.columns["x"].dtype.kind == "f"


def one_cell(cell):
    return cell.replace("\t", " ").replace(",", "")


@pytest.mark.parametrize("cell", ["1_000", "+-1", "nan", "inf", "1e999", "many", "٣"])
def test_text_among_numbers_leaves_the_column_as_it_is_written(tmp_path, cell):
    path = tmp_path / "p.csv"
    path.write_text(f"city,x,y\nA,1.50,{cell}\nB,007,\n", "utf-8")
    table = read_table(path, numeric={"x", "y"})
    assert table.columns["x"].tolist() == [1.5, 7.0]
    assert table.columns["y"].tolist() == [cell, None]


def test_a_column_without_any_cell_is_text(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("city,x\nA,\nB,NA\n", "utf-8")
    assert read_table(path, numeric={"x"}).columns["x"].tolist() == [None, None]


def test_a_folder_that_looks_like_a_pattern(tmp_path):
    path = tmp_path / "a[b]" / "p.csv"
    path.parent.mkdir()
    path.write_text("city,x\nA,1\n", "utf-8")
    assert read_table(path, name="p.csv", numeric={"x"}).columns["x"].tolist() == ["1"]
