"""Six real networks of 150 cities, where they are at hand.

Joint Horizon 2020 projects; CORDIS, (c) European Union, CC BY 4.0.
"""

from pathlib import Path

import pandas as pd
import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


def city_years():
    """Give a row per city and year, with measures that were computed elsewhere."""
    path = SHARED / "h2020_city_year.csv"
    if not path.exists():
        pytest.skip("the shared data folder is absent: no h2020_city_year.csv")
    return pd.read_csv(path, dtype={"id": str})


def city_ties():
    """Give the ties of joint projects."""
    rows = pd.read_csv(SHARED / "h2020_city_edges.csv.gz", dtype={"a": str, "b": str})
    return rows[rows["leit_projects"] > 0]
