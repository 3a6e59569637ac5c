"""The mode and the curvature of large panels are those of sparse matrices."""

import numpy as np
import pytest

from clustermodels.data.mode import Given, find_mode
from clustermodels.results import curvature
from tests.designs import PLAIN, designed, table

DOCUMENT = PLAIN | {
    "treatments": {"dose": {"slope": "partial"}, "money": {"transform": "log", "slope": "free"}},
    "controls": ["phase"],
    "fixed_effects": {
        "cluster": {"pooling": "correlated"},
        "year": {},
        "region_year": {"columns": ["region", "year"], "pooling": "partial"},
    },
}


def zeros(design):
    draws = {"intercept": np.zeros(2)}
    for block in design.blocks:
        levels = () if block.factor is None else (len(block.factor.levels),)
        draws |= {term.name: np.zeros((2, *levels)) for term in block.terms}
        draws[block.name] = np.zeros((2, *(levels or (len(block.terms),))))
    return draws | {term.around: np.zeros(2) for b in design.blocks for term in b.terms}


@pytest.mark.parametrize("dense", [0, 10**7])
@pytest.mark.parametrize(
    ("outcome", "parameters"),
    [
        ({"y": {"family": "gaussian"}}, {"sigma": np.array([1.5])}),
        ({"y": {"family": "student_t"}}, {"sigma": np.array([1.5]), "nu": np.array([9.0])}),
        ({"count": {"family": "negative_binomial"}}, {"dispersion": np.array([0.2])}),
    ],
)
def test_the_mode_and_its_curvature(monkeypatch, outcome, parameters, dense):
    monkeypatch.setattr(curvature, "DENSE", dense)
    design = designed(DOCUMENT | {"outcomes": outcome}, table())[3]
    parameters = {name: parameters[name] for name in design.outcome.parameters}
    of_two = np.array([[0.3, 0.05], [0.05, 0.2]])
    sizes = {block.name: len(block.sds) for block in design.blocks if block.sds}
    assert {*sizes.values()} == {1, 2}
    covariances = {name: of_two if k == 2 else of_two[:1, :1] for name, k in sizes.items()}
    given = Given(parameters, covariances)
    wanted = find_mode(design, given)
    got = curvature.curved(design, given, zeros(design))
    np.testing.assert_allclose(
        got.columns.times(got.beta), wanted.x @ wanted.beta, rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(got.first, wanted.first, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(got.columns.scores(got.first) + got.pull, 0, atol=1e-3)
    # both are X H^-1 X' at the mode, whatever the order of the coefficients
    rows = np.random.default_rng(1).normal(size=len(wanted.first))
    inverse = np.linalg.inv(wanted.hessian.toarray())
    np.testing.assert_allclose(
        got.columns.times(got.hessian.solve(got.columns.scores(rows))),
        wanted.x @ (inverse @ (wanted.x.T @ rows)),
        rtol=1e-3,
        atol=1e-4,
    )
