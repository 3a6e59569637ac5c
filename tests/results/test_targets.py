"""Points of a grid, an average cluster and a new one, by hand from the draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "outcomes": {"y": {"family": "gaussian"}},
    "treatments": {"dose": {"lag": 1}},
    "moderators": {"yearly": {"transform": "sqrt"}},
    "controls": ["region", {"fixed": {"transform": "log"}}],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
}


def frame():
    return table().assign(yearly=lambda f: f["yearly"].abs())


def made(document=DOCUMENT, **more):
    return made_fit(document, frame(), **more)


def link(fit, newdata="observed", **more):
    found = cm.predictions(fit, newdata, scale="link", draws=True, **more)
    return found.to_numpy().reshape(-1, found.sizes["row"])


def at(fit, dose, yearly, region, fixed):
    """Give the predictor of a point by hand, without cluster and year, (S,)."""
    draws, scales = flat(fit.posterior), fit.learned.scales
    x = {"dose": dose, "yearly": np.sqrt(yearly), "fixed": np.log(fixed)}
    off = {name: value - scales[name].centre for name, value in x.items()}
    eta = draws["intercept"] + sum(draws[name] * by for name, by in off.items())
    eta = eta + draws["dose_x_yearly"] * off["dose"] * off["yearly"]
    return eta + draws["region"][:, ["n", "s"].index(region)]


def means(fit):
    rows = fit.panel.rows.isel(obs=fit.panel.used)
    return {name: float(rows[name].mean()) for name in ("dose", "yearly", "fixed")}


def test_a_point_is_at_means_and_modes_of_an_average_cluster_and_year():
    fit = made()
    (mode,) = {"n", "s"} - {"s"}  # three of five cities
    np.testing.assert_allclose(
        link(fit, "mean")[:, 0], at(fit, **means(fit), region=mode), rtol=1e-9
    )
    found = cm.predictions(fit, {"dose": [0, 3], "region": ["s", "n"]}, scale="link", draws=True)
    assert found["dose"].to_numpy().tolist() == [0, 0, 3, 3]
    assert found["region"].to_numpy().tolist() == ["s", "n", "s", "n"]
    assert {"cluster", "year"}.isdisjoint(found.coords)
    for row, (dose, region) in enumerate([(0, "s"), (0, "n"), (3, "s"), (3, "n")]):
        wanted = at(fit, **means(fit) | {"dose": dose}, region=region)
        np.testing.assert_allclose(found[:, :, row].to_numpy().ravel(), wanted, rtol=1e-9)


def test_a_point_of_a_cluster_and_a_year_has_their_effects():
    fit = made()
    draws = flat(fit.posterior)
    point = means(fit) | {"dose": 4.0}
    known = np.array(fit.learned.means["cluster"].values)
    means_of = fit.learned.means["cluster"]
    apart = (known - means_of.centres) / means_of.spreads
    design = fit.design()
    (block,) = [b for b in design.blocks if b.name == "cluster_means"]
    units = np.array([term.unit for term in block.terms])
    level = "ABCDE".index("C")
    own = draws["cluster_effect"][:, level] + draws["cluster_means"] / units @ apart[level]
    scale = fit.learned.scales["dose"]
    slope = draws["dose_by_cluster"][:, level] - draws["dose"]
    own = own + slope * (4.0 - scale.centre)
    wanted = at(fit, **point, region="n") + own
    np.testing.assert_allclose(link(fit, {"dose": 4, "city": "C"})[:, 0], wanted, rtol=1e-9)
    year = draws["year_effect"][:, list(fit.learned.levels["year"]).index("2014")]
    found = link(fit, {"dose": 4, "cluster": "C", "year": 2014})[:, 0]
    np.testing.assert_allclose(found, wanted + year, rtol=1e-9)
    slopes = cm.slopes(fit, "dose", {"dose": 4, "city": ["C", "D"]}, draws=True)
    by_cluster = draws["dose_by_cluster"][:, [2, 3]]
    bend = draws["dose_x_yearly"] * (np.sqrt(point["yearly"]) - fit.learned.scales["yearly"].centre)
    np.testing.assert_allclose(
        slopes.to_numpy().reshape(-1, 2), by_cluster + bend[:, None], rtol=1e-6, atol=1e-8
    )


def test_an_average_cluster_has_no_effect_of_its_own():
    fit = made()
    posterior = fit.posterior.copy()
    posterior["cluster_effect"] = 0 * posterior["cluster_effect"]
    posterior["dose_by_cluster"] = posterior["dose"] + 0 * posterior["dose_by_cluster"]
    flattened = replace(fit, tree=xr.DataTree.from_dict({"posterior": posterior}))
    np.testing.assert_allclose(link(fit, target="average"), link(flattened), rtol=1e-9, atol=1e-12)
    assert not np.allclose(link(fit), link(flattened))


def test_a_new_cluster_varies_as_clusters_do():
    """The deviation from the average cluster is N(0, s_a^2 + 2 r s_a s_b d + s_b^2 d^2)."""
    fit = made(chains=4, draws=5000, noise=0.0, around={"dose_sd": -0.5, "cluster_effect_sd": 0.3})
    posterior = fit.posterior.copy()
    posterior["cluster_effect_correlation"] = posterior["cluster_effect_correlation"] + 0.6
    fit = replace(fit, tree=xr.DataTree.from_dict({"posterior": posterior}))
    new, average = (link(fit, {"dose": [0, 6]}, target=t) for t in ("new", "average"))
    off = np.array([0, 6]) - fit.learned.scales["dose"].centre
    sa, sb = np.exp(0.3), np.exp(-0.5)
    variance = sa**2 + 2 * 0.6 * sa * sb * off + sb**2 * off**2
    apart = new - average
    among = sa**2 + 0.6 * sa * sb * off.sum() + sb**2 * off.prod()
    found = np.cov(apart.T)
    size = np.sqrt(variance.prod())
    np.testing.assert_allclose(np.diag(found), variance, rtol=0.05)
    assert abs(found[0, 1] - among) < 0.05 * size
    assert (np.abs(apart.mean(axis=0)) < 5 * np.sqrt(variance / len(apart))).all()
    again = link(fit, {"dose": [0, 6]}, target="new", seed=1)
    other = link(fit, {"dose": [0, 6]}, target="new", seed=2)
    assert not np.allclose(again, other)
    np.testing.assert_array_equal(again, link(fit, {"dose": [0, 6]}, target="new", seed=1))


def test_one_new_cluster_is_at_all_rows_given_their_means():
    fit = made()
    away = link(fit, target="new") - link(fit, target="average")
    dose = fit.design().blocks[0].values[:, 0]
    flat_rows = np.column_stack([np.ones(len(dose)), dose])
    left = away.T - flat_rows @ np.linalg.lstsq(flat_rows, away.T, rcond=None)[0]
    np.testing.assert_allclose(left, 0, atol=1e-9)


@pytest.mark.parametrize("pooling", ["free", "absent"])
def test_a_new_cluster_needs_a_law(pooling):
    effects = {"cluster": {"pooling": "free"}} if pooling == "free" else {}
    document = DOCUMENT | {
        "treatments": {"dose": {"slope": "common"}},
        "controls": [],
        "fixed_effects": effects,
    }
    because = "'cluster_effect' follows no law" if pooling == "free" else "clusters have no effects"
    with pytest.raises(cm.FitError, match=f"because {because}"):
        cm.predictions(made(document), target="new")
    with pytest.raises(cm.FitError, match=r"no target. Choose among: these, average, new"):
        cm.predictions(made(document), target="all")


def test_free_slopes_have_no_new_cluster():
    document = DOCUMENT | {"treatments": {"dose": {"slope": "free"}}}
    with pytest.raises(cm.FitError, match="because 'dose_by_cluster' follows no law"):
        cm.comparisons(made(document), "dose", target="new")


def test_points_that_nobody_was_at_are_refused():
    fit = made()
    with pytest.raises(cm.PanelError, match=r"a cluster that no fitted row has. Got Z; expected A"):
        cm.predictions(fit, {"cluster": "Z"})
    with pytest.raises(cm.PanelError, match=r"a year that no fitted row has. Got B 2012"):
        cm.predictions(fit, {"cluster": "B", "year": 2012})
    with pytest.raises(cm.PanelError, match=r"this point gives 'controls.fixed' 1 value that log"):
        cm.predictions(fit, {"fixed": -1})
    with pytest.raises(cm.PanelError, match="Did you mean 'dose'"):
        cm.predictions(fit, {"doze": -1})
    with pytest.raises(cm.FitError, match="no rows are 'men' because"):
        cm.predictions(fit, "men")
    crossed = DOCUMENT["fixed_effects"] | {
        "own": {"columns": ["region", "phase"], "pooling": "partial"}
    }
    document = DOCUMENT | {"fixed_effects": crossed}
    only = frame().assign(phase=lambda f: np.where(f["region"] == "n", "early", "late"))
    with pytest.raises(cm.PanelError, match="gives 'own' levels of 'own' that no fitted row has"):
        cm.predictions(made_fit(document, only), {"region": "s", "phase": "early"})


@pytest.mark.parametrize(
    "more",
    [
        {"dynamics": {"predetermined": ["dose"]}, "moderators": {}},
        {"dynamics": {}},
        {"residuals": {"kind": "ar1"}},
        {"fixed_effects": {"cluster": {"pooling": "partial", "trend": "partial"}, "year": {}}},
        {"outcomes": {"count": {"family": "poisson"}}, "residuals": {"kind": "ar1"}},
        {"outcomes": {"count": {"family": "poisson", "exposure": "people"}}},
    ],
)
def test_every_part_of_a_model_has_a_point(more):
    """At its centre every column is 0, and so is what is left out of an average cluster."""
    document = PLAIN | {"outcomes": {"y": {"family": "gaussian"}}}
    document |= {
        "treatments": {"dose": {"slope": "common"}},
        "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
    }
    document |= more
    data = frame()
    if "dynamics" in more:
        whole = data[~data["city"].isin(["B", "C"])]
        others = table(seed=2).loc[whole.index].assign(city=whole["city"] + "2")
        data = pd.concat([whole, others], ignore_index=True)
    fit = made_fit(document, data)
    offset = np.log(data["people"].mean()) if "exposure" in str(more) else 0.0
    draws = flat(fit.posterior)
    wanted = draws["intercept"] + offset
    if fit.spec.dynamics is not None:  # the past at the mean outcome, and not at its lag's
        rows = fit.panel.rows.isel(obs=fit.panel.used)
        away = float(rows["y"].mean()) - fit.learned.scales["rho"].centre
        wanted = wanted + draws["rho"] * away
    found = link(fit, {"dose": fit.learned.scales["dose"].centre})[:, 0]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
