"""Every answer of every form of a moderator: numbers, or a reason why there are none."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, table

FORMS = {
    "linear": {},
    "split": {"split": "within_between"},
    "quadratic": {"form": "quadratic"},
    "spline": {"form": "spline"},
    "bins": {"form": "bins"},
    "gp": {"form": "gp"},
    "labels": {"kind": "categorical", "column": "phase"},
}
PRODUCTS = {
    "linear": ["dose_x_z"],
    "split": ["dose_x_z_within", "dose_x_z_between", "dose_mean_x_z"],
}


def frame():
    return table().assign(z=lambda f: f["yearly"])


@pytest.fixture(scope="module", params=FORMS)
def one(request):
    document = PLAIN | {
        "outcomes": {"count": {"family": "poisson"}},
        "treatments": {"dose": {"slope": "common"}},
        "moderators": {"z": FORMS[request.param]},
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
    }
    return request.param, made_fit(document, frame(), draws=30)


def test_influence_follows_what_is_one_number(one):
    form, fit = one
    found = cm.influence(fit, refit="never")
    assert [*dict.fromkeys(found["term"].to_numpy())] == ["dose", *PRODUCTS.get(form, [])]
    assert np.isfinite(found["median"]).all()


def test_slopes_within_and_between_are_of_columns_alone(one):
    form, fit = one
    terms = {"dose"} if form == "labels" else {"dose", "z"}
    terms = {"dose"} if form in ("quadratic", "spline", "bins", "gp") else terms
    terms |= {"dose_x_z"} if form == "linear" else set()
    assert {*cm.within_between(fit)["term"].to_numpy()} == terms


def test_products_are_split_where_they_are_straight(one):
    form, fit = one
    if form in PRODUCTS:
        found = cm.moderation_split(fit)
        assert {"plain product"} <= {*found["form"].to_numpy()}
        assert cm.moderation_findings(fit, found) is not None
        return
    with pytest.raises(cm.FitError, match="because no moderator bends an effect along a straight"):
        cm.moderation_split(fit)


def test_the_interaction_has_the_coefficients_that_there_are(one):
    form, fit = one
    if form in ("bins", "labels"):
        with pytest.raises(cm.FitError, match="because effects in bins and of labels are steps"):
            cm.interaction(fit, "dose", "z")
        return
    found = cm.interaction(fit, "dose", "z")
    terms = [*PRODUCTS.get(form, []), "dose_x_z", "dose_x_z"]
    assert found["term"].to_numpy().tolist() == terms
    assert found["scale"].to_numpy().tolist()[-2:] == ["link", "response"]
    draws = flat(fit.posterior)
    for row, term in enumerate(terms[:-2]):
        assert float(found["median"][row]) == pytest.approx(np.median(draws[term]))


def test_points_of_no_cluster_do_not_go_by_the_names_of_clusters(one):
    """The same panel with its labels reversed, at the same draws."""
    form, fit = one
    point = {"z": ["early"] if form == "labels" else [3.0, 6.0]}
    found = cm.comparisons(fit, {"dose": 1}, newdata=point, scale="link", by=None)
    turned = frame().assign(city=lambda f: f["city"].map(dict(zip("ABCDE", "EDCBA", strict=True))))
    other = made_fit(fit.spec, turned, draws=30)
    draws = {n: v.isel(cluster=slice(None, None, -1)) if "cluster" in v.dims else v
             for n, v in fit.posterior.data_vars.items()}  # fmt: skip
    for name, values in draws.items():
        other.tree["posterior"][name][:] = values.to_numpy()
    again = cm.comparisons(other, {"dose": 1}, newdata=point, scale="link", by=None)
    np.testing.assert_allclose(again["median"], found["median"], rtol=1e-7)


def test_a_split_effect_of_an_average_cluster_is_that_at_the_means_of_clusters():
    """b (Z - mean Z) + c mean Z, with a cluster's mean where clusters' are on average."""
    document = PLAIN | {
        "treatments": {"dose": {"slope": "common"}},
        "moderators": {"z": FORMS["split"]},
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
    }
    fit = made_fit(document, frame(), draws=30)
    draws, scale = flat(fit.posterior), fit.learned.scales["z"]
    splits = fit.learned.splits
    middle = scale.centre + scale.spread * splits.centres[splits.columns.index("z")]
    wanted = (
        draws["dose"]
        + draws["dose_x_z_within"] * (6.0 - middle)
        + draws["dose_x_z_between"] * (middle - scale.centre)
    )
    found = cm.comparisons(
        fit, {"dose": 1}, newdata={"z": [6.0]}, scale="link", by=None, draws=True
    )
    np.testing.assert_allclose(found.to_numpy().ravel(), wanted, rtol=1e-9)
