"""What cannot be counted is refused: exact words, all unknown names at once."""

import gzip

import duckdb
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables import layout, record_source
from clustermodels.tables.records import count_records
from tests.tables.test_records import CELLS, NAMES, ROWS, declared, written

HEADER = "id,city,year,org,euro,topic\n"


def refusal(source, records=None, ties=None, name="r.csv"):
    with pytest.raises(cm.PanelError) as caught:
        count_records(source, records or declared(), ties, name=name)
    return str(caught.value)


def changed(**values):
    return pd.DataFrame([{**ROWS[0], **values}, *ROWS[1:]])


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_unknown_columns_are_told_all_at_once(tmp_path, kind):
    count = {
        "n": {"distinct": "topics"},
        "m": {"sum": "money", "where": {"top": {"is": "AI"}}},
    }
    records = Records(
        unit="ids", region=["city", "land"], year="yr", organisation="orgs", count=count
    )
    words = refusal(
        written(tmp_path, kind, ROWS[:3]), records, RecordTies(where={"zzz": {"is": 1}})
    )
    expected = "Expected id, city, year, org, euro, topic."
    assert words.splitlines() == [
        f"data.records.unit: r.csv has no column 'ids'. {expected} Did you mean 'id'?",
        f"data.records.region: r.csv has no column 'land'. {expected} Name one of its columns.",
        f"data.records.year: r.csv has no column 'yr'. {expected} Did you mean 'year'?",
        f"data.records.organisation: r.csv has no column 'orgs'. {expected} Did you mean 'org'?",
        f"data.records.count.n.distinct: r.csv has no column 'topics'. {expected} "
        "Did you mean 'topic'?",
        f"data.records.count.m.sum: r.csv has no column 'money'. {expected} "
        "Name one of its columns.",
        f"data.records.count.m.where.top: r.csv has no column 'top'. {expected} "
        "Did you mean 'topic'?",
        f"data.ties.where.zzz: r.csv has no column 'zzz'. {expected} Name one of its columns.",
    ]


def test_a_role_is_not_a_column():
    """Where 'region' names the column itself, it must be one."""
    assert refusal(changed(), declared(region="region")).startswith(
        "data.records.region: r.csv has no column 'region'."
    )


@pytest.mark.parametrize(
    ("year", "words"),
    [
        ("2020-05-01", "Write the year alone: 2020."),
        ("soon", "Correct it, or leave the cell empty: the record is then left out."),
    ],
)
def test_a_year_that_is_none(year, words):
    assert refusal(changed(year=year)) == (
        f"r.csv: year: not a year. Got '{year}'; expected a whole number. {words}"
    )


def test_years_that_are_none():
    data = pd.DataFrame(ROWS).assign(year=lambda made: made["year"] + 0.5)
    assert refusal(data).splitlines() == [
        "r.csv: year: not a year. Got '2020.5', '2021.5'; expected a whole number. "
        "Write the year alone: 2020.",
        "r.csv: year: 11 more cells are not a year.",
    ]


@pytest.mark.parametrize(
    ("cell", "fix"),
    [
        ("1,5", "Write a decimal point: 1.5."),
        ("true", "Write 1 for true and 0 for false."),
        ("much", "Correct it, or leave the cell empty where the value is missing."),
        ("1e999", "Correct it, or leave the cell empty where the value is missing."),
        ("1_000", "Correct it, or leave the cell empty where the value is missing."),
    ],
)
@pytest.mark.parametrize(
    "count", [{"sum": "amount"}, {"rows": True, "where": {"euro": {"below": 3}}}]
)
def test_a_number_that_is_none(cell, fix, count):
    data = changed(euro=cell).astype({"euro": str}).replace({"euro": {"nan": "NA", "None": "NA"}})
    assert refusal(data, declared({"m": count})) == (
        f"r.csv: euro: not a finite number. Got '{cell}'; expected a number. {fix}"
    )


def test_an_infinite_amount():
    assert refusal(changed(euro=float("inf"))) == (
        "r.csv: euro: not a finite number. Got 'inf'; expected a number. "
        "Correct it, or leave the cell empty where the value is missing."
    )


def test_values_that_no_record_has():
    count = {
        "n": {"rows": True, "where": {"topic": {"is": ["IA", "oill"]}}},
        "m": {"rows": True, "where": {"euro": {"is": "much"}}},
    }
    assert refusal(changed(), declared(count), RecordTies(where={"year": {"is": 1999}})) == (
        "data.records.count.n.where.topic.is: no record has this value. Got 'IA'; "
        "expected AI, oil.\n"
        "data.records.count.n.where.topic.is: no record has this value. Got 'oill'; "
        "expected AI, oil. Did you mean 'oil'?\n"
        "data.records.count.m.where.euro.is: no record has this value. Got 'much'; "
        "expected -7, 0.1, 0.2, 0.3, 1.25, 10.5, 2, 3, 99. \n".replace(" \n", "\n")
        + "data.ties.where.year.is: no record has this value. Got 1999; expected 2020, 2021."
    )


def test_quantiles_are_refused():
    count = {"n": {"rows": True, "where": {"euro": {"above_quantile": 0.5}}}}
    assert refusal(changed(), declared(count)) == (
        "data.records.count.n.where.euro.above_quantile: records are not compared with their "
        "quantiles. Write the number itself: {above: 3}."
    )


def test_two_regions_with_one_label():
    rows = [{**ROWS[0], "city": "a, b", "topic": "c"}, {**ROWS[0], "city": "a", "topic": "b, c"}]
    records = declared({"n": {"rows": True}}, region=["city", "topic"])
    assert refusal(pd.DataFrame(rows), records) == (
        "data.records.region: two regions of r.csv would both be called 'a, b, c'. "
        "Leave out the commas in their names, or name them in one column."
    )


@pytest.mark.parametrize("name", ["region", "year"])
def test_a_count_called_like_a_role(name):
    assert refusal(changed(), declared({name: {"rows": True}})) == (
        f"data.records.count.{name}: every count has a {name} already. Give the count another name."
    )


def test_no_record_is_complete():
    data = pd.DataFrame([dict(zip(NAMES, cells, strict=True)) for cells in CELLS[-3:]])
    assert refusal(data, declared({"n": {"rows": True}})) == (
        "r.csv: no record has a region, a year and a unit. Write a row per record."
    )


def test_no_rows(tmp_path):
    path = tmp_path / "empty.parquet"
    pd.DataFrame(ROWS)[:0].to_parquet(path)
    assert refusal(path, declared({"n": {"rows": True}})) == (
        "r.csv: no rows. Write a row per record."
    )


def test_nested_cells(tmp_path):
    path = tmp_path / "nested.parquet"
    pd.DataFrame({**{name: ["x"] for name in NAMES}, "city": [["A", "B"]]}).to_parquet(path)
    assert refusal(path) == "r.csv: 'city' is nested. Write one value a cell."


def test_an_object_that_is_no_table():
    assert refusal(3).startswith("<table>: not a table: int.")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.csv", "no such file. Check the path: "),
        ("x.sav", "unknown kind of file '.sav'."),
        ("empty.csv", "the file is empty."),
        ("bad.parquet", "not a Parquet file: "),
        ("bad.duckdb", "not a DuckDB file: "),
        ("bad.dta", "not a Stata file: "),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, words):
    for made in ("x.sav", "bad.parquet", "bad.duckdb", "bad.dta"):
        (tmp_path / made).write_text("this is not what it says " * 400)
    (tmp_path / "empty.csv").write_text("")
    said = refusal(tmp_path / name, name=name)
    assert said.startswith(f"{name}: {words}")
    assert str(tmp_path) not in said.replace("folder '" + str(tmp_path), "")


def test_a_parquet_file_that_breaks_off(tmp_path):
    path = written(tmp_path, "parquet")
    raw = bytearray(path.read_bytes())
    raw[4:200] = b"\0" * 196
    path.write_bytes(raw)
    said = refusal(path, name="r.parquet")
    assert said.startswith("r.parquet: cannot be read: ")
    assert str(tmp_path) not in said


def test_tables_of_a_duckdb_file(tmp_path):
    path = written(tmp_path, "duckdb")
    assert refusal(path) == (
        "r.csv: a DuckDB file holds several tables. Name one with 'table:': other, records."
    )
    assert refusal(path, declared(table="record")) == (
        "r.csv: no table 'record'. Did you mean 'records'?"
    )
    assert refusal(written(tmp_path, "csv"), declared(table="t")) == (
        "r.csv: only a DuckDB file has tables. Remove 'table:'."
    )


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (HEADER.encode(), ":1: a header and no rows. Write a row per record."),
        (b"\n\n", ": the file is empty. Write a header and a row per record."),
        (b"id,city,id\n1,2,3\n", ":1: the header has 'id' twice. Give each column its own name."),
        (
            f"{HEADER}p,A,2020,o,1,AI\np,A,2020,o,1\n".encode(),
            ":3: 5 cells where the header has 6. Quote cells that hold the delimiter, and check "
            "this line and the one above.",
        ),
        (
            f'{HEADER}p,A,2020,o,1,AI\np,"A"B,2020,o,1,AI\n'.encode(),
            ":3: not valid CSV: ',' expected after '\"'. Check the quotes.",
        ),
        (
            f"{HEADER}p,Besançon,2020,o,1,AI\n".encode("latin-1"),
            ":2: not UTF-8 text; most likely ISO-8859-1. Save it as UTF-8 (in Excel: "
            "'CSV UTF-8'), or run: iconv -f ISO-8859-1 -t UTF-8 r.csv > utf8.csv",
        ),
        (f"{HEADER}p,A\0,2020,o,1,AI\n".encode(), ": not a text file. Check the suffix, or save "),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_text_is_refused_as_everywhere(tmp_path, raw, words, packed):
    path = tmp_path / ("r.csv.gz" if packed else "r.csv")
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    said = refusal(path).replace("r.csv.gz > ", "r.csv > ")
    assert said.startswith("r.csv" + words)


def test_a_damaged_gz(tmp_path):
    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() * 100, mtime=0)[:-20])
    assert refusal(path).startswith("r.csv: cannot be read: ")


def test_a_letter_split_between_two_parts_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "_PART", 3)
    path = tmp_path / "r.csv"
    path.write_text(f"{HEADER}p,北京,2020,o,1,AI\n", "utf-8")
    counted = count_records(path, declared(), None, name="r")
    assert counted.counts.columns["region"].tolist() == ["北京"]


def test_too_large_says_so(tmp_path, monkeypatch):
    def full(*_):
        raise duckdb.OutOfMemoryException("Out of Memory Error: no space\nhint")

    monkeypatch.setattr(record_source, "_frame", full)
    assert refusal(changed()) == (
        "r.csv: too large to count: Out of Memory Error: no space. "
        "Free space in the folder for temporary files, or count fewer columns."
    )
