"""Clusters left out one at a time: the closed form of a normal model, and planted clusters."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag
from scipy.stats import norm

import clustermodels as cm
from clustermodels.data.left_out import without
from tests.designs import PLAIN, made_fit, table

SIGMA, TAU = 1.0, 0.7
ODD = "city 03"


def frame(clusters=9, years=8, seed=4):
    """Every policy does 0.5, but that of one city, with the widest policy, which does 2."""
    rng = np.random.default_rng(seed)
    city = np.repeat([f"city {i:02d}" for i in range(clusters)], years)
    dose = rng.normal(size=clusters * years) * np.where(city == ODD, 2.0, 1.0)
    own = np.repeat(rng.normal(0, TAU, clusters), years)
    y = 1 + np.where(city == ODD, 2.0, 0.5) * dose + own + rng.normal(size=len(city)) * SIGMA
    year = np.tile(np.arange(2000, 2000 + years), clusters)
    return pd.DataFrame({"city": city, "year": year, "dose": dose, "y": y})


def fixed(value):
    """All but a fixed number, so that the posterior of coefficients is normal."""
    return {"distribution": "lognormal", "median": value, "sd": 1e-4}


def document(pooling, slope="common", **more):
    cluster = {"cluster_effect_sd": fixed(TAU)} if pooling == "partial" else {}
    return PLAIN | {
        "treatments": {"dose": {"slope": slope, "lag": 0}},
        "fixed_effects": {"cluster": {"pooling": pooling}},
        "priors": {"sigma": fixed(SIGMA), **cluster},
        "engine": {"kind": "latent_gaussian", "draws": 4000, "chains": 1, "seed": 2},
        **more,
    }


def prior_by_city(common, free, n):
    """Give the covariance of n numbers: a common one, and what sums to zero around it."""
    shared, own = (dict(prior.arguments)["sd"] ** 2 for prior in (common, free))
    return shared + own * (np.eye(n) - 1 / n)


def closed_form(fit, left_out):
    """Give mean and sd of the slope without a city: least squares with the prior of the fit.

    Of free slopes, that of the mean of those that are left.
    """
    design = fit.design()
    blocks = {block.name: block for block in design.blocks}
    terms = {name: block.terms[0] for name, block in blocks.items()}
    cities = np.unique(design.clusters)
    dummies, n = (design.clusters[:, None] == cities) * 1.0, len(cities)
    m = dict(design.intercept.arguments)["mean"]
    if blocks["cluster_effect"].pooling == "partial":
        effects = TAU**2 * np.eye(n) + dict(design.intercept.arguments)["sd"] ** 2
    else:
        effects = prior_by_city(design.intercept, terms["cluster_effect"].prior, n)
    x, asked = blocks["dose"].values, np.ones(1)
    slopes = np.array([[dict(terms["dose"].prior.arguments)["sd"] ** 2]])
    if "dose_by_cluster" in blocks:
        x, asked = x * dummies, (cities != left_out) / (cities != left_out).sum()
        slopes = prior_by_city(terms["dose"].prior, terms["dose_by_cluster"].prior, n)
    kept = design.clusters != left_out
    x = np.column_stack([x, dummies])[kept]
    prior = block_diag(slopes, effects)
    ahead = prior @ np.append(asked, np.zeros(n))
    v = x @ prior @ x.T + SIGMA**2 * np.eye(len(x))
    gain = np.linalg.solve(v, x @ ahead)
    mean = gain @ (design.outcome.values[kept] - m)
    variance = ahead @ np.append(asked, np.zeros(n)) - gain @ x @ ahead
    return mean * terms["dose"].unit, np.sqrt(variance) * terms["dose"].unit


def by_city(found, term="dose"):
    table = found.to_dataframe()
    return table[table["term"] == term].set_index("without")


@pytest.fixture(scope="module", params=["partial", "free", "free slopes"])
def fit(request):
    pooling, *slopes = request.param.split()
    made = document(pooling, "free" if slopes else "common")
    return cm.fit(cm.read_spec(made), frame())


@pytest.mark.parametrize("refit", ["never", "always"])
def test_weights_and_refits_are_the_posterior_without_the_city(fit, refit):
    """Of 4000 independent draws a median errs by 0.02 posterior sds."""
    found = by_city(cm.influence(fit, refit=refit))
    weak = [", in doubt" if k > 0.7 else "" for k in found["pareto_k"][1:]]
    told = ["refit"] * 9 if refit == "always" else [f"importance{each}" for each in weak]
    assert found["how"].tolist() == ["", *told]
    trusted = found[~(found["pareto_k"] > 0.5)]
    assert len(trusted) >= 9, "one city alone, the odd one, may be too much for weights"
    for city, row in trusted.iterrows():
        mean, sd = closed_form(fit, city)
        assert row["median"] == pytest.approx(mean, abs=0.08 * sd), city
        width = row["eti95_upper"] - row["eti95_lower"]
        assert width == pytest.approx(2 * norm.ppf(0.975) * sd, rel=0.08), city
        assert row["probability"] == pytest.approx(norm.cdf(mean / sd), abs=0.02)
    mean, sd = closed_form(fit, "")
    shifts = {city: (closed_form(fit, city)[0] - mean) / sd for city in trusted.index}
    for city, shift in shifts.items():
        assert found.loc[city, "shift"] == pytest.approx(shift, abs=0.08), city


def test_the_odd_city_is_first_and_refitted_where_weights_fail(fit):
    found = cm.influence(fit)
    city = found["without"].to_numpy().tolist()
    assert city[:2] == ["", ODD]
    sizes = np.abs(found["shift"].to_numpy()[1:])
    assert (np.diff(sizes) <= 0).all()
    mean, sd = closed_form(fit, "")
    alone = (closed_form(fit, ODD)[0] - mean) / sd
    assert alone < -1
    assert float(found["shift"][1]) == pytest.approx(alone, abs=0.1)
    assert (found["how"].to_numpy() == "refit").tolist() == (
        found["pareto_k"].to_numpy() > 0.7
    ).tolist()


def bent(slope="correlated"):
    return PLAIN | {
        "treatments": {"dose": {"slope": slope, "lag": 0}, "money": {"slope": "common"}},
        "moderators": {"yearly": {"moderates": ["dose"]}},
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    }


def test_every_coefficient_of_a_policy_has_its_rows_by_the_size_of_the_shift():
    fit = made_fit(bent(), table(), draws=40)
    found = cm.influence(fit, refit="never").to_dataframe()
    terms = ["dose", "dose_x_yearly", "dose_by_mean", "money"]
    assert [*dict.fromkeys(found["term"])] == terms
    for term, rows in found.groupby("term"):
        assert rows["without"].iloc[0] == ""
        assert sorted(rows["without"][1:]) == [*"ABCDE"]
        assert (np.diff(rows["shift"].abs()[1:]) <= 0).all()
        draws = fit.posterior[term].to_numpy().ravel()
        own = rows.iloc[0]
        assert own["median"] == pytest.approx(np.median(draws))
        assert own["eti95_upper"] == pytest.approx(np.quantile(draws, 0.975))
        moved = (rows["median"] - own["median"]) / draws.std(ddof=1)
        np.testing.assert_allclose(rows["shift"], moved)
    alone = cm.influence(fit, "money", refit="never").to_dataframe()
    assert [*dict.fromkeys(alone["term"])] == ["money"]


def test_a_policy_that_reached_one_cluster_alone_is_unknown_without_it():
    """By cohort and year the coefficient is a mean over rows, and none of them is left."""
    frame = table()
    frame["law"] = np.where((frame["city"] == "B") & (frame["year"] > 2013), 1.0, 0.0)
    document = PLAIN | {
        "treatments": {"law": {"kind": "adoption", "by": "cohort_year", "slope": "partial"}},
        "fixed_effects": {"cluster": {}, "year": {}},
    }
    found = by_city(cm.influence(made_fit(document, frame, draws=40), refit="never"), "law")
    assert found.index[-1] == "B"
    assert np.isnan(found.loc["B", ["median", "shift", "eti95_lower"]].astype(float)).all()
    assert np.isfinite(found.loc[["", "A", "C", "D", "E"], "median"]).all()


def test_a_cluster_left_out_stays_the_past_and_is_counted():
    fit = made_fit(bent("common"), table())
    rest = without(fit.panel, "C")
    kept = fit.panel.rows["cluster"].to_numpy() != "C"
    assert rest.rows.sizes == fit.panel.rows.sizes
    np.testing.assert_array_equal(rest.rows["used"], fit.panel.rows["used"].to_numpy() & kept)
    (lost,) = set(rest.losses) - set(fit.panel.losses)
    assert (lost.reason, lost.places) == ("left out", tuple(("C", y) for y in range(2010, 2016)))


def test_a_word_that_is_none_for_refits_is_refused(fit):
    with pytest.raises(cm.FitError, match=r"because refit is 'sometimes'\. Choose among: auto"):
        cm.influence(fit, refit="sometimes")


def test_what_cannot_be_answered_is_refused_with_the_reason():
    frame = table()
    fit = made_fit(bent("common"), frame)
    with pytest.raises(cm.FitError, match=r"'doze' .* no treatment .* among: dose, money"):
        cm.influence(fit, "doze")
    with pytest.raises(cm.FitError, match="because the document has no treatments"):
        cm.influence(made_fit(PLAIN | {"controls": ["dose"]}, frame))
    with pytest.raises(cm.FitError, match="because there are only 2"):
        cm.influence(made_fit(bent("common"), frame[frame["city"] < "C"]))
    carried = made_fit(bent("common") | {"residuals": {"kind": "ar1"}}, frame)
    with pytest.raises(cm.FitError, match="because what is left of a year carries over"):
        cm.influence(carried, refit="never")
