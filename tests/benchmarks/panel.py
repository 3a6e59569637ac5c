"""Write a seeded panel and its document: python panel.py FOLDER CLUSTERS DRAWS.

Negative binomial counts of so many clusters in ten years, drawn with numpy alone: six slopes, one
of them that of an interaction; a slope by cluster that is correlated with the clusters' effects;
effects of years. Columns are standardised and every prior is stated, so that peers can have the
same ones.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

YEARS = 10
DISPERSION = 0.15

DOCUMENT = """\
schema: 1
title: A simulated panel to time fits on
data:
  panel: {{path: panel.csv, cluster: city, year: year}}
outcomes:
  patents: {{family: negative_binomial}}
treatments:
  policies: {{slope: partial}}
moderators: [centrality]
controls: [ed, ic, ie]
fixed_effects:
  cluster: {{pooling: partial}}
  year: {{pooling: free}}
priors:
  intercept: {{distribution: normal, mean: 3, sd: 2.5}}
  policies: {{distribution: normal, mean: 0, sd: 0.8}}
  centrality: {{distribution: normal, mean: 0, sd: 0.8}}
  policies_x_centrality: {{distribution: normal, mean: 0, sd: 0.8}}
  ed: {{distribution: normal, mean: 0, sd: 0.8}}
  ic: {{distribution: normal, mean: 0, sd: 0.8}}
  ie: {{distribution: normal, mean: 0, sd: 0.8}}
  cluster_effect_sd: {{distribution: half_normal, sd: 1}}
  policies_sd: {{distribution: half_normal, sd: 0.8}}
  cluster_effect_correlation: {{distribution: lkj, concentration: 2}}
  year_effect: {{distribution: normal, mean: 0, sd: 1}}
  dispersion: {{distribution: exponential, mean: 1}}
engine: {{draws: {draws}, tune: {draws}, chains: 4, seed: 1}}
scenarios:
  one_more: [{{add: {{policies: 1}}}}]
"""


def panel(clusters: int) -> pd.DataFrame:
    rng = np.random.default_rng(29)
    size = clusters * YEARS
    city = np.repeat(np.arange(clusters), YEARS)
    year = np.tile(np.arange(YEARS), clusters)
    large = rng.normal(size=clusters)[city]
    policies = rng.poisson(np.exp(-0.2 + 0.15 * year + 0.3 * large)).astype(float)
    centrality = 4.5 + 0.8 * large + 0.7 * rng.normal(size=size)
    ed, ic, ie = (rng.normal(size=(size, 3)) * [0.4, 0.5, 0.6] + [10.0, 6.0, 4.0]).T
    own = rng.multivariate_normal([0, 0], [[0.36, 0.012], [0.012, 0.01]], size=clusters)[city]
    eta = (
        (3.0 + own[:, 0] + 0.05 * (year - 4.5))
        + (0.15 + own[:, 1]) * (policies - 2)
        + (0.1 - 0.03 * (policies - 2)) * (centrality - 4.5)
        + (0.3 * (ed - 10) + 0.2 * (ic - 6) - 0.1 * (ie - 4))
    )
    rate = np.exp(eta) * rng.gamma(1 / DISPERSION, DISPERSION, size)
    columns = pd.DataFrame(
        {"policies": policies, "centrality": centrality, "ed": ed, "ic": ic, "ie": ie}
    )
    rows = pd.DataFrame(
        {
            "city": [f"city {number:04d}" for number in city],
            "year": 2012 + year,
            "patents": rng.poisson(rate),
        }
    )
    return rows.assign(**(columns - columns.mean()) / columns.std())


def main(folder: Path, clusters: int, draws: int) -> None:
    panel(clusters).to_csv(folder / "panel.csv", index=False)
    (folder / "spec.yaml").write_text(DOCUMENT.format(draws=draws), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
