"""The cluster-robust sd against sandwiches written by hand, with wide priors."""

import numpy as np
import pandas as pd
import pytest

from clustermodels.results.robust import robust_sd
from tests.designs import PLAIN, designed

G, T = 12, 7


def panel(seed=3):
    """Errors drift within clusters, so that clustering matters; two rows are missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"city": np.repeat([str(i) for i in range(1, G + 1)], T), "year": np.tile(np.arange(T), G)}
    )
    drift = np.cumsum(rng.normal(size=(G, T)), axis=1).ravel()
    x = np.cumsum(rng.normal(size=(G, T)), axis=1).ravel()
    frame["x"], frame["w"] = x, rng.normal(2, 1, G * T)
    frame["y"] = 1 + 0.5 * x - 0.2 * frame["w"] + drift
    frame["count"] = rng.poisson(np.exp(1 + 0.2 * x + 0.3 * drift))
    frame["half"] = np.where(frame["year"] < 3, "early", "late")
    return frame.drop(index=[5, 40]).reset_index(drop=True)


def dummies(labels):
    return (np.asarray(labels)[:, None] == np.unique(labels)) * 1.0


def sandwich(bread, scores, clusters, k):
    """Give sds with the factor (G / (G - 1)) ((N - 1) / (N - K))."""
    n, g = len(clusters), len(np.unique(clusters))
    sums = dummies(clusters).T @ scores
    factor = g / (g - 1) * (n - 1) / (n - k)
    return np.sqrt(np.diag(factor * bread @ sums.T @ sums @ bread))


def wide(*names, sd=200.0):
    return {name: {"distribution": "normal", "mean": 0, "sd": sd} for name in names}


def start(design):
    """Draws to start from: the mode does not depend on them, but for sds and parameters."""
    draws = {"intercept": np.zeros(3), "sigma": np.full(3, 1.3)}
    for block in design.blocks:
        levels = () if block.factor is None else (len(block.factor.levels),)
        draws |= {term.name: np.zeros((3, *levels)) for term in block.terms}
        draws |= {term.sd_name: np.full(3, 0.8) for term in block.terms if term.sd_name}
    return draws


def test_least_squares_without_effects():
    """K counts the two slopes and the constant. A unit of w is its own."""
    frame = panel()
    _, _, _, design = designed(
        PLAIN | {"controls": ["x", "w"], "priors": wide("intercept", "x", "w")}, frame
    )
    got = robust_sd(design, start(design))
    x = np.column_stack([frame["x"], frame["w"], np.ones(len(frame))])
    beta = np.linalg.lstsq(x, frame["y"])[0]
    scores = x * (frame["y"] - x @ beta).to_numpy()[:, None]
    wanted = sandwich(np.linalg.inv(x.T @ x), scores, frame["city"], 3)
    assert set(got) == {"x", "w"}
    np.testing.assert_allclose([got["x"], got["w"]], wanted[:2], rtol=1e-4)


@pytest.mark.parametrize("crossed", [False, True])
def test_least_squares_with_city_and_year_dummies(crossed):
    """K counts the slope, the constant and T - 1 years: what is nested in clusters is left out.

    Effects of cluster by half-period are nested in clusters as well.
    """
    frame = panel()
    factors = {"city_half": {"columns": ["cluster", "half"]}} if crossed else {"cluster": {}}
    name = "city_half_effect" if crossed else "cluster_effect"
    document = PLAIN | {
        "controls": ["x"],
        "fixed_effects": factors | {"year": {}},
        "priors": wide("intercept", "x", name, "year_effect"),
    }
    _, _, _, design = designed(document, frame)
    got = robust_sd(design, start(design))["x"]
    own = frame["city"] + frame["half"] if crossed else frame["city"]
    x = np.column_stack([frame["x"], dummies(own), dummies(frame["year"])])
    bread = np.linalg.pinv(x.T @ x)
    residual = frame["y"] - x @ (bread @ (x.T @ frame["y"]))
    scores = x * residual.to_numpy()[:, None]
    wanted = sandwich(bread, scores, frame["city"], 1 + 1 + T - 1)[0]
    assert got == pytest.approx(wanted, rel=1e-3)


def test_poisson_with_city_and_year_dummies():
    frame = panel()
    document = PLAIN | {
        "outcomes": {"count": {"family": "poisson"}},
        "controls": ["x"],
        "fixed_effects": {"cluster": {}, "year": {}},
        "priors": wide("intercept", "x", "cluster_effect", "year_effect"),
    }
    _, _, _, design = designed(document, frame)
    got = robust_sd(design, start(design))["x"]
    x = np.column_stack([frame["x"], dummies(frame["city"]), dummies(frame["year"])[:, 1:]])
    y = frame["count"].to_numpy()
    beta = np.linalg.lstsq(x, np.log(y + 0.5))[0]
    for _ in range(50):
        mu = np.exp(x @ beta)
        bread = np.linalg.inv(x.T @ (x * mu[:, None]))
        beta = beta + bread @ (x.T @ (y - mu))
    scores = x * (y - mu)[:, None]
    assert np.abs(scores.sum(axis=0)).max() < 1e-8
    wanted = sandwich(bread, scores, frame["city"], 1 + 1 + T - 1)[0]
    assert got == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("label", [lambda c: c, lambda c: f"city {int(c):02d}"])
def test_random_effects_are_generalised_least_squares(label):
    """The sandwich of GLS with V = sigma^2 I + tau^2 11', whatever the cities are called."""
    frame = panel()
    document = PLAIN | {
        "controls": ["x", "w"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
        "priors": wide("intercept", "x", "w"),
    }
    _, _, _, design = designed(document, frame.assign(city=frame["city"].map(label)))
    got = robust_sd(design, start(design))
    x = np.column_stack([frame["x"], frame["w"], np.ones(len(frame))])
    same = dummies(frame["city"])
    inverse = np.linalg.inv(1.3**2 * np.eye(len(frame)) + 0.8**2 * same @ same.T)
    bread = np.linalg.inv(x.T @ inverse @ x)
    residual = frame["y"] - x @ (bread @ (x.T @ inverse @ frame["y"]))
    # V is block diagonal, so a cluster's part of V^-1 e comes from that cluster alone
    scores = x * (inverse @ residual.to_numpy())[:, None]
    wanted = sandwich(bread, scores, frame["city"], 3)
    np.testing.assert_allclose([got["x"], got["w"]], wanted[:2], rtol=1e-4)


def test_a_tight_prior_bounds_it():
    """Where the prior decides, the data's clusters no longer move the coefficient."""
    frame = panel()
    loose = designed(PLAIN | {"controls": ["x"], "priors": wide("x")}, frame)[3]
    tight = designed(PLAIN | {"controls": ["x"], "priors": wide("x", sd=1e-4)}, frame)[3]
    assert robust_sd(tight, start(tight))["x"] < 1e-3 * robust_sd(loose, start(loose))["x"]


def test_there_is_none_with_one_cluster_or_too_few_rows():
    frame = panel()
    alone = frame[frame["city"] == "1"]
    design = designed(PLAIN | {"controls": ["x"]}, alone)[3]
    assert robust_sd(design, start(design)) == {}
    few = frame[frame["year"] < 2].head(3)
    design = designed(PLAIN | {"controls": ["x", "w"]}, few)[3]
    assert robust_sd(design, start(design)) == {}
