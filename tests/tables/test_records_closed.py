"""Whoever wrote the document or the file: one file is read, and no value or name becomes SQL."""

import duckdb
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables import records as room
from clustermodels.tables.records import Apart, count_records
from tests.tables.record_oracle import agree
from tests.tables.test_records import COUNT, KINDS, ROWS, declared, written

HOSTILE = [
    'x"; DROP TABLE kept; --',
    "'; DROP TABLE kept; --",
    "a'b",
    'a"b',
    "$1",
    "?",
    "{0}",
    "%s",
    "c0",
    "region id",
    "SELECT",
    "back\\slash",
    "北京",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("city,year\nhidden,2010\n")
    return tmp_path


@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb", "jsonl"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path, kind, name):
    """Of columns, counts, regions, units and values alike."""
    if kind == "csv" and name.startswith("'; "):
        name = name.replace(";", ",")  # a header full of semicolons is delimited by them
    rows = [
        {
            f"{name}{key}": f"{value}{name}" if key in ("id", "city", "topic") and value else value
            for key, value in row.items()
        }
        for row in ROWS
        if row["topic"] and row["city"] not in ("NA", ".")
    ]
    where = {f"{name}topic": {"is": [f"AI{name}", f"oil{name}"]}}
    records = Records(
        unit=f"{name}id",
        region=[f"{name}city", f"{name}topic"],
        year=f"{name}year",
        organisation=f"{name}org",
        count={
            name: {"rows": True, "where": where},
            f"{name}2": {"distinct": f"{name}topic", "where": where},
            f"{name}3": {"sum": f"{name}euro"},
        },
        table="records" if kind == "duckdb" else None,
    )
    ties = RecordTies(where=where)
    counted = count_records(
        written(tmp_path, kind, rows), records, ties, name="r", apart=Apart(name, half=True)
    )
    agree(counted, rows, records, ties, Apart(name, half=True))


@pytest.mark.parametrize("value", ["AI' OR '1'='1", "AI'; --", "$1", "%", "A_", "*"])
def test_a_value_is_only_compared(value):
    count = {"n": {"rows": True, "where": {"topic": {"is": value}}}}
    with pytest.raises(cm.PanelError, match="no record has this value"):
        count_records(pd.DataFrame(ROWS), declared(count), None, name="r")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stem", ["it's", 'a"b', "北京", "a b;c"])
def test_odd_paths(tmp_path, kind, stem):
    inside = tmp_path / stem
    inside.mkdir()
    path = written(inside, kind).rename(inside / f"{stem}.{kind}")
    records = declared(table="records" if kind == "duckdb" else None)
    agree(count_records(path, records, None, name="r"), ROWS, records)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_pattern_is_no_path(tmp_path, kind):
    (tmp_path / "a[b]").mkdir()
    path = written(tmp_path / "a[b]", kind)
    for name, words in (
        ("r", "r: it lies in a folder with *, ? or [ in its name. Rename the folder."),
        ("a*", "a*: a path names one file. Leave out *, ? and [."),
    ):
        with pytest.raises(cm.PanelError) as caught:
            count_records(path, declared(), None, name=name)
        assert str(caught.value) == words


STATEMENTS = [
    "SELECT * FROM read_csv('secret.csv')",
    "SELECT * FROM 'secret.csv'",
    "SELECT * FROM read_text('secret.csv')",
    "SELECT * FROM glob('*')",
    "COPY (SELECT 1) TO 'out.csv'",
    "ATTACH 'y.duckdb'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access=true",
    "RESET enable_external_access",
    "SET allowed_paths=['secret.csv']",
    "SET temp_directory='.'",
    "SET memory_limit='100GB'",
]


@pytest.mark.parametrize("kind", [*KINDS, "memory"])
def test_the_connection_that_counts_can_do_nothing_else(folder, monkeypatch, kind):
    source = pd.DataFrame(ROWS) if kind == "memory" else written(folder, kind)
    before = sorted(path.name for path in folder.iterdir())
    tried = []

    def asked(found, *_):
        for statement in STATEMENTS:
            with pytest.raises(duckdb.Error):
                found.connection.execute(statement)
            tried.append(statement)
        raise duckdb.Error("stopped")

    monkeypatch.setattr(room, "read_columns", asked)
    records = declared(table="records" if kind == "duckdb" else None)
    with pytest.raises(cm.PanelError, match="stopped"):
        count_records(source, records, None, name="r")
    assert tried == STATEMENTS
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_duckdb_file_is_neither_changed_nor_trusted(folder):
    """Its views may not leave it, and its macros are not ours."""
    path = written(folder, "duckdb")
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE VIEW inside AS SELECT * FROM records")
        made.execute("CREATE VIEW outside AS SELECT * FROM read_csv('secret.csv')")
        made.execute("CREATE MACRO trim(a, b) AS 'gone'")
        made.execute("CREATE MACRO md5(a) AS '0'")
        made.execute("CREATE MACRO list_sort(a) AS []")
        made.execute("CREATE TABLE cells AS SELECT 1 AS x")
        made.execute("CREATE TABLE kept AS SELECT 1 AS x")
    before = path.read_bytes()
    for table in ("records", "inside"):
        records, apart = declared(COUNT, table=table), Apart("n", half=True)
        counted = count_records(path, records, RecordTies(), name="r", apart=apart)
        agree(counted, ROWS, records, RecordTies(), apart)
    with pytest.raises(cm.PanelError) as caught:
        count_records(path, declared(table="outside"), None, name="r")
    words = str(caught.value)
    assert words.startswith("r: table 'outside' cannot be read: Permission Error")
    assert words.endswith("A view may not read other files: name a table.")
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in folder.iterdir()) == ["records.duckdb", "secret.csv"]
