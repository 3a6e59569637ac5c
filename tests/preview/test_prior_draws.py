"""Draws from the prior in numpy against draws from the compiled PyMC model: the same laws."""

import numpy as np
import pymc as pm
import pytest
from scipy import stats as st

import clustermodels as cm
from clustermodels.preview.explain import prior_predictive
from clustermodels.preview.prior_draws import prior_draws
from tests.preview.panels import document, sound

SIZE = 3000
# of two samples of SIZE: the Kolmogorov-Smirnov distance that one pair in 10,000 exceeds
FAR = 2.23 * np.sqrt(2 / SIZE)

TABLE = sound().query("city < 'c06' and year < 2014")
DOCUMENT = document(
    outcomes={"patents": {"family": "negative_binomial"}},
    treatments={"policies": {"transform": "log1p"}},
    controls=["gdp", "region"],
    priors={
        "policies": {"ratio": [0.8, 1.9]},
        "policies_sd": {"distribution": "exponential", "mean": 0.3},
    },
)


@pytest.fixture(scope="module")
def design():
    spec = cm.read_spec(DOCUMENT)
    panel = cm.read_panel(spec, TABLE.assign(region=TABLE.index.map(lambda i: "nes"[i % 3])))
    return cm.design(spec, panel, cm.learn(spec, panel))


@pytest.fixture(scope="module")
def drawn(design):
    with cm.build_model(design):
        return pm.sample_prior_predictive(draws=SIZE, random_seed=5)


def distance(ours, theirs):
    return st.ks_2samp(ours, theirs).statistic


def test_every_name_has_the_same_law(design, drawn):
    ours = prior_draws(design, SIZE, 7)
    theirs = drawn["prior"].to_dataset().isel(chain=0)
    assert {"policies_by_cluster", "cluster_means", "region", "dispersion", "year_effect"} <= set(
        ours
    )
    for name, values in ours.items():
        wanted = theirs[name].to_numpy()
        assert values.shape == wanted.shape, name
        for column in range(int(np.prod(values.shape[1:]))):
            one = values.reshape(SIZE, -1)[:, column]
            other = wanted.reshape(SIZE, -1)[:, column]
            assert distance(one, other) < FAR, (name, column)


def test_slopes_and_effects_of_a_cluster_move_together_alike(design, drawn):
    """Whatever two draws of one cluster share: their products have the same law too."""
    ours = prior_draws(design, SIZE, 8)
    theirs = drawn["prior"].to_dataset().isel(chain=0)
    products = [
        values["cluster_effect"][:, 0] * (values["policies_by_cluster"][:, 0] - values["policies"])
        for values in (ours, {name: theirs[name].to_numpy() for name in theirs})
    ]
    assert distance(*products) < FAR


def test_levels_sum_to_zero(design):
    ours = prior_draws(design, 50, 1)
    for name in ("year_effect", "region"):
        np.testing.assert_allclose(ours[name].sum(axis=1), 0, atol=1e-12)


def test_the_same_seed_gives_the_same_draws(design):
    one, same, other = (prior_draws(design, 5, seed)["policies"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_what_the_prior_expects(design, drawn):
    """PyMC's own data sets fall below our 5, 50 and 95 % ends that often."""
    made = drawn["prior_predictive"]["patents"].isel(chain=0).to_numpy().astype(float)
    expected = prior_predictive(design)
    statistics = {
        "smallest": made.min(axis=1),
        "mean": made.mean(axis=1),
        "largest": made.max(axis=1),
        "spread": made.std(axis=1),
        "zeros": (made == 0).mean(axis=1),
    }
    assert expected["statistic"].values.tolist() == list(statistics)
    for name, values in statistics.items():
        row = expected.sel(statistic=name)
        for end, share in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
            error = 4 * np.sqrt(share * (1 - share) * (1 / 1000 + 1 / SIZE))
            at = float(row[end])
            assert (values < at).mean() - error <= share <= (values <= at).mean() + error, (
                name,
                end,
            )


def test_the_data_stand_beside(design):
    y = TABLE["patents"].to_numpy()
    expected = prior_predictive(design)["data"]
    wanted = [y.min(), y.mean(), y.max(), y.std(), (y == 0).mean()]
    np.testing.assert_allclose(expected.values, wanted)
