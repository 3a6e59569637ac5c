"""The same model in bambi, as near as its formula comes: python peer_bambi.py FOLDER DRAWS METHOD.

Bambi has no correlation between the clusters' effects and slopes. Its effects of years are sum
coded: the last year's is minus the sum of the others, and the prior is on the others.
"""

import argparse
import json
import time
from pathlib import Path

import bambi as bmb
import pandas as pd
import problem

FORMULA = "patents ~ policies * centrality + ed + ic + ie + S(year) + (1 + policies | city)"


def group(scale: float) -> bmb.Prior:
    return bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=scale))


NOISE = {
    # the inverse of an exponential dispersion
    "negative_binomial": {"alpha": bmb.Prior("InverseGamma", alpha=1, beta=1)},
    "gaussian": {"sigma": bmb.Prior("Exponential", lam=1)},
}


def built(table: pd.DataFrame, family: str) -> bmb.Model:
    centre, sd = problem.INTERCEPT
    slope = bmb.Prior("Normal", mu=0, sigma=problem.SLOPE)
    names = ["policies", "centrality", "policies:centrality", "ed", "ic", "ie"]
    priors = dict.fromkeys(names, slope) | {
        "Intercept": bmb.Prior("Normal", mu=centre, sigma=sd),
        "S(year)": bmb.Prior("Normal", mu=0, sigma=problem.LEVEL),
        "1|city": group(problem.LEVEL),
        "policies|city": group(problem.SLOPE),
        **NOISE[family],
    }
    return bmb.Model(FORMULA, table, family=family.replace("_", ""), priors=priors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("draws", type=int)
    parser.add_argument("method", choices=("nutpie", "pymc"))
    parser.add_argument("--tune", type=int, help="as many as draws, if not said")
    parser.add_argument("--family", choices=tuple(NOISE), default="negative_binomial")
    given = parser.parse_args()
    start = time.perf_counter()
    model = built(problem.read(given.folder), given.family)
    tree = model.fit(
        draws=given.draws,
        tune=given.tune or given.draws,
        chains=problem.CHAINS,
        random_seed=problem.SEED,
        inference_method=given.method,
        progressbar=False,
    )
    seconds = time.perf_counter() - start
    tree.to_netcdf(given.folder / f"bambi_{given.method}.nc", engine="h5netcdf")
    drawn = tree["posterior"]["policies"]
    told = {"inside": seconds, "estimate": float(drawn.mean()), "error": float(drawn.std())}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
