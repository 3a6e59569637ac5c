"""Write panel.csv: 29 cities by name, 2012 to 2021, all numbers simulated.

The covariates are drawn here; the outcome is drawn from spec.yaml's own model at truth.yaml.
Run: python make_panel.py
"""

import csv
import math
from pathlib import Path

import numpy as np

import clustermodels as cm

HERE = Path(__file__).parent
YEARS = range(2012, 2022)
# The clusters of Wang, Yu, Zhou & Chen (2025), doi 10.1057/s41599-025-05453-z, by name only.
CITIES = [
    "Beijing",
    "Shenzhen",
    "Nanjing",
    "Hangzhou",
    "Xi'an",
    "Shanghai",
    "Wuhan",
    "Harbin",
    "Zhuhai",
    "Guangzhou",
    "Guilin",
    "Jinan",
    "Chengdu",
    "Hefei",
    "Changsha",
    "Nanchang",
    "Qinhuangdao",
    "Shenyang",
    "Changchun",
    "Fuzhou",
    "Xiamen",
    "Mianyang",
    "Kunming",
    "Dalian",
    "Dongguan",
    "Chongqing",
    "Tianjin",
    "Taiyuan",
    "Zhengzhou",
]


def covariates(rng: np.random.Generator) -> list[dict[str, object]]:
    """Draw policies, centrality and three controls; larger cities have more of each."""
    rows: list[dict[str, object]] = []
    for city in CITIES:
        size = rng.normal()
        position = 4.5 + 0.9 * size + 0.7 * rng.normal()
        ed, ic, ie = 10.8 + 0.3 * size + rng.normal(0, [0.2, 0.5, 0.6], 3) * [1, 1, 1]
        for step, year in enumerate(YEARS):
            pace = math.exp(-0.3 + 0.22 * step + 0.35 * size + 0.4 * rng.normal())
            rows.append(
                {
                    "city": city,
                    "year": year,
                    "policies": int(rng.poisson(pace)),
                    "centrality": round(float(np.clip(position + 0.5 * rng.normal(), 0, 10)), 2),
                    "ed": round(float(ed + 0.06 * step + 0.05 * rng.normal()), 3),
                    "ic": round(float(ic - 6.0 + 0.3 * rng.normal()), 3),
                    "ie": round(float(ie - 4.0 + 0.3 * rng.normal()), 3),
                }
            )
    return rows


def main() -> None:
    """Draw the covariates, then the outcome, and write both."""
    rows = covariates(np.random.default_rng(29))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    spec = cm.read_spec(HERE / "spec.yaml")
    drawn = cm.simulate(spec, cm.read_truth(HERE / "truth.yaml"), columns, seed=29)
    patents = {
        (str(city), int(year)): value
        for city, year, value in zip(
            drawn["cluster"].values, drawn["year"].values, drawn["patents"].values, strict=True
        )
    }
    with (HERE / "panel.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns, "patents"], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            value = patents[str(row["city"]), int(str(row["year"]))]
            # the first year has no year before it, so the model draws none: it is left empty
            writer.writerow(row | {"patents": "" if math.isnan(value) else int(value)})


if __name__ == "__main__":
    main()
