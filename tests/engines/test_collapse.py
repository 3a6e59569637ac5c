"""Rows that differ only in their outcome are put together, and nothing changes."""

import numpy as np
import pandas as pd
import pytest

from clustermodels.engines.arrow import arrow
from clustermodels.engines.collapse import collapsed
from clustermodels.engines.hyper import hyperparameters
from clustermodels.engines.laplace import marginal
from tests.designs import designed


def rows():
    rng = np.random.default_rng(1)
    city, year = np.divmod(np.arange(20 * 12), 12)
    step = year // 4.0
    return pd.DataFrame(
        {
            "city": [f"c{number:02d}" for number in city],
            "year": year,
            "step": step,
            "open": rng.uniform(0.5, 2, len(city)),
            "count": rng.poisson(np.exp(0.5 + 0.2 * step)),
            "yes": rng.integers(0, 2, len(city)),
            "tries": rng.integers(3, 9, len(city)),
        }
    ).assign(hits=lambda table: np.minimum(table["count"], table["tries"]))


@pytest.mark.parametrize(
    ("outcome", "same"),
    [
        ({"count": {"family": "poisson", "exposure": "open"}}, True),
        ({"yes": {"family": "bernoulli"}}, True),
        ({"hits": {"family": "binomial", "trials": "tries"}}, True),
        ({"count": {"family": "negative_binomial"}}, False),
    ],
)
def test_the_density_is_that_of_all_rows_up_to_a_constant(outcome, same):
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": outcome,
        "controls": ["step"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    made = designed(document, rows())[3]
    whole, hyper = arrow(made), hyperparameters(made)
    fewer = collapsed(whole)
    assert len(fewer.y) == (20 * 3 if same else 20 * 12)
    assert fewer.levels == 20
    assert fewer.y.sum() == whole.y.sum()
    rng = np.random.default_rng(2)
    x, gamma = rng.normal(-0.5, 0.4, (6, hyper.size)), rng.normal(0, 0.4, (6, 2))
    u = np.zeros((20, 1))
    one, other = (marginal(of, hyper, 8).log_density(x, gamma, u) for of in (whole, fewer))
    np.testing.assert_allclose(one - one[0], other - other[0], rtol=1e-9, atol=1e-8)


def test_rows_in_another_order_are_put_together_all_the_same():
    document = {
        "data": {"panel": {"cluster": "city", "year": "year"}},
        "outcomes": {"count": {"family": "poisson"}},
        "controls": ["again"],
        "fixed_effects": {"cluster": {"pooling": "partial"}},
    }
    made = designed(document, rows().assign(again=lambda table: table["year"] % 3.0))[3]
    whole = arrow(made)
    fewer = collapsed(whole)
    assert len(fewer.y) == 20 * 3
    for level in range(20):
        own = slice(whole.starts[level], whole.starts[level + 1])
        for at in range(fewer.starts[level], fewer.starts[level + 1]):
            equal = (whole.x[own] == fewer.x[at]).all(axis=1)
            assert fewer.y[at] == whole.y[own][equal].sum()
            assert fewer.offset[at] == pytest.approx(np.log(equal.sum()))
