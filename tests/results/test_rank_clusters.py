"""Clusters in the order of a policy's effects, by counting over the draws."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.data.test_cohorts import document as adopted
from tests.data.test_cohorts import frame as cohorts
from tests.designs import PLAIN, made_fit, table
from tests.results.test_effects import OUTCOMES

CITIES = "ABCDE"
POOLED = {"fixed_effects": {"cluster": {"pooling": "partial"}}}
DOCUMENT = PLAIN | POOLED | {"treatments": {"dose": {"slope": "partial"}}}
BENT = DOCUMENT | {"moderators": ["money", "yearly"]}
NUMBERS = (
    "median",
    "eti95_lower",
    "eti95_upper",
    "probability",
    "rank_mean",
    "rank_median",
    "rank_eti95_lower",
    "rank_eti95_upper",
    "probability_top",
    "probability_highest",
)


def frame():
    return table().assign(tries=40)


def smallest(ranks, share):
    """Give the first rank at which so large a share of draws is."""
    return next(r for r in range(1, len(CITIES) + 1) if np.mean(ranks <= r) >= share)


def held(found, effects, top, neutral):
    """Check every number against effects, (S, cluster), by counting clusters above one another."""
    for spot, city in enumerate(found["cluster"].to_numpy()):
        own = effects[:, CITIES.index(city)]
        ranks = np.array([1 + (row > mine).sum() for row, mine in zip(effects, own, strict=True)])
        low, middle, high = np.quantile(own, [0.025, 0.5, 0.975])
        wanted = dict.fromkeys(NUMBERS) | {
            "median": middle,
            "eti95_lower": low,
            "eti95_upper": high,
            "probability": np.mean(own > neutral),
            "rank_mean": ranks.mean(),
            "rank_median": smallest(ranks, 0.5),
            "rank_eti95_lower": smallest(ranks, 0.025),
            "rank_eti95_upper": smallest(ranks, 0.975),
            "probability_top": np.mean(ranks <= top),
            "probability_highest": np.mean(ranks == 1),
        }
        assert {*found.data_vars} == {*NUMBERS}
        for name, value in wanted.items():
            assert float(found[name][spot]) == pytest.approx(value, rel=1e-10), (city, name)
    assert (np.diff(found["rank_mean"]) >= 0).all()


@pytest.mark.parametrize("effect", OUTCOMES)
def test_ranks_are_counted_draw_by_draw(effect):
    made = made_fit(DOCUMENT | {"outcomes": OUTCOMES[effect]}, frame(), draws=30)
    found = cm.rank_clusters(made)
    slopes = flat(made.posterior)["dose_by_cluster"]
    difference = effect == "difference"
    held(found, slopes if difference else np.exp(slopes), 2, 0.0 if difference else 1.0)
    assert {*found["scale"].to_numpy()} == {effect}
    assert {*found["per"].to_numpy()} == {"one more dose"}
    assert {*found["top"].to_numpy()} == {2}, "a quarter of five"
    assert {*found["at"].to_numpy()} == {""}
    assert found["changes"].to_numpy().all()
    assert found["interval_probability"].item() == 0.95


def test_what_is_uncertain_of_all_alike_moves_no_rank():
    """Slopes whose own order is sure, around a mean that is not."""
    made = made_fit(DOCUMENT, frame(), draws=40)
    shift = 50 * np.random.default_rng(1).normal(size=(2, 40, 1))
    slopes = made.posterior["dose_by_cluster"]
    slopes[:] = shift + np.array([3.0, 1.0, 5.0, 2.0, 4.0])
    made.tree["posterior"]["dose_by_cluster"] = slopes
    found = cm.rank_clusters(made, top=1)
    assert [*found["cluster"].to_numpy()] == [*"CEADB"]
    for name in ("rank_mean", "rank_eti95_lower", "rank_eti95_upper"):
        np.testing.assert_array_equal(found[name], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(found["probability_highest"], [1, 0, 0, 0, 0])
    assert float(found["eti95_upper"][4] - found["eti95_lower"][4]) > 50


@pytest.mark.parametrize("at", ["own", "centre"])
def test_moderators_stand_at_a_clusters_own_means_or_at_their_centres(at):
    made = made_fit(BENT, frame(), draws=30)
    draws, scales = flat(made.posterior), made.learned.scales
    slopes = draws["dose_by_cluster"].copy()
    if at == "own":
        for moderator in ("money", "yearly"):
            means = frame().groupby("city")[moderator].mean()[[*CITIES]].to_numpy()
            bend = draws[f"dose_x_{moderator}"][:, None]
            slopes += bend * (means - scales[moderator].centre)
    found = cm.rank_clusters(made, "dose", at=at, top=3)
    held(found, slopes, 3, 0.0)
    assert {*found["at"].to_numpy()} == {at}


def test_a_dose_of_several_lags_is_ranked_by_their_sum_and_without_leads():
    dose = {"lags": {"from": -1, "to": 2}, "slope": "partial", "transform": "log1p"}
    for other in ({}, {"moderators": {"fixed": {"moderates": ["dose"]}}}):
        made = made_fit(PLAIN | POOLED | {"treatments": {"dose": dose}} | other, frame(), draws=20)
        draws, scales = flat(made.posterior), made.learned.scales
        used = made.design()
        fixed = dict(zip(frame()["city"], frame()["fixed"], strict=True))
        off = np.array([fixed[city] for city in CITIES])
        off -= np.mean([fixed[city] for city in used.clusters])
        total = 0.0
        for lag in range(3):
            slope = draws[f"dose_lag_{lag}_by_cluster"]
            if other:
                slope = slope + draws[f"dose_lag_{lag}_x_fixed"][:, None] * off
            total = total + slope * scales[f"dose_lag_{lag}"].step
        found = cm.rank_clusters(made)
        held(found, total, 2, 0.0)
        assert {*found["treatment"].to_numpy()} == {"dose"}
        assert {*found["per"].to_numpy()} == {"a doubling of 1 + dose in every year"}


def test_every_policy_is_ranked_by_itself_and_draws_are_given_where_asked():
    both = {"dose": {"slope": "correlated"}, "money": {"slope": "free"}, "yearly": {}}
    both["yearly"] = {"slope": "common"}
    document = PLAIN | {"treatments": both, "fixed_effects": {"cluster": {"pooling": "correlated"}}}
    made = made_fit(document, frame(), draws=20)
    found = cm.rank_clusters(made, draws=True)
    assert [*found["treatment"].to_numpy()] == ["dose"] * 5 + ["money"] * 5
    assert found["row"].to_numpy().tolist() == [*range(10)]
    assert dict(found["effect_draws"].sizes) == {"chain": 2, "draw": 20, "row": 10}
    for name in ("dose", "money"):
        own = found.isel(row=np.flatnonzero(found["treatment"].to_numpy() == name))
        slopes = made.posterior[f"{name}_by_cluster"].sel(cluster=[*own["cluster"].to_numpy()])
        np.testing.assert_allclose(own["effect_draws"], slopes)
        ranks = 1 + (slopes.to_numpy()[..., None, :] > slopes.to_numpy()[..., None]).sum(axis=-1)
        np.testing.assert_array_equal(own["rank_draws"], ranks)
        held(cm.rank_clusters(made, name), flat(made.posterior)[f"{name}_by_cluster"], 2, 0.0)


def still(**slope):
    """Give a fit in which the policy never changes in two clusters."""
    stuck = table().assign(dose=lambda f: np.where(f["city"].isin(["B", "E"]), 1.0, f["dose"]))
    return made_fit(PLAIN | POOLED | {"treatments": {"dose": slope}}, stuck, draws=20)


def test_a_policy_that_never_changes_in_a_cluster_is_marked():
    found = cm.rank_clusters(still(slope="partial"))
    never = found["cluster"].to_numpy()[~found["changes"].to_numpy().astype(bool)]
    assert sorted(never) == ["B", "E"]


def test_free_slopes_that_nothing_tells_are_not_ranked():
    made = still(slope="free")
    found = cm.rank_clusters(made)
    assert sorted(found["cluster"].to_numpy()) == ["A", "C", "D"]
    assert found["rank_eti95_upper"].max() <= 3
    kept = flat(made.posterior)["dose_by_cluster"][:, [0, 2, 3]]
    for spot, city in enumerate(found["cluster"].to_numpy()):
        own = kept[:, "ACD".index(city)]
        assert float(found["rank_mean"][spot]) == np.mean(1 + (kept > own[:, None]).sum(axis=1))


def test_numbers_as_names_of_clusters_keep_their_own_slopes():
    """Levels are in the order of numbers, rows in that of text."""
    names = dict(zip(CITIES, ("10", "9", "100", "8", "11"), strict=True))
    stuck = table().assign(dose=lambda f: np.where(f["city"] == "B", 1.0, f["dose"]))
    stuck["city"] = stuck["city"].map(names)
    made = made_fit(PLAIN | POOLED | {"treatments": {"dose": {"slope": "free"}}}, stuck, draws=20)
    found = cm.rank_clusters(made)
    assert sorted(found["cluster"].to_numpy()) == ["10", "100", "11", "8"]
    slopes = made.posterior["dose_by_cluster"]
    for spot, city in enumerate(found["cluster"].to_numpy()):
        wanted = np.median(slopes.sel(cluster=city))
        assert float(found["median"][spot]) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("document", "asked", "words"),
    [
        (PLAIN | {"controls": ["dose"]}, {}, "because the document has no treatment"),
        (
            PLAIN | {"treatments": {"dose": {"slope": "common"}}},
            {},
            "because the slope of 'dose' is common: it is the same in all clusters. Write",
        ),
        (
            PLAIN | {"treatments": {"dose": {"slope": "common"}}, "moderators": ["money"]},
            {"treatment": "dose"},
            "and they would be ranked by their moderators alone",
        ),
        (DOCUMENT, {"treatment": "doses"}, "because 'doses' is no policy .* Did you mean 'dose'?"),
        (DOCUMENT, {"treatment": "xyz"}, "Choose among: dose."),
        (DOCUMENT, {"top": 5}, "because 5 of 5 are no group at the top: ask for 1 to 4"),
        (DOCUMENT, {"top": 0}, "because 0 of 5"),
        (DOCUMENT, {"at": "median"}, "because moderators stand at one of own, centre, and not at"),
    ],
)
def test_refused(document, asked, words):
    made = made_fit(document, frame())
    with pytest.raises(cm.FitError, match=f"clusters cannot be ranked .*{words}"):
        cm.rank_clusters(made, **asked)


def test_effects_by_year_of_adoption_rank_no_clusters():
    with pytest.raises(cm.FitError, match="because effects of 'law' differ by year of adopt"):
        cm.rank_clusters(made_fit(adopted(), cohorts()))


def test_one_cluster_has_no_rank():
    alone = table().assign(dose=lambda f: np.where(f["city"] == "A", f["dose"], 1.0))
    made = made_fit(PLAIN | POOLED | {"treatments": {"dose": {"slope": "free"}}}, alone)
    with pytest.raises(cm.FitError, match="because the data tell the effect of 'dose' in fewer"):
        cm.rank_clusters(made)
