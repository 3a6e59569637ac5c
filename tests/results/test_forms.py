"""Answers about moderators with a form: effects, responses by cluster, files, simulation."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.moderation import effect_at
from clustermodels.data.predictor import linear_predictor
from clustermodels.fits.record import flat
from clustermodels.results.policies import policies
from clustermodels.results.robust import robust_sd
from tests.designs import PLAIN, made_fit, table

FORMS = ("quadratic", "spline", "bins", "gp")


def document(form, **sections):
    return (
        PLAIN
        | {
            "treatments": {"dose": {"slope": "common"}},
            "moderators": {"yearly": {"form": form}, "phase": {"kind": "categorical"}},
            "fixed_effects": {"cluster": {"pooling": "correlated"}},
            "scenarios": {"up": [{"add": {"dose": 1}}]},
        }
        | sections
    )


@pytest.mark.parametrize("form", FORMS)
def test_effects_are_those_along_the_form_and_at_each_label(form):
    fit = made_fit(document(form), table())
    draws, answer = flat(fit.posterior), cm.effects(fit)
    answer = answer.isel(row=np.flatnonzero(answer["scale"] == "coefficient"))
    values = np.quantile(table()["yearly"], [0.1, 0.5, 0.9])
    assert answer["at"].to_numpy().tolist() == ["low", "middle", "high", "early", "late", "none"]
    wanted = effect_at(fit.learned, draws, "dose", "yearly", values)
    np.testing.assert_allclose(answer["median"][:3], np.median(wanted, axis=0))
    np.testing.assert_allclose(answer["median"][3:], np.median(draws["dose_x_phase"], axis=0))


@pytest.mark.parametrize("form", [*FORMS, "linear"])
def test_a_clusters_response_is_the_mean_of_what_one_more_does_in_its_rows(form):
    """By brute force, from predictors of the panel with one more in all rows."""
    fit = made_fit(document(form), table())
    design, draws = fit.design(), flat(fit.posterior)
    more = cm.read_panel(fit.spec, table().assign(dose=table()["dose"] + 1))
    moved = linear_predictor(fit.design(more), draws) - linear_predictor(design, draws)
    (policy,) = policies(fit, design, draws)
    wanted = [moved[:, design.clusters == city].mean(axis=1) for city in "ABCDE"]
    np.testing.assert_allclose(policy.once(0), np.column_stack(wanted), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_fit_answers_the_same(form, tmp_path):
    fit = made_fit(document(form), table())
    cm.save(fit, tmp_path / "run.nc")
    again = cm.load_fit(tmp_path / "run.nc")
    assert again.learned == fit.learned
    np.testing.assert_array_equal(cm.predict(again, "up"), cm.predict(fit, "up"))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_drawn_is_what_the_document_says(form):
    """With next to no error, outcomes are the predictor at the truth."""
    spec = cm.read_spec(document(form, fixed_effects={}))
    fit = made_fit(document(form, fixed_effects={}), table())
    own = fit.design()
    truth = {
        name: float(values[0]) if values.ndim == 1 else values[0]
        for name, values in flat(fit.posterior).items()
    }
    labels = {b.name: b.labels or (b.factor.levels if b.factor else None) for b in own.blocks}
    truth = {
        name: dict(zip(labels[name], value.tolist(), strict=True)) if labels.get(name) else value
        for name, value in truth.items()
    }
    rows = cm.simulate(spec, truth | {"sigma": 1e-9}, table(), seed=1)
    wanted = linear_predictor(own, flat(fit.posterior))[0]
    np.testing.assert_allclose(rows["y"], wanted, atol=1e-7)


def test_the_robust_sd_of_a_process_holds_its_law_at_the_posteriors_means():
    """A fit whose height and length are far from their medians: by hand."""
    made = document(
        "gp", moderators={"yearly": {"form": {"gp": {"functions": 8}}}}, fixed_effects={}
    )
    fit = made_fit(made, table(), around={"yearly_amplitude": 2.0})
    design, draws = fit.design(), flat(fit.posterior)
    x = np.hstack([np.ones((41, 1)), *(block.values for block in design.blocks)])
    sds = [dict(design.intercept.arguments)["sd"]]
    for block in design.blocks:
        if block.smooth is None:
            sds += [dict(term.prior.arguments)["sd"] for term in block.terms]
            continue
        height = draws[block.smooth.amplitude].mean() / block.smooth.units[0]
        length = draws[block.smooth.length].mean() / block.smooth.units[1]
        w = np.arange(1, 9) * np.pi / 8
        own = height * (2 * np.pi) ** 0.25 * np.sqrt(length) * np.exp(-((length * w) ** 2) / 4)
        sds += np.maximum(own, 1e-4 * own.max()).tolist()
    sigma2 = draws["sigma"].mean() ** 2
    h = x.T @ x / sigma2 + np.diag(np.array(sds) ** -2.0)
    centre = np.zeros(len(sds))
    centre[0] = dict(design.intercept.arguments)["mean"]
    beta = np.linalg.solve(h, x.T @ design.outcome.values / sigma2 + centre / np.array(sds) ** 2)
    residual = (design.outcome.values - x @ beta) / sigma2
    scores = np.array([(x * residual[:, None])[design.clusters == c].sum(axis=0) for c in "ABCDE"])
    assert design.blocks[0].name == "dose"
    along = np.linalg.solve(h, np.eye(len(h))[1])
    factor = 5 / 4 * 40 / (41 - len(h))
    wanted = np.sqrt(factor) * np.linalg.norm(scores @ along) / table()["dose"].std(ddof=1)
    assert robust_sd(design, draws)["dose"] == pytest.approx(wanted, rel=1e-6)


def test_labels_are_neither_high_nor_low():
    fit = made_fit(document("spline"), table())
    with pytest.raises(cm.FitError, match="'phase' has labels, and none is higher"):
        cm.high_low(fit, "phase")
    answer = cm.high_low(fit)
    assert set(answer["moderator"].to_numpy()) == {"yearly"}


@pytest.mark.parametrize("form", FORMS)
def test_years_ahead_have_the_forms_of_the_fit(form):
    """Along a path that stays as it was last, the effect of one more stays so, too."""
    paths = {"dose": "last", "yearly": "last", "phase": "last"}
    fit = made_fit(document(form, horizon={"years": 2, "covariates": paths}), table())
    found = cm.predict(fit, "up") - cm.predict(fit)
    found = found.isel(obs=np.flatnonzero(found["year"] > 2018))
    assert found.sizes["obs"] == 8
    frame = table()
    last = frame[frame["year"] == 2018].set_index("city").loc[found["cluster"].to_numpy()]
    draws = flat(fit.posterior)
    effect = effect_at(fit.learned, draws, "dose", "yearly", last["yearly"].to_numpy())
    effect += effect_at(fit.learned, draws, "dose", "phase", last["phase"].tolist())
    effect -= draws["dose"][:, None]
    np.testing.assert_allclose(found.to_numpy().reshape(effect.shape), effect, rtol=1e-8)
