"""Doses whose lags have a shape: polynomials against free lags, what fades against a loop."""

import numpy as np
import pymc as pm
import pytest
import scipy.stats as st
from pymc.pytensorf import compile

import clustermodels as cm
from clustermodels.data.mode import Given, find_mode
from clustermodels.data.predictor import linear_predictor
from clustermodels.data.shapes import basis, faded
from clustermodels.engines.classes import outside
from clustermodels.fits.density import log_prior
from clustermodels.fits.record import flat
from clustermodels.preview.prior_draws import prior_draws
from tests.designs import PLAIN, designed, lookup, made_fit, table
from tests.documents import BASE, said


def document(shape, last=3, moderated=False, **more):
    lags = {"from": 0, "to": last, "shape": shape} | more
    made = PLAIN | {"treatments": {"dose": {"lags": lags, "slope": "common"}}}
    return made | ({"moderators": {"money": {}}} if moderated else {})


NAMES = [f"dose_lag_{lag}" for lag in range(4)]


@pytest.mark.parametrize(("count", "powers"), [(2, 1), (4, 3), (7, 5)])
def test_the_basis_is_orthonormal_and_of_polynomials(count, powers):
    made = basis(count, powers)
    np.testing.assert_allclose(made.T @ made, np.eye(powers), atol=1e-12)
    lag = np.arange(count)
    for power in range(powers):
        fitted = np.polynomial.Polynomial.fit(lag, made[:, power], power)
        np.testing.assert_allclose(fitted(lag), made[:, power], atol=1e-10)
        assert made[-1, power] > 0


@pytest.mark.parametrize("moderated", [False, True])
def test_with_as_many_powers_as_lags_it_is_free_lags(moderated):
    """The same mode under priors that say next to nothing, and the same of every lag."""
    flat_priors = {"distribution": "normal", "mean": 0, "sd": 1e6}
    shaped = document("polynomial", degree=3, moderated=moderated)
    free = document("free", moderated=moderated)
    products = [f"{name}_x_money" for name in NAMES] * moderated
    shapes = ["dose_shape", *["dose_x_money_shape"] * moderated]
    modes = []
    for made, names in ((shaped, shapes), (free, [*NAMES, *products])):
        made = made | {"priors": dict.fromkeys(names, flat_priors)}
        design = designed(made, table())[3]
        mode = find_mode(design, Given({"sigma": np.array([1.0])}, {}))
        blocks, at = {}, 0
        for piece in mode.pieces:
            name = "intercept" if piece.block is None else piece.block.name
            units = [1.0] if piece.block is None else [t.unit for t in piece.block.terms]
            blocks[name] = mode.beta[at : at + piece.size] * np.resize(units, piece.size)
            at += piece.size
        modes.append((mode.x @ mode.beta, blocks, design))
    (fitted, one, design), (wanted, other, _) = modes
    np.testing.assert_allclose(fitted, wanted, atol=1e-8)
    for block in design.blocks:
        for name, weights in block.makes:
            assert weights @ one[block.name] == pytest.approx(other[name][0], abs=1e-8)


@pytest.mark.parametrize(("shape", "more"), [("polynomial", {"degree": 1}), ("geometric", {})])
def test_the_predictor_is_a_sum_over_lags(shape, more):
    fit = made_fit(document(shape, **more), table(), around={"dose_lag_0": 0.5})
    draws, doses = flat(fit.posterior), lookup(table(), "dose")
    design = fit.design()
    wanted = np.tile(draws["intercept"][:, None], len(design.years))
    for lag, name in enumerate(NAMES):
        values = np.array(
            [doses[c, y - lag] for c, y in zip(design.clusters, design.years, strict=True)]
        )
        wanted += draws[name][:, None] * (values - fit.learned.scales[name].centre)
    np.testing.assert_allclose(linear_predictor(design, draws), wanted, atol=1e-12)
    found = cm.effects(fit).to_dataframe()
    total = sum(draws[name] for name in NAMES)
    row = found[found["treatment"] == "dose, all lags"]
    assert row["median"].item() == pytest.approx(np.median(total))


def test_a_scenario_follows_through_all_lags_on_the_scale_of_the_fit():
    made = document("polynomial", degree=1) | {"scenarios": {"more": [{"add": {"dose": 10}}]}}
    fit = made_fit(made, table())
    draws = flat(fit.posterior)
    change = (cm.predict(fit, "more") - cm.predict(fit)).to_numpy().reshape(len(draws["sigma"]), -1)
    total = 10 * sum(draws[name] for name in NAMES)
    np.testing.assert_allclose(change, np.tile(total[:, None], change.shape[1]), atol=1e-10)


def test_units_of_the_dose_change_nothing_but_the_coefficients_unit():
    table_ = table()
    small = table_.assign(dose=table_["dose"] * 1000)
    for shape in ("polynomial", "geometric"):
        one, other = (designed(document(shape), frame)[3] for frame in (table_, small))
        for a, b in zip(one.blocks, other.blocks, strict=True):
            np.testing.assert_allclose(a.values, b.values, atol=1e-10)
            for s, t in zip(a.terms, b.terms, strict=True):
                assert dict(s.prior.arguments) == pytest.approx(dict(t.prior.arguments))
                assert s.unit == pytest.approx(1000 * t.unit)


def test_what_fades_is_in_the_model_as_in_numpy():
    fit = made_fit(document("geometric"), table())
    design = fit.design()
    model = cm.build_model(design)
    names = ["intercept", "dose_decay", *NAMES, "sigma", "expected_outcome"]
    inputs = ("z_intercept", "z_dose_lag_0", "dose_decay", "sigma")
    y = design.outcome.values
    made = compile(
        [model[name] for name in inputs],
        [*(model[name] for name in names), pm.logp(model["y"], y)],
        mode="FAST_COMPILE",
    )
    *drawn, density = made(0.4, -0.7, 0.6, 1.3)
    at = dict(zip(names, drawn, strict=True))
    course = faded(np.atleast_1d(at["dose_lag_0"]), np.array([0.6]), 4)[0]
    np.testing.assert_allclose([at[name] for name in NAMES], course)
    draws = {name: np.atleast_1d(value) for name, value in at.items()}
    np.testing.assert_allclose(at["expected_outcome"], linear_predictor(design, draws)[0])
    np.testing.assert_allclose(density, st.norm.logpdf(y, at["expected_outcome"], 1.3))
    names = [model.rvs_to_values[variable].name for variable in model.free_RVs]
    assert {"z_dose_lag_0", "dose_decay_logodds__"} < {*names}
    slope = model.compile_dlogp()(model.initial_point())
    assert np.isfinite(slope).all()


def test_priors_are_of_the_first_effect_and_of_what_is_left():
    fit = made_fit(document("geometric"), table())
    told, draws = log_prior(fit.design(), fit.posterior), flat(fit.posterior)
    assert not {*NAMES[1:]} & {*told.data_vars}
    share = told["dose_decay"].to_numpy().ravel()
    np.testing.assert_allclose(share, st.beta(2, 2).logpdf(draws["dose_decay"]))
    (block,) = [block for block in fit.design().blocks if block.decay is not None]
    sd = dict(block.terms[0].prior.arguments)["sd"] * block.terms[0].unit
    first = told["dose_lag_0"].to_numpy().ravel()
    np.testing.assert_allclose(first, st.norm(0, sd).logpdf(draws["dose_lag_0"]))
    drawn = prior_draws(fit.design(), 500, 3)
    np.testing.assert_allclose(drawn["dose_lag_2"], drawn["dose_decay"] ** 2 * drawn["dose_lag_0"])


def test_polynomials_are_for_the_fast_engine_and_what_fades_is_not():
    assert outside(designed(document("polynomial"), table())[3]) is None
    fading = designed(document("geometric"), table())[3]
    assert "how fast the effect of dose fades" in outside(fading)
    spec = cm.read_spec(
        document("polynomial") | {"engine": {"kind": "latent_gaussian", "draws": 50, "chains": 2}}
    )
    run = cm.fit(spec, table())
    draws = flat(run.posterior)
    for name, weights in zip(NAMES, basis(4, 3), strict=True):
        np.testing.assert_allclose(draws[name], draws["dose_shape"] @ weights, atol=1e-12)
    assert {*NAMES} < {*cm.summary(run)["name"].to_numpy()}
    chance = cm.dynamics if spec.dynamics else cm.effects
    assert "dose, all lags" in chance(run)["treatment"].to_numpy()


def test_outcomes_are_drawn_from_what_fades():
    spec = cm.read_spec(document("geometric"))
    truth = {"intercept": 1.0, "dose_lag_0": 0.5, "dose_decay": 0.5, "sigma": 1e-6}
    drawn = cm.simulate(spec, truth, table())
    fit = made_fit(document("geometric"), table())
    rows = fit.design()
    values = {**truth} | {f"dose_lag_{lag}": 0.5 * 0.5**lag for lag in range(4)}
    draws = {name: np.array([value]) for name, value in values.items()}
    wanted = linear_predictor(rows, draws)[0]
    columns = (drawn[name].to_numpy() for name in ("cluster", "year", "y"))
    got = {(city, year): value for city, year, value in zip(*columns, strict=True)}
    here = [got[place] for place in zip(rows.clusters, rows.years, strict=True)]
    np.testing.assert_allclose(here, wanted, atol=1e-4)
    with pytest.raises(cm.SpecError, match=r"dose_decay: is a share, not 1\.5"):
        cm.simulate(spec, truth | {"dose_decay": 1.5}, table())


def test_it_is_said_in_words_and_as_an_equation():
    fading = cm.explain(cm.read_spec(document("geometric", last=1)), table())
    assert "dose_lag_1 = dose_decay · dose_lag_0" in fading.equation
    assert "Of the effect of dose the same share is left each year: dose_decay." in fading.words
    named = [prior.name for prior in fading.priors]
    assert {"dose_lag_0", "dose_decay"} < {*named}
    assert "dose_lag_1" not in named
    bent = cm.explain(cm.read_spec(document("polynomial", moderated=True)), table())
    assert "dose at lag l = Σ dose_shape[p] · P_p(l), p = 0 .. 2" in bent.equation
    assert "dose_x_money at lag l = Σ dose_x_money_shape[p] · P_p(l), p = 0 .. 2" in bent.equation
    (first, *_) = [prior for prior in bent.priors if prior.name == "dose_shape[degree 0]"]
    assert "one sd of the polynomial of degree 0 over its lags" in first.words


def test_a_dose_that_never_moves_is_found():
    frame = table()
    frame["dose"] = frame.groupby("city")["dose"].transform("first")
    free = document("polynomial") | {"fixed_effects": {"cluster": {"pooling": "free"}}}
    found = cm.check(cm.prepare(cm.read_spec(free), frame))
    (said_,) = [finding for finding in found if finding.check == "no_within_variation"]
    assert said_.path == "treatments.dose"


DOSE = "treatments:\n  policies: {lag: 1}\n"


@pytest.mark.parametrize(
    ("lags", "rest", "expected"),
    [
        ("{to: 3, shape: polynomial, degree: 4}", "", "4 lags take a polynomial of degree 3 at mo"),
        ("{to: 3, degree: 2}", "", "'degree' is of a polynomial. Write 'shape: polynomial'"),
        ("{to: 0, shape: polynomial}", "", "one lag has no shape"),
        ("{from: -1, to: 2, shape: polynomial}", "", "a polynomial shape has no leads, because"),
        (
            "{from: -1, to: 2, shape: geometric}",
            "",
            "a geometric shape has no leads, because",
        ),
        ("{to: 2, shape: geometric}", "moderators: [m]\n", "is bent by no moderator, because it"),
        (
            "{to: 2, shape: geometric}",
            "engine: {kind: latent_gaussian}\n",
            "engine.kind: latent_gaussian does not take 'policies', because how fast",
        ),
        (
            "{to: 2, shape: polynomial}",
            "priors: {policies_lag_0: {ratio: [0.5, 2]}}\n",
            "priors.policies_lag_0: this follows from other names and takes no prior of its own",
        ),
        (
            "{to: 2, shape: geometric}",
            "priors: {policies_lag_1: {ratio: [0.5, 2]}}\n",
            "priors.policies_lag_1: this follows from other names",
        ),
        (
            "{to: 2, shape: geometric}",
            "priors: {policies_decay: {distribution: exponential, mean: 1}}\n",
            "priors.policies_decay: this is a share, from 0 to 1",
        ),
    ],
)
def test_what_a_shape_cannot_be_is_refused(lags, rest, expected):
    text = BASE.replace(DOSE, f"treatments:\n  policies: {{slope: common, lags: {lags}}}\n") + rest
    assert any(expected in line for line in said(text)), said(text)


def test_shapes_are_of_common_slopes():
    lags = "{to: 2, shape: polynomial}"
    text = BASE.replace(DOSE, f"treatments:\n  policies: {{lags: {lags}}}\n")
    assert any("have common slopes, because the shape is of one course" in x for x in said(text))
