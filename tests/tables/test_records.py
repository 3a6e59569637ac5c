"""Panel columns and ties from microdata, beside an oracle that counts one by one."""

import gzip
import json
import math
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables import record_source
from clustermodels.tables import records as room
from clustermodels.tables.record_queries import count_ties
from clustermodels.tables.records import Apart, count_records
from tests.tables.record_oracle import agree, odd

NAMES = ("id", "city", "year", "org", "euro", "topic")
CELLS = [
    ("p1", "A", 2020, "a1", 10.5, "AI"),
    ("p1", "A", 2020, "a2", 1.25, "AI"),
    ("p1", "B", 2020, "b1", None, "AI"),
    ("p1", " C ", 2020, None, 3.0, "AI"),
    ("p2", "A", 2020, "a1", 2.0, "oil"),
    ("p2", "B", 2020, "b1", 2.0, "AI"),
    ("p2", "B", 2021, "b1", 2.0, "oil"),
    ("p2", "B", 2021, "b2", -7.0, "oil"),
    ("p3", "北京", 2021, "x", 0.1, None),
    ("p3", "A", 2021, "a9", 0.2, None),
    ("p4", "A", 2021, "a9", 0.3, "oil"),
    ("p4", "NA", 2021, "z", 99.0, "AI"),
    ("p5", "B", None, "z", 99.0, "AI"),
    (None, "B", 2021, "z", 99.0, "AI"),
    ("p6", ".", None, "z", 99.0, "AI"),
]
ROWS = [dict(zip(NAMES, cells, strict=True)) for cells in CELLS]
AI = {"topic": {"is": "AI"}}
COUNT = {
    "n": {"rows": True},
    "units": {"distinct": "unit"},
    "ai": {"distinct": "unit", "where": AI},
    "orgs": {"distinct": "organisation", "where": {"euro": {"above": 1}}},
    "topics": {"distinct": "topic"},
    "money": {"sum": "amount"},
    "small": {"sum": "euro", "where": {"amount": {"below": 2.5}, **AI}},
}
ROLES = {
    "unit": "id",
    "region": "city",
    "year": "year",
    "organisation": "org",
    "amount": "euro",
}


def declared(count=COUNT, **changes):
    return Records(**{**ROLES, "count": count, **changes})


def table(rows=ROWS):
    return pd.DataFrame(rows)


def written(folder, kind, rows=ROWS):
    frame = table(rows)
    path = folder / f"records.{kind}"
    if kind in ("csv", "tsv", "txt", "csv.gz", "CSV.GZ"):
        text = frame.to_csv(index=False, sep={"tsv": "\t", "txt": ";"}.get(kind, ","))
        raw = text.encode()
        path.write_bytes(gzip.compress(raw, mtime=0) if kind.lower().endswith("gz") else raw)
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "jsonl":
        lines = (json.dumps({k: v for k, v in row.items() if v is not None}) for row in rows)
        path.write_text("\n".join(lines))
    elif kind == "dta":
        frame.astype(dict.fromkeys(("id", "city", "org", "topic"), str)).replace(
            ["None", "nan"], ""
        ).to_stata(path, write_index=False, version=118)
    else:
        with duckdb.connect(str(path)) as made:
            made.register("frame", frame)
            made.execute("CREATE TABLE records AS SELECT * FROM frame")
            made.execute("CREATE TABLE other AS SELECT 1 AS x")
    return path


KINDS = ["csv", "tsv", "txt", "csv.gz", "CSV.GZ", "parquet", "jsonl", "dta", "duckdb"]


@pytest.mark.parametrize("counting", ["full", "fractional"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file(tmp_path, kind, counting):
    records = declared(table="records" if kind == "duckdb" else None)
    ties = RecordTies(counting=counting)
    counted = count_records(written(tmp_path, kind), records, ties, name="r")
    agree(counted, ROWS, records, ties)
    assert counted.counts.name == "r"
    assert counted.counts.columns["n"].dtype == np.int64
    assert counted.counts.columns["money"].dtype == np.float64
    assert counted.ties.year.dtype == np.int64
    assert len(counted.sha256) == 64
    assert counted.counts.sha256 == counted.sha256


@pytest.mark.parametrize(
    "handed",
    [
        table,
        lambda: table().to_dict("list"),
        lambda: pl.DataFrame(ROWS),
        lambda: pa.Table.from_pylist(ROWS),
    ],
    ids=["pandas", "mapping", "polars", "arrow"],
)
def test_every_kind_of_table(handed):
    counted = count_records(handed(), declared(), RecordTies(), name="<records>")
    agree(counted, ROWS, declared(), RecordTies())


def test_the_order_of_rows_does_not_matter(tmp_path):
    frame = pd.concat([table()] * 3, ignore_index=True).assign(
        euro=lambda made: made["euro"] * np.linspace(1e-9, 1e9, len(made))
    )
    first = count_records(frame, declared({"m": {"sum": "euro"}}), None, name="r")
    again = count_records(frame[::-1], declared({"m": {"sum": "euro"}}), None, name="r")
    assert first.counts.columns["m"].tolist() == again.counts.columns["m"].tolist()


@pytest.mark.parametrize("largest", [0.0, 1e-200, 1.0, 1e15, 1e300])
def test_a_sum_is_rounded_once(largest):
    rows = [{**ROWS[0], "euro": largest * share} for share in (0.1, 0.7, -0.3, 1.0, 0.5)]
    counted = count_records(table(rows), declared({"m": {"sum": "euro"}}), None, name="r")
    wanted = math.fsum(row["euro"] for row in rows)
    assert counted.counts.columns["m"].tolist() == pytest.approx([wanted], rel=1e-15)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ties_apart_from_a_count(tmp_path, kind, half):
    rows = [{**row, "id": f"{row['id']}-{i}"} for i in range(20) for row in ROWS if row["id"]]
    apart = Apart("ai", half=half)
    path = written(tmp_path, kind, rows)
    counted = count_records(path, declared(), RecordTies(), name="r", apart=apart)
    agree(counted, rows, declared(), RecordTies(), apart)
    assert 0 < counted.ties_apart.weight.sum() < counted.ties.weight.sum()


def test_halves_of_numbers_are_the_halves_of_their_text(tmp_path):
    rows = [{**ROWS[0], "id": i, "euro": 1.0} for i in range(50)]
    wanted = sum(odd(i) for i in range(50))
    assert 10 < wanted < 40
    apart = Apart("n", half=True)
    for kind in ("csv", "parquet"):
        counted = count_records(
            written(tmp_path, kind, rows), declared(), RecordTies(), name="r", apart=apart
        )
        assert counted.counts.columns["n"].tolist() == [wanted]
    floats = table(rows).astype({"id": float})
    counted = count_records(floats, declared(), None, name="r", apart=apart)
    assert counted.counts.columns["n"].tolist() == [wanted]


def test_a_count_without_condition_leaves_no_unit_apart():
    apart = Apart("n", half=False)
    counted = count_records(table(), declared(), RecordTies(), name="r", apart=apart)
    assert counted.ties_apart.weight.tolist() == []


@pytest.mark.parametrize("counting", ["full", "fractional"])
@pytest.mark.parametrize("most", [2, 3, 4])
def test_large_units_make_no_ties(counting, most):
    rows = [
        {**ROWS[0], "id": unit, "city": f"c{i}", "org": f"o{i}"}
        for unit, size in (("u", 2), ("v", 3), ("w", 4), ("x", 1))
        for i in range(size)
    ]
    ties = RecordTies(counting=counting, max_partners=most)
    counted = count_records(table(rows), declared(), ties, name="r")
    agree(counted, rows, declared(), ties)
    assert counted.facts.units_left_out == 4 - most
    assert counted.facts.largest_unit == 4
    assert counted.counts.columns["units"].sum() == 10


def test_ties_by_hand():
    """p1: A (two organisations), B and C; p2: A and B; inside: A as much as a pair."""
    rows = ROWS[:6]
    full = count_records(table(rows), declared(), RecordTies(), name="r").ties
    assert [*zip(full.source, full.target, full.weight, strict=True)] == [
        ("A", "A", 1.0),
        ("A", "B", 2.0),
        ("A", "C", 1.0),
        ("B", "C", 1.0),
    ]
    ties = RecordTies(counting="fractional")
    weights = count_records(table(rows), declared(), ties, name="r").ties.weight
    assert weights.tolist() == [1 / 3, 1 + 1 / 3, 1 / 3, 1 / 3]


def test_without_organisations_two_records_are_two_participants():
    records = Records(unit="id", region="city", year="year", count={"n": {"rows": True}})
    counted = count_records(table(), records, RecordTies(), name="r")
    agree(counted, ROWS, records, RecordTies())
    assert ("B", "B", 2021) in set(
        zip(counted.ties.source, counted.ties.target, counted.ties.year, strict=True)
    )


@pytest.mark.parametrize(
    "where",
    [
        {"topic": {"is": "AI"}},
        {"topic": {"is": ["AI", "oil"]}},
        {"euro": {"below": 2}},
        {"euro": {"below": 10, "above": 1.9}},
        {"amount": {"is": 2}, "topic": {"is": "oil"}},
        {"year": {"is": 2021}},
        {"euro": {"is": [2, 10.5]}},
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_conditions(tmp_path, where, kind):
    count = {
        "n": {"rows": True, "where": where},
        "u": {"distinct": "unit", "where": where},
        "s": {"sum": "euro", "where": where},
    }
    ties = RecordTies(where=where)
    counted = count_records(written(tmp_path, kind), declared(count), ties, name="r")
    agree(counted, ROWS, declared(count), ties)
    assert counted.counts.columns["n"].sum() > 0


def test_text_is_compared_as_text_and_numbers_as_numbers(tmp_path):
    rows = [{**ROWS[0], "topic": code} for code in ("01", "1", "1.0", "one")]
    for wanted, number in (("01", 1), ("1", 1), (1, 3), (1.0, 3), (["01", "one"], 2)):
        count = {"n": {"rows": True, "where": {"topic": {"is": wanted}}}}
        for kind in ("csv", "parquet"):
            path = written(tmp_path, kind, rows)
            counted = count_records(path, declared(count), None, name="r")
            assert counted.counts.columns["n"].tolist() == [number]
    numbers = table(rows[:3]).assign(topic=[1, 2, 3])
    count = {"n": {"rows": True, "where": {"topic": {"is": ["1", 2.0]}}}}
    assert count_records(numbers, declared(count), None, name="r").counts.columns["n"] == [2]


@pytest.mark.parametrize("form", [bool, int, lambda x: str(bool(x)), lambda x: str(x).lower()])
@pytest.mark.parametrize("wanted", [True, False])
def test_truth(tmp_path, form, wanted):
    rows = [{**row, "topic": form(i % 3 == 0)} for i, row in enumerate(ROWS)]
    count = {"n": {"rows": True, "where": {"topic": {"is": wanted}}}}
    counted = count_records(written(tmp_path, "parquet", rows), declared(count), None, name="r")
    agree(counted, rows, declared(count))
    assert counted.counts.columns["n"].sum() > 2


def test_roles_can_be_counted_and_asked_whatever_their_columns_are_called():
    rows = [
        {"unit_id": "u", "city": city, "nation": "X", "when": year, "n": 1}
        for city in ("A", "B")
        for year in (2020, 2021)
    ]
    where = {"region": {"is": "A, X"}, "year": {"above": 2020}}
    records = Records(
        unit="unit_id",
        region=["city", "nation"],
        year="when",
        count={
            "n": {"rows": True, "where": where},
            "years": {"distinct": "year"},
            "regions": {"distinct": "region"},
            "late": {"sum": "year"},
        },
    )
    counted = count_records(pd.DataFrame(rows), records, RecordTies(), name="r")
    columns = counted.counts.columns
    assert columns["region"].tolist() == ["A, X", "A, X", "B, X", "B, X"]
    assert columns["n"].tolist() == [0, 1, 0, 0]
    assert columns["years"].tolist() == columns["regions"].tolist() == [1, 1, 1, 1]
    assert columns["late"].tolist() == [2020.0, 2021.0, 2020.0, 2021.0]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([3.0, 4.5, 1e22], ["10000000000000000000000", "3", "4.5"]),
        (["01001", "1001", "3.0"], ["01001", "1001", "3.0"]),
        ([1, 2, 10], ["1", "10", "2"]),
        ([True, False, True], ["false", "true"]),
    ],
)
def test_labels(tmp_path, values, wanted):
    rows = [{**ROWS[0], "city": value} for value in values]
    for source in (written(tmp_path, "parquet", rows), table(rows)):
        counted = count_records(source, declared(), None, name="r")
        assert counted.counts.columns["region"].tolist() == wanted


def test_blanks_of_every_kind_are_taken_off(tmp_path):
    blanks = "".join(map(chr, range(0x3001))) + "\u3000"
    blanks = [sign for sign in blanks if sign.isspace() and sign not in "\r\n"]
    rows = [{**ROWS[0], "city": f"{blank}A b{blank}"} for blank in blanks]
    rows.append({**ROWS[0], "city": f"{blanks[0]}NA{blanks[1]}"})
    for kind in ("parquet", "csv"):
        counted = count_records(written(tmp_path, kind, rows), declared(), None, name="r")
        assert counted.counts.columns["region"].tolist() == ["A b"]
        assert counted.counts.columns["n"].tolist() == [len(blanks)]
        assert counted.facts.rows_without_region == 1


@pytest.mark.parametrize("year", [2020, 2020.0, "2020", "2020.0", "+2020", np.int16(2020)])
def test_years(tmp_path, year):
    rows = [{**ROWS[0], "year": year}]
    counted = count_records(written(tmp_path, "parquet", rows), declared(), None, name="r")
    assert counted.counts.columns["year"].tolist() == [2020]


def test_decimals(tmp_path):
    path = tmp_path / "d.parquet"
    duckdb.sql(
        "SELECT 'u' AS id, 'A' AS city, 2020::USMALLINT AS year, 'o' AS org, "
        "1.10::DECIMAL(9,2) AS euro, 1::HUGEINT AS topic FROM range(3)"
    ).write_parquet(str(path))
    counted = count_records(path, declared({"m": {"sum": "amount"}}), None, name="r")
    assert counted.counts.columns["m"].tolist() == [math.fsum([1.1] * 3)]


def test_larger_than_memory(tmp_path, monkeypatch):
    """What does not fit goes to a temporary folder, which is gone afterwards."""
    monkeypatch.setattr(record_source, "MEMORY", "60MB")
    monkeypatch.setattr(record_source.tempfile, "tempdir", str(tmp_path / "spill"))
    (tmp_path / "spill").mkdir()
    path = tmp_path / "large.parquet"
    duckdb.sql(
        "SELECT 'unit number ' || (i // 4) AS id, 'city number ' || (hash(i) % 500) AS city, "
        "2000 + (i // 4) % 10 AS year, hash(i + 1) % 9000 AS org, i % 97 AS euro, "
        "'t' || i % 3 AS topic FROM range(600000) AS t(i)"
    ).write_parquet(str(path))
    count = {"n": {"rows": True}, "o": {"distinct": "organisation"}, "m": {"sum": "amount"}}
    spilt = []

    def watched(found, *rest, **settings):
        tied = count_ties(found, *rest, **settings)
        spilt.extend(file.stat().st_size for file in (tmp_path / "spill").rglob("*.tmp"))
        return tied

    monkeypatch.setattr(room, "count_ties", watched)
    counted = count_records(path, declared(count), RecordTies(), name="r")
    frame = pd.read_parquet(path).groupby(["city", "year"])
    columns = counted.counts.columns
    assert columns["n"].tolist() == frame.size().tolist()
    assert columns["o"].tolist() == frame["org"].nunique().tolist()
    assert columns["m"].tolist() == frame["euro"].sum().tolist()
    assert sum(spilt) > 1e6
    assert [*(tmp_path / "spill").iterdir()] == []


def test_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(record_source.tempfile, "tempdir", str(tmp_path))
    path = written(tmp_path, "csv")
    count_records(path, declared(), RecordTies(), name="r")
    assert [*tmp_path.iterdir()] == [path]


DATA = Path(__file__).parents[2].parent / "shared" / "data" / "h2020_participations.parquet"


def test_real_participations():
    if not DATA.exists():
        pytest.skip("the Horizon 2020 participations are not on this machine")
    records = Records(
        unit="project",
        region=["city", "country"],
        year="year",
        organisation="organisation",
        amount="eu_contribution",
        count={
            "n": {"rows": True},
            "projects": {"distinct": "unit"},
            "firms": {"distinct": "organisation", "where": {"organisation_type": {"is": "PRC"}}},
            "industrial": {
                "distinct": "unit",
                "where": {"industrial_technology": {"is": True}},
            },
            "euro": {"sum": "amount"},
        },
    )
    ties = RecordTies(max_partners=40, counting="fractional")
    counted = count_records(
        DATA, records, ties, name="h2020", apart=Apart("industrial", half=False)
    )
    frame = pd.read_parquet(DATA)
    whole = frame[frame["city"] != "NA"].assign(
        region=lambda made: made["city"].str.strip() + ", " + made["country"]
    )
    assert counted.facts.rows == len(frame)
    assert counted.facts.rows_without_region == len(frame) - len(whole)
    groups = whole.groupby(["region", "year"])
    columns = counted.counts.columns
    assert [*zip(columns["region"], columns["year"], strict=True)] == [*groups.groups]
    assert columns["n"].tolist() == groups.size().tolist()
    assert columns["projects"].tolist() == groups["project"].nunique().tolist()
    np.testing.assert_allclose(columns["euro"], groups["eu_contribution"].sum(), rtol=1e-12)
    for name, chosen, column in (
        ("firms", whole["organisation_type"] == "PRC", "organisation"),
        ("industrial", whole["industrial_technology"], "project"),
    ):
        part = whole[chosen].groupby(["region", "year"])[column].nunique()
        assert columns[name].tolist() == part.reindex(groups.size().index, fill_value=0).tolist()
    touched = set(whole[whole["industrial_technology"]]["project"])
    for rows, part in (
        (counted.ties, whole),
        (counted.ties_apart, whole[~whole["project"].isin(touched)]),
    ):
        wanted = by_pandas(part, 40)
        assert keys(rows) == [*wanted.index]
        np.testing.assert_allclose(rows.weight, wanted, rtol=1e-12)


def keys(rows):
    return [*zip(rows.year.tolist(), rows.source, rows.target, strict=True)]


def by_pandas(frame, most):
    unit = ["project", "year"]
    regions = frame.groupby([*unit, "region"])["organisation"].nunique().rename("o").reset_index()
    regions["n"] = regions.groupby(unit)["region"].transform("size")
    regions = regions[regions["n"] <= most]
    regions["w"] = 1 / np.maximum(1, regions["n"] * (regions["n"] - 1) / 2)
    pairs = regions.merge(regions[[*unit, "region"]], on=unit)
    pairs = pairs[pairs["region_x"] < pairs["region_y"]]
    inside = regions[regions["o"] > 1].assign(region_x=lambda made: made["region"])
    inside["region_y"] = inside["region"]
    both = pd.concat([pairs, inside])
    return both.groupby(["year", "region_x", "region_y"])["w"].sum()
