"""Whether a moderator bends an effect along a line: bands, lines, support, refits."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats as st

import clustermodels as cm
from clustermodels.fits.record import flat
from clustermodels.results.bands import band, beyond
from clustermodels.results.departures import off_line
from clustermodels.results.supported import support_along

CLUSTERS, YEARS = 20, 8
DOCUMENT = {
    "data": {"panel": {"cluster": "city", "year": "year"}},
    "outcomes": {"y": {"family": "gaussian"}},
    "treatments": {"policy": {"slope": "common"}},
    "moderators": {"z": {}},
    "engine": {"kind": "latent_gaussian", "draws": 200, "chains": 2},
}


def table(bend, seed=2):
    """Give a panel whose policy never moves where z is between 0.4 and 0.6."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(0, 1, (CLUSTERS, YEARS))
    dose = rng.poisson(2.0, z.shape).astype(float)
    dose[(z > 0.4) & (z < 0.6)] = 1.0
    y = (
        0.5 * dose
        + bend(z) * dose
        + rng.normal(size=(CLUSTERS, 1))
        + 0.3 * rng.normal(size=z.shape)
    )
    names = np.repeat([f"C{n:02d}" for n in range(CLUSTERS)], YEARS)
    years = np.tile(np.arange(2000, 2000 + YEARS), CLUSTERS)
    values = {"y": y.ravel(), "policy": dose.ravel(), "z": z.ravel()}
    return pd.DataFrame({"city": names, "year": years} | values)


@pytest.fixture(scope="module")
def line():
    fit = cm.fit(cm.read_spec(DOCUMENT), table(lambda z: 0.4 * z))
    return fit, cm.test_moderation(fit)


@pytest.fixture(scope="module")
def bent():
    fit = cm.fit(cm.read_spec(DOCUMENT), table(lambda z: 1 - 8 * (z - 0.5) ** 2))
    return fit, cm.test_moderation(fit)


def test_a_simultaneous_band_holds_everywhere_for_so_many_draws():
    rng = np.random.default_rng(2)
    draws = rng.normal([1.0, 0.0, -2.0], [0.5, 1.0, 2.0], (200_000, 3))
    found = band(draws)
    wanted = st.norm.ppf((1 + 0.95 ** (1 / 3)) / 2)  # of three that are independent
    assert found.reach == pytest.approx(wanted, abs=0.02)
    inside = ((draws > found.lower) & (draws < found.upper)).all(axis=1).mean()
    assert inside == pytest.approx(0.95, abs=1e-4)
    assert not found.excludes_zero.any()
    assert band(draws + 10).excludes_zero.all()
    assert band(np.ones((50, 2))).reach == 0.0


@pytest.mark.parametrize("away", [0.0, 0.5, 1.0])
def test_how_many_draws_stray_as_far_is_told_by_the_chi_square(away):
    """Of normal draws that vary in two directions of four places."""
    rng = np.random.default_rng(4)
    across = np.array([[1.0, 0.5, -1.0, 0.0], [0.2, 3.0, 1.0, 0.0]])
    draws = rng.normal([3 * away, -away], 1.0, (200_000, 2)) @ across
    wanted = st.chi2.sf(10 * away**2, 2)
    assert beyond(draws) == pytest.approx(wanted, abs=5e-3)
    assert np.isnan(beyond(np.ones((50, 2))))
    assert np.isnan(beyond(draws, least=1e3))


def test_what_leaves_a_line_is_the_residual_of_weighted_least_squares():
    rng = np.random.default_rng(3)
    curve, places, weights = rng.normal(size=(4, 6)), np.arange(6.0) ** 2, np.arange(1.0, 7.0)
    got = off_line(curve, places, weights)
    for one, left in zip(curve, got, strict=True):
        fitted = np.polynomial.Polynomial.fit(places, one, 1, w=np.sqrt(weights))(places)
        np.testing.assert_allclose(left, one - fitted, atol=1e-10)


def test_support_is_where_the_policy_varies_by_itself(line):
    """Against a regression with a dummy for each cluster, year and bin."""
    fit, found = line
    rows = table(lambda z: 0 * z)
    edges = np.linspace(rows["z"].min(), rows["z"].max(), 11)
    bins = np.clip(np.searchsorted(edges, rows["z"], side="right") - 1, 0, 9)
    marks = np.eye(10)[bins]
    dummies = [pd.get_dummies(rows[name]).to_numpy(float) for name in ("city", "year")]
    own = marks * rows[["policy"]].to_numpy()
    for place in range(10):
        here = rows[bins == place]
        assert int(found.support["rows"][place]) == len(here)
        assert int(found.support["clusters"][place]) == here["city"].nunique()
        others = np.hstack([*dummies, marks, np.delete(own, place, axis=1)])
        left = own[:, place] - others @ np.linalg.lstsq(others, own[:, place], rcond=1e-10)[0]
        wanted = np.sqrt((left**2).sum() / len(here))
        assert float(found.support["sd"][place]) == pytest.approx(wanted, abs=1e-8)
    supported = support_along(fit, "policy", "z").covers(np.array([0.1, 0.5, 0.9]))
    assert supported.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("effects", "supported"),
    [
        ({"pooling": "correlated"}, False),
        ({"pooling": "free"}, False),
        ({"pooling": "partial"}, True),
    ],
)
def test_a_policy_that_stays_in_each_cluster_supports_nothing_beside_its_effect(effects, supported):
    """Half of the clusters always stand high, and there their policy never changes."""
    frame = table(lambda z: 0 * z)
    number = frame["city"].str[1:].astype(int)
    high = number % 2 == 0
    frame["z"] = frame["z"] * 0.3 + 0.7 * high
    frame.loc[high, "policy"] = number[high] % 4.0
    fit = cm.fit(cm.read_spec(DOCUMENT | {"fixed_effects": {"cluster": effects}}), frame)
    support = support_along(fit, "policy", "z")
    assert support.covers(np.array([0.05, 0.8, 0.9])).tolist() == [True, supported, supported]


def test_what_is_quoted_is_of_a_form_that_the_data_do_not_reject(bent):
    """An inverted U whose two quantiles have the same effect."""
    _, found = bent
    told = str(found.departures["form"][int(np.argmin(found.departures["beyond"].data))].item())
    assert f"leave it; by the form {told})" in found.verdict
    assert found.verdict.startswith("z bends the effect of policy")
    ends = found.curves.sel(form=told)
    clear = ((ends["sim95_lower"] > 0) | (ends["sim95_upper"] < 0)) & ends["supported"]
    held = [any(a <= z <= b for a, b in found.region) for z in ends["moderator_value"].to_numpy()]
    assert held == clear.to_numpy().tolist()


def test_two_bins_leave_no_line_and_are_not_said_to():
    halves = DOCUMENT | {"moderators": {"z": {"form": {"bins": 2}}}}
    fit = cm.fit(cm.read_spec(halves), table(lambda z: 1 - 8 * (z - 0.5) ** 2))
    found = cm.test_moderation(fit, forms=())
    assert np.isnan(found.departures.sel(form="bins")["beyond"])
    assert not bool(found.departures.sel(form="bins")["leaves"])
    assert "by the form bins, in which no departure from a line can be told" in found.verdict


def test_a_line_is_a_line_and_its_curve_the_closed_form(line):
    fit, found = line
    assert [*found.curves["form"].to_numpy()] == ["linear", "bins", "spline"]
    assert not found.departures["leaves"].any()
    assert found.fits["linear"] is fit
    draws, places = flat(fit.posterior), found.curves["moderator_value"].to_numpy()
    centre = fit.learned.scales["z"].centre
    curve = draws["policy"][:, None] + draws["policy_x_z"][:, None] * (places - centre)
    one = found.curves.sel(form="linear")
    np.testing.assert_allclose(one["median"], np.median(curve, axis=0), atol=1e-9)
    np.testing.assert_allclose(one["falling"], (draws["policy_x_z"] < 0).mean(), atol=1e-12)
    np.testing.assert_allclose(one["probability"], (curve > 0).mean(axis=0), atol=1e-12)
    inside = band(curve)
    np.testing.assert_allclose(one["sim95_lower"], inside.lower, atol=1e-9)
    assert np.isnan(found.curves.sel(form="bins")["falling"]).all()
    assert "no departure from a straight line is found by bins, spline" in found.verdict
    assert found.verdict.startswith("z bends the effect of policy")


def test_the_region_is_of_supported_places_whose_band_excludes_nothing(line):
    _, found = line
    one = found.curves.sel(form="linear")
    clear = ((one["sim95_lower"] > 0) | (one["sim95_upper"] < 0)) & one["supported"]
    held = [
        any(low <= at <= high for low, high in found.region)
        for at in one["moderator_value"].to_numpy()
    ]
    assert held == clear.to_numpy().tolist()
    assert len(found.region) > 1  # with a gap where the policy does not vary


def test_a_bend_is_found_and_said(bent):
    _, found = bent
    assert bool(found.departures.sel(form="spline")["leaves"])
    assert float(found.departures.sel(form="spline")["beyond"]) < 0.05
    assert "not along a straight line (" in found.verdict
    spline = found.fits["spline"]
    assert spline.spec.moderators["z"].form != "linear"
    assert spline.tree.attrs["engine"] == "latent_gaussian"
    at = np.array([0.1, 0.3, 0.7, 0.9])
    order = [str(form) for form in found.models["model"].to_numpy()]
    assert order[0] == "spline"
    assert order[-1] == "linear"
    weights = dict(zip(order, found.models["weight"].to_numpy(), strict=True))
    assert weights["spline"] > 0.9
    alone = cm.compare(dict(found.fits)).models
    np.testing.assert_array_equal(found.models["elpd"], alone["elpd"])
    near = np.interp(at, found.curves["moderator_value"], found.curves.sel(form="spline")["median"])
    np.testing.assert_allclose(near, 0.5 + 1 - 8 * (at - 0.5) ** 2, atol=0.25)


def test_priors_of_the_line_give_way_and_others_stay():
    """That of a column whose name begins alike among them."""
    stated = {
        "policy_x_z": {"distribution": "normal", "mean": 0, "sd": 0.2},
        "z": {"distribution": "normal", "mean": 0, "sd": 1},
        "sigma": {"distribution": "exponential", "mean": 1},
        "z_share": {"distribution": "normal", "mean": 5, "sd": 0.001},
    }
    frame = table(lambda z: z)
    frame["z_share"] = np.arange(len(frame)) % 7 / 7
    fit = cm.fit(cm.read_spec(DOCUMENT | {"controls": ["z_share"], "priors": stated}), frame)
    found = cm.test_moderation(fit, forms=["quadratic"])
    assert {*found.fits["quadratic"].spec.priors} == {"sigma", "z_share"}
    kept = found.fits["quadratic"].posterior["z_share"]
    assert abs(float(kept.mean()) - 5) < 0.01
    assert found.fits["linear"] is fit


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"moderator": "x"}, "'x' moderates no treatment"),
        ({"treatment": "law"}, "'z' does not bend it. Choose among: policy"),
        ({"low": 0.9, "high": 0.1}, "quantiles are not two between 0 and 1"),
        ({"forms": ["cubic"]}, "no form cubic. Choose among: linear, quadratic"),
    ],
)
def test_what_cannot_be_tested_is_refused(line, asked, said):
    with pytest.raises(cm.FitError, match=said):
        cm.test_moderation(line[0], **asked)


def test_a_policy_that_varies_nowhere_along_the_moderator_is_refused():
    """Nine rows, of which no stretch has five."""
    few = table(lambda z: z)
    few = few[few["city"].isin(["C00", "C01", "C02"]) & (few["year"] < 2003)]
    fit = cm.fit(cm.read_spec(DOCUMENT), few)
    with pytest.raises(cm.FitError, match="because 'policy' varies nowhere along it"):
        cm.test_moderation(fit)


def test_a_picture_is_drawn(bent, tmp_path):
    cm.draw_moderation(bent[1], tmp_path / "bend.png", "y")
    assert (tmp_path / "bend.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(cm.FitError, match="cannot be written"):
        cm.draw_moderation(bent[1], tmp_path / "bend.doc")
