"""Weights of rows: what each kind does to density, mode and errors, by hand."""

import numpy as np
import pytest
import xarray as xr
from pymc.pytensorf import compile as compiled

import clustermodels as cm
from clustermodels.data.mode import Given, find_mode
from clustermodels.data.walk import drawn_outcome
from clustermodels.fits.density import log_likelihood
from clustermodels.results.robust import robust_sd
from tests.designs import PLAIN, designed, made_fit, table

KINDS = ("precision", "frequency", "sampling")
FLAT = {"distribution": "normal", "mean": 0, "sd": 1e5}


def document(kind, family="gaussian", column="y"):
    weights = {"weights": {"column": "people", "kind": kind}} if kind else {}
    return PLAIN | {
        "outcomes": {column: {"family": family} | weights},
        "treatments": {"dose": {"slope": "common"}},
        "priors": {"intercept": FLAT, "dose": FLAT},
    }


def scaled(frame, kind):
    weights = frame["people"].to_numpy()
    return weights if kind == "frequency" else weights / weights.mean()


@pytest.mark.parametrize("kind", ["frequency", "sampling"])
@pytest.mark.parametrize(("family", "column"), [("gaussian", "y"), ("negative_binomial", "count")])
def test_a_row_counts_as_often_as_it_weighs(kind, family, column):
    frame = table()
    plain = made_fit(document(None, family, column), frame)
    *_, design = designed(document(kind, family, column), frame)
    got = log_likelihood(design, plain.posterior)
    wanted = log_likelihood(plain.design(), plain.posterior) * scaled(frame, kind)
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_precision_divides_the_variance():
    frame = table()
    plain = made_fit(document(None), frame)
    *_, design = designed(document("precision"), frame)
    got = log_likelihood(design, plain.posterior)
    weights = scaled(frame, "precision")
    eta = np.asarray(cm.predict(plain))
    sd = plain.posterior["sigma"].to_numpy()[..., None] / np.sqrt(weights)
    z = (frame["y"].to_numpy() - eta) / sd
    np.testing.assert_allclose(got, -0.5 * z**2 - np.log(sd * np.sqrt(2 * np.pi)), rtol=1e-10)
    draws = {"intercept": [1.0], "dose": [0.0], "sigma": [2.0]}
    draws = {name: np.repeat(value, 50_000) for name, value in draws.items()}
    made = drawn_outcome(design, draws, np.random.default_rng(1)).std(axis=0)
    np.testing.assert_allclose(made, 2.0 / np.sqrt(weights), rtol=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mode_is_weighted_least_squares_with_its_sandwich(kind):
    frame = table()
    *_, design = designed(document(kind), frame)
    sigma = np.array([1.5])
    found = find_mode(design, Given({"sigma": sigma}, {}))
    (block,) = design.blocks
    x = np.column_stack([np.ones(len(frame)), block.values[:, 0]])
    w, y = scaled(frame, kind), frame["y"].to_numpy()
    bread = np.linalg.inv(x.T * w @ x)
    beta = bread @ (x.T @ (w * y))
    np.testing.assert_allclose(found.beta, beta, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.inv(found.hessian.toarray()), bread * 2.25, rtol=1e-6)
    scores = x * (w * (y - x @ beta))[:, None]
    by_cluster = np.array([scores[design.clusters == c].sum(axis=0) for c in "ABCDE"])
    rows, groups = len(y), 5
    factor = groups / (groups - 1) * (rows - 1) / (rows - 2)
    sandwich = factor * bread @ (by_cluster.T @ by_cluster) @ bread
    wanted = np.sqrt(sandwich[1, 1]) * block.terms[0].unit
    draws = {"intercept": beta[:1], "dose": beta[1:] * block.terms[0].unit, "sigma": sigma}
    assert robust_sd(design, draws)["dose"] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "family", "column"),
    [("precision", "gaussian", "y"), ("sampling", "negative_binomial", "count")],
)
def test_the_compiled_density_is_numpys(kind, family, column):
    *_, design = designed(document(kind, family, column), table())
    model = cm.build_model(design)
    names = ["intercept", "dose", *design.outcome.parameters]
    inputs = [model.rvs_to_values[variable] for variable in model.free_RVs]
    told = model.replace_rvs_by_values([model[name] for name in names])
    free = model.logp(vars=model.free_RVs, jacobian=False)
    function = compiled(inputs, [model.logp(jacobian=False) - free, *told], mode="FAST_COMPILE")
    density, *values = function(**model.initial_point(random_seed=3))
    posterior = xr.Dataset(
        {
            name: (("chain", "draw"), np.reshape(value, (1, 1)))
            for name, value in zip(names, values, strict=True)
        },
        coords={"chain": [0], "draw": [0]},
    )
    assert float(log_likelihood(design, posterior).sum()) == pytest.approx(float(density))


def test_rows_without_weight_are_lost_with_the_reason_and_negative_ones_refused():
    frame = table()
    frame.loc[3, "people"] = 0.0
    frame.loc[7, "people"] = np.nan
    panel = cm.read_panel(cm.read_spec(document("frequency")), frame)
    assert {loss.reason: len(loss.places) for loss in panel.losses} == {
        "no people": 1,
        "people of 0": 1,
    }
    frame.loc[5, "people"] = -2.0
    with pytest.raises(cm.PanelError, match="Got -2 in A 2015; expected 0 or more, as a weight"):
        cm.read_panel(cm.read_spec(document("frequency")), frame)


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (document("precision", "poisson", "count"), "takes no weights of precision, because"),
        (document("sampling") | {"residuals": {"kind": "ar1"}}, "beside 'residuals', because"),
        (document("often"), "outcomes.y.weights.kind"),
        (
            document("frequency")
            | {"outcomes": {"y": {"family": "gaussian", "weights": "people"}}},
            r"Write \{column: \.\.\., kind: \.\.\.\}",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(sections, said):
    with pytest.raises(cm.SpecError, match=said):
        cm.read_spec(sections)


def test_weights_are_said_and_their_doubts_found():
    frame = table()
    spec = cm.read_spec(document("sampling"))
    assert "pseudo_posterior" in {finding.check for finding in cm.check(spec, frame)}
    assert any("Rows are weighed by people" in line for line in cm.explain(spec, frame).words)
    frame.loc[0, "people"] = 1e6
    assert "few_weigh_much" in {finding.check for finding in cm.check(spec, frame)}
    told = cm.explain(cm.read_spec(document("precision")), table())
    assert "sigma / √people[i,t]" in told.equation[0]
    with pytest.raises(cm.FitError, match="because rows are weighed"):
        cm.fit(
            spec.model_copy(
                update={
                    "engine": cm.read_spec(
                        document("sampling") | {"engine": {"kind": "latent_gaussian"}}
                    ).engine
                }
            ),
            table(),
        )
