"""The ledger of lost rows: lags by year, gaps, the first reason, and what may be empty."""

import numpy as np
import pandas as pd

import clustermodels as cm

NAN = np.nan


def panel(table, **changes):
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"patents": {"family": "poisson"}},
        "treatments": {"policies": {"slope": "common", "lag": 1}},
    }
    return cm.read_panel(cm.read_spec(document | changes), pd.DataFrame(table))


def ledger(made):
    return {loss.reason: list(loss.places) for loss in made.losses}


UNBALANCED = {
    "city": ["A"] * 4 + ["B"] * 2 + ["C"],
    "year": [2010, 2011, 2013, 2014, 2012, 2013, 2020],
    "patents": [1, 2, 3, 4, 5, 6, 7],
    "policies": [1, 2, 3, 4, 5, 6, 7],
}


def test_a_lag_goes_by_year_and_not_by_row():
    made = panel(UNBALANCED)
    first = [("A", 2010), ("A", 2013), ("B", 2012), ("C", 2020)]
    assert ledger(made) == {"no policies 1 year before": first}
    assert made.used.tolist() == [1, 3, 5]


def test_a_lag_of_two_jumps_over_a_gap():
    made = panel(UNBALANCED, treatments={"policies": {"slope": "common", "lag": 2}})
    assert list(ledger(made)) == ["no policies 2 years before"]
    assert made.rows["year"].values[made.used].tolist() == [2013]


def test_lags_never_reach_into_another_cluster():
    made = panel(
        {
            "city": ["A", "A", "B", "B"],
            "year": [2010, 2011, 2012, 2013],
            "patents": [1, 1, 1, 1],
            "policies": [1, 2, 3, 4],
        }
    )
    assert ledger(made)["no policies 1 year before"] == [("A", 2010), ("B", 2012)]


def test_each_row_is_counted_once_under_its_first_reason():
    made = panel(
        {
            "city": ["A"] * 5 + ["B"],
            "year": [2010, 2011, 2012, 2013, 2014, 2014],
            "patents": [NAN, 2, NAN, 4, 5, 1],
            "policies": [1, NAN, 3, 4, 5, 1],
            "gdp": [NAN, NAN, 1, NAN, 1, 1],
            "region": ["x", "x", "x", "x", None, "x"],
        },
        treatments={"policies": {"slope": "common"}},
        controls=["gdp", "region"],
    )
    assert ledger(made) == {
        "no patents": [("A", 2010), ("A", 2012)],
        "no policies": [("A", 2011)],
        "no gdp": [("A", 2013)],
        "no region": [("A", 2014)],
    }
    assert made.used.tolist() == [5]


def test_the_lost_rows_still_serve_as_the_past():
    made = panel(UNBALANCED | {"patents": [NAN, 2, 3, 4, 5, 6, 7]})
    assert ledger(made) == {
        "no patents": [("A", 2010)],
        "no policies 1 year before": [("A", 2013), ("B", 2012), ("C", 2020)],
    }
    assert made.used.tolist() == [1, 3, 5]


def test_an_empty_first_year_means_never_and_loses_nothing():
    made = panel(
        {
            "city": ["A", "A", "B", "B"],
            "year": [2010, 2011, 2010, 2011],
            "patents": [1, 2, 3, 4],
            "start": [2011, 2011, NAN, NAN],
        },
        treatments={"zone": {"kind": "adoption", "first_year": "start", "slope": "common"}},
    )
    assert made.losses == ()
    assert made.used.tolist() == [0, 1, 2, 3]


def test_a_factor_without_a_label_loses_its_row():
    table = UNBALANCED | {"region": ["x", None, "x", "y", "y", "y", "x"]}
    made = panel(
        table,
        treatments={"policies": {"slope": "common"}},
        fixed_effects={"region": {"pooling": "partial"}},
    )
    assert ledger(made) == {"no region": [("A", 2011)]}


def test_a_complete_panel_loses_nothing():
    made = panel(UNBALANCED, treatments={"policies": {"slope": "common"}})
    assert made.losses == ()
    assert made.rows["used"].values.all()
