"""Time clustermodels beside its peers, and print one table: python run.py [--sizes 29 1000].

Each time is of a whole process, from the start of python to a saved result, with nothing else
running. The first run of a peer starts with empty compilation caches of its own, and is told
apart; the others find what it left.
"""

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from measure import Use, measure

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "specs" / "ai_clusters" / "spec.yaml"
PACKAGES = ("clustermodels", "bambi", "pymc", "pytensor", "nutpie", "numba", "arviz", "numpy")
COMMAND = [sys.executable, "-m", "clustermodels"]
HEADER = (
    "what",
    "first (s)",
    "then (s)",
    "CPU (s)",
    "memory (MB)",
    "least bulk ESS",
    "ESS per s",
    "notes",
)
NOTES = """
- first: caches of compiled code empty. then: the median of {repeats} with those caches, and
  the processor time of it, over all cores.
- memory: peak of all processes together. ESS: the least over six slopes, dispersion, two group sds.
- All fit the same panel, 4 chains, {draws} draws after {draws} of tuning, with the same priors.
  bambi has no correlation between clusters' effects and slopes, and sum codes
  its years with independent priors where the others have effects that sum to zero.
- clustermodels also checks the design, stores log likelihood and log prior with the document and
  the panel, prints the summary, and diagnoses; the others sample and save.
- The samplers' settings are the defaults of each: a mass matrix that clustermodels makes low-rank
  where there are few parameters, and that is diagonal in the others.
"""


def fits(folder: Path, draws: int) -> dict[str, tuple[list[str], str, str]]:
    """Give each peer's command, file and names."""
    n, of = str(draws), str(folder)
    ours = [*COMMAND, "fit", str(folder / "spec.yaml"), "--out", str(folder / "ours.nc")]
    bambi = [sys.executable, str(HERE / "peer_bambi.py"), of, n]
    return {
        "clustermodels fit": (ours, "ours.nc", "clustermodels"),
        "PyMC by hand, nutpie": (
            [sys.executable, str(HERE / "peer_pymc.py"), of, n],
            "pymc.nc",
            "pymc",
        ),
        "bambi, nutpie": ([*bambi, "nutpie"], "bambi_nutpie.nc", "bambi"),
        "bambi, its default": ([*bambi, "pymc"], "bambi_pymc.nc", "bambi"),
    }


def repeated(
    command: list[str], folder: Path, repeats: int, limit: float, enough: float = math.inf
) -> list[Use]:
    """Run with caches that are empty at first; stop at the first run past its limit.

    There is no third run where the first two took more than ``enough`` seconds, and so on.
    """
    with tempfile.TemporaryDirectory(dir=folder) as caches:
        env = os.environ | {
            "PYTENSOR_FLAGS": f"base_compiledir={caches}/pytensor",
            "NUMBA_CACHE_DIR": f"{caches}/numba",
        }
        used: list[Use] = []
        for _ in range(1 + repeats):
            used.append(measure(command, folder / "log.txt", limit, env))
            if used[-1].seconds is None:
                break
            if len(used) > 1 and sum(use.seconds for use in used) > enough:
                break
        return used


def told(command: list[str]) -> dict[str, float]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(what: str, used: list[Use], quality: dict[str, float], notes: str, limit: float) -> list:
    first, *others = used
    late = f"> {limit:g}"
    seconds = [use.seconds for use in others]
    then = late if None in seconds or not seconds else f"{statistics.median(seconds):.2f}"
    cells = [what, late if first.seconds is None else f"{first.seconds:.2f}", then]
    cells.append(f"{statistics.median(use.cpu for use in others or used):.1f}")
    cells.append(f"{max(use.megabytes for use in used):.0f}")
    if not quality:
        return [*cells, "", "", notes]
    rate = quality["ess"] / statistics.median(seconds)
    said = f"R-hat {quality['rhat']:.3f}, {quality['divergences']:.0f} divergences"
    return [*cells, f"{quality['ess']:.0f}", f"{rate:.0f}", said]


def compared(clusters: int, folder: Path, options: argparse.Namespace) -> Iterator[list]:
    draws = str(options.draws)
    subprocess.run(
        [sys.executable, str(HERE / "panel.py"), str(folder), str(clusters), draws], check=True
    )
    for name, (command, file, names) in fits(folder, options.draws).items():
        if options.only and options.only not in name:
            continue
        say(f"{clusters} x 10: {name}")
        used = repeated(command, folder, options.repeats, options.limit)
        whole = all(use.seconds is not None for use in used)
        script = [sys.executable, str(HERE / "quality.py"), str(folder / file), names]
        quality = told(script) if whole else {}
        yield row(f"{name}, {clusters} x 10", used, quality, "", options.limit)


def commands(folder: Path, options: argparse.Namespace) -> Iterator[list]:
    check = [*COMMAND, "check", str(EXAMPLE)]
    loud = [sys.executable, "-X", "importtime", *check[1:]]
    imported = subprocess.run(loud, capture_output=True, text=True, check=True).stderr
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in imported.splitlines()}
    pymc = "imports PyMC, and should not" if "pymc" in names else "without PyMC"
    for what, command, notes in (
        ("clustermodels --help", [*COMMAND, "--help"], "aim: under 0.5 s"),
        ("clustermodels check, the example", check, f"aim: under 1.5 s; {pymc}"),
    ):
        say(what)
        used = repeated(command, folder, max(options.repeats, 5), options.limit)
        yield row(what, used, {}, notes, options.limit)
    run = folder / "ours.nc"
    if run.exists():
        say("predict")
        made = told([sys.executable, str(HERE / "answers.py"), str(run)])
        what = f"predict, {made['draws']} draws x {made['rows']} rows, in the process"
        yield [
            what,
            f"{made['first']:.3f}",
            f"{made['median']:.3f}",
            "",
            "",
            "",
            "",
            "aim: under 0.1 s",
        ]


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[29, 1000], metavar="CLUSTERS")
    parser.add_argument("--repeats", type=int, default=3, help="runs after the first")
    parser.add_argument("--limit", type=float, default=1800, help="seconds a run may take")
    parser.add_argument("--draws", type=int, default=1000, help="as many are spent on tuning")
    parser.add_argument("--only", default="", help="peers whose name has this in it")
    options = parser.parse_args()
    rows: list[list] = []
    with tempfile.TemporaryDirectory() as whole:
        for clusters in options.sizes:
            folder = Path(whole) / str(clusters)
            folder.mkdir()
            rows += compared(clusters, folder, options)
        rows += commands(Path(whole) / str(min(options.sizes)), options)
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    for cells in rows:
        print(f"| {' | '.join(cells)} |")
    print(NOTES.format(repeats=options.repeats, draws=options.draws))
    named = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    print(f"{named}; Python {platform.python_version()}; {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
