"""The latent Gaussian engine beside long runs of NUTS: python tests/reference/accuracy.py.

Prints one line of a Markdown table for each case; ``--draws N`` sets how many draws the engine
makes, and names choose among the cases.

What the engine gives may differ from what NUTS gave by an allowance, and by three Monte Carlo
errors of each of the two runs. The engine's draws are independent, so the errors of n effective
ones are, with a density f that is estimated from the draws,

- of the mean: sd / sqrt(n);
- of the sd: sd sqrt((kurtosis - 1) / (4 n)), which is sd / sqrt(2 n) for a normal posterior and
  more for heavy tails;
- of the p quantile: sqrt(p (1 - p) / n) / f.
"""

from __future__ import annotations

import argparse
import json
import runpy
import shutil
import sys
import tempfile
import time
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if __name__ == "__main__":
    # a dependency ships a package that is called tests too, and would be found first
    tests = types.ModuleType("tests")
    tests.__path__ = [str(Path(__file__).parents[1])]
    sys.modules["tests"] = tests

import clustermodels as cm
from tests.reference.long_runs import CASES, SPECS, STORED, LongRun, reported

# Real microdata, which are not part of the project.
RECORDS = SPECS.parents[1] / "shared" / "data" / "h2020_participations.parquet"
CHAINS = 4
ERRORS = 3
# What a user would not see: shares of the sd (of the mean, of the points) or of itself (of the sd).
ALLOWED = {"mean": 0.05, "sd": 0.05, "low": 0.1, "high": 0.1}
POINTS = {"low": 0.025, "high": 0.975}


class AbsentRecordsError(Exception):
    """The records that a case reads are not here."""


@dataclass(frozen=True)
class Comparison:
    """Both runs of a case.

    Parameters
    ----------
    table
        A row for every quantity and statistic (mean, sd, low, high): ``apart``, how far the two
        runs are from each other as a share of NUTS' sd; ``error`` and ``nuts_error``, one Monte
        Carlo error of each as the same share.
    pareto_k, effective, draws
        Of the engine.
    nuts_ess
        The least effective sample size of NUTS.
    seconds
        The engine's fit.
    """

    table: pd.DataFrame
    pareto_k: float
    effective: float
    draws: int
    nuts_ess: float
    seconds: float

    @property
    def by_quantity(self) -> int:
        return self.table["quantity"].nunique()

    def beyond(self, *, allowed: bool = True) -> pd.DataFrame:
        """Give the rows that are further apart than errors, and what is allowed, explain."""
        of = self.table
        bound = ERRORS * (of["error"] + of["nuts_error"])
        if allowed:
            bound = bound + of["statistic"].map(ALLOWED)
        # not "apart > bound": what is not a number agrees with nothing
        return of[~(of["apart"] <= bound)]

    @property
    def largest_in_errors(self) -> float:
        """The largest distance, in errors of the two runs together."""
        of = self.table
        return float((of["apart"] / np.hypot(of["error"], of["nuts_error"])).max())

    def worst(self, *statistics: str) -> pd.Series:
        """Give the row that is furthest apart."""
        own = self.table[self.table["statistic"].isin(statistics)]
        return own.loc[own["apart"].idxmax()]


def stored(name: str) -> dict[str, Any]:
    """Read what NUTS gave."""
    return dict(json.loads((STORED / f"{name}.json").read_text("utf-8")))


def table(case: LongRun, folder: Path) -> pd.DataFrame:
    """Give a case's panel, as ``LongRun.table`` does, of a copy whose panel is made first."""
    copy = folder / case.example
    if not copy.exists():
        shutil.copytree(SPECS / case.example, copy)
        if (copy / "make_records.py").exists():
            if not RECORDS.exists():
                raise AbsentRecordsError(str(RECORDS))
            shutil.copy(RECORDS, copy / "participations.parquet")
        elif not (copy / "panel.csv").exists():
            runpy.run_path(str(copy / "make_panel.py"), run_name="__main__")
    rows = cm.read_panel(cm.read_spec(copy / "spec.yaml")).rows
    return rows.to_dataframe().drop(columns="used").assign(**case.columns)


def compare(name: str, draws: int, folder: Path, seed: int = 1) -> Comparison:
    """Fit a case and compare every quantity that was stored.

    Parameters
    ----------
    name
        One of ``CASES``.
    draws
        Of the engine, all chains together.
    folder
        Where the case's example is copied to.
    seed
        Of the engine.
    """
    case, long = CASES[name], stored(name)
    rows = table(case, folder)
    per_chain = draws // CHAINS
    spec = case.spec(
        {"kind": "latent_gaussian", "draws": per_chain, "chains": CHAINS, "seed": seed}
    )
    start = time.perf_counter()
    fit = cm.fit(spec, rows)
    seconds = time.perf_counter() - start
    about = fit.tree["sample_stats"].attrs
    values = {
        f"{quantity}[{place}]" if array.ndim > 2 else str(quantity): column
        for quantity, array in reported(fit).data_vars.items()
        for flat in [array.to_numpy().reshape(CHAINS * per_chain, -1)]
        for place, column in enumerate(flat.T)
    }
    assert values.keys() == long["quantities"].keys()
    effective = about["effective_draws"]
    lines = [
        (quantity, statistic, *numbers)
        for quantity, nuts in long["quantities"].items()
        for statistic, numbers in differences(values[quantity], effective, nuts).items()
    ]
    columns = ["quantity", "statistic", "apart", "error", "nuts_error"]
    return Comparison(
        pd.DataFrame(lines, columns=columns),
        about["pareto_k"],
        effective,
        CHAINS * per_chain,
        long["about"]["least_ess"],
        seconds,
    )


def differences(
    draws: np.ndarray, effective: float, nuts: dict[str, float]
) -> dict[str, tuple[float, float, float]]:
    """Give apart, the engine's error and NUTS' error of each statistic, as shares of NUTS' sd."""
    sd = draws.std(ddof=1)
    kurtosis = np.mean((draws - draws.mean()) ** 4) / draws.var() ** 2
    found = {
        "mean": (draws.mean(), sd / np.sqrt(effective)),
        "sd": (sd, sd * np.sqrt((kurtosis - 1) / (4 * effective))),
    }
    for statistic, p in POINTS.items():
        # an error in p, times the slope of the quantile function, which is one over the density
        wide = np.sqrt(p * (1 - p) / effective)
        below, above = np.quantile(draws, [max(p - wide, 0), min(p + wide, 1)])
        found[statistic] = (np.quantile(draws, p), (above - below) / 2)
    return {
        statistic: (
            abs(value - nuts[statistic]) / nuts["sd"],
            error / nuts["sd"],
            nuts[f"{statistic}_error"] / nuts["sd"],
        )
        for statistic, (value, error) in found.items()
    }


HEAD = (
    "| case | quantities | mean apart (sd) | sd apart | 2.5 and 97.5 % points apart (sd) "
    "| largest in errors | beyond the bound | Pareto k | effective of draws | NUTS' least ESS "
    "| seconds |\n"
    "|---|---:|---|---|---|---:|---:|---:|---:|---:|---:|"
)


def line(name: str, found: Comparison) -> str:
    """Give a case's line of the table."""
    worst = [found.worst(*s) for s in (("mean",), ("sd",), ("low", "high"))]
    told = " | ".join(f"{row['apart']:.3f} ({row['quantity']})" for row in worst)
    return (
        f"| {name} | {found.by_quantity} | {told} | {found.largest_in_errors:.1f} "
        f"| {len(found.beyond())} | {found.pareto_k:.2f} "
        f"| {found.effective:,.0f} of {found.draws:,} | {found.nuts_ess:,.0f} "
        f"| {found.seconds:.1f} |"
    )


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore", message="PyTensor could not link to a BLAS")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all, where none is named")
    parser.add_argument("--draws", type=int, default=4000, help="all chains together")
    options = parser.parse_args()
    if unknown := {*options.cases} - CASES.keys():
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases or CASES:
            try:
                found = compare(name, options.draws, Path(folder))
            except AbsentRecordsError as absent:
                print(f"{name}: {absent} is not here", file=sys.stderr, flush=True)
                continue
            print(line(name, found), flush=True)
            for row in found.beyond().itertuples(index=False):
                print(
                    f"{name}: {row.quantity}, {row.statistic}: {row.apart:.4f} apart, errors "
                    f"{row.error:.4f} and {row.nuts_error:.4f}",
                    file=sys.stderr,
                    flush=True,
                )


if __name__ == "__main__":
    main()
