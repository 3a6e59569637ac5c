"""Time our engines beside peers, up to a million rows: python engines.py [--sizes 29 1000].

Prints one Markdown table, and writes engines.json with the same numbers, from which docs/speed.py
draws. Every run of a peer has a limit in seconds; who passes it is not tried on larger panels.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr
from contestants import DRAWS, PEERS, TUNE, Case, Contestant, cases, ours
from measure import Use, measure
from panel import YEARS
from problem import CHAINS
from run import repeated, say

HERE = Path(__file__).parent
PACKAGES = ("clustermodels", "pymc", "pytensor", "numba", "numpy", "scipy", "pyarrow")
SIZES = [29, 1000, 10_000, 100_000]
# Runs are repeated no more once they have taken so many seconds together.
ENOUGH = 120
# A load above which the times of others are in these.
BUSY = 0.5
HEADER = {
    "model": "what",
    "size": "clusters x years",
    "who": "who",
    "draws": "draws",
    "first": "first (s)",
    "then": "then (s)",
    "inside": "in process (s)",
    "cpu": "CPU (s)",
    "megabytes": "memory (MB)",
    "slope": "policies",
    "gives": "gives",
    "note": "notes",
}
NOTES = """
- partial: six slopes (one of an interaction), intercept and slope by cluster (correlated),
  effects of years. free: the same slopes, a free effect of each cluster and year.
- first: whole process, caches of compiled code empty. then: the median of up to {repeats} with
  those caches (fewer where {enough} s have passed), and the processor time of it, over all cores.
  Ours prints the summary and saves the draws with the document and the panel.
- in process: ours and pyfixest, a second fit in one process, the table in memory; bambi, lme4 and
  glmmTMB, the call that fits within the last whole process (bambi's with its compilation).
- memory: peak of all processes together. policies: estimate (standard error), or posterior mean
  (posterior sd).
- What each gives: ours and bambi posterior draws, under the priors that the document states
  (bambi's without the correlation of the clusters' effects and slopes, its years sum coded); lme4
  REML, glmmTMB maximum likelihood, with standard errors from the curvature; pyfixest least squares
  or Poisson maximum likelihood, standard errors iid. The last three have no priors.
- Draws of 4 chains: 1000 each to 1,000 clusters, 250 to 10,000, 100 beyond; NUTS also spends
  {tune} a chain on tuning, whatever it draws.
- Ours, bambi and pyfixest read Parquet, R reads CSV. glmmTMB has all cores from 1,000 rows on.
- "> {limit:g}": stopped at that many seconds; larger panels are then not tried. Refits: each
  control dropped, each cluster left out, again with other seeds; effects: load and answer, in
  process the answer alone.
"""

COUNTS = ("partial", "negative_binomial")
Record = dict[str, Any]


def fitted(who: Contestant, case: Case, options: argparse.Namespace) -> Record:
    """Time one contestant on one case: whole processes, then inside one."""
    command, folder = who.command(case), case.folder
    try:
        used = repeated(command, folder, options.repeats, options.limit, ENOUGH)
        if used[-1].seconds is None:
            return times(used) | {"note": f"> {options.limit:g}"}
        made = times(used) | (slope(who.saved(case)) if who.ours else last(folder / "log.txt"))
        if again := who.again(case):
            use = measure(again, folder / "log.txt", 2 * options.limit, dict(os.environ))
            later = None if use.seconds is None else last(folder / "log.txt")["inside"]
            made["inside"] = later
        return made
    except SystemExit as failed:
        say(str(failed))
        return {"note": "failed"}


def times(used: list[Use]) -> Record:
    others = [use for use in used[1:] if use.seconds is not None]
    return {
        "first": used[0].seconds,
        "then": statistics.median(use.seconds for use in others) if others else None,
        "cpu": statistics.median(use.cpu for use in others or used),
        "megabytes": max(use.megabytes for use in used),
    }


def last(log: Path) -> Record:
    """Give what a script told last: the last whole line of JSON that it printed."""
    lines = log.read_text("utf-8", "replace").splitlines()
    told = [line for line in lines if line.startswith("{") and line.endswith("}")]
    return json.loads(told[-1]) if told else {}


def slope(saved: Path) -> Record:
    with xr.open_dataset(saved, group="posterior", engine="h5netcdf") as draws:
        values = draws["policies"].load()
    size = {"file_megabytes": saved.stat().st_size / 1e6}
    return size | {"estimate": float(values.mean()), "error": float(values.std())}


def once(script: list[str], folder: Path, limit: float) -> Record:
    """Time a script of ours once, as a whole process and by what it told."""
    log, command = folder / "log.txt", [sys.executable, str(HERE / "inside.py"), *script]
    try:
        use = measure(command, log, limit, dict(os.environ))
    except SystemExit as failed:
        say(str(failed))
        return {"note": "failed"}
    told = last(log)
    late = [] if use.seconds is not None else [f"> {limit:g}"]
    late += [f"{told['done']} done"] if late and "done" in told else []
    whole = {"then": use.seconds, "cpu": use.cpu, "megabytes": use.megabytes}
    return told | whole | {"note": ", ".join(late)}


def about(case: Case, who: Contestant) -> Record:
    told = {"model": case.model, "family": case.family, "clusters": case.clusters}
    told |= {"rows": case.clusters * YEARS, "who": who.name, "gives": who.gives, "note": ""}
    return told | ({"draws": case.draws} if who.gives == DRAWS else {})


def compared(options: argparse.Namespace) -> Iterator[Record]:
    given_up: dict[tuple[str, str, str], str] = {}
    own = [ours(engine) for engine in options.engines]
    for model, family, clusters in cases(options.sizes):
        able = [who for who in (*own, *PEERS) if (model, family) in who.models]
        chosen = [who for who in able if options.only in f"{model} {family}, {who.name}"]
        small = clusters == min(SIZES) and (model, family) == COUNTS
        again = [who for who in own if small and options.only in f"refits, {who.name}"]
        if not chosen and not again:
            continue
        with tempfile.TemporaryDirectory() as folder:
            case = Case(model, family, clusters, Path(folder))
            prepare(case, options.engines)
            for who in chosen:
                key = (model, family, who.name)
                if not who.version():
                    yield about(case, who) | {"note": "not there"}
                elif key in given_up:
                    yield about(case, who) | {"note": f"not run: {given_up[key]}"}
                else:
                    say(f"{clusters} x {YEARS}, {model} {family}: {who.name}")
                    made = about(case, who) | fitted(who, case, options)
                    yield made
                    if made["note"]:
                        given_up[key] = f"{made['note']} at {clusters:,}"
                if (
                    clusters == max(options.sizes)
                    and key[:2] == COUNTS
                    and who.saved(case).exists()
                ):
                    say(f"effects: {who.name}")
                    answered = once(["effects", str(who.saved(case))], case.folder, options.limit)
                    yield about(case, who) | {"model": "effects of a scenario"} | answered
            for who in again:
                say(f"{options.refits} refits: {who.name}")
                script = ["refits", str(who.document(case)), str(options.refits)]
                refitted = once(script, case.folder, options.limit)
                yield about(case, who) | {"model": f"{options.refits} refits"} | refitted


def prepare(case: Case, engines: list[str]) -> None:
    script = [sys.executable, str(HERE / "panel.py"), str(case.folder), str(case.clusters)]
    script += [str(case.draws), "--tune", str(TUNE), "--parquet"]
    script += ["--family", case.family, "--model", case.model, "--engine", *engines]
    subprocess.run(script, check=True)


def cells(made: Record) -> list[str]:
    def number(key: str, digits: int) -> str:
        return f"{made[key]:.{digits}f}" if made.get(key) is not None else ""

    family = made["family"].replace("_", " ")
    shown = {
        "model": f"{made['model']}, {family}",
        "size": f"{made['clusters']:,} x {YEARS}",
        "who": made["who"],
        "draws": f"{CHAINS} x {made['draws']}" if made.get("draws") else "",
        **{key: number(key, 2) for key in ("first", "then", "inside")},
        **{key: number(key, 0) for key in ("cpu", "megabytes")},
        "slope": f"{made['estimate']:.4f} ({made['error']:.4f})" if "estimate" in made else "",
        "gives": made["gives"],
        "note": made["note"],
    }
    return [shown[key] for key in HEADER]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="CLUSTERS")
    parser.add_argument("--only", default="", help="what has this in 'MODEL FAMILY, NAME'")
    parser.add_argument("--limit", type=float, default=600, help="seconds a run may take")
    parser.add_argument("--repeats", type=int, default=3, help="runs after the first")
    parser.add_argument("--engines", nargs="+", default=["latent_gaussian"], help="of ours")
    parser.add_argument("--refits", type=int, default=200, help="of the smallest panel")
    parser.add_argument("--out", type=Path, default=HERE / "engines.json")
    options = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load at the start "
    machine += f"{os.getloadavg()[0]:.1f}; Python {platform.python_version()}"
    versions = {package: version(package) for package in PACKAGES}
    versions |= {peer.package: peer.version() for peer in PEERS}
    if os.getloadavg()[0] > BUSY:
        say(f"The machine is busy: {machine}. Times will be too long, most of all with threads.")
    records: list[Record] = []
    for made in compared(options):
        records.append(made)
        whole = {"machine": machine, "versions": versions, "limit": options.limit, "runs": records}
        options.out.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")  # a crash loses one run
    print(f"| {' | '.join(HEADER.values())} |\n|{'---|' * len(HEADER)}")
    for made in records:
        print(f"| {' | '.join(cells(made))} |")
    print(NOTES.format(repeats=options.repeats, enough=ENOUGH, tune=TUNE, limit=options.limit))
    print(", ".join(f"{name} {number or 'not there'}" for name, number in versions.items()))
    print(machine)


if __name__ == "__main__":
    main()
