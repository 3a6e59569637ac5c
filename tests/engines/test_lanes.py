"""Points side by side: each is somewhere, in the order that a kernel expects."""

import numpy as np
import pytest

from clustermodels.engines.lanes import FEWEST, MOST, blocks, filled, together
from clustermodels.engines.laplace import marginal
from tests.engines.fast import DOCUMENTS, laid


@pytest.mark.parametrize(("size", "lanes"), [(10, 4), (8, 4), (3, 8), (1, 1)])
@pytest.mark.parametrize("runs", [True, False])
def test_every_point_stands_where_it_is_said(size, lanes, runs):
    rng = np.random.default_rng(1)
    own, beta, precision = rng.random(size), rng.random((size, 3)), rng.random((size, 2, 2))
    made = blocks(own, beta, precision, lanes, runs=runs)
    assert set(made.place.ravel()) == set(range(size))
    if runs:
        for lane in made.place.T:
            assert (np.diff(lane)[lane[1:] < size - 1] == 1).all()
    else:
        assert made.place.ravel()[:size].tolist() == list(range(size))
    for b, block in enumerate(made.place):
        np.testing.assert_array_equal(made.own[b], own[block])
        np.testing.assert_array_equal(made.beta[b], beta[block].T)
        np.testing.assert_array_equal(made.precision[b], np.moveaxis(precision[block], 0, -1))


def test_lanes_are_as_many_as_memory_allows():
    assert together(4000, 10) == MOST
    assert together(5, 10) == 5
    assert together(4000, 10**9) == FEWEST
    # beside matrices of 1,200 x 1,200
    assert together(4000, 10, 1200**2) == 5
    assert together(4000, 10, 10, 10**9) == 1
    assert [filled(points) for points in (1, 2, 3, 4, 5, 8, 9, 17)] == [1, 2, 4, 4, 8, 8, 16, 24]


@pytest.mark.parametrize("name", ["slopes", "free crossed", "exposure", "trials"])
def test_the_density_at_a_point_does_not_depend_on_those_beside_it(name):
    """But for how far the search for a mode went, which quadrature need not know."""
    one = laid(DOCUMENTS[name])
    x, gamma, u = one.points(MOST + 3, wide=0.2)
    found = marginal(one.arrow, one.hyper, 12).log_density(x, gamma, u[:, 0].T)
    alone = [
        marginal(one.arrow, one.hyper, 12).log_density(x[s : s + 1], gamma[s : s + 1], u[:, 0].T)[0]
        for s in (0, 1, MOST - 1, MOST, MOST + 2)
    ]
    np.testing.assert_allclose(found[[0, 1, MOST - 1, MOST, MOST + 2]], alone, atol=1e-6)


@pytest.mark.parametrize("name", ["slopes", "exposure", "yes"])
def test_expansions_side_by_side_are_expansions_one_by_one(name):
    one = laid(DOCUMENTS[name])
    x = one.points(7, wide=0.2)[0]
    by = marginal(one.arrow, one.hyper, 1)
    for found, at in zip(by.expand(x), x, strict=True):
        (alone,) = by.expand(at[None])
        assert found.log_marginal == pytest.approx(alone.log_marginal, abs=1e-3)
        np.testing.assert_allclose(found.factor @ (found.centre - alone.centre), 0, atol=1e-2)
