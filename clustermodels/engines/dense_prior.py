"""The normal prior of the dense coefficients, and the free numbers that they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Values
from clustermodels.families.priors import Prior
from clustermodels.spec.names import INTERCEPT


@dataclass(frozen=True, eq=False)
class DensePrior:
    """The prior of a block's dense coefficients.

    Parameters
    ----------
    centre, precision
        (r,) each: of its free ones, independent. A precision of 0 depends on hyperparameters, and
        is filled in with them.
    basis
        (q, r): all are this times the free ones.
    """

    centre: Values
    precision: Values
    basis: Values


def narrowed(design: Design, factor: Factor | None) -> dict[str, float]:
    """Give the prior variances that common coefficients keep beside free effects.

    Free effects that sum to zero over J levels, of sd s, around a common coefficient of sd t: each
    level's own coefficient has the same joint prior as independent effects of sd s around a common
    one of variance t^2 - s^2 / J. Independent effects can be eliminated level by level.
    """
    variances = {INTERCEPT: _sd(design.intercept) ** 2}
    variances |= {
        block.terms[0].name: _sd(block.terms[0].prior) ** 2
        for block in design.blocks
        if block.factor is None and block.labels is None
    }
    for block in design.blocks:
        if factor is not None and block.factor is factor and block.pooling == "free":
            (term,) = block.terms
            if block.adrift:
                variances[term.name] = -np.inf
                continue
            variances[term.around or INTERCEPT] -= _sd(term.prior) ** 2 / len(factor.levels)
    return variances


def _sd(prior: Prior) -> float:
    return dict(prior.arguments)["sd"]


def _mean(prior: Prior) -> float:
    return dict(prior.arguments)["mean"]


def dense_prior(design: Design, block: Block | None, variances: dict[str, float]) -> DensePrior:
    """Give the prior of a block's coefficients; of the intercept where there is no block.

    ``variances`` are those that ``narrowed`` leaves to common coefficients.
    """
    if block is None:
        mean, variance = _mean(design.intercept), variances[INTERCEPT]
        return DensePrior(np.array([mean]), np.array([1 / variance]), np.eye(1))
    k = len(block.terms)
    if block.factor is None:
        left = {} if block.labels is not None else variances
        own = np.array([left.get(term.name, _sd(term.prior) ** 2) for term in block.terms])
        return DensePrior(np.array([_mean(term.prior) for term in block.terms]), 1 / own, np.eye(k))
    levels = len(block.factor.levels)
    if block.pooling == "free":
        precision = np.full(levels - 1, _sd(block.terms[0].prior) ** -2)
        return DensePrior(np.zeros(levels - 1), precision, sum_to_zero(levels))
    return DensePrior(np.zeros(k * levels), np.zeros(k * levels), np.eye(k * levels))


def sum_to_zero(levels: int) -> Values:
    """Give an orthonormal basis of the vectors that sum to zero, (levels, levels - 1) (Helmert).

    Column c is (1, ..., 1, -c, 0, ..., 0) over the root of c (c + 1), c ones in front.

    Examples
    --------
    >>> sum_to_zero(3).T.round(3).tolist()
    [[0.707, -0.707, 0.0], [0.408, 0.408, -0.816]]
    """
    basis = np.zeros((levels, levels - 1))
    for column in range(1, levels):
        length = np.sqrt(column * (column + 1))
        basis[:column, column - 1] = 1 / length
        basis[column, column - 1] = -column / length
    return basis
