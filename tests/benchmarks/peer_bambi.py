"""The same model in bambi, as near as its formula comes: python peer_bambi.py FOLDER DRAWS METHOD.

Bambi has no correlation between the clusters' effects and slopes. Its effects of years are sum
coded: the last year's is minus the sum of the others, and the prior is on the others.
"""

import sys
from pathlib import Path

import bambi as bmb
import problem

FORMULA = "patents ~ policies * centrality + ed + ic + ie + S(year) + (1 + policies | city)"

if __name__ == "__main__":
    folder, draws, method = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    table = problem.read(folder)
    centre, sd = problem.INTERCEPT
    slope = bmb.Prior("Normal", mu=0, sigma=problem.SLOPE)

    def group(scale: float) -> bmb.Prior:
        return bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=scale))

    names = ["policies", "centrality", "policies:centrality", "ed", "ic", "ie"]
    priors = dict.fromkeys(names, slope) | {
        "Intercept": bmb.Prior("Normal", mu=centre, sigma=sd),
        "S(year)": bmb.Prior("Normal", mu=0, sigma=problem.LEVEL),
        "1|city": group(problem.LEVEL),
        "policies|city": group(problem.SLOPE),
        # the inverse of an exponential dispersion
        "alpha": bmb.Prior("InverseGamma", alpha=1, beta=1),
    }
    model = bmb.Model(FORMULA, table, family="negativebinomial", priors=priors)
    tree = model.fit(
        draws=draws,
        tune=draws,
        chains=problem.CHAINS,
        random_seed=problem.SEED,
        inference_method=method,
        progressbar=False,
    )
    tree.to_netcdf(folder / f"bambi_{method}.nc", engine="h5netcdf")
