"""The combinations of family, past and effects of clusters that the ordinary tests leave out."""

import pytest

from tests.model.test_combinations import ALLOWED, HERE, has_a_finite_gradient


@pytest.mark.parametrize(("family", "past", "clusters"), [c for c in ALLOWED if c not in HERE])
def test_it_has_a_finite_gradient(family, past, clusters):
    has_a_finite_gradient(family, past, clusters)
