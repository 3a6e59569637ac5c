"""Moderators that are split: products by hand, the model, effects, words, refusals."""

import numpy as np
import pytensor
import pytest

import clustermodels as cm
from clustermodels.data.scenarios import edited
from clustermodels.fits.record import flat
from clustermodels.model.build import EXPECTED
from clustermodels.results.policies import policies
from tests.designs import PLAIN, block_of, designed, made_fit, predictor, table

SPLIT = PLAIN | {
    "treatments": {"dose": {"slope": "common"}, "money": {"transform": "log", "slope": "partial"}},
    "moderators": {"yearly": {"split": "within_between", "centre": 4}, "people": {}},
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "scenarios": {"more": [{"add": {"dose": 3, "yearly": 1}, "where": {"dose": {"above": 2}}}]},
}
SIMPLE = SPLIT | {"treatments": {"dose": {"slope": "common"}}, "moderators": SPLIT["moderators"]}
OF_DOSE = ("dose_x_yearly_within", "dose_x_yearly_between", "dose_mean_x_yearly")


def parts(frame, column, centre):
    """Give a column's change within clusters and its mean, off the centre, by row."""
    mean = frame.groupby("city")[column].transform("mean")
    return (frame[column] - mean).to_numpy(), (mean - centre).to_numpy()


def by_hand(frame, treatment, moderator, centre):
    d, d_mean = parts(frame, treatment, frame[treatment].mean())
    z, z_mean = parts(frame, moderator, centre)
    return d * z, d * z_mean, d_mean * z


def test_three_products_stand_for_one():
    frame = table().assign(money=lambda f: np.log(f["money"]))
    design = designed(SPLIT, frame.assign(money=np.exp(frame["money"])))[3]
    names = [block.name for block in design.blocks if "yearly" in block.name]
    of_money = [name.replace("dose", "money") for name in OF_DOSE]
    assert names == [*OF_DOSE, *of_money, "yearly"]
    for treatment, own in (("dose", OF_DOSE), ("money", of_money)):
        wanted = by_hand(frame, treatment, "yearly", 4)
        for name, values in zip(own, wanted, strict=True):
            block = block_of(design, name)
            np.testing.assert_allclose(block.values[:, 0] / block.terms[0].unit, values, atol=1e-12)
    # with the means' own product, which clusters' effects hold, they are the plain one
    plain = SPLIT | {"moderators": {"yearly": {"centre": 4}, "people": {}}}
    whole = block_of(
        designed(plain, frame.assign(money=np.exp(frame["money"])))[3], "dose_x_yearly"
    )
    means = parts(frame, "dose", frame["dose"].mean())[1] * parts(frame, "yearly", 4)[1]
    added = np.sum(by_hand(frame, "dose", "yearly", 4), axis=0) + means
    np.testing.assert_allclose(whole.values[:, 0] / whole.terms[0].unit, added, atol=1e-12)


def test_the_model_is_the_predictor():
    design, rng = designed(SPLIT, table())[3], np.random.default_rng(4)
    model = cm.build_model(design)
    given = [EXPECTED, *(v.name for v in model.deterministics if v.name != EXPECTED)]
    at = {name: v + 0.3 * rng.normal(size=v.shape) for name, v in model.initial_point().items()}
    graphs = model.replace_rvs_by_values([model[name] for name in given])
    evaluate = pytensor.function(
        model.value_vars, graphs, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    values = dict(zip(given, evaluate(**at), strict=True))
    eta = values.pop(EXPECTED)
    assert {*OF_DOSE} <= values.keys()
    np.testing.assert_allclose(eta, predictor(design, **values), atol=1e-10)


def test_a_scenario_moves_columns_and_no_mean():
    frame = table()
    spec, panel, learned, design = designed(SIMPLE, frame)
    moved = cm.design(spec, edited(spec, panel, "more"), learned)
    up = frame["dose"] > 2
    d, d_mean = parts(frame, "dose", frame["dose"].mean())
    z, z_mean = parts(frame, "yearly", 4)
    d_new, z_new = d + 3 * up, z + up
    for name, wanted in zip(OF_DOSE, (d_new * z_new, d_new * z_mean, d_mean * z_new), strict=True):
        block = block_of(moved, name)
        np.testing.assert_allclose(block.values[:, 0] / block.terms[0].unit, wanted, atol=1e-12)
        assert (block.values != block_of(design, name).values).any()


def test_effects_are_quoted_along_changes_and_along_means():
    frame = table()
    fit = made_fit(SIMPLE, frame)
    found = cm.effects(fit).to_dataframe()
    found = found[found["scale"] == "coefficient"].set_index(["moderator", "at"])
    draws = flat(fit.posterior)
    change, mean = parts(frame, "yearly", 4)
    for label, share in (("low", 0.1), ("middle", 0.5), ("high", 0.9)):
        at = np.quantile(change, share)
        row = found.loc["yearly, change within a cluster", label]
        assert row["moderator_value"] == pytest.approx(at)
        slope = draws["dose"] + draws["dose_x_yearly_within"] * at
        assert row["median"] == pytest.approx(np.median(slope))
        at = np.quantile(mean, share)
        row = found.loc["yearly, a cluster's mean", label]
        assert row["moderator_value"] == pytest.approx(at + 4)
        slope = draws["dose"] + draws["dose_x_yearly_between"] * at
        assert row["median"] == pytest.approx(np.median(slope))
    assert [*dict.fromkeys(found.index.get_level_values(0))][2:] == ["people"]


def test_an_effect_is_the_derivative_of_the_predictor_with_means_held():
    """Of the average row of a cluster: a policy's shift against a scenario's difference."""
    frame = table()
    one = SIMPLE | {"scenarios": {"one": [{"add": {"dose": 1}}]}}
    fit = made_fit(one, frame)
    (policy,) = policies(fit, fit.design(), flat(fit.posterior))
    difference = cm.predict(fit, "one").to_numpy() - cm.predict(fit).to_numpy()
    difference = difference.reshape(-1, difference.shape[-1])
    by_cluster = np.stack([difference[:, frame["city"] == city].mean(axis=1) for city in "ABCDE"])
    np.testing.assert_allclose(policy.parts[0].shift, by_cluster.T, atol=1e-10)


def test_first_covariates_hold_the_products_of_their_year():
    frame = table()
    past = SIMPLE | {"dynamics": {"lags": 1}}
    _, _, learned, design = designed(past, frame)
    rows = [(c, y) for c, y in zip(design.clusters, design.years, strict=True)]
    cells = frame.set_index(["city", "year"])[["dose", "yearly"]]
    used = cells.loc[rows]
    mean = used.groupby(level="city").mean()
    began = cells.xs(2010, level="year") - mean
    wanted = (began["dose"] * began["yearly"]).to_numpy()
    block = block_of(design, "cluster_initial")
    position = learned.initial.columns.index(OF_DOSE[0])
    first = np.unique(design.clusters, return_index=True)[1]
    values = block.values[first, position] / block.terms[position].unit
    np.testing.assert_allclose(values, wanted - wanted.mean(), atol=1e-10)


def test_words_and_equation_say_which_is_which():
    said = cm.explain(cm.read_spec(SIMPLE), table())
    assert any("yearly bends the effect of dose along two straight lines" in w for w in said.words)
    lines = "\n".join(said.equation)
    assert "dose_x_yearly_within · (dose[i,t] - its mean over t) · (yearly[i,t] - its" in lines
    assert "dose_x_yearly_between · (dose[i,t] - its mean over t) · mean over t of (yearly" in lines
    assert "dose_mean_x_yearly · mean over t of (dose[i,t]" in lines
    assert {*OF_DOSE} <= {prior.name for prior in said.priors}
    plain = cm.explain(cm.read_spec(SIMPLE | {"moderators": ["yearly"]}), table())
    assert any("becoming and being high on it count alike" in words for words in plain.words)


def test_means_of_a_product_of_changes_are_no_slope():
    found = cm.within_between(made_fit(SIMPLE, table()))
    assert "dose_x_people" in found["term"].to_numpy()
    assert not {*OF_DOSE} & {*found["term"].to_numpy()}


@pytest.mark.parametrize("column", ["fixed", "common"])
@pytest.mark.parametrize("section", ["treatments", "moderators"])
def test_what_cannot_be_split_is_refused(section, column):
    frame = table()
    frame = frame[~frame["city"].isin(["B", "C"])].assign(common=lambda f: f["year"] * 1.0)
    item = {"split": "within_between"} if section == "moderators" else {"slope": "common"}
    document = SIMPLE | {"scenarios": {}, "moderators": {"yearly": {"split": "within_between"}}}
    with pytest.raises(cm.PanelError, match=f"because '{column}' never changes within a cluster"):
        designed(document | {section: {column: item}}, frame)


def test_unknown_cells_and_what_reacts_are_refused_with_the_reason():
    unknown = {"yearly": {"split": "within_between", "missing": "model"}}
    with pytest.raises(cm.SpecError, match="cannot be split, because some of its cells are par"):
        cm.read_spec(SIMPLE | {"moderators": unknown})
    reacting = {"dynamics": {"predetermined": ["dose"]}}
    with pytest.raises(cm.SpecError, match="cannot be split beside the predetermined 'dose'"):
        cm.read_spec(SIMPLE | reacting)


def test_the_whole_products_name_is_none_of_a_split_one():
    prior = {"distribution": "normal", "mean": 0, "sd": 1}
    cm.read_spec(SIMPLE | {"priors": {OF_DOSE[0]: prior}})
    with pytest.raises(cm.SpecError, match="dose_x_yearly"):
        cm.read_spec(SIMPLE | {"priors": {"dose_x_yearly": prior}})
