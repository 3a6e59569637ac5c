"""The posterior in a table, by hand; single chains and single draws."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.fits.record import flat
from clustermodels.results.robust import robust_sd
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "treatments": ["dose"],
    "controls": ["money", "phase"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}, "year": {}},
}


def made(**shape):
    fit = made_fit(DOCUMENT, table(), **shape)
    return fit, cm.summary(fit)


def row(answer, quantity):
    place = answer["quantity"].to_numpy().tolist().index(quantity)
    return answer.isel(quantity=place)


def test_each_quantity_by_hand():
    fit, answer = made()
    posterior = fit.posterior
    quantities = {
        "dose": ("dose", posterior["dose"]),
        "dose_by_cluster[C]": ("dose_by_cluster", posterior["dose_by_cluster"].sel(cluster="C")),
        "phase[late]": ("phase", posterior["phase"].sel(phase_level="late")),
        "cluster_means[money]": (
            "cluster_means",
            posterior["cluster_means"].sel(cluster_means_level="money"),
        ),
        "year_effect[2014]": ("year_effect", posterior["year_effect"].isel(year=4)),
        "cluster_effect_correlation[cluster_effect × dose_by_cluster]": (
            "cluster_effect_correlation",
            posterior["cluster_effect_correlation"].isel(cluster_effect_correlation_level=0),
        ),
    }
    for quantity, (name, values) in quantities.items():
        draws = values.to_numpy().ravel()
        got = row(answer, quantity)
        assert got["name"].item() == name
        assert got["mean"].item() == pytest.approx(draws.mean(), rel=1e-12)
        assert got["sd"].item() == pytest.approx(draws.std(ddof=1), rel=1e-12)
        ends = np.quantile(draws, [0.025, 0.975])
        assert got["eti95_lower"].item() == pytest.approx(ends[0], rel=1e-12)
        assert got["eti95_upper"].item() == pytest.approx(ends[1], rel=1e-12)


def test_every_number_of_the_posterior_is_there_once():
    fit, answer = made()
    total = sum(v.size for v in fit.posterior.isel(chain=0, draw=0).data_vars.values())
    quantities = answer["quantity"].to_numpy().tolist()
    assert len(quantities) == len(set(quantities)) == total
    assert answer["interval"].item() == "equal-tailed"
    assert answer["interval_probability"].item() == 0.95


def test_robust_sds_stand_beside_common_coefficients_alone():
    fit, answer = made()
    robust = robust_sd(fit.design(), flat(fit.posterior))
    assert {"dose", "money"} <= set(robust)
    for name, quantity in zip(
        answer["name"].to_numpy(), answer["quantity"].to_numpy(), strict=True
    ):
        value = row(answer, quantity)["robust_sd"].item()
        assert value == robust[name] if name in robust else np.isnan(value)


def test_one_chain_has_no_rhat_but_an_effective_size():
    _, answer = made(chains=1, draws=200)
    assert np.isnan(answer["rhat"]).all()
    size = row(answer, "dose")["ess_bulk"].item()
    assert 50 < size < 500  # the draws are independent


def test_chains_that_agree_and_chains_that_do_not():
    fit, answer = made(chains=4, draws=250)
    assert row(answer, "dose")["rhat"].item() < 1.02
    apart = fit.posterior.copy()
    apart["dose"] = apart["dose"] + apart["chain"]
    fit.tree["posterior"] = apart
    answer = cm.summary(fit)
    assert row(answer, "dose")["rhat"].item() > 1.5
    assert row(answer, "money")["rhat"].item() < 1.02


def test_a_single_draw_is_its_own_mean_and_has_no_sd():
    fit, answer = made(chains=1, draws=1)
    for column in ("mean", "eti95_lower", "eti95_upper"):
        assert row(answer, "dose")[column].item() == fit.posterior["dose"].item()
    for column in ("sd", "rhat", "ess_bulk", "ess_tail"):
        assert np.isnan(answer[column]).all()
