"""Forms of a product at conditional modes, against least squares and worlds of known slopes."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "treatments": {"d": {"slope": "common"}},
    "moderators": ["z"],
    "fixed_effects": {"cluster": {"pooling": "free"}, "year": {"pooling": "free"}},
    "priors": {
        name: {"distribution": "normal", "mean": 0, "sd": 1e3}
        for name in ("intercept", "d", "z", "d_x_z", "cluster_effect", "year_effect")
    },
}
CORRELATED = DOCUMENT | {
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {"pooling": "free"}},
    "priors": {},
}
SIGMA = 0.3


def world(within=0.0, between=0.0, square=0.0, shared=0.0, clusters=40, years=8, seed=3):
    rng = np.random.default_rng(seed)
    size = clusters * years
    city = np.repeat(np.arange(clusters), years)
    d_mean, z_mean, own = rng.normal(size=(3, clusters))[:, city]
    d_own = rng.normal(size=size)
    z_own = shared * d_own + np.sqrt(1 - shared**2) * rng.normal(size=size)
    d, z = 2 * d_mean + d_own, 1.5 * z_mean + z_own
    code = np.eye(clusters)[city]
    centre = code @ (code.T @ np.column_stack([d, z]) / years)
    (d_mean, z_mean), (d_own, z_own) = centre.T, (d - centre[:, 0], z - centre[:, 1])
    y = 0.5 * d - 0.3 * z + own + square * d**2
    y += within * d_own * z_own + between * d_own * (z_mean - z.mean())
    return pd.DataFrame(
        {
            "city": [f"c{i:02d}" for i in city],
            "year": np.tile(np.arange(2000, 2000 + years), clusters),
            "d": d,
            "z": z,
            "y": y + rng.normal(0, SIGMA, size),
        }
    )


def modes(frame, document=DOCUMENT, **around):
    fit = made_fit(document, frame, around={"sigma": np.log(SIGMA)} | around, noise=1e-6)
    found = cm.moderation_split(fit)
    rows = found.to_dataframe()
    rows = rows[rows["source"] == "conditional mode"].set_index(["form", "term"])
    return rows, {each.check: each for each in cm.moderation_findings(fit, found)}


def least_squares(frame, columns):
    """Give coefficients and errors at sigma of columns beside effects of cities and years."""
    dummies = [pd.get_dummies(frame[key]).to_numpy(float) for key in ("city", "year")]
    x = np.column_stack([*columns, frame["d"], frame["z"], dummies[0], dummies[1][:, 1:]])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ frame["y"].to_numpy()
    k = len(columns)
    return beta[:k], SIGMA * np.sqrt(np.diag(inverse)[:k])


def test_every_form_is_least_squares_of_its_columns():
    frame = world(within=0.4, between=-0.5, square=0.1, shared=0.5)
    rows, _ = modes(frame)
    mean = frame.groupby("city")[["d", "z"]].transform("mean")
    d, z = frame["d"] - mean["d"], frame["z"] - mean["z"]
    whole = (frame["d"] - frame["d"].mean()) * (frame["z"] - frame["z"].mean())
    split = [d * z, d * (mean["z"] - frame["z"].mean()), (mean["d"] - frame["d"].mean()) * z]
    square = frame["d"] ** 2
    terms = ["becoming", "being", "nuisance"]
    for form, names, columns in (
        ("plain product", ["product"], [whole]),
        ("plain product, with the square", ["product"], [whole, square]),
        ("within and between", terms, split),
        ("within and between, with the square", terms, [*split, square]),
        ("product of changes", ["becoming"], split[:1]),
        ("moderator's change", ["product"], [(frame["d"] - frame["d"].mean()) * z]),
    ):
        beta, error = least_squares(frame, columns)
        for name, b, e in zip(names, beta, error, strict=False):
            row = rows.loc[form, name]
            assert row["median"] == pytest.approx(b, abs=1e-3 * e), (form, name)
            assert row["sd"] == pytest.approx(e, rel=1e-4), (form, name)


@pytest.mark.parametrize("document", [DOCUMENT, CORRELATED], ids=["free", "correlated"])
def test_opposite_slopes_are_told_with_their_signs(document):
    rows, found = modes(world(within=0.3, between=-0.3), document)
    becoming, being = (rows.loc["within and between", term] for term in ("becoming", "being"))
    assert abs(becoming["median"] - 0.3) < 3 * becoming["sd"]
    assert abs(being["median"] + 0.3) < 3 * being["sd"]
    assert becoming["eti95_lower"] > 0 > being["eti95_upper"]
    assert "where becoming higher has 0." in found["mixed_moderation"].what
    assert "curved_treatment" not in found


def test_a_product_that_stands_in_for_a_curve_is_told():
    rows, found = modes(world(square=0.3, shared=0.8))
    plain, squared = (
        rows.loc[form, "product"] for form in ("plain product", "plain product, with the square")
    )
    assert plain["eti95_lower"] > 0.1
    assert abs(squared["median"]) < 3 * squared["sd"] < 0.1
    assert "once the square of 'd' is in the model" in found["curved_treatment"].what


def test_where_nothing_differs_nothing_is_found():
    one = {"within": 0.2, "between": 0.2}
    frame = world(**one)
    mean = frame.groupby("city")[["d", "z"]].transform("mean") - frame[["d", "z"]].mean()
    frame["y"] += 0.2 * mean["d"] * (frame["z"] - frame["z"].mean() - mean["z"])
    assert modes(frame)[1] == {}


def test_the_posteriors_own_rows_come_first():
    split = CORRELATED | {"moderators": {"z": {"split": "within_between"}}}
    fit = made_fit(split, world(), draws=200)
    found = cm.moderation_split(fit).isel(row=slice(3)).to_dataframe()
    assert [*found["source"]] == ["posterior"] * 3
    assert [*found["term"]] == ["becoming", "being", "nuisance"]
    for name, (_, row) in zip(
        ("d_x_z_within", "d_x_z_between", "d_mean_x_z"), found.iterrows(), strict=True
    ):
        draws = fit.posterior[name].to_numpy()
        assert row["median"] == pytest.approx(np.median(draws))
        assert row["sd"] == pytest.approx(draws.std(ddof=1))
        assert row["robust_sd"] > 0


def test_what_cannot_be_parted_has_plain_rows_and_a_switch_no_square():
    frame = table()
    frame["law"] = (frame["year"] > 2013).astype(float)
    document = PLAIN | {
        "treatments": {"law": {"kind": "adoption", "slope": "common"}},
        "moderators": ["fixed"],
        "fixed_effects": {"cluster": {"pooling": "free"}},
    }
    rows = cm.moderation_split(made_fit(document, frame))
    assert [*rows["form"].to_numpy()] == ["plain product", "plain product"]


def test_without_a_moderator_or_with_years_that_hang_together_it_is_refused():
    with pytest.raises(cm.FitError, match="because the document has no moderator"):
        cm.moderation_split(made_fit(DOCUMENT | {"moderators": [], "priors": {}}, world()))
    carried = CORRELATED | {"residuals": {"kind": "ar1"}}
    with pytest.raises(cm.FitError, match="because cells that are"):
        cm.moderation_split(made_fit(carried, world(clusters=6)))


def test_counts_have_a_mode_too():
    frame = world(within=0.3, between=-0.3, clusters=150)
    frame["y"] = np.random.default_rng(1).poisson(np.exp(1 + 0.3 * frame["y"]))
    document = CORRELATED | {"outcomes": {"y": {"family": "poisson"}}}
    fit = made_fit(document, frame, noise=1e-6)
    rows = cm.moderation_split(fit).to_dataframe().set_index(["source", "form", "term"])
    row = rows.loc["conditional mode", "within and between", "becoming"]
    assert abs(row["median"] - 0.09) < 3 * row["sd"] < 0.09
