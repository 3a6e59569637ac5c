"""The posterior of the shipped patents document: minutes, so it is run only when asked for.

python -m pytest tests/reference/slow_patents.py
"""

import pytest

from tests.reference.cases import ROWS
from tests.reference.fitted import Case, effective, error_factor, half_a_digit

(ROW,) = (row for row in ROWS if row.slow)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return Case(ROW, tmp_path_factory.mktemp("case"))


def test_mean_is_the_published_estimate(case):
    for number in ROW.numbers:
        draws = case.draws(number)
        allowed = ROW.tolerance * draws.std() + half_a_digit(number.value)
        assert abs(draws.mean() - float(number.value)) <= allowed, number


def test_sd_follows_the_documents_own_density(case):
    """At 4,000 effective draws; 0.1 sd between mode and mean of a skewed posterior."""
    mode = case.density(own_priors=True).mode()
    for number in ROW.numbers:
        draws = case.draws(number)
        assert effective(draws) >= 4000, number
        assert abs(draws.mean() - mode.value(number.weights)) < 0.1 * draws.std(), number
        assert draws.std() == pytest.approx(mode.error(number.weights), rel=0.05), number


def test_sd_is_the_published_error(case):
    factor = error_factor(ROW, case.mode(case.density()))
    for number in ROW.numbers:
        published = float(number.error)
        allowed = 0.05 * published + half_a_digit(number.error)
        assert abs(case.draws(number).std() * factor - published) <= allowed, number
