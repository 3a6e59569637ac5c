"""The cities of Horizon 2020, from ties and a panel to clusters and an interaction.

Numbers recomputed from the public register with other software. They depend on the outcome in sign,
and say nothing of a policy: what is held here is the way from a document to a design.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.designs import block_of

DATA = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the register's tables are not here")

DOCUMENT = {
    "data": {
        "panel": {"cluster": "city", "year": "year"},
        "ties": {"source": "a", "target": "b", "year": "year", "weight": "leit_projects"},
    },
    "clusters": {
        "location_quotient": {
            "activity": "leit_part",
            "total": "participations",
            "reference": 0.192390,
        },
        "scale": {"column": "leit_part", "at_least": 60},
        "collaboration": {"within": {"column": "leit_intra", "at_least": 1}, "between": 1},
    },
    "treatments": {"leit_eur_m": {"transform": "log1p", "lag": 1, "slope": "common"}},
    "moderators": {"position": {"kind": "network", "measure": "closeness", "lag": 1}},
    "fixed_effects": {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}},
}


@pytest.fixture(scope="module")
def tables():
    panel = pd.read_csv(DATA / "h2020_city_year.csv")
    edges = pd.read_csv(DATA / "h2020_city_edges.csv.gz")
    name = panel.drop_duplicates("id").set_index("id")["city"]
    edges = edges.assign(a=edges["a"].map(name), b=edges["b"].map(name))
    return cm.Tables(panel, ties=edges[edges["leit_projects"] > 0])


def panel_of(tables, outcome="erc", **clusters):
    rules = {**DOCUMENT["clusters"], **clusters}
    rules = {name: rule for name, rule in rules.items() if rule is not None}
    document = DOCUMENT | {"outcomes": {outcome: {"family": "poisson"}}, "clusters": rules}
    spec = cm.read_spec(document)
    return spec, cm.read_panel(spec, tables)


def test_rules_select_the_cities_that_they_should(tables):
    _, panel = panel_of(tables)
    regions = panel.regions
    lq, scale = regions["lq_passes"], regions["scale_passes"]
    assert int(lq.sum()) == 52
    assert int((lq & scale).sum()) == 33
    assert int(regions["cluster"].sum()) == 32
    sure = regions["probability"] > 0.95
    assert int(sure.sum()) == 34
    assert int((sure & regions["cluster"]).sum()) == 24
    asked = DOCUMENT["clusters"]["location_quotient"] | {"probability": 0.95}
    _, strict = panel_of(tables, location_quotient=asked)
    assert int(strict.regions["cluster"].sum()) == 24
    missed = regions["probability"].where(~sure & regions["cluster"]).max()
    assert float(missed) == pytest.approx(0.949, abs=5e-4)


def test_positions_are_the_register_s_of_the_year_before(tables):
    _, panel = panel_of(tables)
    own = tables.panel.assign(year=tables.panel["year"] + 1).set_index(["city", "year"])
    for _, row in panel.rows.to_dataframe().dropna(subset="position").iterrows():
        wanted = own.loc[(row["cluster"], row["year"]), "leit_closeness"]
        assert row["position"] == pytest.approx(wanted, abs=5.01e-6)  # five digits are printed


def poisson(y, x, clusters):
    """Fit by Newton's method: coefficients, and errors clustered with the factor G / (G - 1)."""
    beta = np.linalg.lstsq(x, np.log(y + 0.5), rcond=None)[0]
    for _ in range(60):
        mean = np.exp(x @ beta)
        beta = beta + np.linalg.lstsq(x.T @ (mean[:, None] * x), x.T @ (y - mean), rcond=None)[0]
    mean = np.exp(x @ beta)
    bread = np.linalg.pinv(x.T @ (mean[:, None] * x))
    scores = pd.DataFrame(x * (y - mean)[:, None]).groupby(clusters).sum().to_numpy()
    factor = len(scores) / (len(scores) - 1)
    covariance = factor * bread @ scores.T @ scores @ bread
    return beta, np.sqrt(np.diag(covariance))


@pytest.mark.parametrize(
    ("outcome", "coefficient", "error"),
    [("erc", -1.91, 0.73), ("firm_part", -0.43, 0.57), ("leit_projects", 0.05, 0.38)],
)
def test_the_interaction_of_money_and_closeness(tables, outcome, coefficient, error):
    spec, panel = panel_of(tables, outcome, collaboration=None)
    assert len(panel.used) == 33 * 5
    design = cm.design(spec, panel, cm.learn(spec, panel))
    names = ("leit_eur_m_x_position", "leit_eur_m", "position")
    blocks = [block_of(design, name) for name in names]
    x = [block.values[:, 0] / block.terms[0].unit for block in blocks]
    dummies = [pd.get_dummies(design.clusters), pd.get_dummies(design.years, drop_first=True)]
    x = np.column_stack([*x, *(part.to_numpy(dtype=float) for part in dummies)])
    beta, errors = poisson(design.outcome.values, x, design.clusters)
    assert round(beta[0], 2) == coefficient
    assert errors[0] == pytest.approx(error, abs=0.03)
