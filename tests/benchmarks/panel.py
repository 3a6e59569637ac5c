"""Write a seeded panel and its document: python panel.py FOLDER CLUSTERS DRAWS [options].

So many clusters in ten years, drawn with numpy alone: six slopes, one of them that of an
interaction; effects of clusters and of years; in the model "partial" also a slope by cluster that
is correlated with the clusters' effects, in "free" the same slope everywhere. Columns are
standardised and every prior is stated, so that peers can have the same ones.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import problem
import yaml

YEARS = 10
DISPERSION = 0.15
RESIDUAL_SD = 0.5
SLOPES = ("policies", "centrality", "policies_x_centrality", "ed", "ic", "ie")
FAMILIES = ("negative_binomial", "gaussian", "poisson")
MODELS = ("partial", "free")


def normal(mean: float, sd: float) -> dict[str, Any]:
    return {"distribution": "normal", "mean": mean, "sd": sd}


def priors(family: str, model: str) -> dict[str, Any]:
    """Give every parameter its prior, from the numbers that the peers read as well."""
    stated = {"intercept": normal(*problem.INTERCEPT)}
    stated |= {name: normal(0, problem.SLOPE) for name in SLOPES}
    stated["year_effect"] = normal(0, problem.LEVEL)
    if model == "free":
        stated["cluster_effect"] = normal(0, problem.FREE)
    else:
        for name, sd in (("cluster_effect_sd", problem.LEVEL), ("policies_sd", problem.SLOPE)):
            stated[name] = {"distribution": "half_normal", "sd": sd}
        stated["cluster_effect_correlation"] = {"distribution": "lkj", "concentration": 2}
    noise = {"negative_binomial": "dispersion", "gaussian": "sigma"}
    if family in noise:
        stated[noise[family]] = {"distribution": "exponential", "mean": 1}
    return stated


def document(family: str, model: str, table: str, engine: dict[str, Any]) -> dict[str, Any]:
    slope, pooling = ("partial", "partial") if model == "partial" else ("common", "free")
    return {
        "schema": 1,
        "title": "A simulated panel to time fits on",
        "data": {"panel": {"path": table, "cluster": "city", "year": "year"}},
        "outcomes": {"patents": {"family": family}},
        "treatments": {"policies": {"slope": slope}},
        "moderators": ["centrality"],
        "controls": ["ed", "ic", "ie"],
        "fixed_effects": {"cluster": {"pooling": pooling}, "year": {"pooling": "free"}},
        "priors": priors(family, model),
        "engine": engine,
        "scenarios": {"one_more": [{"add": {"policies": 1}}]},
    }


def engine(kind: str, draws: int, tune: int) -> dict[str, Any]:
    adapted = {"tune": tune} if kind == "nuts" else {}
    return {"kind": kind, "draws": draws, "chains": problem.CHAINS, "seed": problem.SEED} | adapted


def panel(clusters: int, family: str, model: str) -> pd.DataFrame:
    rng = np.random.default_rng(29)
    size = clusters * YEARS
    city = np.repeat(np.arange(clusters), YEARS)
    year = np.tile(np.arange(YEARS), clusters)
    large = rng.normal(size=clusters)[city]
    policies = rng.poisson(np.exp(-0.2 + 0.15 * year + 0.3 * large)).astype(float)
    centrality = 4.5 + 0.8 * large + 0.7 * rng.normal(size=size)
    ed, ic, ie = (rng.normal(size=(size, 3)) * [0.4, 0.5, 0.6] + [10.0, 6.0, 4.0]).T
    own = rng.multivariate_normal([0, 0], [[0.36, 0.012], [0.012, 0.01]], size=clusters)[city]
    own_slope = own[:, 1] if model == "partial" else 0.0
    eta = (
        (3.0 + own[:, 0] + 0.05 * (year - 4.5))
        + (0.15 + own_slope) * (policies - 2)
        + (0.1 - 0.03 * (policies - 2)) * (centrality - 4.5)
        + (0.3 * (ed - 10) + 0.2 * (ic - 6) - 0.1 * (ie - 4))
    )
    columns = pd.DataFrame(
        {"policies": policies, "centrality": centrality, "ed": ed, "ic": ic, "ie": ie}
    )
    names = np.array([f"city {number:04d}" for number in range(clusters)], dtype=object)
    rows = pd.DataFrame(
        {"city": names[city], "year": 2012 + year, "patents": outcome(rng, eta, family)}
    )
    return rows.assign(**(columns - columns.mean()) / columns.std())


def outcome(rng: np.random.Generator, eta: np.ndarray, family: str) -> np.ndarray:
    if family == "gaussian":
        return rng.normal(eta, RESIDUAL_SD)
    mixed = family == "negative_binomial"
    factor = rng.gamma(1 / DISPERSION, DISPERSION, len(eta)) if mixed else 1.0
    return rng.poisson(np.exp(eta) * factor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("clusters", type=int)
    parser.add_argument("draws", type=int)
    parser.add_argument("--tune", type=int, help="where the engine tunes; as many as draws")
    parser.add_argument("--family", choices=FAMILIES, default=FAMILIES[0])
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    parser.add_argument("--engine", nargs="+", help="kinds, a document KIND.yaml each")
    parser.add_argument("--parquet", action="store_true", help="write Parquet beside the CSV")
    given = parser.parse_args()
    table = panel(given.clusters, given.family, given.model)
    table.to_csv(given.folder / "panel.csv", index=False)
    if given.parquet:
        table.to_parquet(given.folder / "panel.parquet", index=False)
    read = "panel.parquet" if given.parquet else "panel.csv"
    for kind in given.engine or ["nuts"]:
        drawn = engine(kind, given.draws, given.tune or given.draws)
        written = document(given.family, given.model, read, drawn)
        name = f"{kind}.yaml" if given.engine else "spec.yaml"
        text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
        (given.folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
