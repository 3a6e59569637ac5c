"""Time measures of networks beside plain networkx: python tests/benchmarks/network.py [--quick].

Each case is a process of its own, so that its peak memory is its own; the seconds are those of the
measures alone, without imports and without making the graphs.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import networkx as nx
import numpy as np
import scipy.sparse as sp
from measure import measure

from clustermodels.network.centrality import names
from clustermodels.network.labels import near_matches
from clustermodels.network.measures import Options
from clustermodels.network.network import Network, make_network
from clustermodels.network.positions import positions

YEARS = range(2010, 2020)
CITIES = (300, 6_000)
REGIONS = (3_000, 60_000)
WEIGHTED = ("closeness", "betweenness", "eigenvector", "pagerank", "constraint", "clustering")


def network_of(nodes: int, ties: int) -> Network:
    """Draw ties in which some regions have many partners, and some ties within regions."""
    rng = np.random.default_rng(1)
    pull = rng.pareto(2.5, nodes) + 0.5
    rows = ties * len(YEARS)
    ends = rng.choice(nodes, (2, rows), p=pull / pull.sum())
    labels = np.array([f"region {node:05d}" for node in range(nodes)])
    year = np.repeat(YEARS, ties)
    return make_network(*labels[ends], year, rng.integers(1, 20, rows), labels.tolist())


def ours(network: Network, years: range, wanted: list[tuple[str, Options]]) -> None:
    for year in years:
        positions(network, wanted, year)


def all_measures(network: Network, years: range) -> None:
    ours(network, years, [(name, Options()) for name in names()])


def all_weighted(network: Network, years: range) -> None:
    ours(network, years, [(name, Options(weighted=True)) for name in WEIGHTED])


def closenesses(network: Network, years: range) -> None:
    ours(network, years, [("closeness", Options()), ("harmonic", Options())])


def betweenness(network: Network, years: range) -> None:
    ours(network, years, [("betweenness", Options())])


def theirs_all(graphs: list[nx.Graph]) -> None:
    for graph in graphs:
        dict(graph.degree())
        dict(graph.degree(weight="weight"))
        nx.closeness_centrality(graph)
        nx.harmonic_centrality(graph)
        nx.betweenness_centrality(graph)
        nx.eigenvector_centrality_numpy(
            graph.subgraph(max(nx.connected_components(graph), key=len))
        )
        top = sp.linalg.eigsh(nx.to_scipy_sparse_array(graph, weight=None, dtype=float), 1)[0][0]
        nx.katz_centrality_numpy(graph, 0.85 / top)
        nx.pagerank(graph, weight=None)
        nx.constraint(graph)
        nx.effective_size(graph)
        nx.clustering(graph)
        nx.core_number(graph)


def theirs_weighted(graphs: list[nx.Graph]) -> None:
    for graph in graphs:
        nx.closeness_centrality(graph, distance="length")
        nx.betweenness_centrality(graph, weight="length")
        nx.eigenvector_centrality_numpy(
            graph.subgraph(max(nx.connected_components(graph), key=len)), weight="weight"
        )
        nx.pagerank(graph)
        nx.constraint(graph, weight="weight")
        nx.clustering(graph, weight="weight")


def theirs_closenesses(graphs: list[nx.Graph]) -> None:
    for graph in graphs:
        nx.closeness_centrality(graph)
        nx.harmonic_centrality(graph)


def theirs_betweenness(graphs: list[nx.Graph]) -> None:
    for graph in graphs:
        nx.betweenness_centrality(graph)


Ours = Callable[[Network, range], None]
Theirs = Callable[[list[nx.Graph]], None]
# what, size, ours, theirs, the years of ours and of theirs
CASES: dict[str, tuple[tuple[int, int], Ours, Theirs, int, int]] = {
    "all measures": (CITIES, all_measures, theirs_all, 10, 10),
    "weighted measures": (CITIES, all_weighted, theirs_weighted, 10, 10),
    "closeness + harmonic": (REGIONS, closenesses, theirs_closenesses, 10, 1),
    "betweenness": (REGIONS, betweenness, theirs_betweenness, 10, 1),
    "all measures, large": (REGIONS, all_measures, theirs_all, 1, 0),
    "weighted measures, large": (REGIONS, all_weighted, theirs_weighted, 1, 0),
}


def run(case: str, side: str) -> None:
    """Run one side of a case, and print its seconds."""
    size, mine, peers, own_years, their_years = CASES[case]
    network = network_of(*size)
    if side == "ours":
        start = time.perf_counter()
        mine(network, YEARS[:own_years])
    else:
        graphs = [network.graph(year) for year in YEARS[:their_years]]
        for graph in graphs:
            for _, _, data in graph.edges(data=True):
                data["length"] = 1 / data["weight"]
        start = time.perf_counter()
        peers(graphs)
    print(time.perf_counter() - start)


def labels() -> float:
    """Give the seconds to look for near matches of 4,000 names among 4,000 others."""
    rng = np.random.default_rng(2)
    letters = np.array([*"abcdefghijklmnoprstuvz"])
    known = ["".join(rng.choice(letters, rng.integers(4, 15))).title() for _ in range(4_000)]
    strange = [name[:3] + "x" + name[4:] for name in known]
    start = time.perf_counter()
    near_matches(strange, known)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small networks only")
    parser.add_argument("--case", nargs=2, metavar=("CASE", "SIDE"), help="run one, and print it")
    given = parser.parse_args()
    if given.case:
        run(*given.case)
        return
    packages = ", ".join(f"{each} {version(each)}" for each in ("networkx", "rustworkx", "scipy"))
    print(f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}")
    print(f"{packages}\n")
    print("| what | network | whose | years | seconds | s a year | peak memory (MB) |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        for case, (size, _, _, *years) in CASES.items():
            if given.quick and size != CITIES:
                continue
            for side, count in zip(("ours", "networkx"), years, strict=True):
                if not count:
                    continue
                command = [sys.executable, __file__, "--case", case, side]
                use = measure(command, log, 3600, dict(os.environ))
                seconds = float(log.read_text("utf-8").splitlines()[-1])
                network = f"{size[0]} nodes, {size[1]} rows of ties a year"
                cells = (case, network, side, count, f"{seconds:.2f}", f"{seconds / count:.3f}")
                print(f"| {' | '.join(map(str, cells))} | {use.megabytes:.0f} |", flush=True)
    print(f"\nnear matches of 4,000 names among 4,000 others: {labels():.2f} s")


if __name__ == "__main__":
    main()
