"""Transforms, their domains, and the step that an effect is quoted for."""

import numpy as np
import pytest

from clustermodels.data.transforms import domain, forward, unit_change
from clustermodels.spec.transforms import Per

X = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 3.0, 1e6])


@pytest.mark.parametrize(
    ("transform", "formula", "inside"),
    [
        ("none", lambda x: x, -np.inf < X),
        ("log", np.log, X > 0),
        ("log1p", lambda x: np.log(1 + x), X > -1),
        ("sqrt", lambda x: x**0.5, X >= 0),
        ("standardise", lambda x: (x - 4.0) / 2.5, -np.inf < X),
        (Per(per=8.0), lambda x: x / 8, -np.inf < X),
    ],
)
def test_forward_is_the_formula_inside_and_nan_outside(transform, formula, inside):
    got = forward(X, transform, (4.0, 2.5))
    np.testing.assert_array_equal(np.isnan(got), ~inside)
    np.testing.assert_allclose(got[inside], formula(X[inside]), rtol=1e-15)


def test_the_past_that_is_missing_stays_missing():
    for transform in ("none", "log", "log1p", "sqrt", "standardise", Per(per=2.0)):
        assert np.isnan(forward(np.array([np.nan]), transform)).all()


@pytest.mark.parametrize(
    ("transform", "said"),
    [("log", "above 0"), ("log1p", "above -1"), ("sqrt", "0 or more"), ("none", "any number")],
)
def test_domain_in_words(transform, said):
    assert domain(transform) == said
    assert domain(Per(per=3.0)) == "any number"


@pytest.mark.parametrize(
    ("transform", "step", "words"),
    [
        ("none", 1.0, "one more grants"),
        ("log", np.log(2), "a doubling of grants"),
        ("log1p", np.log(2), "a doubling of 1 + grants"),
        ("sqrt", 5**0.5 - 4**0.5, "one more grants at 4"),
        ("standardise", 1 / 2.5, "one more grants"),
        (Per(per=8.0), 1.0, "8 more grants"),
    ],
)
def test_the_step_of_one_more_at_the_median(transform, step, words):
    values = np.array([0.0, 1.0, 4.0, 9.0, 100.0])
    got, said = unit_change(values, transform, "grants", (4.0, 2.5))
    assert got == pytest.approx(step, rel=1e-12)
    assert said == words
