"""Interactions on both scales against the formulas of Ai and Norton, and functions of draws."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

import clustermodels as cm
from clustermodels.fits.record import flat
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "moderators": {"yearly": {"centre": 4}},
    "fixed_effects": {"cluster": {"pooling": "partial"}},
}
OUTCOMES = {
    "gaussian": {"y": {"family": "gaussian"}},
    "poisson": {"count": {"family": "poisson"}},
    "bernoulli": {"yes": {"family": "bernoulli"}},
}
AROUND = {"dose": 0.3, "dose_x_yearly": -0.1, "yearly": 0.4}


def made(family, document=DOCUMENT):
    data = table().assign(
        yes=lambda f: (f["count"] > 3).astype(int),
        zone=lambda f: ((f["year"] > 2014) & f["city"].isin(["A", "B"])).astype(int),
    )
    return made_fit(document | {"outcomes": OUTCOMES[family]}, data, around=AROUND, draws=40)


@pytest.mark.parametrize("family", OUTCOMES)
def test_the_cross_derivative_of_ai_and_norton(family):
    """b_DZ g' + (b_D + b_DZ z)(b_Z + b_DZ d) g'', row by row, averaged."""
    fit = made(family)
    draws, scales = flat(fit.posterior), fit.learned.scales
    eta = cm.predictions(fit, scale="link", draws=True).to_numpy().reshape(-1, 41)
    d = fit.panel.rows["dose"].to_numpy() - scales["dose"].centre
    z = fit.panel.rows["yearly"].to_numpy() - 4
    b, bd, bz = (draws[n][:, None] for n in ("dose_x_yearly", "dose", "yearly"))
    m = expit(eta)
    first, second = {
        "gaussian": (1.0 + 0 * eta, 0.0 * eta),
        "poisson": (np.exp(eta), np.exp(eta)),
        "bernoulli": (m * (1 - m), m * (1 - m) * (1 - 2 * m)),
    }[family]
    cross = b * first + (bd + b * z) * (bz + b * d) * second
    told = cm.interaction(fit, "dose", "yearly").to_dataframe().set_index("scale")
    for scale, values in {
        "coefficient": b[:, 0],
        "link": b[:, 0],
        "response": cross.mean(axis=1),
    }.items():
        row = told.loc[scale]
        low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
        assert row["median"] == pytest.approx(middle, rel=2e-5, abs=1e-8), scale
        assert row["eti95_lower"] == pytest.approx(low, rel=2e-5, abs=1e-8)
        assert row["eti95_upper"] == pytest.approx(high, rel=2e-5, abs=1e-8)
        assert row["probability"] == np.mean(values > 0)
    each = cm.interaction(fit, "dose", "yearly", by=None)
    rows = each.isel(row=each["scale"].to_numpy() == "response")
    np.testing.assert_allclose(rows["median"], np.median(cross, axis=0), rtol=2e-5, atol=1e-7)


def test_the_interaction_of_an_adoption_is_a_difference_of_slopes():
    document = DOCUMENT | {"treatments": {"zone": {"kind": "adoption", "slope": "common"}}}
    fit = made("poisson", document)
    draws = flat(fit.posterior)
    parts = []
    for on in (0, 1):
        eta = cm.predictions(fit, scale="link", draws=True).to_numpy().reshape(-1, 41)
        off = on - fit.panel.rows["zone"].to_numpy()
        z = fit.panel.rows["yearly"].to_numpy() - 4
        b, own = draws["zone_x_yearly"][:, None], draws["zone"][:, None]
        centred = on - fit.learned.scales["zone"].centre
        eta = eta + (own + b * z) * off
        parts.append(np.exp(eta) * (draws["yearly"][:, None] + b * centred))
    wanted = (parts[1] - parts[0]).mean(axis=1)
    told = cm.interaction(fit, "zone", "yearly")
    assert told["contrast"].to_numpy().tolist() == ["coefficient", *["d(Y1 - Y0)/dZ"] * 2]
    assert float(told["median"][2]) == pytest.approx(np.median(wanted), rel=1e-5)


def test_a_product_that_is_not_there_is_refused():
    with pytest.raises(cm.FitError, match=r"no such product. Choose among: dose and yearly"):
        cm.interaction(made("poisson"), "dose", "dose")
    lags = {"dose": {"lags": {"from": 0, "to": 1}, "slope": "common"}}
    with pytest.raises(cm.FitError, match="because its column is read at several lags"):
        cm.interaction(made("poisson", DOCUMENT | {"treatments": lags}), "dose_lag_0", "yearly")


def test_functions_of_draws():
    fit = made("poisson")
    draws = cm.comparisons(fit, {"dose": 1}, by="year", draws=True)
    last = cm.hypotheses(draws, lambda x: x - x.isel(row=0, drop=True))
    wanted = (draws - draws.isel(row=0)).to_numpy().reshape(-1, draws.sizes["row"])
    np.testing.assert_allclose(last["median"], np.median(wanted, axis=0))
    assert last["year"].to_numpy().tolist() == draws["year"].to_numpy().tolist()
    assert np.isnan(last["probability"][0])
    product = cm.hypotheses(fit, lambda p: p["dose"] * p["yearly"], 0.1)
    own = flat(fit.posterior)
    assert float(product["probability"][0]) == np.mean(own["dose"] * own["yearly"] > 0.1)
    by_cluster = cm.hypotheses(fit, lambda p: np.exp(p["cluster_effect"]))
    assert by_cluster["cluster"].to_numpy().tolist() == [*"ABCDE"]
    with pytest.raises(cm.FitError, match="because it is no function"):
        cm.hypotheses(draws, "a = b")
    with pytest.raises(cm.FitError, match="but cluster"):
        cm.hypotheses(fit, lambda p: p["cluster_effect"].mean(("chain", "draw")))
    with pytest.raises(cm.FitError, match="but float"):
        cm.hypotheses(fit, lambda p: float(p["dose"].mean()))
    assert isinstance(draws, xr.DataArray)
