"""Long runs of NUTS that other engines are held against: python long_runs.py [CASE ...].

Each case is a document of ``specs/`` on its own panel, with the outcome, family or pooling
changed. What NUTS gave is written to ``long_runs/CASE.json``: for every reported quantity its
mean, sd and 2.5 and 97.5 % points, the Monte Carlo error of each, and the effective sample size.
Two hours on two cores.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats import ess, mcse
from arviz_stats import rhat as split_rhat

import clustermodels as cm

SPECS = Path(__file__).parents[2] / "specs"
STORED = Path(__file__).parent / "long_runs"
NUTS = {"kind": "nuts", "chains": 4, "draws": 25_000, "tune": 1500, "seed": 7}
# Factors with more levels than this are not reported level by level.
LEVELS = 60

FREE = {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}}
PARTIAL = {"cluster": {"pooling": "partial"}, "year": {"pooling": "partial"}}


@dataclass(frozen=True)
class LongRun:
    """A document to fit at length.

    Parameters
    ----------
    example
        The folder of ``specs/`` whose panel it is fitted to.
    changes
        Sections that stand in place of the example's own.
    columns
        What is added to the example's panel, from the panel.
    nuts
        How NUTS is to be run, beside ``NUTS``.
    """

    example: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Callable[[pd.DataFrame], Any]] = field(default_factory=dict)
    nuts: Mapping[str, Any] = field(default_factory=dict)

    def spec(self, engine: Mapping[str, Any]) -> cm.Spec:
        """Give the document; positions are columns of the panel that has been read."""
        document = {**DOCUMENTS[self.example], **self.changes, "engine": dict(engine)}
        return cm.read_spec({"data": {"panel": {"cluster": "cluster", "year": "year"}}, **document})

    def table(self) -> pd.DataFrame:
        rows = cm.read_panel(cm.read_spec(SPECS / self.example / "spec.yaml")).rows
        return rows.to_dataframe().drop(columns="used").assign(**self.columns)


def _priced(outcome: str, family: str, **more: Any) -> dict[str, Any]:
    return {"outcomes": {outcome: {"family": family, **more}}}


# The documents of specs/, with what they count or measure read as a column.
DOCUMENTS: dict[str, dict[str, Any]] = {
    "ai_clusters": {
        **_priced("patents", "negative_binomial"),
        "treatments": {"policies": {"transform": "log1p", "lag": 1, "slope": "partial"}},
        "moderators": {"centrality": {"transform": {"per": 0.1}}},
        "controls": ["ed", "ic", "ie"],
        "priors": {"policies": {"ratio": [0.8, 1.9], "probability": 0.9}},
        "scenarios": {"one_more": [{"add": {"policies": 1}}]},
    },
    "enterprise_zones": {
        **_priced("luclms", "gaussian"),
        "treatments": {"ez": {"kind": "adoption", "slope": "common"}},
        "fixed_effects": FREE,
        "scenarios": {"no_zones": [{"set": {"ez": 0}}]},
    },
    "patents_rd": {
        **_priced("patents", "poisson"),
        "treatments": {f"rd{lag}": {"slope": "common"} for lag in range(6)},
        "fixed_effects": FREE,
        "scenarios": {"ten_percent_more": [{"add": {"rd0": 0.09531}}]},
    },
    "public_capital": {
        **_priced("log_gsp", "gaussian"),
        "treatments": {"pcap": {"transform": "log", "slope": "common"}},
        "controls": {"pc": {"transform": "log"}, "emp": {"transform": "log"}, "unemp": {}},
        "fixed_effects": {"cluster": {"pooling": "free"}},
        "scenarios": {"tenth_more": [{"scale": {"pcap": 1.1}}]},
    },
    "research_clusters": {
        **_priced("erc_grants", "negative_binomial"),
        "treatments": {"technology_eur": {"transform": "log1p", "lag": 1, "slope": "common"}},
        "moderators": {"closeness": {"transform": {"per": 0.1}}},
        "controls": {"firms": {"transform": "log1p", "lag": 1}},
        "scenarios": {"double_grants": [{"scale": {"technology_eur": 2}}]},
    },
}

_ABOVE = {"busy": lambda panel: (panel["patents"] > panel["patents"].median()) * 1.0}
_SHARE = {
    "tries": lambda panel: np.ceil(panel["all_patents"] / 20),
    "hits": lambda panel: np.minimum(
        np.round(panel["patents"] / 20), np.ceil(panel["all_patents"] / 20)
    ),
}
_CLAIMS = {"uclms": lambda panel: np.round(np.exp(panel["luclms"]) / 1000)}

CASES: dict[str, LongRun] = {
    "ai_negative_binomial": LongRun("ai_clusters"),
    "ai_poisson": LongRun("ai_clusters", _priced("patents", "poisson")),
    "ai_gaussian": LongRun("ai_clusters", _priced("patents", "gaussian") | {"priors": {}}),
    "ai_bernoulli": LongRun("ai_clusters", _priced("busy", "bernoulli") | {"priors": {}}, _ABOVE),
    "ai_binomial": LongRun(
        "ai_clusters", _priced("hits", "binomial", trials="tries") | {"priors": {}}, _SHARE
    ),
    "zones_gaussian": LongRun("enterprise_zones"),
    "zones_negative_binomial": LongRun(
        "enterprise_zones", _priced("uclms", "negative_binomial"), _CLAIMS
    ),
    "zones_pooled": LongRun("enterprise_zones", {"fixed_effects": PARTIAL}),
    "capital_free": LongRun("public_capital"),
    "capital_pooled": LongRun("public_capital", {"fixed_effects": PARTIAL}),
    "research_negative_binomial": LongRun(
        "research_clusters", nuts={"target_accept": 0.95, "draws": 32_000}
    ),
    "patents_pooled_negative_binomial": LongRun(
        "patents_rd",
        _priced("patents", "negative_binomial") | {"fixed_effects": PARTIAL},
        nuts={"adaptation": "low_rank", "draws": 9000},
    ),
    "patents_poisson": LongRun("patents_rd", nuts={"adaptation": "low_rank", "draws": 9000}),
}


def reported(fit: cm.Fit) -> xr.Dataset:
    """Give what a user reads, (chain, draw, ...): the posterior, and each scenario's ratio."""
    posterior = fit.posterior
    kept = {
        name: values
        for name, values in posterior.data_vars.items()
        if all(size <= LEVELS for dim, size in values.sizes.items() if dim not in ("chain", "draw"))
    }
    before = cm.predict(fit).sum("obs")
    for scenario in fit.spec.scenarios:
        kept[f"scenario_{scenario}"] = cm.predict(fit, scenario).sum("obs") / before
    return xr.Dataset(kept).reset_coords(drop=True)


def _flat(values: xr.Dataset) -> dict[str, float]:
    return {
        f"{name}[{place}]" if array.ndim else str(name): float(number)
        for name, array in values.data_vars.items()
        for place, number in enumerate(np.ravel(array.to_numpy()))
    }


def _summary(draws: xr.Dataset) -> dict[str, dict[str, float]]:
    columns = {
        "mean": draws.mean(("chain", "draw")),
        "sd": draws.std(("chain", "draw"), ddof=1),
        "low": draws.quantile(0.025, ("chain", "draw")),
        "high": draws.quantile(0.975, ("chain", "draw")),
        "mean_error": mcse(draws, method="mean"),
        "sd_error": mcse(draws, method="sd"),
        "low_error": mcse(draws, method="quantile", prob=0.025),
        "high_error": mcse(draws, method="quantile", prob=0.975),
        "ess": ess(draws, method="bulk"),
        "rhat": split_rhat(draws),
    }
    numbers = {column: _flat(values) for column, values in columns.items()}
    return {name: {c: v[name] for c, v in numbers.items()} for name in numbers["mean"]}


def main(names: list[str]) -> None:
    STORED.mkdir(exist_ok=True)
    for name in names or CASES:
        case = CASES[name]
        fit = cm.fit(case.spec({**NUTS, "target_accept": 0.9, **case.nuts}), case.table())
        table = _summary(reported(fit))
        stats = fit.tree["sample_stats"]
        about = {
            "divergences": int(stats["diverging"].sum()),
            "least_ess": min(row["ess"] for row in table.values()),
            "largest_rhat": max(row["rhat"] for row in table.values()),
            "versions": fit.tree.attrs["versions"],
        }
        print(name, about, flush=True)
        rounded = {
            quantity: {column: float(f"{value:.8g}") for column, value in row.items()}
            for quantity, row in table.items()
        }
        text = json.dumps({"about": about, "quantities": rounded}, indent=1)
        (STORED / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
