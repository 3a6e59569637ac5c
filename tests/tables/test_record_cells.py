"""Roles, conditions and cells of records that are not there or cannot be read."""

import gzip

import duckdb
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.ties import RecordTies
from clustermodels.tables import layout
from clustermodels.tables.records import count_records
from tests.tables.test_records import ROWS, declared

TABLE = pd.DataFrame(ROWS)
HEADER = "id,city,year,org,euro,topic\n"
CELLS = (
    "p1,A,2020,o,1,AI\n"
    "p1,A,unknown,o,many,AI\n"
    'p2,"A, \nB",2010Q1,o,2,AI\n'
    "p2,A, 2010Q1 ,o,3,AI\n"
    "p3,A,2011Q2,o,4,AI\n"
    "p3,A,2012Q2,o,5,AI\n"
)


def refusal(source, records=None, ties=None):
    with pytest.raises(cm.PanelError) as caught:
        count_records(source, records or declared(), ties, name="r.csv")
    return str(caught.value).splitlines()


def test_a_wrong_role_is_told_once():
    records = declared(
        {"n": {"distinct": "unit"}, "m": {"distinct": "organisation"}, "s": {"sum": "amount"}},
        unit="ids",
        organisation="firm",
        amount="sum_of_money",
    )
    ties = RecordTies(where={"organisation": {"is": "a1"}, "unit": {"is": "p1"}})
    lines = refusal(TABLE, records, ties)
    assert [line.partition(". Expected")[0] for line in lines] == [
        "data.records.unit: r.csv has no column 'ids'",
        "data.records.organisation: r.csv has no column 'firm'",
        "data.records.amount: r.csv has no column 'sum_of_money'",
    ]


def test_a_column_that_a_role_and_a_count_both_name_is_told_at_both():
    lines = refusal(TABLE, declared({"n": {"distinct": "ids"}}, unit="ids"))
    assert [line.partition(":")[0] for line in lines] == [
        "data.records.unit",
        "data.records.count.n.distinct",
    ]


def test_a_list_may_hold_values_that_no_record_has():
    where = {"topic": {"is": ["AI", "H04L"]}, "year": {"is": [2020, 2021, 1999]}}
    ties = RecordTies(where={"topic": {"is": ["oil", "AI"]}, "year": {"is": [2021, True]}})
    counted = count_records(TABLE, declared({"n": {"rows": True, "where": where}}), ties, name="r")
    assert counted.facts.absent == (
        ("data.records.count.n.where.topic.is", "H04L"),
        ("data.records.count.n.where.year.is", 1999),
        ("data.ties.where.year.is", True),
    )
    alone = declared({"n": {"rows": True, "where": {"topic": {"is": ["AI"]}}}})
    expected = count_records(TABLE, alone, name="r")
    assert expected.facts.absent == ()
    assert counted.counts.columns["n"].sum() == expected.counts.columns["n"].sum()


@pytest.mark.parametrize("packed", [False, True])
def test_cells_that_cannot_be_read_are_shown_with_their_line(tmp_path, packed):
    path = tmp_path / ("r.csv.gz" if packed else "r.csv")
    raw = (HEADER + CELLS).encode()
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    year = "Got '2010Q1', '2011Q2', '2012Q2'; expected a whole number."
    assert refusal(path) == [
        "r.csv:3: euro: not a finite number. Got 'many'; expected a number. "
        "Correct it, or leave the cell empty where the value is missing.",
        f"r.csv:4: year: not a year. {year} Write the year alone: 2010.",
        "r.csv: year: 2 more cells are not a year.",
    ]


def test_the_first_of_the_shown_cells_is_said_first(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEADER + "p,A,x,o,1,AI\np,A,b,o,1,AI\n")
    (line,) = refusal(path)
    assert line.startswith("r.csv:2: year: not a year. Got 'x', 'b'; expected a whole number.")


def test_only_the_beginning_of_a_large_file_is_looked_through(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "_LOOKED_THROUGH", 2)
    path = tmp_path / "r.csv"
    path.write_text(HEADER + "p,A,2020,o,1,AI\n" * 2 + "p,A,x,o,1,AI\n")
    (line,) = refusal(path)
    assert line.startswith("r.csv: year: not a year. Got 'x';")


def test_other_files_have_no_lines(tmp_path):
    path = tmp_path / "r.duckdb"
    with duckdb.connect(str(path)) as made:
        made.register("frame", TABLE.assign(year="2010Q1"))
        made.execute("CREATE TABLE records AS SELECT * FROM frame")
    assert refusal(path)[0].startswith("r.csv: year: not a year. Got '2010Q1'; expected")


def test_a_quote_that_is_never_closed(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(HEADER + 'p,A,2020,o,1,AI\np,"A,2020,o,1,AI\n' + "p,A,2020,o,1,AI\n" * 20_000)
    assert refusal(path) == [
        "r.csv:3: a quote that opens on this line is never closed. Close it; a cell holds up to "
        "131072 characters."
    ]
