"""Panels whose outcome depends on its own past, in a steady state, and fits of many of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import clustermodels as cm

BETA, CLUSTERS, YEARS, BEFORE = 0.5, 29, 10, 60
DISPERSION, LEVEL = 0.3, 2.5

TOLD = {"cluster": {"pooling": "correlated"}}
FORMS = {
    "wooldridge": {"fixed_effects": TOLD, "dynamics": {}},
    "with years": {"fixed_effects": TOLD | {"year": {}}, "dynamics": {}},
    "with trends": {
        "fixed_effects": {"cluster": {"pooling": "correlated", "trend": "partial"}, "year": {}},
        "dynamics": {},
    },
    "naive": {
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "dynamics": {"initial": "ignore", "accept_bias": True},
    },
    "means only": {
        "fixed_effects": TOLD,
        "dynamics": {"initial": "ignore", "accept_bias": True},
    },
    "free": {
        "fixed_effects": {"cluster": {"pooling": "free"}},
        "dynamics": {"initial": "ignore", "accept_bias": True},
    },
}


def panel(
    family: str,
    rho: float,
    seed: int,
    trend: float = 0.0,
    *,
    steady: bool = True,
    drift: float = 0.0,
    since: int = 0,
) -> pd.DataFrame:
    """y on its past, 0.5 x and a unit effect that x goes along with, observed for ten years.

    ``trend`` is what all clusters gain in a year beside it, in the observed years; ``drift`` the
    sd of what each gains in a year by itself, and feeds on, from the year ``since`` on. Not
    ``steady``, y is 0 in the first observed year, whatever the unit.
    """
    rng = np.random.default_rng([seed, round(10 * rho)])
    gaussian = family == "gaussian"
    unit = rng.normal(0, 1.0 if gaussian else 1 - rho, CLUSTERS)
    y, kept = np.zeros(CLUSTERS), []
    if not steady:
        start = {"y": y, "x": 0.5 * unit + rng.normal(0, 1, CLUSTERS)}
        kept.append(pd.DataFrame({"city": np.arange(CLUSTERS), "year": 0} | start))
    slope = drift * np.random.default_rng([seed, 1]).normal(size=CLUSTERS)
    for year in range(-BEFORE if steady else 1, YEARS):
        x = 0.5 * unit + rng.normal(0, 1, CLUSTERS)
        if gaussian:
            own = unit + slope * max(year - since, 0)
            y = rho * y + BETA * x + own + rng.normal(0, 1, CLUSTERS)
        else:
            mu = np.exp(LEVEL * (1 - rho) + rho * np.log1p(y) + BETA * x + unit)
            y = rng.poisson(mu * rng.gamma(1 / DISPERSION, DISPERSION, CLUSTERS)).astype(float)
        if year >= 0:
            shown = y + trend * year
            kept.append(
                pd.DataFrame({"city": np.arange(CLUSTERS), "year": year, "y": shown, "x": x})
            )
    return pd.concat(kept).astype({"city": str})


def two_lags(rho: float, further: float, seed: int) -> pd.DataFrame:
    """y on its past of two years, 0.5 x and a unit effect, in a steady state."""
    rng = np.random.default_rng([seed, 2])
    unit, past, kept = rng.normal(size=CLUSTERS), [np.zeros(CLUSTERS)] * 2, []
    for year in range(-BEFORE, YEARS + 1):
        x = 0.5 * unit + rng.normal(size=CLUSTERS)
        y = rho * past[-1] + further * past[-2] + BETA * x + unit + rng.normal(size=CLUSTERS)
        past = [past[-1], y]
        if year >= 0:
            kept.append(pd.DataFrame({"city": np.arange(CLUSTERS), "year": year, "y": y, "x": x}))
    return pd.concat(kept).astype({"city": str})


def document(family: str, form: str, draws: int = 500, seed: int = 1) -> cm.Spec:
    return cm.read_spec(
        {
            "data": {"panel": {"cluster": "city", "year": "year"}},
            "outcomes": {"y": {"family": family}},
            "treatments": {"x": {"slope": "common"}},
            "engine": {"kind": "latent_gaussian", "draws": draws, "chains": 2, "seed": seed},
            **FORMS[form],
        }
    )


@dataclass
class Found:
    """Over panels: means, and whether 95 % intervals hold the truth, of rho and of x."""

    means: np.ndarray
    covered: np.ndarray
    long_run: np.ndarray

    @property
    def bias(self) -> np.ndarray:
        return self.means.mean(axis=0)


def many(
    family: str, form: str, rho: float, panels: int, trend: float = 0.0, **world: Any
) -> Found:
    means, covered, long_run = [], [], []
    truth = np.array([rho, BETA])
    for seed in range(panels):
        spec = document(family, form, seed=seed + 1)
        run = cm.fit(spec, panel(family, rho, seed, trend, **world))
        draws = np.stack([run.posterior[name].to_numpy().ravel() for name in ("rho", "x")], 1)
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        means.append(draws.mean(axis=0) - truth)
        covered.append((low <= truth) & (truth <= high))
        long_run.append(np.median(draws[:, 1] / (1 - draws[:, 0])))
    return Found(np.array(means), np.array(covered), np.array(long_run))
