"""A panel of 29 clusters and ten years, documents with every prior stated, true values, ranks.

As in ``world.py``, all priors are proper and in the user's units, so that nothing in a document
depends on an outcome. Here the levels of pooled factors too are drawn, outside the package, so
that they have ranks; and the priors are so tight that no count comes near ``LARGEST``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import clustermodels as cm
from tests.recovery import world
from tests.recovery.world import Law, drawn, half_normal, normal

CLUSTERS, YEARS, FIRST = 29, 10, 2010
LARGEST = 1e5
# Four chains of so many draws; of all of them every tenth has a place in the ranking.
DRAWS, CHAINS, EVERY = 250, 4, 10
RANKED = CHAINS * DRAWS // EVERY - 1

FAMILIES: dict[str, dict[str, Law]] = {
    "gaussian": {
        "intercept": normal(5, 1),
        "sigma": {"distribution": "lognormal", "median": 0.7, "sd": 0.3},
    },
    "poisson": {"intercept": normal(1.5, 0.4)},
    "negative_binomial": {
        "intercept": normal(2, 0.4),
        "dispersion": {"distribution": "exponential", "mean": 0.3},
    },
    "bernoulli": {"intercept": normal(0, 0.7)},
}

PREDICTOR: dict[str, Law] = {
    "policies": normal(0.2, 0.2),
    "policies_sd": half_normal(0.2),
    "centrality": normal(0, 0.2),
    "policies_x_centrality": normal(0, 0.2),
    "gdp": normal(0, 0.15),
    "cluster_effect_sd": half_normal(0.4),
    "cluster_effect_correlation": {"distribution": "lkj", "concentration": 2},
    "cluster_means": normal(0, 0.2),
    "year_effect": normal(0, 0.3),
}
MEANS = ("policies", "policies_x_centrality", "centrality", "gdp")
CITIES = tuple(f"city {i:02d}" for i in range(CLUSTERS))
# Of the levels, these have ranks: they are alike, and a few show as much as all.
SOME = {
    "cluster_effect": CITIES[:3],
    "policies_by_cluster": CITIES[:3],
    "year_effect": (str(FIRST + 1), str(FIRST + YEARS - 1)),
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(21)
    size = CLUSTERS * YEARS
    large = np.repeat(rng.normal(size=CLUSTERS), YEARS)
    return pd.DataFrame(
        {
            "city": np.repeat(CITIES, YEARS),
            "year": np.tile(np.arange(FIRST, FIRST + YEARS), CLUSTERS),
            "policies": rng.poisson(np.exp(0.8 + 0.3 * large)),
            "centrality": 4 + 0.5 * large + rng.normal(0, 0.9, size),
            "gdp": 10 + 0.5 * large + rng.normal(0, 1.5, size),
        }
    )


def document(family: str, engine: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": family}},
        "treatments": {"policies": {"transform": "log1p", "lag": 1, "slope": "partial"}},
        "moderators": ["centrality"],
        "controls": ["gdp"],
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {"pooling": "free"}},
        "priors": FAMILIES[family] | PREDICTOR,
        "engine": engine,
    }


def fast(seed: int) -> dict[str, Any]:
    return {"kind": "latent_gaussian", "draws": DRAWS, "chains": CHAINS, "seed": seed}


def truth(family: str, rng: np.random.Generator) -> dict[str, Any]:
    """Draw every quantity from its prior, and the levels given those; years sum to zero."""
    values: dict[str, Any] = {}
    for name, law in (FAMILIES[family] | PREDICTOR).items():
        if name == "year_effect":
            years = range(FIRST + 1, FIRST + YEARS)  # the first year is only the past of the second
            effects = drawn(law, rng, len(years))
            values[name] = dict(zip(map(str, years), effects - effects.mean(), strict=True))
        elif name == "cluster_means":
            values[name] = dict(zip(MEANS, drawn(law, rng, len(MEANS)), strict=True))
        else:
            values[name] = float(drawn(law, rng))
    r = values["cluster_effect_correlation"]
    first, second = rng.normal(size=(2, CLUSTERS))
    effects = values["cluster_effect_sd"] * first
    slopes = values["policies"] + values["policies_sd"] * (r * first + np.sqrt(1 - r**2) * second)
    values["cluster_effect"] = dict(zip(CITIES, effects.tolist(), strict=True))
    values["policies_by_cluster"] = dict(zip(CITIES, slopes.tolist(), strict=True))
    return values


@dataclass(frozen=True)
class Replicate:
    """Of every quantity: the truth's rank in 0 .. RANKED, and the posterior mean's error."""

    ranks: dict[str, int]
    errors: dict[str, float]
    pareto_k: float
    largest: float


def replicate(
    family: str, number: int, rows: pd.DataFrame, engine: dict[str, Any] | None = None
) -> Replicate:
    """Draw a truth and an outcome, fit, and rank the truth among thinned draws."""
    spec = cm.read_spec(document(family, engine or fast(number)))
    values = truth(family, np.random.default_rng([17, number]))
    made = world.outcome(spec, values, rows, seed=number)
    fit = cm.fit(spec, made)
    ranks, errors = {}, {}
    for name, true, draws in _quantities(values, fit):
        thinned = draws[:: len(draws) // (RANKED + 1)][:RANKED]
        ranks[name] = int((thinned < true).sum())
        errors[name] = float(draws.mean() - true)
    k = fit.tree["sample_stats"].attrs.get("pareto_k", np.nan)
    return Replicate(ranks, errors, k, float(np.nanmax(made["y"])))


def _quantities(values: dict[str, Any], fit: cm.Fit) -> list[tuple[str, float, NDArray[Any]]]:
    """Pair true numbers with their draws, chains one after another."""
    found = []
    for name, value in values.items():
        draws = fit.posterior[name].stack(every=("chain", "draw")).transpose("every", ...)
        numbers = draws.to_numpy().reshape(len(draws), -1)
        if not isinstance(value, dict):
            found.append((name, value, numbers[:, 0]))
            continue
        labels = [str(label) for label in draws.coords[draws.dims[1]].to_numpy()]
        found += [
            (f"{name}.{label}", value[label], numbers[:, labels.index(label)])
            for label in SOME.get(name, value)
        ]
    return found
