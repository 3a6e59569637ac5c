"""Count ten million participations beside pandas, and print one table: python records.py.

The records are made first, seeded, in a temporary folder: units of 2 to 60 participants, few of
them large; regions and organisations of which few have most. Each way of counting then runs in a
process of its own, from a Parquet file to columns and ties in memory, with nothing else running.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import duckdb
import pandas as pd

from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.records import count_records

PACKAGES = ("clustermodels", "duckdb", "pandas", "numpy")
UNITS = 1_200_000
MOST = 50
HEADER = ("what", "seconds", "CPU (s)", "memory (MB)", "answer")

# hash() is DuckDB's own, and needs no seed; the same numbers come out on every machine
MADE = """
COPY (
  WITH units AS (
    SELECT i AS unit, CAST(2010 + hash(i) % 10 AS INTEGER) AS year,
      CAST(least(60, 2 + floor(-6.2 * ln(1 - hash(i + 77) % 1000003 / 1000003.0))
        + CASE WHEN hash(i + 5) % 50 = 0 THEN 30 ELSE 0 END) AS INTEGER) AS size
    FROM range({units}) AS made(i)
  ), members AS (SELECT unit, year, unnest(range(size)) + unit * 64 AS place FROM units)
  SELECT 'U' || lpad(CAST(unit AS VARCHAR), 8, '0') AS unit, year,
    'city ' || CAST(floor(3000 * pow(hash(place) % 1000003 / 1000003.0, 2.5)) AS INTEGER) AS region,
    CAST(floor(200000 * pow(hash(place + 1) % 1000003 / 1000003.0, 2)) AS INTEGER) AS organisation,
    CASE WHEN hash(unit + 3) % 7 = 0 THEN 'AI' ELSE 'other' END AS topic,
    round(hash(place + 2) % 1000000 / 7.0, 2) AS amount
  FROM members
) TO '{path}' (FORMAT parquet)
"""


def ours(path):
    records = Records(
        unit="unit",
        region="region",
        year="year",
        organisation="organisation",
        amount="amount",
        count={
            "records": {"rows": True},
            "organisations": {"distinct": "organisation", "where": {"topic": {"is": "AI"}}},
            "money": {"sum": "amount"},
        },
    )
    counted = count_records(path, records, RecordTies(max_partners=MOST), name=path.name)
    columns = counted.counts.columns
    counts = [columns[name].sum() for name in records.count]
    return [*counts, len(counted.ties.weight), counted.ties.weight.sum()]


def by_pandas(path):
    frame = pd.read_parquet(path)
    groups = frame.groupby(["region", "year"])
    counts = groups.agg(records=("unit", "size"), money=("amount", "sum"))
    ai = frame[frame["topic"] == "AI"].groupby(["region", "year"])["organisation"].nunique()
    counts["organisations"] = ai.reindex(counts.index, fill_value=0)
    frame["region"] = frame["region"].astype("category")
    frame["region"] = frame["region"].cat.reorder_categories(sorted(frame["region"].cat.categories))
    frame = frame.assign(region=frame["region"].cat.codes)[
        ["unit", "year", "region", "organisation"]
    ]
    ties = pd.concat([_ties(part) for _, part in frame.groupby("year")])
    return [
        counts["records"].sum(),
        counts["organisations"].sum(),
        counts["money"].sum(),
        len(ties),
        ties.sum(),
    ]


def _ties(frame):
    """Of one year: all at once would not fit into most machines."""
    members = frame.groupby(["unit", "year", "region"])["organisation"].nunique().reset_index()
    size = members.groupby("unit")["region"].transform("size")
    members = members[size <= MOST]
    pairs = members.merge(members[["unit", "region"]], on="unit")
    pairs = pairs[pairs["region_x"] < pairs["region_y"]]
    inside = members[members["organisation"] > 1].assign(region_x=lambda made: made["region"])
    inside = inside.assign(region_y=inside["region"])
    keys = ["year", "region_x", "region_y"]
    return pd.concat([pairs[keys], inside[keys]]).groupby(keys).size()


WAYS = {"clustermodels count_records": ours, "pandas": by_pandas}


def run(way, path):
    """Count once, and say how long it took and how much memory the process had at most."""
    start, cpu = time.perf_counter(), time.process_time()
    answer = [float(number) for number in WAYS[way](path)]
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = [time.perf_counter() - start, time.process_time() - cpu, used.ru_maxrss / 1024]
    print(json.dumps([*spent, answer]))


def show(rows):
    widths = [max(len(row[i]) for row in [HEADER, *rows]) for i in range(len(HEADER))]
    for row in [HEADER, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=UNITS)
    parser.add_argument("--only", choices=WAYS, help="run this way alone")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        run(asked.child[0], Path(asked.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(MADE.format(units=asked.units, path=path))
            made = connection.execute(f"SELECT count(*) FROM '{path}'").fetchone()[0]
        print(f"{made:,} records of {asked.units:,} units, {path.stat().st_size / 1e6:.0f} MB")
        print(f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(", ".join(f"{package} {version(package)}" for package in PACKAGES))
        rows, answers = [], []
        for way in [asked.only] if asked.only else WAYS:
            command = [sys.executable, __file__, "--child", way, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.splitlines() or ["killed"])[-1]
                rows.append((way, "failed", "", "", last[:60]))
                continue
            *spent, answer = json.loads(done.stdout)
            answers.append(answer)
            same = all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip(answer, answers[0], strict=True))
            ties = f"{answer[3]:,.0f} ties"
            said = ties if same else f"{ties}, not the same"
            rows.append((way, f"{spent[0]:.1f}", f"{spent[1]:.1f}", f"{spent[2]:.0f}", said))
        show(rows)


if __name__ == "__main__":
    main()
