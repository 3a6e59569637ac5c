"""Every family with every past and every effect of clusters: built, or refused with a reason."""

import itertools

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.families.feedback import FED
from clustermodels.families.table import names
from tests.designs import PLAIN, table

PASTS = {
    "none": None,
    "wooldridge": {},
    "two years": {"lags": 2},
    "ignored": {"initial": "ignore", "accept_bias": True},
    "fed": {"form": "linear_feedback"},
}
CLUSTERS = ("free", "partial", "correlated", None)
SLOPES = ("common", "partial", "free")


def world():
    """Every outcome that a family may have, in one table."""
    rng = np.random.default_rng(4)
    frame = table()
    return frame.assign(
        yes=rng.integers(0, 2, len(frame)).astype(float),
        some=rng.integers(0, 7, len(frame)).astype(float),
        of=7.0,
        much=np.exp(frame["y"] / 2),
        share=rng.uniform(0.02, 0.98, len(frame)),
    )


def column(family):
    columns = {"bernoulli": "yes", "binomial": "some", "gaussian": "y", "student_t": "y"}
    columns |= {"lognormal": "much", "gamma": "much", "beta": "share"}
    return columns.get(family, "count")


def document(family, past, clusters, slope):
    outcome = {"family": family} | ({"trials": "of"} if family == "binomial" else {})
    effects = {"year": {}} | ({"cluster": {"pooling": clusters}} if clusters else {})
    made = PLAIN | {
        "outcomes": {column(family): outcome},
        "treatments": {"dose": {"slope": slope}},
        "fixed_effects": effects,
    }
    return made | ({"dynamics": PASTS[past]} if PASTS[past] is not None else {})


def allowed(family, past, clusters):
    if past == "none":
        return True
    if family in ("binomial", "beta") or (past == "fed" and family not in FED):
        return False
    return past == "ignored" or clusters == "correlated"


COMBINATIONS = [*itertools.product(names(), PASTS, CLUSTERS)]


@pytest.mark.parametrize(
    ("family", "past", "clusters"), [c for c in COMBINATIONS if not allowed(*c)]
)
def test_what_the_grammar_does_not_allow_says_because(family, past, clusters):
    with pytest.raises(cm.SpecError, match="because"):
        cm.read_spec(document(family, past, clusters, "common"))


# What enters the predictor knows no family: of most families every past and every effect of
# clusters is tried once here, and all together among the slow tests.
WHOLE = ("gaussian", "negative_binomial")
ONCE = (("none", "free"), ("wooldridge", "correlated"))
ALLOWED = [c for c in COMBINATIONS if allowed(*c)]
HERE = [c for c in ALLOWED if c[0] in WHOLE or c[1:] in ONCE or c[1] == "fed"]


@pytest.mark.parametrize(("family", "past", "clusters"), HERE)
def test_what_it_allows_has_a_finite_gradient(family, past, clusters):
    has_a_finite_gradient(family, past, clusters)


def has_a_finite_gradient(family, past, clusters):
    spot = COMBINATIONS.index((family, past, clusters))
    spec = cm.read_spec(document(family, past, clusters, SLOPES[spot % len(SLOPES)]))
    panel = cm.read_panel(spec, world())
    model = cm.build_model(cm.design(spec, panel, cm.learn(spec, panel)))
    start = model.initial_point()
    slope = model.compile_fn(model.dlogp(), inputs=model.value_vars, mode="FAST_COMPILE")
    assert np.isfinite(slope(start)).all()
    assert np.isfinite(model.point_logps(start).get(column(family), np.nan))
