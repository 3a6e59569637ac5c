"""A scenario that leaves the range of the data: which cluster-years, and how far."""

import numpy as np

from clustermodels.results.extrapolation import extrapolation_findings
from clustermodels.results.predict import predict
from clustermodels.spec.read import read_text
from tests.designs import PLAIN, made_fit, past, table

DOCUMENT = PLAIN | {
    "treatments": {"money": {"transform": "log", "lag": 1, "slope": "common"}},
    "controls": ["yearly"],
    "scenarios": {
        "rich": [{"scale": {"money": 3}, "where": {"city": {"is": ["A", "D"]}}}],
        "poor": [{"set": {"money": 0.001}, "years": [2014]}],
        "inside": [{"set": {"money": 500}}],
        "both": [{"add": {"money": 1e6, "yearly": -1000}}],
        "nothing": [{"scale": {"money": 1}}],
    },
}


def test_the_cluster_years_beyond_and_how_far_by_brute_force():
    frame = table()
    fit = made_fit(DOCUMENT, frame)
    design = fit.design()
    (finding,) = extrapolation_findings(fit, "rich")
    x = np.log(past(frame, design, "money", 1))
    after = np.where(np.isin(design.clusters, ["A", "D"]), x + np.log(3), x)
    beyond = sorted(
        (-value, f"{c} {y} ({value:.3g})")
        for value, c, y in zip(after, design.clusters, design.years, strict=True)
        if value > x.max()
    )
    assert len(beyond) > 2
    furthest = (after.max() - x.max()) / x.std(ddof=1)
    assert f"in {len(beyond)} of {len(x)} cluster-years" in finding.what
    assert f"the data's {x.min():.3g} to {x.max():.3g}" in finding.what
    assert f"at most by {furthest:.2g} standard deviations" in finding.what
    said = [text for _, text in beyond[:5]]
    assert ", ".join(said) in finding.what


def test_below_the_range_is_beyond_it_too_and_a_lag_is_counted():
    frame = table()
    (finding,) = extrapolation_findings(made_fit(DOCUMENT, frame), "poor")
    x = np.log(frame["money"])
    assert "'money' beyond" in finding.what
    assert "in 5 of" in finding.what  # the five cities a year later
    assert "A 2015 (-6.91)" in finding.what
    assert x.min() > -6.9


def test_what_stays_inside_or_does_not_move_is_no_finding():
    fit = made_fit(DOCUMENT, table())
    assert not extrapolation_findings(fit, "inside")
    assert not extrapolation_findings(fit, "nothing")


def test_each_column_has_its_own():
    found = extrapolation_findings(made_fit(DOCUMENT, table()), "both")
    assert [f.check for f in found] == ["extrapolation"] * 2
    assert ["'money'" in found[0].what, "'yearly'" in found[1].what] == [True, True]


def test_it_points_at_the_line_of_the_scenario():
    text = """outcomes: {y: {family: gaussian}}
data: {panel: {cluster: city, year: year}}
controls: [money]
scenarios:
  small: [{add: {money: 0}}]
  large: [{add: {money: 1e9}}]
"""
    fit = made_fit(read_text(text, "spec.yaml"), table())
    (finding,) = extrapolation_findings(fit, "large")
    assert (finding.path, finding.line) == ("scenarios.large", 6)


def test_outcomes_that_feed_on_themselves_beyond_the_data_are_found():
    told = PLAIN | {
        "treatments": {"dose": {"slope": "common"}},
        "fixed_effects": {"cluster": {"pooling": "correlated"}},
        "dynamics": {},
        "scenarios": {
            "more": [{"add": {"dose": 1}, "where": {"dose": {"below": 3}}}],
            "none": [{"add": {"dose": 0}}],
        },
    }
    fit = made_fit(told, table(), around={"rho": 0.9, "dose": 1.5, "intercept": 3.0}, noise=0.01)
    assert not extrapolation_findings(fit, "none")
    (said,) = (f for f in extrapolation_findings(fit, "more") if f.check == "walked_beyond")
    before, after = (predict(fit, name).median(("chain", "draw")) for name in (None, "more"))
    high = fit.design().outcome.values.max()
    beyond = (after > high) & (before <= high)
    assert f"in {int(beyond.sum())} of {beyond.size} cluster-years" in said.what
    assert f"furthest to {float(after.where(beyond).max()):.3g} in" in said.what
