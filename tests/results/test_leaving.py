"""How far scenarios take cluster-years from the data, by brute force."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.results.leaving import leaving
from tests.designs import PLAIN, made_fit, past, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"lag": 1}},
    "moderators": ["yearly"],
    "controls": ["money"],
    "scenarios": {
        "more": [{"add": {"dose": 1}, "where": {"yearly": {"above": 5}}}],
        "money": [{"add": {"money": 5000}}],
        "both": [{"add": {"dose": 1, "money": 100}}],
        "inside": [{"add": {"dose": 3}, "where": {"dose": {"below": 2}}}],
    },
}


def columns(fit, names, edit=None):
    design, frame = fit.design(), table()
    lags = {"dose": 1, "yearly": 0, "money": 0}
    found = [past(frame, design, name, lags[name]) for name in names]
    return np.column_stack(found), design, frame


def test_the_joint_distance_is_mahalanobis_in_what_is_moved_and_what_bends_it():
    fit = made_fit(DOCUMENT, table())
    x, design, frame = columns(fit, ["dose", "yearly"])
    year_before = past(frame, design, "yearly", 1)
    after = x.copy()
    after[:, 0] += year_before > 5  # judged in the year of the edit
    inverse = np.linalg.inv(np.cov(x, rowvar=False))

    def far(points):
        away = points - x.mean(axis=0)
        return np.sqrt([d @ inverse @ d for d in away])

    found = leaving(fit, "more")
    moved = year_before > 5
    np.testing.assert_allclose(
        found.joint, np.where(moved, far(after), 0) / far(x).max(), rtol=1e-9
    )
    spread = x[:, 0].std(ddof=1)
    wanted = np.where(moved, np.maximum(after[:, 0] - x[:, 0].max(), 0) / spread, 0)
    np.testing.assert_allclose(found.furthest, wanted, rtol=1e-9)
    assert found.beyond.tolist() == (wanted > 0).astype(int).tolist()
    assert found.beyond.any()


def test_a_column_alone_has_no_joint_distance():
    fit = made_fit(DOCUMENT, table())
    found = leaving(fit, "money")
    assert np.isnan(found.joint).all()
    assert found.furthest.max() > 1


def test_effects_show_the_furthest_of_each_group():
    fit = made_fit(DOCUMENT, table())
    by_row, answer = leaving(fit, "both"), cm.effects(fit, "both")
    design = fit.design()
    groups = {("total", ""): np.ones(len(design.years), dtype=bool)}
    groups |= {("year", str(year)): design.years == year for year in np.unique(design.years)}
    groups |= {("cluster", city): design.clusters == city for city in "ABCDE"}
    for row in range(answer.sizes["row"]):
        at = answer.isel(row=row)
        mask = groups[str(at["by"].item()), str(at["level"].item())]
        assert float(at["beyond_data"]) == by_row.beyond[mask].sum()
        assert float(at["furthest"]) == by_row.furthest[mask].max()
        assert float(at["joint"]) == pytest.approx(by_row.joint[mask].max(), rel=1e-12)


def test_what_never_stands_together_is_found_within_every_range():
    rng = np.random.default_rng(2)
    frame = table()
    base = np.repeat(rng.normal(0, 1, 5), 9)[: len(frame)] + rng.normal(0, 1, len(frame))
    frame = frame.assign(dose=base, yearly=base + rng.normal(0, 0.1, len(frame)))
    low = float(frame["yearly"].quantile(0.1))
    told = DOCUMENT | {
        "treatments": {"dose": {}},
        "scenarios": {
            "apart": [
                {"set": {"dose": float(frame["dose"].quantile(0.9))},
                 "where": {"yearly": {"below": low}}}
            ]
        },
    }  # fmt: skip
    fit = made_fit(told, frame)
    found = cm.extrapolation(fit, "apart")
    assert found["jointly"].all()
    assert set(found["column"].to_numpy()) == {"dose with yearly"}
    assert found.sizes["row"] == int((frame["yearly"] < low).sum())
    (finding,) = cm.extrapolation_findings(fit, "apart")
    assert "takes dose with yearly further from the data's middle" in finding.what
    assert not leaving(fit, "apart").beyond.any()
