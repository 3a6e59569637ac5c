"""Scenarios against one another, by hand from predictions."""

import numpy as np
import pytest

import clustermodels as cm
from tests.designs import PLAIN, made_fit, table

DOCUMENT = PLAIN | {
    "outcomes": {"count": {"family": "poisson"}},
    "treatments": {"dose": {"slope": "common"}},
    "controls": ["yearly"],
    "scenarios": {
        "more": [{"add": {"dose": 1}}],
        "other": [{"add": {"yearly": 1}}],
        "same": [{"add": {"dose": 0}}],
    },
}


@pytest.fixture(scope="module")
def fit():
    return made_fit(DOCUMENT, table(), draws=40, noise=0.3)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("lowest", [True, False])
def test_differences_and_the_best_by_hand(fit, kept, lowest):
    labels = ["observed", "more", "other", "same"]
    totals = np.stack(
        [
            cm.predict(fit, None if name == "observed" else name, keep_shocks=kept)
            .sum("obs").to_numpy().ravel()
            for name in labels
        ]
    )  # fmt: skip
    found = cm.compare_scenarios(fit, lowest=lowest, keep_shocks=kept)
    assert found["scenario"].to_numpy().tolist() == labels == found["against"].to_numpy().tolist()
    for i, one in enumerate(labels):
        for j, other in enumerate(labels):
            at = found.sel(scenario=one, against=other)
            difference = totals[i] - totals[j]
            wanted = np.quantile(difference, [0.5, 0.025, 0.975])
            got = [float(at[name]) for name in ("median", "eti95_lower", "eti95_upper")]
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)
            if one == other or {one, other} == {"observed", "same"}:
                assert np.isnan(at["probability"])
            else:
                assert float(at["probability"]) == np.mean(difference > 1e-9)
    edge = totals.min(axis=0) if lowest else totals.max(axis=0)
    first = np.isclose(totals, edge, rtol=1e-12)
    np.testing.assert_allclose(found["best"], (first / first.sum(axis=0)).mean(axis=1), rtol=1e-12)
    assert float(found["best"].sum()) == pytest.approx(1, abs=1e-12)


def test_differences_are_antisymmetric(fit):
    found = cm.compare_scenarios(fit, ["more", "other"])
    for name, of in (("median", "median"), ("eti95_lower", "eti95_upper")):
        np.testing.assert_allclose(found[name], -found[of].to_numpy().T, atol=1e-12)
    assert found["scenario"].to_numpy().tolist() == ["observed", "more", "other"]


def test_a_scenario_that_is_not_there_is_refused(fit):
    with pytest.raises(cm.PanelError, match="no such scenario"):
        cm.compare_scenarios(fit, ["mroe"])
