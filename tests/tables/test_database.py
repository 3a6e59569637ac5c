"""DuckDB and Parquet: the sandbox. Nothing but the named file is read, nothing is written."""

import duckdb
import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.tables import database
from clustermodels.tables.read import read_table

HOSTILE = 'x"; DROP TABLE panel; --'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("city,year\nhidden,2010\n")
    with duckdb.connect("x.duckdb") as made:
        made.execute("CREATE TABLE panel (city TEXT, year INT, patents DOUBLE)")
        made.execute("INSERT INTO panel VALUES ('01001', 2010, 3), (NULL, 2011, NULL)")
        made.execute("CREATE VIEW inside AS SELECT * FROM panel")
        made.execute("CREATE VIEW outside AS SELECT * FROM read_csv('secret.csv')")
        made.execute("CREATE VIEW listing AS SELECT * FROM glob('*')")
        made.execute("CREATE TABLE empty (city TEXT)")
        made.execute("CREATE SCHEMA other")
        made.execute("CREATE TABLE other.away (city TEXT)")
        made.execute(f"CREATE TABLE {quoted(HOSTILE)} AS SELECT 1 AS {quoted(HOSTILE)}")
    return tmp_path


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def refusal(path, **settings):
    with pytest.raises(cm.PanelError) as caught:
        read_table(path, **settings)
    return str(caught.value)


@pytest.mark.parametrize("name", ["panel", "inside"])
def test_a_table_and_a_view_onto_it(folder, name):
    read = read_table("x.duckdb", table=name)
    assert read.available == ("city", "year", "patents")
    assert read.columns["city"].tolist() == ["01001", None]


@pytest.mark.parametrize("name", ["outside", "listing"])
def test_a_view_onto_other_files_is_refused(folder, name):
    words = refusal("x.duckdb", table=name)
    assert words.startswith(f"x.duckdb: table '{name}' cannot be read: Permission Error")
    assert words.endswith("A view may not read other files: name a table.")
    assert "hidden" not in words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("panels", "no table 'panels'. Did you mean 'panel'?"),
        ("away", None),
        ("other.away", None),
        ("secret.csv", None),
        ("read_csv('secret.csv')", None),
        ("1; ATTACH 'y.duckdb'", None),
    ],
)
def test_only_tables_that_are_there(folder, name, words):
    listed = f"empty, inside, listing, outside, panel, {HOSTILE}"
    words = words or f"no table '{name}'. Name one with 'table:': {listed}."
    assert refusal("x.duckdb", table=name) == f"x.duckdb: {words}"


def test_a_table_must_be_named(folder):
    assert refusal("x.duckdb").startswith("x.duckdb: a DuckDB file holds several tables. Name one")


def test_the_only_table_needs_no_name(folder):
    with duckdb.connect("one.duckdb") as made:
        made.execute("CREATE TABLE t AS SELECT 'A' AS city")
    assert read_table("one.duckdb").columns["city"].tolist() == ["A"]


def test_an_empty_table(folder):
    assert refusal("x.duckdb", table="empty") == (
        "x.duckdb: no rows. Write a row per cluster and year."
    )


def test_hostile_names_are_names(folder):
    read = read_table("x.duckdb", table=HOSTILE, columns=[HOSTILE])
    assert read.columns[HOSTILE].tolist() == [1]
    assert read_table("x.duckdb", table="panel", columns=[HOSTILE]).columns == {}
    assert read_table("x.duckdb", table="panel").rows == 2


def test_the_file_is_not_changed(folder):
    before = (folder / "x.duckdb").read_bytes()
    read_table("x.duckdb", table="panel")
    refusal("x.duckdb", table="outside")
    assert (folder / "x.duckdb").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["secret.csv", "x.duckdb"]


STATEMENTS = [
    "SELECT * FROM read_csv('secret.csv')",
    "SELECT * FROM 'secret.csv'",
    "SELECT * FROM read_text('secret.csv')",
    "COPY (SELECT 1) TO 'out.csv'",
    "ATTACH 'y.duckdb'",
    "SET enable_external_access=true",
    "RESET enable_external_access",
    "SET allowed_paths=['secret.csv']",
]


@pytest.mark.parametrize("kind", ["duckdb", "parquet"])
@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_connection_that_reads_can_do_nothing_else(folder, monkeypatch, kind, statement):
    """The statement runs where the table is fetched, on the very connection that reads it."""
    pd.DataFrame({"city": ["A"]}).to_parquet("p.parquet")
    connections = []
    connect = duckdb.connect

    def connected(*arguments, **settings):
        connections.append(connect(*arguments, **settings))
        return connections[-1]

    monkeypatch.setattr(database.duckdb, "connect", connected)
    tried = []

    def fetched(relation, *rest):
        with pytest.raises(duckdb.Error):
            connections[-1].execute(statement)
        tried.append(relation.columns[0])
        raise duckdb.Error("stopped")

    monkeypatch.setattr(database, "_fetched", fetched)
    path, table = {"duckdb": ("x.duckdb", "panel"), "parquet": ("p.parquet", None)}[kind]
    assert "stopped" in refusal(path, table=table)
    assert tried == ["city"]
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize("name", ["it's.parquet", 'a"b.parquet', "北京.parquet"])
def test_a_parquet_file_with_an_odd_name(folder, name):
    pd.DataFrame({"city": ["A"], "x": [1.5]}).to_parquet(name)
    assert read_table(name, columns=["x"]).columns["x"].tolist() == [1.5]


def test_a_parquet_file_in_a_folder_that_is_a_pattern(folder):
    (folder / "a[b]").mkdir()
    pd.DataFrame({"city": ["A"]}).to_parquet(folder / "a[b]" / "p.parquet")
    assert refusal(folder / "a[b]" / "p.parquet", name="p.parquet") == (
        "p.parquet: it lies in a folder with *, ? or [ in its name. Rename the folder."
    )


def test_true_and_false_with_gaps_are_numbers(tmp_path):
    file = tmp_path / "flags.parquet"
    with duckdb.connect() as connection:
        connection.sql(
            "COPY (SELECT * FROM (VALUES (true, 1), (NULL, NULL), (false, 3)) t(flag, count)) "
            f"TO '{file}' (FORMAT parquet)"
        )
    columns = read_table(file).columns
    np.testing.assert_array_equal(columns["flag"], [1.0, np.nan, 0.0])
    np.testing.assert_array_equal(columns["count"], [1.0, np.nan, 3.0])
