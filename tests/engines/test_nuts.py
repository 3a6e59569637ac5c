"""NUTS draws from the posterior: closed forms and grids; seeds; what stops it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import clustermodels as cm
from clustermodels.engines import chains, nuts
from clustermodels.spec.engine import Nuts
from tests.designs import PLAIN, designed, table

LONG = Nuts(draws=1000, tune=400, chains=2, seed=2)
SHORT = Nuts(draws=40, tune=60, chains=2, seed=7)


def agrees(posterior, name, mean, sd):
    """Compare a scalar's draws with the exact mean and sd, within Monte Carlo error."""
    draws = posterior[[name]]
    size = float(chains.ess(draws)[name])
    values = draws[name].to_numpy()
    assert size > 300
    assert abs(values.mean() - mean) < 4 * sd / np.sqrt(size), name
    assert values.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * size) + 0.03), name


def normal_panel():
    rng = np.random.default_rng(8)
    own = rng.normal(0, 0.8, 8)
    x = rng.normal(3, 2, (8, 5))
    y = 1 + 0.5 * x + own[:, None] + rng.normal(0, 1, x.shape)
    return pd.DataFrame(
        {
            "city": np.repeat([*"ABCDEFGH"], 5),
            "year": np.tile(np.arange(5), 8),
            "x": x.ravel(),
            "y": y.ravel(),
        }
    )


def test_a_normal_hierarchy_is_its_closed_form():
    """Given tau all is normal; tau is integrated on a grid. The residual sd is all but known."""
    document = PLAIN | {
        "controls": ["x"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "priors": {
            "intercept": {"distribution": "normal", "mean": 2, "sd": 3},
            "x": {"distribution": "normal", "mean": 0, "sd": 0.6},
            "sigma": {"distribution": "lognormal", "median": 1, "sd": 1e-4},
            "cluster_effect_sd": {"distribution": "half_normal", "sd": 0.7},
        },
    }
    frame = normal_panel()
    design = designed(document, frame)[3]
    posterior = nuts.sample(design, LONG)["posterior"].to_dataset()

    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    own = (frame["city"].to_numpy()[:, None] == np.array([*"ABCDEFGH"])) * 1.0
    z = np.column_stack([np.ones(40), x - x.mean(), own])
    prior_mean = np.array([2.0, 0.0, *np.zeros(8)])
    taus = np.linspace(0.005, 4, 400)
    weight, first, second = np.zeros(400), np.zeros((400, 10)), np.zeros((400, 10))
    for i, tau in enumerate(taus):
        prior = np.diag([9.0, 0.36, *np.full(8, tau**2)])
        marginal = stats.multivariate_normal(z @ prior_mean, z @ prior @ z.T + np.eye(40))
        weight[i] = marginal.logpdf(y) + stats.halfnorm(scale=0.7).logpdf(tau)
        gain = prior @ z.T @ np.linalg.inv(z @ prior @ z.T + np.eye(40))
        first[i] = prior_mean + gain @ (y - z @ prior_mean)
        second[i] = first[i] ** 2 + np.diag(prior - gain @ z @ prior)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = weight @ first
    sd = np.sqrt(weight @ second - mean**2)
    agrees(posterior, "intercept", mean[0], sd[0])
    agrees(posterior, "x", mean[1], sd[1])
    tau_mean = weight @ taus
    agrees(posterior, "cluster_effect_sd", tau_mean, np.sqrt(weight @ taus**2 - tau_mean**2))
    for place, city in enumerate("ABCDEFGH"):
        level = posterior.assign(level=posterior["cluster_effect"].sel(cluster=city, drop=True))
        agrees(level, "level", mean[2 + place], sd[2 + place])


def test_a_binomial_is_its_grid():
    frame = table().assign(tries=12, count=lambda f: f["count"].clip(upper=12))
    document = PLAIN | {
        "outcomes": {"count": {"family": "binomial", "trials": "tries"}},
        "controls": ["yearly"],
        "priors": {
            "intercept": {"distribution": "normal", "mean": 0, "sd": 1},
            "yearly": {"odds_ratio": [0.8, 1.4], "probability": 0.9},
        },
    }
    design = designed(document, frame)[3]
    posterior = nuts.sample(design, LONG)["posterior"].to_dataset()
    x, y = frame["yearly"].to_numpy(), frame["count"].to_numpy()
    a, b = np.meshgrid(np.linspace(-1.6, 0.4, 240), np.linspace(-0.4, 0.4, 240), indexing="ij")
    eta = a[..., None] + b[..., None] * (x - x.mean())
    low, high = np.log([0.8, 1.4])
    law = stats.norm((low + high) / 2, (high - low) / 2 / stats.norm.ppf(0.95))
    density = stats.binom.logpmf(y, 12, 1 / (1 + np.exp(-eta))).sum(axis=-1)
    density += stats.norm.logpdf(a) + law.logpdf(b)
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    assert max(weight[0].sum(), weight[-1].sum(), weight[:, 0].sum(), weight[:, -1].sum()) < 1e-6
    for name, values in (("intercept", a), ("yearly", b)):
        mean = (weight * values).sum()
        agrees(posterior, name, mean, np.sqrt((weight * values**2).sum() - mean**2))


@pytest.fixture(scope="module")
def small():
    document = PLAIN | {"treatments": ["dose"], "fixed_effects": {"cluster": {}}}
    return designed(document, table())[3]


@pytest.fixture(scope="module")
def drawn(small):
    """Draws from another seed than SHORT's, made before them, and the ticks of their making."""
    ticks = []
    return nuts.sample(small, SHORT.model_copy(update={"seed": 8}), ticks.append), ticks


def test_the_same_seed_gives_the_same_draws_and_another_gives_others(small, drawn):
    one, two = nuts.sample(small, SHORT), nuts.sample(small, SHORT)
    for group in ("posterior", "unconstrained_posterior", "sample_stats"):
        for name, values in one[group].data_vars.items():
            np.testing.assert_array_equal(values, two[group][name], err_msg=f"{group} {name}")
    assert (one["posterior"]["dose"] != drawn[0]["posterior"]["dose"]).all()
    draws = one["posterior"]["dose"].to_numpy()
    assert (draws[0] != draws[1]).all()


def test_what_is_drawn_bears_the_documents_names(drawn):
    tree, ticks = drawn
    posterior = tree["posterior"].to_dataset()
    assert set(posterior.data_vars) == {
        "intercept",
        "dose",
        "dose_by_cluster",
        "dose_sd",
        "cluster_effect",
        "sigma",
    }
    assert posterior["dose_by_cluster"].dims == ("chain", "draw", "cluster")
    assert dict(posterior.sizes) == {"chain": 2, "draw": 40, "cluster": 5}
    assert all(name.startswith("z_") for name in tree["unconstrained_posterior"].data_vars)
    assert {"diverging", "energy", "tree_depth", "lp"} <= set(tree["sample_stats"].data_vars)
    np.testing.assert_allclose(posterior["cluster_effect"].sum("cluster"), 0, atol=1e-10)
    assert ticks
    assert {tick.total for tick in ticks[-1]} <= {0, 100}


@pytest.mark.parametrize(
    ("asked", "parameters", "chosen"),
    [
        ("auto", nuts.LOW_RANK_UP_TO, "low_rank"),
        ("auto", nuts.LOW_RANK_UP_TO + 1, "diag"),
        ("diag", 3, "diag"),
        ("low_rank", 5000, "low_rank"),
    ],
)
def test_the_mass_matrix(asked, parameters, chosen):
    assert nuts._adaptation(Nuts(adaptation=asked), parameters) == chosen


def test_what_the_document_asks_for_reaches_the_sampler(small, monkeypatch):
    given = {}

    def taken(compiled, **arguments):
        given.update(arguments, n_dim=compiled.n_dim)
        raise RuntimeError("enough")

    monkeypatch.setattr(nuts.nutpie, "sample", taken)
    engine = Nuts(draws=11, tune=12, chains=3, seed=4, target_accept=0.93)
    with pytest.raises(RuntimeError, match="enough"):
        nuts.sample(small, engine)
    wanted = engine.model_dump(include={"draws", "tune", "chains", "seed", "target_accept"})
    assert {key: given[key] for key in wanted} == wanted
    assert given["adaptation"] == "low_rank"
    assert given["n_dim"] == 4 + 4 + 5  # five effects that sum to zero, five slopes


def test_an_impossible_outcome_stops_it_with_the_reason():
    document = PLAIN | {"outcomes": {"count": {"family": "poisson"}}, "controls": ["dose"]}
    design = designed(document, table())[3]
    outcome = dataclasses.replace(design.outcome, values=design.outcome.values - 100.0)
    with pytest.raises(cm.FitError, match=r"^sampling stopped because "):
        nuts.sample(dataclasses.replace(design, outcome=outcome), SHORT)


class Compiled:
    n_dim = 3


class Sampler:
    """Never done, and remembers that it was cancelled."""

    is_finished = False
    cancelled = False

    def cancel(self):
        self.cancelled = True


def test_an_interrupt_cancels_and_returns_nothing(small, monkeypatch):
    running = Sampler()

    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(nuts, "compiled", lambda *given: (Compiled, set()))
    monkeypatch.setattr(nuts.nutpie, "sample", lambda *given, **named: running)
    monkeypatch.setattr(nuts.time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nuts.sample(small, SHORT)
    assert running.cancelled
