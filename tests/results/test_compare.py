"""Models side by side: ArviZ's own numbers, a closed form of stacking, and refusals."""

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize_scalar

import clustermodels as cm
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "outcomes": {"count": {"family": "poisson"}},
    "treatments": {"dose": {"slope": "common"}},
    "moderators": ["yearly"],
    "fixed_effects": {"cluster": {"pooling": "partial"}},
}


def made(document=None, frame=None, around=0.05, **more):
    data = table() if frame is None else frame
    centres = {"intercept": 1.3, "dose": around, "cluster_effect": 0.0}
    spec = DOCUMENT | (document or {})
    return made_fit(spec, data, around=centres, chains=4, draws=250, noise=0.03, **more)


@pytest.fixture(scope="module")
def two():
    return {"one": made(), "other": made({"moderators": []}, around=0.2, seed=9)}


def test_numbers_are_those_of_arviz(two):
    found = cm.compare(two)
    for name, fit in two.items():
        direct = arviz_stats.loo(fit.tree, pointwise=True)
        row = found.models.sel(model=name)
        assert float(row["elpd"]) == pytest.approx(float(direct.elpd), abs=1e-10)
        assert float(row["elpd_se"]) == pytest.approx(float(direct.se), abs=1e-10)
        assert float(row["p_loo"]) == pytest.approx(float(direct.p), abs=1e-10)
        assert float(row["largest_k"]) == pytest.approx(float(direct.pareto_k.max()))
    assert found.models["model"].to_numpy().tolist()[0] == "one"
    assert float(found.models["elpd_difference"][0]) == 0


def test_stacking_weights_predict_best(two):
    """The weight w that maximises the sum of log(w p_1 + (1 - w) p_2), searched by itself."""
    found = cm.compare(two)
    one, other = (
        np.exp(arviz_stats.loo(fit.tree, pointwise=True).elpd_i.to_numpy()) for fit in two.values()
    )
    best = minimize_scalar(
        lambda w: -np.log(w * one + (1 - w) * other).sum(), bounds=(0, 1), method="bounded"
    ).x
    weight = float(found.models["weight"].sel(model="one"))
    assert weight == pytest.approx(best, abs=2e-3)
    assert float(found.models["weight"].sum()) == pytest.approx(1.0)


def test_coefficients_and_effects_stand_side_by_side(two):
    found = cm.compare(two)
    shown = found.coefficients.to_dataframe().set_index(["quantity", "model"])
    for name, fit in two.items():
        dose = fit.posterior["dose"].to_numpy()
        assert shown.loc[("dose", name), "median"] == pytest.approx(np.median(dose))
    assert ("yearly", "other") not in shown.index
    own = found.effects.isel(row=found.effects["model"].to_numpy() == "one")
    np.testing.assert_array_equal(own["median"], cm.effects(two["one"])["median"])


def test_what_is_not_known_is_found(two):
    wild = made(around=0.05, seed=2)
    posterior = wild.posterior.copy()
    rng = np.random.default_rng(1)
    posterior["intercept"] = posterior["intercept"] + xr.DataArray(
        rng.standard_cauchy(posterior["intercept"].shape), dims=("chain", "draw")
    ).clip(-3, 3)
    wild = made_again(wild, posterior)
    (found,) = [
        f for f in cm.compare({"calm": two["one"], "wild": wild}).findings if "k" in f.check
    ]
    k = arviz_k(wild)
    assert found.check == "pareto_k"
    assert f"in {(k > 1 - 1 / np.log10(1000)).sum()} of 41 rows" in found.what
    assert f"at most {k.max():.2f}" in found.what
    (close,) = cm.compare({"a": two["one"], "b": made(seed=6)}).findings
    assert (close.check, close.severity) == ("close", "note")


def made_again(fit, posterior):
    groups = {"posterior": posterior}
    groups["log_likelihood"] = cm.log_likelihood(
        type(fit)(fit.spec, fit.panel, fit.learned, xr.DataTree.from_dict(groups))
    ).to_dataset()
    return type(fit)(fit.spec, fit.panel, fit.learned, xr.DataTree.from_dict(groups))


def arviz_k(fit):
    with pytest.warns(UserWarning, match="shape parameter"):
        return arviz_stats.loo(fit.tree, pointwise=True).pareto_k.to_numpy()


def test_fits_of_other_things_are_not_compared(two):
    one = two["one"]
    lagged = made({"treatments": {"dose": {"slope": "common", "lag": 1}}})
    with pytest.raises(
        cm.FitError, match=r"because 'b' has no row of A 2010. Fit both to the same"
    ):
        cm.compare({"a": one, "b": lagged})
    with pytest.raises(cm.FitError, match="because 'a' has no row of A 2010"):
        cm.compare({"a": lagged, "b": one})
    moved = table().assign(count=lambda f: f["count"] + (f.index == 3))
    value = table()["count"][3]
    said = f"because the outcome of A 2013 is {value} in one and {value + 1} in the other"
    with pytest.raises(cm.FitError, match=said):
        cm.compare({"a": one, "b": made(frame=moved)})
    with pytest.raises(cm.FitError, match="because one is of 'count', the other of 'y'"):
        cm.compare({"a": one, "b": made({"outcomes": {"y": {"family": "gaussian"}}})})
    with pytest.raises(cm.FitError, match="'poisson' predicts by probabilities and 'gaussian' by"):
        cm.compare({"a": one, "b": made({"outcomes": {"count": {"family": "gaussian"}}})})
    weighed = {"count": {"family": "poisson", "weights": {"column": "people", "kind": "sampling"}}}
    with pytest.raises(cm.FitError, match="because rows do not weigh the same"):
        cm.compare({"a": one, "b": made({"outcomes": weighed})})
    tried = table().assign(tries=lambda f: f["count"] + 2, more=lambda f: f["count"] + 5)
    of = {c: {"count": {"family": "binomial", "trials": c}} for c in ("tries", "more")}
    with pytest.raises(cm.FitError, match="because rows have other numbers of trials"):
        cm.compare({c: made({"outcomes": each}, frame=tried) for c, each in of.items()})
    with pytest.raises(cm.FitError, match="because there are not two fits"):
        cm.compare({"a": one})
