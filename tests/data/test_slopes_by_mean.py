"""Slopes that go with clusters' means of the policy: the column by hand, the model, the words."""

import numpy as np
import pytensor
import pytest
import xarray as xr

import clustermodels as cm
from clustermodels.data.scenarios import edited
from clustermodels.model.build import EXPECTED
from clustermodels.model.numbers import structure
from tests.designs import PLAIN, block_of, designed, made_fit, predictor, table

OWN = {"cluster": {"pooling": "correlated"}}
DOCUMENT = PLAIN | {
    "treatments": {"dose": {"slope": "correlated"}},
    "fixed_effects": OWN,
    "scenarios": {"more": [{"add": {"dose": 3}, "where": {"dose": {"above": 2}}}]},
}
NONE = {"intercept": 0.0, "cluster_means": np.zeros(2), "cluster_effect": np.zeros(5)}


def by_hand(frame, clusters):
    """Give each cluster's mean less that of the average cluster, by row."""
    mean = frame.groupby("city")["dose"].mean()
    return (mean - mean.mean())[list(clusters)].to_numpy()


def test_the_column_is_the_policy_times_its_mean():
    frame = table()
    design = designed(DOCUMENT, frame)[3]
    block = block_of(design, "dose_by_mean")
    dose = frame["dose"].to_numpy() - frame["dose"].mean()
    wanted = dose * by_hand(frame, design.clusters)
    np.testing.assert_allclose(block.values[:, 0] / block.terms[0].unit, wanted, atol=1e-12)


def test_a_clusters_slope_holds_what_goes_with_its_mean():
    """Given slopes by cluster, what they are around says nothing more of an outcome."""
    frame = table()
    design = designed(DOCUMENT, frame)[3]
    slopes = np.array([0.3, -1.2, 0.7, 2.0, 0.1])
    dose = frame["dose"].to_numpy() - frame["dose"].mean()
    wanted = slopes[[*map("ABCDE".index, design.clusters)]] * dose
    for common, bend in ((0.0, 0.0), (1.3, -0.4)):
        eta = predictor(design, **NONE, dose=common, dose_by_mean=bend, dose_by_cluster=slopes)
        np.testing.assert_allclose(eta, wanted, atol=1e-12)


def test_the_model_is_the_predictor_and_the_means_are_data_of_it():
    frame, rng = table(), np.random.default_rng(4)
    design = designed(DOCUMENT, frame)[3]
    model = cm.build_model(design)
    given = [EXPECTED, *(v.name for v in model.deterministics if v.name != EXPECTED)]
    at = {name: v + 0.3 * rng.normal(size=v.shape) for name, v in model.initial_point().items()}
    graphs = model.replace_rvs_by_values([model[name] for name in given])
    evaluate = pytensor.function(
        model.value_vars, graphs, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    found = evaluate(**at)
    values = dict(zip(given, found, strict=True))
    eta = values.pop(EXPECTED)
    np.testing.assert_allclose(eta, predictor(design, **values), atol=1e-10)
    deviations = values["dose_by_cluster"] - values["dose"]
    first = np.unique(design.clusters, return_index=True)[1]
    line = values["dose_by_mean"] * by_hand(frame, design.clusters)[first]
    z = at["z_dose_by_cluster"]
    own, among = values["dose_sd"], values["cluster_effect_correlation"][0]
    pooled = own * (among * at["z_cluster_effect"] + np.sqrt(1 - among**2) * z)
    np.testing.assert_allclose(deviations, line + pooled, atol=1e-10)
    other = designed(DOCUMENT, frame.assign(dose=frame["dose"] ** 2))[3]
    assert structure(other) == structure(design)
    plain = DOCUMENT | {"treatments": {"dose": {"slope": "partial"}}}
    assert structure(designed(plain, frame)[3]) != structure(design)


def test_a_scenario_moves_the_policy_and_no_mean():
    frame = table()
    spec, panel, learned, design = designed(DOCUMENT, frame)
    moved = cm.design(spec, edited(spec, panel, "more"), learned)
    unit = block_of(design, "dose_by_mean").terms[0].unit
    step = np.where(frame["dose"] > 2, 3.0, 0.0)
    change = (
        block_of(moved, "dose_by_mean").values - block_of(design, "dose_by_mean").values
    ) / unit
    np.testing.assert_allclose(change[:, 0], step * by_hand(frame, design.clusters), atol=1e-12)
    fit = made_fit(DOCUMENT, frame)
    slopes = fit.posterior["dose_by_cluster"].sel(cluster=xr.DataArray(design.clusters, dims="obs"))
    difference = cm.predict(fit, "more").to_numpy() - cm.predict(fit).to_numpy()
    np.testing.assert_allclose(difference, slopes.to_numpy() * step, atol=1e-10)


def test_what_slopes_rise_by_is_told_beside_slopes_within_and_between():
    fit = made_fit(DOCUMENT, table())
    found = cm.within_between(fit).to_dataframe().set_index(["term", "slope"])
    assert [*found.index.get_level_values("slope")] == [
        "by mean",
        "within",
        "between",
        "difference",
    ]
    wanted = float(fit.posterior["dose_by_mean"].median())
    assert found.loc[("dose", "by mean"), "median"] == pytest.approx(wanted)


def test_free_effects_of_clusters_do_for_means():
    fit = made_fit(DOCUMENT | {"fixed_effects": {"cluster": {"pooling": "free"}}}, table())
    assert [*cm.within_between(fit)["slope"].to_numpy()] == ["by mean"]
    said = cm.explain(fit.spec, table())
    assert "partially pooled around a straight line in the cluster's mean of it" in said.words[1]
    (line,) = [line for line in said.equation if line.startswith("dose_by_cluster[i] ~")]
    assert "Normal(dose + dose_by_mean · (mean over t of dose[i,t] - " in line
    assert "dose_by_mean" in [each.name for each in said.priors]


def test_simulated_slopes_go_with_the_means():
    spec = cm.read_spec(DOCUMENT)
    frame = table()
    truth = {"intercept": 0, "dose": 1, "dose_by_mean": 5, "cluster_means": 0, "sigma": 1e-9}
    truth |= {"cluster_effect_sd": 1e-9, "dose_sd": 1e-9, "cluster_effect_correlation": 0}
    made = cm.simulate(spec, truth, frame, seed=2)
    dose = frame["dose"] - frame["dose"].mean()
    wanted = dose * (1 + 5 * by_hand(frame, frame["city"]))
    np.testing.assert_allclose(made["y"], wanted, atol=1e-6)


def test_first_covariates_have_the_product_too():
    frame = table()
    past = DOCUMENT | {"dynamics": {"lags": 1}}
    _, _, learned, design = designed(past, frame)
    used = frame.set_index(["city", "year"])["dose"]
    rows = [(c, y) for c, y in zip(design.clusters, design.years, strict=True)]
    mean = used.loc[rows].groupby(level="city").mean()
    began = np.array([used[city, 2010] for city in "ABCDE"])
    centre = used.loc[rows].mean()
    wanted = (began - centre) * (mean - mean.mean()).to_numpy()
    block = block_of(design, "cluster_initial")
    position = learned.initial.columns.index("dose_by_mean")
    first = np.unique(design.clusters, return_index=True)[1]
    unit = block.terms[position].unit
    np.testing.assert_allclose(
        block.values[first, position] / unit, wanted - wanted.mean(), atol=1e-10
    )


@pytest.mark.parametrize("pooling", ["partial", None])
def test_effects_of_clusters_that_do_not_go_with_means_are_refused(pooling):
    effects = {"cluster": {"pooling": pooling}} if pooling else {"year": {}}
    with pytest.raises(cm.SpecError, match="would be taken for its slope"):
        cm.read_spec(DOCUMENT | {"fixed_effects": effects})


def test_what_has_no_mean_to_go_with_is_refused():
    frame = table()
    still = frame.assign(dose=frame["fixed"])
    same = frame.assign(dose=frame["year"] * 1.0)
    same = same[~same["city"].isin(["B", "C"])]
    for never in (still, same):
        with pytest.raises(cm.PanelError, match="never changes within a cluster, or its mean"):
            designed(DOCUMENT, never)


def test_cohorts_are_refused():
    law = {"kind": "adoption", "first_year": "g", "by": "cohort_year", "slope": "correlated"}
    with pytest.raises(cm.SpecError, match="because the year of adoption"):
        cm.read_spec(DOCUMENT | {"treatments": {"law": law}})
