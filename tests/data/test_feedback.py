"""The equations of columns that react to past outcomes, against brute force."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.designs import PLAIN, block_of, designed, lookup

COMMON = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "controls": ["talent", "money"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    "dynamics": {"predetermined": ["dose"]},
}
EACH_YEAR = COMMON | {
    "treatments": {"dose": {"slope": "common", "lag": 1}},
    "controls": ["money"],
    "dynamics": {"predetermined": ["dose"], "feedback": "free", "covariates": "every_year"},
}


def world(clusters, years, seed=1):
    """y follows itself and dose; dose and talent follow y."""
    rng = np.random.default_rng(seed)
    unit, y, frames = rng.normal(size=clusters), np.zeros(clusters), []
    for year in range(years):
        talent = 2.0 + 0.3 * y + rng.normal(size=clusters)
        dose, money = 0.5 * y + unit + rng.normal(size=clusters), rng.gamma(2, 300, clusters)
        y = 0.4 * y + 0.3 * dose + 0.001 * money + unit + rng.normal(size=clusters)
        city = [f"c{k:03d}" for k in range(clusters)]
        columns = {"city": city, "y": y, "dose": dose, "talent": talent, "money": money}
        frames.append(pd.DataFrame(columns).assign(year=2010 + year))
    return pd.concat(frames)


def test_an_equation_for_all_years_looks_back_one_year_and_knows_first_values():
    frame = world(12, 7)
    _, _, learned, design = designed(COMMON, frame)
    (each,) = design.feedback
    assert each.equations == ()
    assert set(design.years[each.rows].tolist()) == set(range(2012, 2017))
    y, dose = lookup(frame, "y"), lookup(frame, "dose")
    places = [(design.clusters[row], int(design.years[row])) for row in each.rows]
    wanted = {
        "y 1 year before": [y[city, year - 1] for city, year in places],
        "dose 1 year before": [dose[city, year - 1] for city, year in places],
        "first y": [y[city, 2010] for city, _ in places],
        "first dose": [dose[city, 2011] for city, _ in places],
        "2014": [float(year == 2014) for _, year in places],
    }
    for label, column in wanted.items():
        at = each.labels.index(label)
        made = each.values[:, at] * (learned.scales["dose"].spread / each.terms[at].unit)
        np.testing.assert_allclose(np.diff(made), np.diff(column), rtol=1e-8, atol=1e-8)
    assert {"talent", "money", "mean talent", "mean money"} <= {*each.labels}
    np.testing.assert_allclose(
        each.response * learned.scales["dose"].spread + learned.scales["dose"].centre,
        [dose[place] for place in places],
    )


def test_no_mean_holds_the_future_of_what_reacts():
    document = COMMON | {"moderators": ["talent"], "controls": ["money"]}
    _, _, learned, design = designed(document, world(12, 7))
    assert learned.means["cluster"].columns == ("talent", "money")
    first = block_of(design, "cluster_initial").labels
    assert first == ("y", "dose", "talent", "money", "dose_x_talent")


def test_an_equation_for_each_year_looks_back_to_the_first():
    """A column read a year back reacts to the outcomes before its own year."""
    frame = world(60, 5)
    _, _, learned, design = designed(EACH_YEAR, frame)
    (each,) = design.feedback
    assert each.equations == ("2011", "2012", "2013")
    labels = set(each.labels)
    assert "2013: y 3 years before" in labels
    assert "2013: dose 3 years before" in labels
    assert "2013: y 4 years before" not in labels
    assert learned.means["cluster"].columns == ()
    known = block_of(design, "cluster_initial").labels
    assert known == ("y", "dose", "money", *(f"money of {year}" for year in range(2011, 2015)))
    rows = each.rows[each.equation == 2]
    y = lookup(frame, "y")
    at = each.labels.index("2013: y 1 year before")
    wanted = np.array([y[design.clusters[row], 2012] for row in rows])
    np.testing.assert_allclose(
        each.values[each.equation == 2, at], (wanted - wanted.mean()) / wanted.std()
    )
    assert not each.values[each.equation != 2, at].any()


def test_gaps_are_refused_and_late_clusters_are_not():
    frame = world(12, 7)
    late = frame[~((frame["city"] == "c003") & (frame["year"] < 2012))]
    *_, design = designed(COMMON, late)
    (each,) = design.feedback
    assert (design.clusters[each.rows] == "c003").sum() == 3
    gap = frame[~((frame["city"] == "c003") & (frame["year"] == 2013))]
    with pytest.raises(cm.PanelError, match=r"c003 have gaps.*because"):
        designed(COMMON, gap)
    free = COMMON | {"dynamics": {"predetermined": ["dose"], "feedback": "free"}}
    with pytest.raises(cm.PanelError, match="rows in different years"):
        designed(free, late)
    with pytest.raises(cm.PanelError, match=r"c003 lack rows.*covariates: means"):
        designed(COMMON | {"dynamics": {"covariates": "every_year"}}, late)
    with pytest.raises(cm.PanelError, match=r"dose.*coefficients and 12 rows.*feedback: common"):
        designed(free, frame)


def test_a_scenario_sets_the_column_and_knows_what_was_known():
    document = COMMON | {"scenarios": {"more": [{"add": {"dose": 2}}]}}
    spec, panel, learned, design = designed(document, world(12, 7))
    after = cm.data.scenarios.counterfactual(spec, panel, learned, "more")
    for name in ("cluster_initial", "cluster_means"):
        np.testing.assert_array_equal(block_of(after, name).values, block_of(design, name).values)
    assert not np.array_equal(block_of(after, "dose").values, block_of(design, "dose").values)
