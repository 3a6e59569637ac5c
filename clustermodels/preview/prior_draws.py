"""Draws from the prior of a design, in numpy: what the model expects before it sees an outcome."""

from __future__ import annotations

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.cells import Cells, Regression, expected_cells
from clustermodels.data.correlations import draw as draw_cholesky
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.data.processes import weights
from clustermodels.data.serial import carried
from clustermodels.data.shapes import faded
from clustermodels.families.priors import draw
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.residuals import CARRIED


def prior_draws(design: Design, size: int, seed: int) -> dict[str, Values]:
    """Draw ``size`` times from the prior.

    Returns
    -------
    dict
        Posterior names to (size, ...), in the user's units, without sds and the correlations of
        coefficients.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, Values] = {INTERCEPT: draw(design.intercept, rng, (size,))}
    for name, prior in design.outcome.parameters.items():
        drawn[name] = draw(prior, rng, (size,))
    if design.serial is not None:
        half = rng.beta(*(design.serial.concentration,) * 2, size=size)
        drawn[CARRIED] = 2 * half - 1
    for block in design.blocks:
        if block.smooth is not None:
            drawn |= _process(block, rng, size)
        elif block.factor is None:
            values = [draw(term.prior, rng, (size,)) * term.unit for term in block.terms]
            if block.labels is not None:
                drawn[block.name] = np.column_stack(values)
            elif block.decay is not None:
                drawn[block.decay.name] = share = draw(block.decay.prior, rng, (size,))
                course = faded(values[0], share, len(block.terms))
                drawn |= {t.name: column for t, column in zip(block.terms, course.T, strict=True)}
            else:
                drawn[block.name] = values[0]
    for block in design.blocks:
        if block.factor is not None:
            _by_level(block, rng, size, drawn)
    for cells in design.cells:
        _cells(cells, rng, size, drawn)
    return drawn


def _process(block: Block, rng: np.random.Generator, size: int) -> dict[str, Values]:
    """Draw the coefficients of a Gaussian process, at draws of its height and length."""
    smooth = block.smooth
    assert smooth is not None
    height, reach = (draw(law, rng, (size,)) for law in (smooth.height, smooth.reach))
    sds = height[:, None] * weights(len(block.terms), reach)
    units = np.array([term.unit for term in block.terms])
    return {
        block.name: sds * rng.standard_normal(sds.shape) * units,
        smooth.amplitude: height * smooth.units[0],
        smooth.length: reach * smooth.units[1],
    }


def _cells(cells: Cells, rng: np.random.Generator, size: int, drawn: dict[str, Values]) -> None:
    """Draw unknown cells given what was observed, at draws of what they follow."""
    table = np.empty((size, len(cells.rows)))
    mean = draw(cells.mean, rng, (size,))
    slopes = np.array([draw(law, rng, (size,)) for law in cells.slopes]).reshape(-1, size)
    sd, between = draw(cells.sd, rng, (size,)), draw(cells.between, rng, (size,))
    for one in range(size):
        at = Regression(float(mean[one]), slopes[:, one], float(sd[one]), float(between[one]))
        u = between[one] * rng.normal(size=len(cells.cluster.levels))
        expected, left = expected_cells(cells, at, u)
        table[one] = expected + left * rng.normal(size=len(expected))
    drawn[cells.name] = cells.centre + cells.spread * table


def _by_level(block: Block, rng: np.random.Generator, size: int, drawn: dict[str, Values]) -> None:
    assert block.factor is not None
    levels, k = len(block.factor.levels), len(block.terms)
    if block.pooling == "free":
        (term,) = block.terms
        z = draw(term.prior, rng, (size, levels))
        internal = [z - z.mean(axis=1, keepdims=True)]
    elif block.serial is not None:
        internal = [
            carried(block.serial, drawn[CARRIED], rng) * draw(block.terms[0].prior, rng, (size, 1))
        ]
    else:
        factor = draw_cholesky(rng, size, k, block.concentration)
        z = rng.standard_normal((size, k, levels))
        mixed = factor @ z
        internal = [
            mixed[:, i] * draw(term.prior, rng, (size, 1)) for i, term in enumerate(block.terms)
        ]
    for term, values in zip(block.terms, internal, strict=True):
        around = drawn[term.around][:, None] if term.around else 0.0
        drawn[term.name] = values * term.unit + around
        if term.along is not None:
            drawn[term.name] += drawn[term.along.name][:, None] * term.along.amount
