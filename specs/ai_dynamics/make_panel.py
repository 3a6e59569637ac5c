"""Write panel.csv: SIMULATED patents of 29 AI clusters that depend on the year before.

The cities' names are real, every number is drawn. Run: python make_panel.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

CITIES = """
    Beijing Changchun Changsha Chengdu Chongqing Dalian Dongguan Fuzhou Guangzhou Guilin Hangzhou
    Harbin Hefei Jinan Kunming Mianyang Nanchang Nanjing Qinhuangdao Shanghai Shenyang Shenzhen
    Taiyuan Tianjin Wuhan Xiamen Xi'an Zhengzhou Zhuhai"""
FIRST, LAST, BEFORE = 2011, 2021, 40
RHO, POLICIES, BEND, TALENT, DISPERSION = 0.5, 0.25, -0.06, 0.15, 0.05


def main() -> None:
    """Draw the panel in a steady state; policies come more often where patents are many."""
    rng = np.random.default_rng(7)
    cities = CITIES.split()
    size = len(cities)
    own = rng.normal(0, 0.25, size)
    central = rng.normal(3, 0.8, size) + own
    patents, past_policies, rows = np.full(size, 40.0), np.zeros(size), []
    for year in range(FIRST - BEFORE, LAST + 1):
        policies = rng.poisson(np.exp(0.3 + 1.2 * own + 0.06 * max(year - FIRST, 0)))
        centrality = central + rng.normal(0, 0.3, size)
        talent = 5 + 2 * own + rng.normal(0, 1, size)
        effect = POLICIES + BEND * (centrality - 3)
        eta = 1.9 + own + RHO * (np.log1p(patents) - 4) + effect * np.log1p(past_policies)
        eta += TALENT * (talent - 5)
        rate = np.exp(eta + 1.9) * rng.gamma(1 / DISPERSION, DISPERSION, size)
        patents = rng.poisson(rate).astype(float)
        if year >= FIRST:
            columns = {"year": year, "patents": patents.astype(int), "policies": policies}
            columns |= {"centrality": centrality.round(3), "talent": talent.round(3)}
            rows.append(pd.DataFrame({"city": cities} | columns))
        past_policies = policies
    table = pd.concat(rows).sort_values(["city", "year"])
    table.to_csv(Path(__file__).parent / "panel.csv", index=False)


if __name__ == "__main__":
    main()
