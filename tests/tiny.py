"""A tiny seeded panel and its document."""

import numpy as np
import pandas as pd

TINY = {
    "data": {"panel": {"cluster": "city", "year": "year"}},
    "outcomes": {"patents": {"family": "negative_binomial"}},
    "treatments": {"policies": {"transform": "log1p", "lag": 1}},
    "moderators": ["centrality"],
    "controls": ["gdp", "region"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {"pooling": "free"}},
    "engine": {"draws": 60, "tune": 100, "chains": 2, "seed": 3},
    "scenarios": {
        "one_more": [{"add": {"policies": 1}}],
        "nothing": [{"add": {"policies": 0}}],
        "repeal": [{"set": {"policies": 0}, "years": {"from": 2012}}],
    },
}


def tiny_table(seed: int = 0, clusters: int = 12, years: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = clusters * years
    own = np.repeat(rng.normal(0, 0.5, clusters), years)
    policies = rng.poisson(1.5, size)
    centrality = rng.normal(4, 1, size)
    gdp = rng.normal(10, 2, size)
    mean = np.exp(2 + own + 0.3 * np.log1p(policies) + 0.05 * (gdp - 10))
    return pd.DataFrame(
        {
            "city": np.repeat([f"city {i:02d}" for i in range(clusters)], years),
            "year": np.tile(np.arange(2010, 2010 + years), clusters),
            "patents": rng.negative_binomial(5, 5 / (5 + mean)),
            "policies": policies,
            "centrality": centrality,
            "gdp": gdp,
            "region": rng.choice(["east", "west", "北方"], size),
        }
    )
