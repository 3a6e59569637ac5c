"""Slopes within and between, against their definition and a world of two slopes."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, table

CORRELATED = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "controls": ["money", "fixed"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
}


def test_the_difference_is_the_coefficient_of_the_mean():
    fit = made_fit(CORRELATED, table(), draws=200)
    found = cm.within_between(fit).to_dataframe().set_index(["term", "slope"])
    draws = flat(fit.posterior)
    assert [*dict.fromkeys(found.index.get_level_values(0))] == ["dose", "money"]
    for position, term in enumerate(["dose", "money"]):
        within, apart = draws[term], draws["cluster_means"][:, position]
        for slope, values in (
            ("within", within),
            ("between", within + apart),
            ("difference", apart),
        ):
            row = found.loc[term, slope]
            assert row["median"] == pytest.approx(np.median(values))
            assert row["probability"] == pytest.approx(np.mean(values > 0))


def test_two_slopes_are_told_apart():
    rng = np.random.default_rng(7)
    clusters, years = 60, 10
    mean = np.repeat(rng.normal(0, 2, clusters), years)
    x = mean + rng.normal(size=clusters * years)
    own = np.repeat(rng.normal(0, 0.5, clusters), years)
    frame = pd.DataFrame(
        {
            "city": np.repeat(np.arange(clusters), years).astype(str),
            "year": np.tile(np.arange(years), clusters),
            "x": x,
            "y": 0.5 * x + 1.5 * mean + own + rng.normal(size=clusters * years),
        }
    )
    document = PLAIN | {
        "treatments": {"x": {"slope": "common"}},
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
        "engine": {"kind": "latent_gaussian"},
    }
    fit = cm.fit(cm.read_spec(document), frame)
    found = cm.within_between(fit).to_dataframe().set_index("slope")
    for slope, truth in {"within": 0.5, "between": 2.0, "difference": 1.5}.items():
        row = found.loc[slope]
        assert row["eti95_lower"] < truth < row["eti95_upper"], slope
        assert row["eti95_upper"] - row["eti95_lower"] < 0.6
    assert found.loc["difference", "probability"] == 1


def test_without_means_nothing_is_compared():
    with pytest.raises(cm.FitError, match="because no effect is given its means"):
        cm.within_between(made_fit(PLAIN | {"controls": ["dose"]}, table()))
