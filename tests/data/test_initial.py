"""What a cluster's effect is conditional on: first outcomes, first covariates, later means."""

import numpy as np
import pytest

import clustermodels as cm
from tests.designs import PLAIN, block_of, designed, lookup, table

DYNAMIC = PLAIN | {
    "treatments": {"dose": {"slope": "common"}},
    "controls": ["money", "fixed"],
    "fixed_effects": {"cluster": {"pooling": "correlated"}},
    "dynamics": {},
}
BEGAN = dict.fromkeys("ABCDE", 2010)


def standardised(values):
    return (values - values.mean()) / values.std(ddof=1)


def by_cluster(design, values):
    """Give what a column holds for each cluster, which must be one number."""
    found = {}
    for cluster, value in zip(design.clusters, values, strict=True):
        assert found.setdefault(cluster, value) == value
    return np.array([found[cluster] for cluster in sorted(found)])


def test_the_past_is_a_column_of_its_own_with_the_outcome_as_it_was():
    frame = table()
    spec, _, learned, design = designed(DYNAMIC | {"dynamics": {"lags": 2}}, frame)
    y = lookup(frame, "y")
    for name, lag in (("rho", 1), ("rho_2", 2)):
        block = block_of(design, name)
        places = zip(design.clusters, design.years, strict=True)
        wanted = np.array([y[city, year - lag] for city, year in places])
        np.testing.assert_allclose(
            block.values[:, 0] / block.terms[0].unit + learned.scales[name].centre, wanted
        )
        assert (block.from_outcome.lag, block.from_outcome.transform) == (lag, "none")
    assert spec.dynamics.initial == "wooldridge"


def test_first_values_are_of_the_year_before_the_first_row_and_means_of_the_rows():
    frame = table()
    _, _, _, design = designed(DYNAMIC, frame)
    block = block_of(design, "cluster_initial")
    assert block.labels == ("y", "dose", "money"), "what never varies within clusters is left out"
    for position, column in enumerate(block.labels):
        first = np.array([lookup(frame, column)[city, 2010] for city in "ABCDE"])
        np.testing.assert_allclose(
            by_cluster(design, block.values[:, position]), standardised(first)
        )
    means = block_of(design, "cluster_means")
    assert means.labels == ("dose", "money"), "no mean of the past outcome"
    used = set(zip(design.clusters, design.years, strict=True))
    assert ("A", 2010) not in used
    assert ("B", 2013) not in used, "its year before is not in the panel"
    dose = lookup(frame, "dose")
    later = np.array([np.mean([dose[k] for k in used if k[0] == city]) for city in "ABCDE"])
    np.testing.assert_allclose(by_cluster(design, means.values[:, 0]), standardised(later))


def test_with_more_lags_there_are_more_first_outcomes():
    frame = table()
    _, _, _, design = designed(DYNAMIC | {"dynamics": {"lags": 3}}, frame)
    block = block_of(design, "cluster_initial")
    assert block.labels[:3] == ("y", "y, 2 years before", "y, 3 years before")
    y = lookup(frame, "y")
    began = {"A": 2013, "B": 2016, "C": 2013, "D": 2013, "E": 2013}
    for lag in (1, 2, 3):
        first = np.array([y[city, year - lag] for city, year in began.items()])
        np.testing.assert_allclose(
            by_cluster(design, block.values[:, lag - 1]), standardised(first)
        )


def test_a_first_covariate_that_was_not_observed_is_left_out():
    document = DYNAMIC | {"treatments": {"dose": {"slope": "common", "lag": 1}}}
    _, _, _, design = designed(document, table())
    assert block_of(design, "cluster_initial").labels == ("y", "money")


def test_products_have_first_values_and_a_scenario_leaves_all_of_them():
    document = DYNAMIC | {
        "moderators": ["yearly"],
        "scenarios": {"more": [{"add": {"dose": 2}}]},
    }
    frame = table()
    spec, panel, learned, design = designed(document, frame)
    block = block_of(design, "cluster_initial")
    assert block.labels == ("y", "dose", "yearly", "money", "dose_x_yearly")
    dose, yearly = lookup(frame, "dose"), lookup(frame, "yearly")
    centres = {name: learned.scales[name].centre for name in ("dose", "yearly")}
    first = np.array(
        [(dose[c, 2010] - centres["dose"]) * (yearly[c, 2010] - centres["yearly"]) for c in "ABCDE"]
    )
    np.testing.assert_allclose(by_cluster(design, block.values[:, 4]), standardised(first))
    after = cm.data.scenarios.counterfactual(spec, panel, learned, "more")
    for name in ("cluster_initial", "cluster_means", "rho"):
        np.testing.assert_array_equal(block_of(after, name).values, block_of(design, name).values)
    assert not np.array_equal(block_of(after, "dose").values, block_of(design, "dose").values)


def test_counts_enter_as_the_log_of_one_more():
    frame = table()
    document = DYNAMIC | {"outcomes": {"count": {"family": "negative_binomial"}}}
    _, _, learned, design = designed(document, frame)
    count = lookup(frame, "count")
    places = zip(design.clusters, design.years, strict=True)
    wanted = np.log1p([count[city, year - 1] for city, year in places])
    block = block_of(design, "rho")
    np.testing.assert_allclose(block.values[:, 0], standardised(wanted))
    assert learned.scales["rho"].symbol == "log(1 + count[i,t-1])"
    assert block.terms[0].words == "a doubling of 1 + count 1 year before"


def test_rows_without_a_past_are_in_the_ledger():
    _, panel, _, _ = designed(DYNAMIC, table())
    reasons = {loss.reason: {*loss.places} for loss in panel.losses}
    assert reasons["no y 1 year before"] == {(c, 2010) for c in "ABCDE"} | {("B", 2013)}


@pytest.mark.parametrize(
    ("family", "column", "sd"), [("gaussian", "y", 1.0), ("poisson", "count", 1.0)]
)
def test_the_prior_of_the_past_is_of_what_is_left_of_a_change(family, column, sd):
    document = DYNAMIC | {"outcomes": {column: {"family": family}}}
    _, _, _, design = designed(document, table())
    (term,) = block_of(design, "rho").terms
    assert dict(term.prior.arguments) == pytest.approx({"mean": 0.0, "sd": sd / term.unit})
