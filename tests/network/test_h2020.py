"""Six real networks of 150 cities against columns that were computed elsewhere.

Joint Horizon 2020 projects; CORDIS, (c) European Union, CC BY 4.0.
"""

import numpy as np
import pytest

from clustermodels.network.measures import Options
from clustermodels.network.network import make_network
from clustermodels.network.positions import centrality, positions
from tests.h2020 import city_ties, city_years


@pytest.fixture(scope="module")
def cities():
    return city_years()


@pytest.fixture(scope="module")
def network(cities):
    ties = city_ties()
    return make_network(ties["a"], ties["b"], ties["year"], ties["leit_projects"], cities["id"])


@pytest.mark.parametrize(
    ("measure", "column", "digits"),
    [
        ("degree", "leit_degree", 0),
        ("closeness", "leit_closeness", 5),
        ("harmonic", "leit_harmonic", 5),
        ("betweenness", "leit_betweenness", 6),
    ],
)
def test_measures_equal_the_columns_to_the_printed_digits(network, cities, measure, column, digits):
    found = centrality(network, measure)
    assert found.shape == (6, 150)
    columns = cities.pivot(index="year", columns="id", values=column)
    expected = columns.loc[found["year"].to_numpy(), found["node"].to_numpy()].to_numpy()
    # half a unit of the last digit; a hair more, because 0.5 itself may round either way
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.5001 * 10.0**-digits)
    assert np.ptp(expected) > 0.05


def test_the_fast_way_gives_the_same(network):
    wanted = [(name, Options()) for name in ("closeness", "betweenness")]
    for (name, _), values in zip(wanted, positions(network, wanted, 2018), strict=True):
        np.testing.assert_array_equal(values, centrality(network, name).sel(year=2018))
