"""Which file is read: by its suffix, no pattern, no folder, the nearest where it is absent."""

import gzip
import os

import pytest

import clustermodels as cm
from clustermodels.tables.read import read_table

ROWS = "city,year\nA,2010\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "panel.csv").write_text(ROWS)
    (tmp_path / "sub").mkdir()
    return tmp_path


def refusal(path, **settings):
    with pytest.raises(cm.PanelError) as caught:
        read_table(path, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("panels.csv", "no such file. Did you mean 'panel.csv'?"),
        ("Panel.CSV", "no such file. Did you mean 'panel.csv'?"),
        ("other.dta", "no such file. Check the path: this folder holds panel.csv."),
        ("sub/x.csv", "no such file. Check the path: the folder 'sub' holds no files."),
        ("none/panel.csv", "no such file. Check the path: there is no folder 'none'."),
        ("sub", "this is a folder. Name a file in it."),
        ("*.csv", "a path names one file. Leave out *, ? and [."),
        ("panel.cs?", "a path names one file. Leave out *, ? and [."),
        ("[p]anel.csv", "a path names one file. Leave out *, ? and [."),
    ],
)
def test_not_a_file(folder, path, words):
    assert refusal(path) == f"{path}: {words}"


def test_a_pipe_is_refused_and_not_waited_for(folder):
    os.mkfifo("pipe.csv")
    assert refusal("pipe.csv") == (
        "pipe.csv: this is not a file that can be read. Name a file with a table."
    )


def test_a_suffix_that_nobody_reads(folder):
    (folder / "panel.sav").write_text(ROWS)
    assert refusal("panel.sav") == (
        "panel.sav: unknown kind of file '.sav'. Save it as one of .csv, .tsv, .txt, .parquet, "
        ".jsonl, .ndjson, .dta, .csv.gz, .duckdb, .db."
    )


@pytest.mark.parametrize("suffix", [".xlsx", ".XLS"])
def test_a_workbook(folder, suffix):
    (folder / f"panel{suffix}").write_text(ROWS)
    assert refusal(f"panel{suffix}") == (
        f"panel{suffix}: unknown kind of file '{suffix.lower()}'. In Excel: save as CSV UTF-8."
    )


@pytest.mark.parametrize("name", ["BIG.CSV", "BIG.CSV.GZ", "big.Tsv"])
def test_a_suffix_in_capitals(folder, name):
    raw = ROWS.encode()
    (folder / name).write_bytes(gzip.compress(raw, mtime=0) if name.endswith("GZ") else raw)
    assert read_table(name).columns["city"].tolist() == ["A"]


def test_a_table_of_a_file_that_has_none(folder):
    assert refusal("panel.csv", table="t") == (
        "panel.csv: only a DuckDB file has tables. Remove 'table:'."
    )


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("p.parquet", "p.parquet: not a Parquet file: ", "'p.parquet'. Save it again."),
        ("p.duckdb", "p.duckdb: not a DuckDB file: ", "Check the path."),
        ("p.dta", "p.dta: not a Stata file: ", "Save it again in Stata, or export it as CSV."),
        ("p.csv.gz", "p.csv.gz: cannot be read: Not a gzipped file", "Save the file again."),
    ],
)
def test_a_file_that_is_not_what_its_suffix_says(folder, name, start, end):
    (folder / name).write_text(ROWS * 20)
    words = refusal(name)
    assert words.startswith(start)
    assert words.endswith(end)
    assert str(folder) not in words


def test_a_folder_with_a_pattern_in_its_name_is_no_pattern(folder):
    (folder / "thesis [final]").mkdir()
    (folder / "thesis [final]" / "panel.csv").write_text(ROWS)
    read = read_table(folder / "thesis [final]" / "panel.csv", name="panel.csv")
    assert read.columns["city"].tolist() == ["A"]


def test_the_hash_is_of_the_bytes(folder):
    (folder / "same.csv").write_text(ROWS)
    (folder / "other.csv").write_text(ROWS.replace("\n", "\r\n"))
    first, same, other = (read_table(n).sha256 for n in ("panel.csv", "same.csv", "other.csv"))
    assert first == same != other
    assert len(first) == 64
