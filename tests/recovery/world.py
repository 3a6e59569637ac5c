"""A panel without an outcome, a document per family with every prior stated, and true values.

All priors are proper and in the user's units, so truths can be drawn from them; nothing in the
document then depends on an outcome, and every replicate has the same design.
"""

from typing import Any

import numpy as np
import pandas as pd

import clustermodels as cm

CLUSTERS, YEARS = 16, 8
TRIALS = 12

Law = dict[str, Any]


def normal(mean: float, sd: float) -> Law:
    return {"distribution": "normal", "mean": mean, "sd": sd}


def half_normal(sd: float) -> Law:
    return {"distribution": "half_normal", "sd": sd}


# Of the intercept, and of the parameters that a family has beside its mean.
FAMILIES: dict[str, dict[str, Law]] = {
    "gaussian": {
        "intercept": normal(5, 1),
        "sigma": {"distribution": "lognormal", "median": 0.7, "sd": 0.3},
    },
    "student_t": {
        "intercept": normal(5, 1),
        "sigma": {"distribution": "lognormal", "median": 0.7, "sd": 0.3},
        "nu": {"distribution": "gamma", "shape": 8, "rate": 1.5},
    },
    "lognormal": {
        "intercept": normal(1, 0.5),
        "sigma": {"distribution": "lognormal", "median": 0.7, "sd": 0.3},
    },
    "gamma": {
        "intercept": normal(1, 0.5),
        "dispersion": {"distribution": "lognormal", "median": 0.4, "sd": 0.4},
    },
    "poisson": {"intercept": normal(2, 0.5)},
    "negative_binomial": {
        "intercept": normal(2.5, 0.5),
        "dispersion": {"distribution": "exponential", "mean": 0.3},
    },
    "zero_inflated_negative_binomial": {
        "intercept": normal(2, 0.5),
        "dispersion": {"distribution": "exponential", "mean": 0.3},
        "zero_share": {"distribution": "beta", "alpha": 2, "beta": 6},
    },
    "hurdle_negative_binomial": {
        "intercept": normal(2, 0.5),
        "dispersion": {"distribution": "exponential", "mean": 0.3},
        "zero_share": {"distribution": "beta", "alpha": 2, "beta": 6},
    },
    "bernoulli": {"intercept": normal(0, 0.7)},
    "binomial": {"intercept": normal(0, 0.7)},
    "beta": {
        "intercept": normal(0, 0.7),
        "dispersion": {"distribution": "lognormal", "median": 0.2, "sd": 0.4},
    },
}

PREDICTOR: dict[str, Law] = {
    "policies": normal(0.3, 0.3),
    "policies_sd": half_normal(0.3),
    "centrality": normal(0, 0.3),
    "policies_x_centrality": normal(0, 0.3),
    "gdp": normal(0, 0.2),
    "cluster_effect_sd": half_normal(0.5),
    "cluster_effect_correlation": {"distribution": "lkj", "concentration": 2},
    "cluster_means": normal(0, 0.3),
    "year_effect": normal(0, 0.4),
}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    size = CLUSTERS * YEARS
    large = np.repeat(rng.normal(size=CLUSTERS), YEARS)
    return pd.DataFrame(
        {
            "city": np.repeat([f"city {i:02d}" for i in range(CLUSTERS)], YEARS),
            "year": np.tile(np.arange(2010, 2010 + YEARS), CLUSTERS),
            "policies": rng.poisson(np.exp(0.8 + 0.3 * large)),
            "centrality": 4 + 0.5 * large + rng.normal(0, 0.9, size),
            "gdp": 10 + 0.5 * large + rng.normal(0, 1.5, size),
            "n": TRIALS,
        }
    )


def document(family: str, seed: int) -> dict[str, Any]:
    trials = {"trials": "n"} if family == "binomial" else {}
    return {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"y": {"family": family} | trials},
        "treatments": {"policies": {"transform": "log1p", "lag": 1, "slope": "partial"}},
        "moderators": ["centrality"],
        "controls": ["gdp"],
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {"pooling": "free"}},
        "priors": FAMILIES[family] | PREDICTOR,
        "engine": {"draws": 500, "tune": 500, "chains": 2, "seed": seed},
    }


def drawn(law: Law, rng: np.random.Generator, size: int | None = None) -> Any:
    """Draw from a prior as the document's grammar defines it, without the package."""
    match law["distribution"]:
        case "normal":
            return rng.normal(law["mean"], law["sd"], size)
        case "half_normal":
            return np.abs(rng.normal(0, law["sd"], size))
        case "exponential":
            return rng.exponential(law["mean"], size)
        case "gamma":
            return rng.gamma(law["shape"], 1 / law["rate"], size)
        case "lognormal":
            return law["median"] * np.exp(rng.normal(0, law["sd"], size))
        case "beta":
            return rng.beta(law["alpha"], law["beta"], size)
        case "lkj":
            # of two coefficients: (1 + r) / 2 is Beta(concentration, concentration)
            return 2 * rng.beta(law["concentration"], law["concentration"], size) - 1
    raise AssertionError(law)


def truth(spec: cm.Spec, rng: np.random.Generator) -> dict[str, Any]:
    """Draw every quantity from its prior; levels of years then sum to zero."""
    priors = spec.priors
    values: dict[str, Any] = {}
    for name, prior in priors.items():
        law = {"distribution": prior.distribution} | dict(prior.arguments)
        if name == "year_effect":
            years = range(2011, 2010 + YEARS)  # the first year is only the past of the second
            effects = drawn(law, rng, len(years))
            values[name] = dict(zip(map(str, years), effects - effects.mean(), strict=True))
        elif name == "cluster_means":
            columns = ("policies", "policies_x_centrality", "centrality", "gdp")
            values[name] = dict(zip(columns, drawn(law, rng, len(columns)), strict=True))
        else:
            values[name] = float(drawn(law, rng))
    return values


def outcome(spec: cm.Spec, values: dict[str, Any], rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give the table with an outcome drawn by the package at the true values."""
    made = cm.simulate(spec, values, rows, seed=seed)
    keys = [made["cluster"].to_numpy(), made["year"].to_numpy()]
    by_row = pd.Series(made["y"].to_numpy(), index=pd.MultiIndex.from_arrays(keys))
    return rows.assign(y=by_row.loc[list(zip(rows["city"], rows["year"], strict=True))].to_numpy())
