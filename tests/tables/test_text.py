"""Delimited text: delimiters, quotes, missing cells, lines, and what is wrong with a file."""

import gzip

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.tables.read import read_table

ROWS = "city,year,patents\nA,2010,1\nA,2011,2\n"
UNCLOSED = (
    "a quote that opens on this line is never closed. Close it; a cell holds up to 131072 "
    "characters."
)


@pytest.fixture
def table(tmp_path):
    def read(content, name="panel.csv", encoding="utf-8", **settings):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_table(path, name=name, **settings)

    return read


@pytest.fixture
def refusal(table):
    def words(*content, **settings):
        with pytest.raises(cm.PanelError) as caught:
            table(*content, **settings)
        return str(caught.value)

    return words


def cells(read):
    return {name: values.tolist() for name, values in read.columns.items()}


PLAIN = {"city": ["A", "A"], "year": ["2010", "2011"], "patents": ["1", "2"]}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ROWS, "panel.csv"),
        (ROWS.replace(",", ";"), "panel.csv"),
        (ROWS.replace(",", "\t"), "panel.tsv"),
        (ROWS.replace(",", "\t"), "panel.csv"),
        (ROWS.replace(",", "|"), "panel.txt"),
        (ROWS.replace("\n", "\r\n"), "panel.csv"),
        ("\n\n" + ROWS, "panel.csv"),
        (ROWS.replace("\n", "\n\n"), "panel.csv"),
        (ROWS.replace(",", " , "), "panel.csv"),
        (b"\xef\xbb\xbf" + ROWS.encode(), "panel.csv"),
        (gzip.compress(ROWS.encode(), mtime=0), "panel.csv.gz"),
        (gzip.compress(ROWS.replace(",", "\t").encode(), mtime=0), "panel.tsv.gz"),
    ],
)
def test_the_same_table_however_it_is_written(table, content, name):
    assert cells(table(content, name)) == PLAIN


def test_a_quoted_delimiter_does_not_mislead(table):
    read = table('"city, or, town";"year"\n"A; B";2010\n')
    assert cells(read) == {"city, or, town": ["A; B"], "year": ["2010"]}


@pytest.mark.parametrize(
    "name", ['São "X", Paulo', "北京市", "St. Mary's", "a  b", "Ærø\tØ", "<&>"]
)
def test_names_come_back_as_they_are(table, name):
    quoted = '"' + name.replace('"', '""') + '"'
    read = table(f"city,{quoted}\n{quoted},1\n")
    assert read.available == ("city", name)
    assert read.columns["city"].tolist() == [name]


@pytest.mark.parametrize("cell", ["", "NA", "NaN", ".", "  ", " NA "])
def test_missing(table, cell):
    assert table(f"city,patents\nA,{cell}\n").columns["patents"].tolist() == [None]


@pytest.mark.parametrize("cell", ["01001", "na", "N/A", "..", "-", "nan", "1e5", "TRUE"])
def test_not_missing_and_not_touched(table, cell):
    assert table(f"city,patents\nA,{cell}\n").columns["patents"].tolist() == [cell]


def test_lines_count_line_breaks_in_quotes_and_blank_lines(table):
    read = table('city,year\n"A\nB",2010\n\nC,2011\n')
    assert [read.line(row) for row in range(2)] == [2, 5]


def test_only_the_wanted_columns_are_kept(table):
    read = table(ROWS, columns=["year", "nothing"])
    assert list(read.columns) == ["year"]
    assert read.available == ("city", "year", "patents")


def test_two_hundred_columns(table):
    names = [f"x{i}" for i in range(200)]
    numbers = np.arange(600).reshape(3, 200)
    text = "\n".join([",".join(names), *(",".join(map(str, row)) for row in numbers)])
    read = table(text)
    assert read.available == tuple(names)
    np.testing.assert_array_equal(read.columns["x199"].astype(int), numbers[:, 199])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "panel.csv: the file is empty. Write a header and a row per cluster-year."),
        ("\n \n", "panel.csv: the file is empty. Write a header and a row per cluster-year."),
        ("city,year\n", "panel.csv:1: a header and no rows. Write a row per cluster and year."),
        (
            ROWS + "A,2012\nB,2010,1,2\n",
            "panel.csv:4: 2 cells where the header has 3. Quote cells that hold the delimiter, "
            "and check this line and the one above.\n"
            "panel.csv:5: 4 cells where the header has 3. Quote cells that hold the delimiter, "
            "and check this line and the one above.",
        ),
        (
            ROWS + '"A,2012,1\n',
            f"panel.csv:4: {UNCLOSED}",
        ),
        (ROWS + '"A' + ",2012,1\n" * 20_000, f"panel.csv:4: {UNCLOSED}"),
        ('"city\n', f"panel.csv:1: {UNCLOSED}"),
        (
            ',city\n"1",A\n',
            "panel.csv:1: a column without a name. Name every column, and leave out row numbers "
            "(R: row.names = FALSE).",
        ),
        (
            "\ncity,year,city\nA,1,B\n",
            "panel.csv:2: the header has 'city' twice. Give each column its own name.",
        ),
        ("city\nA\0\n", "panel.csv: not a text file. Check the suffix, or save it as UTF-8."),
    ],
)
def test_refused(refusal, content, words):
    assert refusal(content) == words


def test_five_ragged_rows_are_enough(refusal):
    assert refusal(ROWS + "A\n" * 50).count("\n") == 4


@pytest.mark.parametrize(
    "damage", [b"city,year\n", gzip.compress(ROWS.encode() * 50, mtime=0)[:40]]
)
def test_a_damaged_gz(refusal, damage):
    assert refusal(damage, "panel.csv.gz").startswith("panel.csv.gz: cannot be read: ")
