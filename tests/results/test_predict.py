"""Predictions by hand from the posterior, on every link."""

import numpy as np
import pytest

import clustermodels as cm
from tests.designs import PLAIN, made_fit, past, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"transform": "log", "lag": 1}},
    "controls": ["phase"],
    "fixed_effects": {"year": {}},
    "scenarios": {"double": [{"scale": {"dose": 2}, "where": {"region": {"is": "n"}}}]},
}
CASES = {
    "poisson": ({"count": {"family": "poisson", "exposure": "people"}}, np.exp),
    "binomial": (
        {"count": {"family": "binomial", "trials": "people"}},
        lambda eta: 1 / (1 + np.exp(-eta)),
    ),
    "gaussian": ({"y": {"family": "gaussian"}}, lambda eta: eta),
}


def by_hand(fit, frame, inverse, dose, chain, draw):
    """Give the expected outcome of every row at one draw."""
    design = fit.design()
    at = fit.posterior.isel(chain=chain, draw=draw)
    x = np.log(dose)
    centre = np.log(past(frame, design, "dose", 1)).mean()
    size = past(frame, design, "people", 0) if inverse is not CASES["gaussian"][1] else 1.0
    slope = at["dose_by_cluster"].sel(cluster=list(design.clusters)).to_numpy()
    phase = at["phase"].sel(phase_level=list(past(frame, design, "phase", 0))).to_numpy()
    years = [str(level) for level in at["year"].to_numpy()]
    year = at["year_effect"].to_numpy()[[years.index(str(t)) for t in design.years]]
    return inverse(float(at["intercept"]) + slope * (x - centre) + phase + year) * size


@pytest.mark.parametrize("shape", [{}, {"chains": 1, "draws": 3}, {"chains": 1, "draws": 1}])
@pytest.mark.parametrize("family", CASES)
def test_every_row_at_every_draw(family, shape):
    frame = table()
    outcome, inverse = CASES[family]
    fit = made_fit(DOCUMENT | {"outcomes": outcome}, frame, around={"intercept": -1.5}, **shape)
    design = fit.design()
    dose = past(frame, design, "dose", 1)
    north = past(frame, design, "region", 0) == "n"
    for scenario, given in ((None, dose), ("double", np.where(north, 2 * dose, dose))):
        made = cm.predict(fit, scenario)
        assert made.dims == ("chain", "draw", "obs")
        for chain in range(made.sizes["chain"]):
            for draw in range(made.sizes["draw"]):
                wanted = by_hand(fit, frame, inverse, given, chain, draw)
                np.testing.assert_allclose(made[chain, draw], wanted, rtol=1e-10)


def test_its_labels():
    frame = table()
    fit = made_fit(DOCUMENT | {"outcomes": CASES["poisson"][0]}, frame)
    fit.tree["posterior"] = fit.tree["posterior"].to_dataset().assign_coords(chain=[4, 7])
    made = cm.predict(fit, "double")
    assert made.name == "count"
    assert made.attrs["scenario"] == "double"
    assert cm.predict(fit).attrs["scenario"] == "observed"
    assert made["chain"].to_numpy().tolist() == [4, 7]
    wanted = [
        (c, y)
        for c, y in zip(frame["city"], frame["year"], strict=True)
        if ((frame["city"] == c) & (frame["year"] == y - 1)).any()
    ]
    got = zip(made["cluster"].to_numpy().tolist(), made["year"].to_numpy().tolist(), strict=True)
    assert [*got] == wanted


def test_a_scenario_that_a_transform_does_not_take_is_refused():
    document = DOCUMENT | {
        "outcomes": CASES["poisson"][0],
        "scenarios": {"gone": [{"set": {"dose": 0}, "years": [2014]}]},
    }
    with pytest.raises(cm.PanelError, match=r"5 values that log does not take.*Got 0 in A 2014"):
        cm.predict(made_fit(document, table()), "gone")
