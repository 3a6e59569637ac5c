"""One panel in every format and as every table: the same rows come back."""

import gzip

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xarray as xr

import clustermodels as cm

FRAME = pd.DataFrame(
    {
        "city": ["北京", "北京", 'São "X"', 'São "X"', "01001", "01001"],
        "year": [2010, 2011, 2010, 2011, 2010, 2012],
        "patents": [3.0, np.nan, 0.0, 7.0, 2.0, 1.0],
        "policies": [0.0, 1.5, 2.0, np.nan, 1e-3, 4.0],
        "region": ["east", "east", None, "west", "west", "北方"],
    }
)
DOCUMENT = {
    "data": {"panel": {"path": "p.csv", "cluster": "city", "year": "year"}},
    "outcomes": {"patents": {"family": "poisson"}},
    "treatments": {"policies": {"slope": "common"}},
    "controls": ["region"],
}


def written(name, folder):
    path = folder / name
    text = FRAME.to_csv(index=False)
    if name == "p.csv":
        path.write_text(text, "utf-8")
    elif name == "na.csv":
        FRAME.to_csv(path, index=False, na_rep="NA")
    elif name == "p.csv.gz":
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    elif name == "p.tsv":
        FRAME.to_csv(path, index=False, sep="\t")
    elif name == "semicolon.csv":
        FRAME.to_csv(path, index=False, sep=";")
    elif name == "p.parquet":
        FRAME.to_parquet(path)
    elif name == "p.jsonl":
        FRAME.to_json(path, orient="records", lines=True)
    elif name == "p.dta":
        FRAME.fillna({"region": ""}).to_stata(path, write_index=False, version=118)
    else:
        with duckdb.connect(str(path)) as made:
            frame = FRAME  # DuckDB finds it by this name
            assert frame.shape == (6, 5)
            made.execute("CREATE TABLE t AS SELECT * FROM frame")
    return {"path": str(path), "cluster": "city", "year": "year"} | (
        {"table": "t"} if name == "p.duckdb" else {}
    )


WANTED = cm.read_panel(cm.read_spec(DOCUMENT), FRAME)


def same(panel):
    xr.testing.assert_identical(panel.rows, WANTED.rows)
    assert panel.losses == WANTED.losses


def test_the_panel_itself():
    rows = WANTED.rows
    assert rows["cluster"].values.tolist() == sorted(FRAME["city"])
    assert rows["used"].values.tolist() == [True, True, False, False, True, False]
    assert [(loss.reason, loss.places) for loss in WANTED.losses] == [
        ("no patents", (("北京", 2011),)),
        ("no policies", (('São "X"', 2011),)),
        ("no region", (('São "X"', 2010),)),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "p.csv",
        "na.csv",
        "p.csv.gz",
        "p.tsv",
        "semicolon.csv",
        "p.parquet",
        "p.jsonl",
        "p.dta",
        "p.duckdb",
    ],
)
def test_files(name, tmp_path):
    document = DOCUMENT | {"data": {"panel": written(name, tmp_path)}}
    same(cm.read_panel(cm.read_spec(document)))


TABLES = {
    "pandas": FRAME,
    "indexed": FRAME.set_index(["city", "year"]),
    "shuffled": FRAME.sample(frac=1, random_state=1),
    "polars": pl.DataFrame(FRAME.to_dict("list"), strict=False),
    "pyarrow": pa.Table.from_pandas(FRAME),
    "xarray": FRAME.to_xarray().drop_vars("index"),
    "mapping": FRAME.to_dict("list"),
    "text": FRAME.astype(object).where(FRAME.notna(), "NA").astype(str),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(kind):
    same(cm.read_panel(cm.read_spec(DOCUMENT), TABLES[kind]))
