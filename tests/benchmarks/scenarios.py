"""Time counterfactuals beside peers: python tests/benchmarks/scenarios.py.

Each case is a process of its own, so that its peak memory is its own; the seconds are those of the
answers alone, from a fit that is there.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import problem
import yaml
from measure import measure

import clustermodels as cm

HERE = Path(__file__).parent
STEPS = [0.25 * step for step in range(1, 21)]
CITIES, YEARS, TIES, WINDOW, LOST = 300, range(2010, 2020), 1500, 3, "C001"
REMOVED = 2013


def panel(folder: Path, clusters: int) -> None:
    """Write a panel, its document with scenarios, and the fit of it."""
    script = [sys.executable, str(HERE / "panel.py"), str(folder), str(clusters), "1000"]
    subprocess.run([*script, "--engine", "latent_gaussian"], check=True)
    path = folder / "latent_gaussian.yaml"
    written = yaml.safe_load(path.read_text("utf-8"))
    written["scenarios"] = {f"add {step}": [{"add": {"policies": step}}] for step in STEPS}
    path.write_text(yaml.safe_dump(written, sort_keys=False), "utf-8")
    cm.save(cm.fit(cm.read_spec(path)), folder / "run.nc")


def network(folder: Path) -> None:
    """Write a panel with ties, its document, and the fit of it."""
    rng = np.random.default_rng(1)
    names = np.array([f"C{city:03d}" for city in range(CITIES)])
    pull = rng.pareto(2.5, CITIES) + 0.5
    ends = rng.choice(CITIES, (2, TIES * len(YEARS)), p=pull / pull.sum())
    ties = pd.DataFrame({"a": names[ends[0]], "b": names[ends[1]]})
    ties["year"] = np.repeat(YEARS, TIES)
    ties[ties["a"] != ties["b"]].to_csv(folder / "ties.csv", index=False)
    shape = (CITIES, len(YEARS))
    counts = rng.poisson(np.exp(1 + rng.normal(0, 0.5, (CITIES, 1)) + rng.normal(0, 0.1, shape)))
    rows = {"city": np.repeat(names, len(YEARS)), "year": np.tile(YEARS, CITIES)}
    rows |= {"y": counts.ravel(), "policy": rng.poisson(1, counts.size)}
    pd.DataFrame(rows).to_csv(folder / "panel.csv", index=False)
    measured = {"kind": "network", "measure": "closeness", "lag": 1, "window": WINDOW}
    written = {
        "data": {
            "panel": {"path": "panel.csv", "cluster": "city", "year": "year"},
            "ties": {"path": "ties.csv", "source": "a", "target": "b", "year": "year"},
        },
        "outcomes": {"y": {"family": "negative_binomial"}},
        "treatments": {"policy": {"slope": "common", "lag": 1}},
        "moderators": {"centrality": measured | {"disconnected": "zero"}},
        "engine": {"kind": "latent_gaussian"},
        "scenarios": {
            "lost": [{"tie": {"between": [LOST], "remove": True}, "years": {"from": REMOVED}}]
        },
    }
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(written, sort_keys=False), "utf-8")
    cm.save(cm.fit(cm.read_spec(path)), folder / "run.nc")


def twenty(folder: Path) -> float:
    fit = cm.load_fit(folder / "run.nc")
    start = time.perf_counter()
    cm.compare_scenarios(fit)
    return time.perf_counter() - start


def twenty_by_bambi(folder: Path) -> float:
    import peer_bambi

    table = problem.read(folder)
    model = peer_bambi.built(table, "negative_binomial")
    tree = model.fit(
        draws=1000, tune=1000, chains=4, random_seed=1, inference_method="nutpie", progressbar=False
    )
    start = time.perf_counter()
    for step in (0.0, *STEPS):
        edited = table.assign(policies=table["policies"] + step)
        model.predict(tree, data=edited, inplace=False)
    return time.perf_counter() - start


def changes(folder: Path) -> float:
    fit = cm.load_fit(folder / "run.nc")
    start = time.perf_counter()
    cm.effects(fit, f"add {STEPS[0]}")
    return time.perf_counter() - start


def changes_by_numpy(folder: Path) -> float:
    """Every row at every draw at once: what the blocks are there to spare."""
    fit = cm.load_fit(folder / "run.nc")
    start = time.perf_counter()
    change = cm.predict(fit, f"add {STEPS[0]}") - cm.predict(fit)
    change.sum("obs").quantile([0.025, 0.5, 0.975])
    return time.perf_counter() - start


def lost(folder: Path) -> float:
    fit = cm.load_fit(folder / "run.nc")
    start = time.perf_counter()
    cm.effects(fit, "lost")
    return time.perf_counter() - start


def lost_by_networkx(folder: Path) -> float:
    """The positions alone, without predictions."""
    ties = pd.read_csv(folder / "ties.csv")
    start = time.perf_counter()
    gone = ((ties["a"] == LOST) | (ties["b"] == LOST)) & (ties["year"] >= REMOVED)
    left = ties[~gone]
    for year in YEARS:
        here = left[(left["year"] > year - WINDOW) & (left["year"] <= year)]
        graph = nx.from_pandas_edgelist(here, "a", "b")
        graph.add_nodes_from(f"C{city:03d}" for city in range(CITIES))
        nx.closeness_centrality(graph)
    return time.perf_counter() - start


Timed = Callable[[Path], float]
# what; how its folder is made; who answers
CASES: dict[str, tuple[Callable[[Path], None], dict[str, Timed]]] = {
    "20 scenarios, 29 x 10": (
        lambda folder: panel(folder, 29),
        {"clustermodels": twenty, "bambi": twenty_by_bambi},
    ),
    "a scenario, 10,000 x 10": (
        lambda folder: panel(folder, 10_000),
        {"in blocks": changes, "all at once": changes_by_numpy},
    ),
    "a city's ties lost, 300 x 10": (
        network,
        {"clustermodels": lost, "networkx, positions alone": lost_by_networkx},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=3, metavar=("CASE", "WHO", "FOLDER"), help="run one")
    parser.add_argument("--make", nargs=2, metavar=("CASE", "FOLDER"), help="make what it needs")
    given = parser.parse_args()
    if given.case:
        case, who, folder = given.case
        print(CASES[case][1][who](Path(folder)))
        return
    if given.make:
        case, folder = given.make
        CASES[case][0](Path(folder))
        return
    print("| what, 4,000 draws | who | seconds | peak memory (MB) |\n|---|---|---|---|")
    for case, (_, sides) in CASES.items():
        with tempfile.TemporaryDirectory() as whole:
            # what is started here is never told as smaller than this process
            subprocess.run([sys.executable, __file__, "--make", case, whole], check=True)
            for who in sides:
                log = Path(whole) / "log"
                command = [sys.executable, __file__, "--case", case, who, whole]
                use = measure(command, log, 3600, dict(os.environ))
                seconds = float(log.read_text("utf-8").splitlines()[-1])
                print(f"| {case} | {who} | {seconds:.2f} | {use.megabytes:.0f} |", flush=True)
    packages = ", ".join(f"{each} {version(each)}" for each in ("bambi", "networkx", "numpy"))
    print(f"\n{packages}; Python {platform.python_version()}; {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
