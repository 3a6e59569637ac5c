"""The past's coefficient and the policy's beside it, over many panels of 29 clusters and ten years.

The bias that a naive random intercept has in the Gaussian world, and its long-run effects as
multiples of the true ones, were computed for maximum likelihood before this package existed.
"""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.persistence import nickell
from clustermodels.results.bias import unbiased_past
from tests.recovery.past_world import BETA, document, many, panel, two_lags

PANELS = 200
NAIVE = {0.3: (0.12, 1.3), 0.6: (0.23, 2.3), 0.8: (0.13, 2.8)}


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("family", ["gaussian", "negative_binomial"])
def test_the_truth_is_found(family, rho):
    found = many(family, "wooldridge", rho, PANELS)
    shares = found.covered.mean(axis=0)
    print(f"{family}, rho {rho}: bias {found.bias.round(3)}, covered {shares.round(3)}, long run "
          f"{np.median(found.long_run) / (BETA / (1 - rho)):.2f} times")  # fmt: skip
    assert abs(found.bias[0]) < 0.03
    assert abs(found.bias[1]) < 0.03
    assert (shares >= 0.88).all()
    assert (shares <= 0.99).all()


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
def test_a_trend_that_years_take_up_changes_nothing(rho):
    found = many("gaussian", "with years", rho, PANELS, trend=0.4)
    shares = found.covered.mean(axis=0)
    print(f"trend, rho {rho}: bias {found.bias.round(3)}, covered {shares.round(3)}")
    assert (np.abs(found.bias) < 0.03).all()
    assert (shares >= 0.88).all()
    assert (shares <= 0.99).all()


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("family", ["gaussian", "negative_binomial"])
def test_a_panel_that_began_from_nothing_is_no_other(family, rho):
    found = many(family, "wooldridge", rho, PANELS, steady=False)
    shares = found.covered.mean(axis=0)
    print(f"from 0, {family}, rho {rho}: bias {found.bias.round(3)}, covered {shares.round(3)}")
    assert (np.abs(found.bias) < 0.03).all()
    assert (shares >= 0.88).all()
    assert (shares <= 0.99).all()


@pytest.mark.parametrize("rhos", [(0.5, 0.3), (0.4, 0.2)])
def test_what_two_lags_add_up_to(rhos):
    told = document("gaussian", "wooldridge").plain() | {"dynamics": {"lags": 2}}
    off, held = [], []
    for seed in range(PANELS):
        engine = told["engine"] | {"seed": seed + 1}
        run = cm.fit(cm.read_spec(told | {"engine": engine}), two_lags(*rhos, seed))
        total = (run.posterior["rho"] + run.posterior["rho_2"]).to_numpy().ravel()
        low, high = np.quantile(total, [0.025, 0.975])
        off.append(total.mean() - sum(rhos))
        held.append(low <= sum(rhos) <= high)
    print(f"lags {rhos}: bias {np.mean(off):.3f}, covered {np.mean(held):.3f}")
    assert abs(np.mean(off)) < 0.06
    assert np.mean(held) >= 0.88


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
@pytest.mark.parametrize(("drift", "since"), [(0.0, 0), (0.1, 0), (0.1, -30)])
def test_persistence_is_told_from_trends_of_clusters(drift, since, rho):
    found = many("gaussian", "with trends", rho, PANELS // 2, drift=drift, since=since)
    shares = found.covered.mean(axis=0)
    print(f"trends {drift} since {since}, rho {rho}: bias {found.bias.round(3)}, "
          f"covered {shares.round(3)}")  # fmt: skip
    # where there are none, pooled trends take a little of persistence for theirs
    assert -0.08 < found.bias[0] < 0.03
    assert abs(found.bias[1]) < 0.03
    assert (shares >= 0.85).all()


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
def test_a_naive_intercept_has_the_bias_that_is_known_and_the_one_that_is_said(rho):
    found = many("gaussian", "naive", rho, PANELS)
    times = np.median(found.long_run) / (BETA / (1 - rho))
    print(f"naive, rho {rho}: bias {found.bias.round(3)}, long run {times:.2f} times")
    bias, wanted = NAIVE[rho]
    assert found.bias[0] == pytest.approx(bias, abs=0.03)
    # posterior medians, where the known ones are of maximum likelihood: they overstate it more
    assert times > wanted
    said = []
    for seed in range(40):
        run = cm.fit(document("gaussian", "naive"), panel("gaussian", rho, seed))
        said.append(float(run.posterior["rho"].mean()) - unbiased_past(run).mean())
    print(f"said {np.mean(said):.3f}")
    assert np.mean(said) == pytest.approx(found.bias[0], abs=0.04)


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_free_intercepts_have_nickells_bias(rho):
    found = many("gaussian", "free", rho, PANELS)
    # the formula is for a past alone, and x that varies with it makes the bias smaller
    print(f"free, rho {rho}: bias {found.bias[0]:.3f}, formula {float(nickell(rho, 9)):.3f}")
    assert 0.7 * nickell(rho, 9) > found.bias[0] > nickell(rho, 9)
