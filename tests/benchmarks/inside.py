"""Time our fits and answers inside one process, as JSON: python inside.py WHAT PATH [COUNT].

second SPEC: the fits that follow the first one, document and table in memory. refits SPEC COUNT:
each control dropped, each cluster left out, again with other seeds until COUNT; a line a refit.
effects RUN: what a scenario of a saved run changes.
"""

import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import problem
import yaml

import clustermodels as cm

# Fits after the first are repeated until they have taken so many seconds, at most so many times.
ENOUGH = 30
REPEATS = 5


def told(**numbers: float) -> None:
    print(json.dumps(numbers), flush=True)


def timed(spec: cm.Spec, table: pd.DataFrame) -> float:
    start = time.perf_counter()
    cm.fit(spec, table)
    return time.perf_counter() - start


def second(path: Path) -> None:
    spec, table = cm.read_spec(path), problem.read(path.parent)
    first = timed(spec, table)
    then: list[float] = []
    while not then or (sum(then) < ENOUGH and len(then) < REPEATS):
        then.append(timed(spec, table))
    told(first=first, inside=statistics.median(then))


def variants(document: dict[str, Any], table: pd.DataFrame) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Give documents and tables without end, each another refit of the same study."""
    for seed in itertools.count(1):
        seeded = document | {"engine": document["engine"] | {"seed": seed}}
        for control in document["controls"]:
            kept = [name for name in document["controls"] if name != control]
            priors = {name: prior for name, prior in document["priors"].items() if name != control}
            yield seeded | {"controls": kept, "priors": priors}, table
        for city in table["city"].unique():
            yield seeded, table[table["city"] != city]


def refits(path: Path, count: int) -> None:
    document, table = yaml.safe_load(path.read_text("utf-8")), problem.read(path.parent)
    start = time.perf_counter()
    for done, (each, rows) in enumerate(variants(document, table), 1):
        cm.fit(cm.read_spec(each), rows)
        told(done=done, inside=time.perf_counter() - start)
        if done == count:
            return


def effects(path: Path) -> None:
    start = time.perf_counter()
    fit = cm.load_fit(path)
    loaded = time.perf_counter()
    answer = cm.effects(fit, "one_more")
    seconds = time.perf_counter() - loaded
    told(load=loaded - start, inside=seconds, answers=answer.sizes["row"])


if __name__ == "__main__":
    what, file, *count = sys.argv[1:]
    {"second": second, "refits": refits, "effects": effects}[what](Path(file), *map(int, count))
