"""Step 1: the maximum of the compiled density under flat priors gives the published numbers."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.reference.cases import ROWS
from tests.reference.fitted import Case, error_factor, half_a_digit
from tests.reference.oracles import WIDE

POOLED = [row for row in ROWS if row.held]
SHIPS = [row for row in ROWS if row.name == "ships"]


@pytest.fixture(scope="module")
def solve(tmp_path_factory):
    """Give a row's case, density and mode, made once."""

    @cache
    def solved(row):
        case = Case(row, tmp_path_factory.mktemp("case"))
        density = case.density()
        return case, density, case.mode(density)

    return solved


def every(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


@every(ROWS)
def test_estimates_to_the_printed_digits(solve, row):
    _, _, mode = solve(row)
    for number in row.numbers:
        rounded = float(number.value) - number.slip
        assert abs(mode.value(number.weights) - rounded) <= half_a_digit(number.value), number


@every(ROWS)
def test_errors_to_one_percent(solve, row):
    """Or to the printed digits, where rounding alone may be more than 1 %."""
    _, _, mode = solve(row)
    factor = error_factor(row, mode)
    for number in row.numbers:
        apart = abs(mode.error(number.weights) * factor - float(number.error))
        allowed = max(0.01 * float(number.error), half_a_digit(number.error))
        assert apart <= allowed, number


@every(ROWS)
def test_one_newton_step_where_the_density_is_quadratic(solve, row):
    _, density, mode = solve(row)
    if density.design.outcome.family.name == "gaussian":
        assert mode.steps == 1
    else:
        assert mode.steps > 1


@every(POOLED)
def test_restricted_likelihood_of_pooled_rows(solve, row):
    """Its criterion as printed, and higher one printed digit to either side of any printed sd.

    The integral over all coefficients is exact, since the log density is quadratic in them; each
    flat prior has the density 1 / (WIDE sqrt(2 pi)), which is taken out again.
    """
    case, density, mode = solve(row)
    coefficients = 1 + sum(block.factor is None for block in density.design.blocks)

    def criterion(at):
        flat_priors = coefficients * np.log(WIDE * np.sqrt(2 * np.pi))
        return -2 * (at.log_integral + flat_priors)

    least = criterion(mode)
    # the printed sds are rounded, and 251 / WIDE is not quite nothing
    assert abs(least - float(row.criterion)) < 0.003
    for name, printed in row.held.items():
        for direction in (-2, 2):
            moved = float(printed) + direction * half_a_digit(printed)
            other = Case(replace(row, held=row.held | {name: repr(moved)}), case.folder)
            assert criterion(density.mode(**other.held)) > least, (name, moved)


@every(SHIPS)
def test_deviance_of_the_ships(solve, row):
    """McCullagh & Nelder 1989, section 6.3.2: 38.7 on 25 degrees of freedom."""
    _, density, mode = solve(row)
    y, mu = density.design.outcome.values, mode.expected
    terms = np.where(y > 0, y * np.log(np.maximum(y, 1) / mu), 0.0) - (y - mu)
    assert len(y) - mode.size == 25
    assert round(2 * terms.sum(), 1) == 38.7
