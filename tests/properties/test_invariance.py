"""What must not matter does not: units, row order, labels; the null scenario changes nothing."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats as st

import clustermodels as cm
from clustermodels.data.predictor import linear_predictor
from clustermodels.data.scenarios import edited
from clustermodels.data.walk import expected_outcome
from clustermodels.fits.density import log_likelihood, log_prior
from clustermodels.fits.record import flat
from tests.tiny import TINY


def designed(document, table):
    spec = cm.read_spec(document)
    panel = cm.read_panel(spec, table)
    learned = cm.learn(spec, panel)
    return spec, panel, learned, cm.design(spec, panel, learned)


def posterior_of(design, fit, mapped):
    """Evaluate another design at the fit's draws, mapped."""
    posterior = fit.posterior.copy()
    for name, change in mapped.items():
        posterior[name] = change(posterior[name])
    draws = flat(posterior)
    return (
        linear_predictor(design, draws),
        log_likelihood(design, posterior),
        log_prior(design, posterior),
    )


def test_units_do_not_matter(tiny_fit, tiny_panel):
    """Gdp in thousandths: coefficients a thousandth, everything else the same to 1e-8."""
    table = tiny_panel.assign(gdp=tiny_panel["gdp"] * 1000, centrality=tiny_panel["centrality"] / 8)
    _, _, _, design = designed(TINY, table)
    means = {"gdp": 1e-3, "centrality": 8.0, "policies_x_centrality": 8.0}
    scaled = {name: (lambda values, by=by: values * by) for name, by in means.items()}

    def of_means(values):
        labels = values["cluster_means_level"].to_numpy()
        by = np.array([means.get(label, 1.0) for label in labels])
        return values * by

    eta, likelihood, prior = posterior_of(design, tiny_fit, scaled | {"cluster_means": of_means})
    before = tiny_fit.design()
    np.testing.assert_allclose(
        eta, linear_predictor(before, flat(tiny_fit.posterior)), rtol=1e-8, atol=1e-8
    )
    np.testing.assert_allclose(
        likelihood, tiny_fit.tree["log_likelihood"]["patents"], rtol=1e-8, atol=1e-8
    )
    stored = tiny_fit.tree["log_prior"].to_dataset()
    for name, by in means.items():
        # a density changes by the Jacobian of the unit, a constant
        np.testing.assert_allclose(prior[name], stored[name] - np.log(by), rtol=1e-8, atol=1e-8)
    for name in set(stored.data_vars) - set(means) - {"cluster_means"}:
        np.testing.assert_allclose(prior[name], stored[name], rtol=1e-8, atol=1e-8)


def test_row_order_does_not_matter(tiny_fit, tiny_panel):
    shuffled = tiny_panel.sample(frac=1.0, random_state=4)
    _, panel, learned, design = designed(TINY, shuffled)
    before = tiny_fit.design()
    assert panel.sha256 != tiny_fit.panel.sha256
    for scale, other in zip(learned.scales.values(), tiny_fit.learned.scales.values(), strict=True):
        assert scale == other
    np.testing.assert_array_equal(design.outcome.values, before.outcome.values)
    for block, same in zip(design.blocks, before.blocks, strict=True):
        np.testing.assert_allclose(block.values, same.values, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("column", ["city", "region"])
def test_labels_do_not_matter(tiny_fit, tiny_panel, column):
    """Other labels in another order: the predictor at the mapped levels is the same."""
    old = sorted(tiny_panel[column].unique())
    new = {label: f"z{len(old) - place:02d}" for place, label in enumerate(old)}
    table = tiny_panel.assign(**{column: tiny_panel[column].map(new)})
    _, _, _, design = designed(TINY, table)
    dim = {"city": "cluster", "region": "region_level"}[column]
    posterior = tiny_fit.posterior.assign_coords(
        {dim: [new[label] for label in tiny_fit.posterior[dim].to_numpy()]}
    ).sortby(dim)
    ours = linear_predictor(design, flat(posterior))
    before = linear_predictor(tiny_fit.design(), flat(tiny_fit.posterior))
    rows = pd.MultiIndex.from_arrays([design.clusters, design.years])
    old_rows = tiny_fit.design()
    clusters = [new[c] if column == "city" else c for c in old_rows.clusters]
    order = rows.get_indexer(pd.MultiIndex.from_arrays([clusters, old_rows.years]))
    np.testing.assert_allclose(ours[:, order], before, rtol=1e-8, atol=1e-8)


def test_the_null_scenario_gives_exactly_nothing(tiny_fit):
    answer = cm.effects(tiny_fit, "nothing")
    change = answer["median"].to_numpy()[answer["quantity"] == "change"]
    assert (change == 0).all()
    ratio = answer["median"].to_numpy()[answer["quantity"] == "ratio"]
    np.testing.assert_array_equal(ratio, 1.0)
    np.testing.assert_array_equal(cm.predict(tiny_fit, "nothing"), cm.predict(tiny_fit))


def test_no_scenario_moves_what_was_learned(tiny_fit):
    """Mundlak's means stay the fit's: an edit reaches the outcome through its own column alone."""
    before, after = (
        tiny_fit.design(),
        tiny_fit.design(edited(tiny_fit.spec, tiny_fit.panel, "repeal")),
    )
    for block, same in zip(after.blocks, before.blocks, strict=True):
        moved = not np.array_equal(block.values, same.values)
        assert moved == (block.name in ("policies", "policies_x_centrality", "cluster_effect"))
        if block.name == "cluster_effect":  # its columns: the constant, then the policy
            np.testing.assert_array_equal(block.values[:, 0], same.values[:, 0])
    means = next(b for b in after.blocks if b.name == "cluster_means")
    old = next(b for b in before.blocks if b.name == "cluster_means")
    np.testing.assert_array_equal(means.values, old.values)


def test_a_scenario_is_the_formula_by_hand(tiny_fit):
    """One more policy: exp of slope times the change of log1p, by hand from the posterior."""
    draws = flat(tiny_fit.posterior)
    rows = tiny_fit.panel.rows.to_dataframe()
    design = tiny_fit.design()
    lagged = {(r.cluster, r.year + 1): r.policies for r in rows.itertuples()}
    policy = np.array([lagged[c, y] for c, y in zip(design.clusters, design.years, strict=True)])
    at = {(r.cluster, r.year): r.centrality for r in rows.itertuples()}
    z = np.array([at[c, y] for c, y in zip(design.clusters, design.years, strict=True)])
    levels = tiny_fit.posterior["cluster"].to_numpy().tolist()
    code = np.array([levels.index(c) for c in design.clusters])
    slope = draws["policies_by_cluster"][:, code] + draws["policies_x_centrality"][:, None] * (
        z - z.mean()
    )
    ratio = np.exp(slope * (np.log1p(policy + 1) - np.log1p(policy)))
    wanted = expected_outcome(design, draws, [1]) * ratio
    ours = cm.predict(tiny_fit, "one_more").to_numpy().reshape(wanted.shape)
    np.testing.assert_allclose(ours, wanted, rtol=1e-10)
    total = cm.effects(tiny_fit, "one_more").isel(row=0)
    by_hand = wanted.sum(axis=1) - expected_outcome(design, draws, [1]).sum(axis=1)
    assert float(total["median"]) == pytest.approx(np.median(by_hand), rel=1e-10)
    assert float(total["eti95_lower"]) == pytest.approx(np.quantile(by_hand, 0.025), rel=1e-10)


def test_effects_at_a_moderators_value_by_hand(tiny_fit):
    draws = flat(tiny_fit.posterior)
    rows = tiny_fit.panel.rows["centrality"].to_numpy()[tiny_fit.panel.used]
    answer = cm.effects(tiny_fit)
    low = answer.isel(row=0)
    slope = draws["policies"] + draws["policies_x_centrality"] * (
        np.quantile(rows, 0.1) - rows.mean()
    )
    assert float(low["median"]) == pytest.approx(np.median(slope), rel=1e-10)
    ratio = answer.isel(row=1)
    assert float(ratio["median"]) == pytest.approx(np.median(2**slope), rel=1e-10)
    assert float(ratio["probability"]) == np.mean(slope > 0)


def test_a_ratio_prior_is_that_interval_of_the_effect(tiny_panel):
    document = TINY | {"priors": {"policies": {"ratio": [0.9, 1.5], "probability": 0.8}}}
    _, _, learned, design = designed(document, tiny_panel)
    block = next(b for b in design.blocks if b.name == "policies")
    (term,) = block.terms
    arguments = dict(term.prior.arguments)
    internal = st.norm(arguments["mean"], arguments["sd"])
    ends = np.exp(internal.ppf([0.1, 0.9]) * term.unit * np.log(2))
    np.testing.assert_allclose(ends, [0.9, 1.5], rtol=1e-10)
    assert learned.scales["policies"].words == "a doubling of 1 + policies"
