"""The engine that is chosen, and the reason that is given."""

import numpy as np
import pytest
import xarray as xr

from clustermodels.engines import auto, latent_gaussian, nuts
from clustermodels.errors import FitError
from clustermodels.spec.engine import Auto
from tests.designs import PLAIN, designed
from tests.engines.fast import DOCUMENTS, frame, laid

ENGINE = Auto(draws=500, tune=20, chains=2, seed=2)


@pytest.fixture
def asked(monkeypatch):
    """Give what NUTS is asked for; nothing is compiled."""
    given = []

    def sample(design, engine, progress):
        given.append((design, engine, progress))
        return xr.DataTree.from_dict({"posterior": xr.Dataset({"a": 1.0})})

    monkeypatch.setattr(nuts, "sample", sample)
    return given


@pytest.fixture
def poor(monkeypatch):
    """Let the fast engine's draws be worth as little as a test says."""
    true = latent_gaussian.sample

    def made(**told):
        def sample(design, engine, progress):
            tree = true(design, engine, progress)
            tree["sample_stats"].attrs.update(told)
            return tree

        monkeypatch.setattr(latent_gaussian, "sample", sample)

    return made


@pytest.fixture(scope="module")
def simple():
    return laid(DOCUMENTS["categorical"]).design


def test_it_takes_the_fast_engine_where_it_can_and_says_so(simple, asked):
    tree = auto.sample(simple, ENGINE)
    assert tree.attrs["engine"] == "latent_gaussian"
    assert tree.attrs["engine_because"] == "the document is a latent Gaussian model"
    own = latent_gaussian.sample(simple, ENGINE)
    for name, values in own["posterior"].data_vars.items():
        np.testing.assert_array_equal(values, tree["posterior"][name])
    assert not asked


def test_a_document_outside_the_class_goes_to_nuts_with_the_reason(asked):
    outcome = {"outcomes": {"y": {"family": "student_t"}}, "controls": ["yearly"]}
    made = designed(PLAIN | outcome, frame())[3]

    def progress(ticks):
        raise AssertionError

    tree = auto.sample(made, ENGINE, progress)
    assert tree.attrs["engine"] == "nuts"
    assert "student_t" in tree.attrs["engine_because"]
    assert asked == [(made, ENGINE, progress)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"pareto_k": 0.71}, "Pareto k of 0.71"),
        ({"effective_draws": 399.0}, "worth 399 independent"),
        ({"pareto_k": np.inf}, "Pareto k"),
        ({"least_acceptance": 0.1, "least_accepted": "cluster B"}, "cluster B repeat each other"),
        ({"pareto_k": np.nan, "effective_draws": np.nan}, "the fast engine's"),
    ],
)
def test_poor_draws_are_made_again_by_nuts(simple, asked, poor, told, words):
    poor(**told)
    tree = auto.sample(simple, ENGINE)
    assert tree.attrs["engine"] == "nuts"
    assert words in tree.attrs["engine_because"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "told", [{"pareto_k": 0.7}, {"effective_draws": 400.0}, {"pareto_k": -np.inf}]
)
def test_draws_that_are_good_enough_are_kept(simple, asked, poor, told):
    poor(**told)
    assert auto.sample(simple, ENGINE).attrs["engine"] == "latent_gaussian"
    assert not asked


def test_few_draws_need_not_be_worth_four_hundred(simple, asked, poor):
    few = ENGINE.model_copy(update={"draws": 50})
    poor(effective_draws=51.0)
    assert auto.sample(simple, few).attrs["engine"] == "latent_gaussian"
    poor(effective_draws=49.0)
    assert auto.sample(simple, few).attrs["engine"] == "nuts"
    assert len(asked) == 1


def test_where_nuts_would_take_hours_poor_draws_are_kept_and_said_to_be(
    simple, asked, poor, monkeypatch
):
    rows = len(simple.outcome.values)
    poor(pareto_k=0.9)
    monkeypatch.setattr(auto, "MOST_ROWS", rows)
    assert auto.sample(simple, ENGINE).attrs["engine"] == "nuts"
    monkeypatch.setattr(auto, "MOST_ROWS", rows - 1)
    tree = auto.sample(simple, ENGINE)
    assert tree.attrs["engine"] == "latent_gaussian"
    assert "Pareto k of 0.90" in tree.attrs["engine_because"]
    assert f"more than {rows - 1} rows" in tree.attrs["engine_because"]
    assert len(asked) == 1


def test_numbers_that_the_fast_engine_cannot_handle_go_to_nuts_with_the_reason(
    simple, asked, monkeypatch
):
    def fails(*given):
        raise np.linalg.LinAlgError("Matrix is not positive definite")

    monkeypatch.setattr(latent_gaussian, "_approximate", fails)
    monkeypatch.setattr(latent_gaussian, "_gaussian", fails)
    with pytest.raises(FitError, match=r"because of its numbers \(Matrix is not positive"):
        latent_gaussian.sample(simple, ENGINE)
    tree = auto.sample(simple, ENGINE)
    assert len(asked) == 1
    assert tree.attrs["engine"] == "nuts"
    assert tree.attrs["engine_because"].startswith("the fast engine failed: the posterior could")
