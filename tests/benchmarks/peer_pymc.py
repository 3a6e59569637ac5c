"""The same model by hand in PyMC, as one who knows it writes it: python peer_pymc.py FOLDER DRAWS.

Non-centred cluster effects and slopes with an LKJ prior, effects of years that sum to zero.
"""

import sys
from pathlib import Path

import nutpie
import pandas as pd
import problem
import pymc as pm

folder, draws = Path(sys.argv[1]), int(sys.argv[2])
table = problem.read(folder)
city, cities = pd.factorize(table["city"])
year, years = pd.factorize(table["year"])
slopes = ["policies", "centrality", "policies_x_centrality", "ed", "ic", "ie"]
table["policies_x_centrality"] = table["policies"] * table["centrality"]

coords = {"city": cities, "year": years, "slope": slopes, "effect": ["level", "policies"]}
with pm.Model(coords=coords) as model:
    intercept = pm.Normal("intercept", *problem.INTERCEPT)
    beta = pm.Normal("beta", 0, problem.SLOPE, dims="slope")
    sds = pm.HalfNormal.dist([problem.LEVEL, problem.SLOPE])
    cholesky, _, _ = pm.LKJCholeskyCov("city_effects", n=2, eta=2, sd_dist=sds)
    z = pm.Normal("z", dims=("effect", "city"))
    own = pm.Deterministic("own", cholesky @ z, dims=("effect", "city"))
    of_year = pm.ZeroSumNormal("of_year", problem.LEVEL, dims="year")
    dispersion = pm.Exponential("dispersion", 1)
    eta = intercept + table[slopes].to_numpy() @ beta + of_year[year]
    eta += own[0, city] + own[1, city] * table["policies"].to_numpy()
    counts = table["patents"].to_numpy()
    pm.NegativeBinomial("patents", mu=pm.math.exp(eta), alpha=1 / dispersion, observed=counts)

compiled = nutpie.compile_pymc_model(model)
tree = nutpie.sample(
    compiled,
    draws=draws,
    tune=draws,
    chains=problem.CHAINS,
    seed=problem.SEED,
    progress_bar=False,
    save_warmup=False,
)
tree.to_netcdf(folder / "pymc.nc", engine="h5netcdf")
