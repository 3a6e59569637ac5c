"""The linear predictor at given coefficients, in numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.families.family import mean
from clustermodels.spec.names import INTERCEPT

Draws = Mapping[str, Values]


def linear_predictor(design: Design, draws: Draws) -> Values:
    """Give eta = offset + intercept + sum of the blocks' contributions.

    Parameters
    ----------
    design
        Of any panel, fitted or edited.
    draws
        Posterior names to arrays (S, ...), in the user's units.

    Returns
    -------
    array
        (S, obs), on the link's scale.
    """
    eta = design.outcome.offset + np.asarray(draws[INTERCEPT])[:, None]
    for block in design.blocks:
        add_contribution(eta, block, draws)
    return eta


def add_contribution(eta: Values, block: Block, draws: Draws) -> None:
    """Add a block's contribution to eta, (S, obs), in place."""
    for position, term in enumerate(block.terms):
        column = block.values[:, position]
        coefficient = internal(block, position, draws)
        if block.factor is None:
            eta += coefficient[:, None] * column
        elif term.around is None and (column == 1).all():
            eta += coefficient[:, block.factor.codes]
        else:
            eta += coefficient[:, block.factor.codes] * column


def internal(block: Block, position: int, draws: Draws) -> Values:
    """Give a term's internal coefficients: (S,) where common, (S, level) by a factor."""
    term = block.terms[position]
    if block.labels is not None:
        coefficient: Values = np.asarray(draws[block.name])[:, position]
    else:
        coefficient = np.asarray(draws[term.name])
    if term.around is not None:
        coefficient = coefficient - np.asarray(draws[term.around])[:, None]
    return coefficient / term.unit


def expected_outcome(design: Design, draws: Draws) -> Values:
    """Give the expected outcome of every row, (S, obs), in the outcome's units."""
    outcome = design.outcome
    return mean(outcome.family, linear_predictor(design, draws), outcome.trials)
