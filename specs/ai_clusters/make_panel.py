"""Write panel.csv and ties.csv: 100 cities by name, 2012 to 2021, all numbers simulated.

Ties and covariates are drawn here; the clusters' outcome is drawn from spec.yaml's own model at
truth.yaml, with the position that the package measures in these ties; then the total of all
patents is drawn such that the document's rules find the clusters again.
Run: python make_panel.py
"""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import clustermodels as cm

HERE = Path(__file__).parent
SEED = 1
YEARS = range(2012, 2022)
TIE_YEARS = range(2009, 2022)
# The clusters of Wang, Yu, Zhou & Chen (2025), doi 10.1057/s41599-025-05453-z, by name only.
STUDIED = """
    Beijing Shenzhen Nanjing Hangzhou Xi'an Shanghai Wuhan Harbin Zhuhai Guangzhou Guilin Jinan
    Chengdu Hefei Changsha Nanchang Qinhuangdao Shenyang Changchun Fuzhou Xiamen Mianyang Kunming
    Dalian Dongguan Chongqing Tianjin Taiyuan Zhengzhou"""
CLUSTERS = STUDIED.split()
# As specialised as the clusters in that study, and too small to be one.
SMALL = ["Fuxin", "Jilin", "Sanya", "Shanwei"]
# Other Chinese cities, by name only.
FURTHER = """
    Anqing Anshan Baoding Baotou Bengbu Changzhou Daqing Deyang Foshan Ganzhou Guiyang Haikou
    Handan Hengyang Hohhot Huizhou Huzhou Jiangmen Jiaxing Jingzhou Jinhua Jiujiang Kaifeng
    Langfang Lanzhou Lianyungang Linyi Liuzhou Luoyang Nanchong Nanning Nantong Nanyang Ningbo
    Putian Qingdao Qiqihar Quanzhou Shantou Shaoxing Shijiazhuang Suzhou Taizhou Tangshan Urumqi
    Weifang Weihai Wenzhou Wuhu Wuxi Xiangtan Xiangyang Xining Xinxiang Xuzhou Yangzhou Yantai
    Yichang Yinchuan Yuxi Zhangzhou Zhanjiang Zhenjiang Zhongshan Zhuzhou Zibo Zunyi"""
OTHERS = FURTHER.split()
CITIES = [*CLUSTERS, *SMALL, *OTHERS]
HUBS = 3  # the first cities of the list: where distance hardly matters
# Location quotients that are set and not drawn: chance decides on which side of 1 these stand.
NARROW = {"Taiyuan": 1.06, "Zhengzhou": 1.04, "Qingdao": 0.95, "Suzhou": 0.97}
SHARE = 0.04  # of AI in all patents

Values = NDArray[np.float64]
Row = dict[str, object]


def sizes(rng: np.random.Generator) -> Values:
    """Draw how large the cities are, (city,); the clusters are larger, and the hubs largest."""
    centre = np.repeat([0.7, 0.0, -0.3], [len(CLUSTERS), len(SMALL), len(OTHERS)])
    size = centre + 0.7 * rng.normal(size=len(CITIES)).clip(-1.5, 2)
    size[:HUBS] = 2.0 + 0.2 * rng.normal(size=HUBS)
    return size


def ties(rng: np.random.Generator, size: Values) -> list[Row]:
    """Draw joint patents: more between large and near cities, more with the years."""
    n = len(CITIES)
    place = rng.uniform(size=(n, 2))
    far = np.linalg.norm(place[:, None] - place[None], axis=2)
    far[:HUBS] *= 0.4
    far[:, :HUBS] *= 0.4
    liking = 0.8 * rng.normal(size=(n, n))
    pull = np.triu(np.exp(-3.6 + 0.8 * (size[:, None] + size[None]) - 8 * far + liking), 1)
    rows: list[Row] = []
    for step, year in enumerate(TIE_YEARS):
        projects = rng.poisson(pull * np.exp(0.16 * step))
        joint = projects + rng.poisson(2 * projects)
        # inside a city: a fifth of what it has with others
        joint += np.diag(rng.binomial(joint.sum(axis=0) + joint.sum(axis=1), 0.2))
        for a, b in np.argwhere(joint > 0).tolist():
            pair = {"city_a": CITIES[a], "city_b": CITIES[b]}
            rows.append({**pair, "year": year, "joint_patents": int(joint[a, b])})
    return rows


def covariates(rng: np.random.Generator, size: Values) -> list[Row]:
    """Draw policies and three controls; larger cities have more of each."""
    rows: list[Row] = []
    for city, large in zip(CITIES, size.tolist(), strict=True):
        ed, ic, ie = np.array([10.8, 4.5, 6.5]) + 0.3 * large + rng.normal(0, [0.2, 0.5, 0.6])
        for step, year in enumerate(YEARS):
            pace = np.exp(-0.5 + 0.22 * step + 0.35 * large + 0.4 * rng.normal())
            rows.append(
                {
                    "city": city,
                    "year": year,
                    "policies": int(rng.poisson(pace)),
                    "ed": round(float(ed + 0.06 * step + 0.15 * rng.normal()), 3),
                    "ic": round(float(ic + 0.3 * rng.normal()), 3),
                    "ie": round(float(ie + 0.3 * rng.normal()), 3),
                }
            )
    return rows


def columns(rows: Iterable[Row]) -> dict[str, list[object]]:
    """Turn rows into columns."""
    table = [*rows]
    return {name: [row[name] for row in table] for name in table[0]}


def modelled(rows: list[Row], tied: list[Row]) -> dict[str, Values]:
    """Draw the clusters' patents at the truth, by city (year,); nan in the first year.

    The document's rules for clusters are left out: they judge the patents, and there are none yet.
    """
    spec = cm.read_spec(HERE / "spec.yaml").model_copy(update={"clusters": None})
    panel = columns(row for row in rows if row["city"] in CLUSTERS)
    tables = cm.Tables(panel=panel, ties=columns(tied))
    drawn = cm.simulate(spec, cm.read_truth(HERE / "truth.yaml"), tables, seed=SEED)
    order = {city: drawn["cluster"].values == city for city in CLUSTERS}
    return {city: drawn["patents"].values[of] for city, of in order.items()}


def patents(
    rng: np.random.Generator, size: Values, of_clusters: Mapping[str, Values]
) -> dict[str, NDArray[np.int64]]:
    """Draw what the model does not: the clusters' first year, and all years of other cities."""
    steps = np.arange(len(YEARS))
    level = {**dict.fromkeys(SMALL, 1.5), **dict.fromkeys(NARROW, 3.3)}
    drawn = {}
    for city, large in zip(CITIES, size.tolist(), strict=True):
        pace = np.exp(level.get(city, 2.0 + 0.5 * large) + 0.1 * (steps - 5))
        counts = rng.poisson(pace * rng.gamma(8, 1 / 8, len(steps))).astype(float)
        if city in of_clusters:
            known = of_clusters[city]
            counts = np.where(steps > 0, known, rng.poisson(0.8 * known[1:4].mean()))
        drawn[city] = counts.astype(np.int64)
    return drawn


def totals(
    rng: np.random.Generator, ai: Mapping[str, NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """Draw all patents, by city (year,), such that the location quotients come out as wanted.

    A city's quotient is its share of AI over that of all cities together. With x_i AI patents and
    a wanted q_i, the total is x_i / (SHARE q_i), and the quotients are the wanted ones where the
    sum of x_i / q_i is that of x_i: the q_i of the cities well below 1 are multiplied by what makes
    it so.
    """
    held = np.array([city in (*CLUSTERS, *SMALL, *NARROW) for city in CITIES])
    high, low = 1.15 + rng.exponential(0.4, len(CITIES)), rng.uniform(0.25, 0.8, len(CITIES))
    quotient = np.where(held, high, low)
    for city, value in NARROW.items():
        quotient[CITIES.index(city)] = value
    x = np.array([ai[city].sum() for city in CITIES])
    quotient[~held] *= (x / quotient)[~held].sum() / (x.sum() - (x / quotient)[held].sum())
    drawn = {}
    for city, total in zip(CITIES, np.rint(x / (SHARE * quotient)).tolist(), strict=True):
        growth = np.exp(0.1 * np.arange(len(YEARS)) + 0.1 * rng.normal(size=len(YEARS)))
        drawn[city] = rng.multinomial(int(total), growth / growth.sum())
    return drawn


def write(name: str, rows: list[Row]) -> None:
    """Write a table beside this file."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Draw the ties, the covariates, the outcome and the totals, in this order, and write them."""
    rng = np.random.default_rng(SEED)
    size = sizes(rng)
    tied = ties(rng, size)
    rows = covariates(rng, size)
    ai = patents(rng, size, modelled(rows, tied))
    every = totals(rng, ai)
    for row in rows:
        city, step = str(row["city"]), YEARS.index(int(str(row["year"])))
        row |= {"patents": int(ai[city][step]), "all_patents": int(every[city][step])}
    write("ties.csv", tied)
    write("panel.csv", rows)


if __name__ == "__main__":
    main()
