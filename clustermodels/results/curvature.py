"""The mode of a design's coefficients given its other parameters, at any number of rows.

Columns are never multiplied as sparse matrices: those of a factor's levels are its codes, and the
blocks of X'WX are sums over rows by code. What is left when the factor with most levels has been
eliminated, level by level, is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor
from clustermodels.data.mode import CONVERGED, STEPS, Given
from clustermodels.data.panel import Values
from clustermodels.data.predictor import Draws, internal
from clustermodels.families.family import OfOutcome, moved_by_predictor
from clustermodels.families.priors import Prior
from clustermodels.results.arrowhead import Arrowhead, arrowhead
from clustermodels.spec.names import INTERCEPT

# A Hessian serves for as many steps as each gains less than this share of the one before.
SLOWED = 0.1
# Up to so many sums of products of levels and of what is beside them are held as they are; more of
# them are mostly zeros.
DENSE = 10**7


@dataclass(frozen=True, eq=False)
class Part:
    """A column whose coefficients vary over the levels of a factor, and where they stand."""

    block: Block
    position: int
    factor: Factor
    at: slice

    @property
    def values(self) -> Values:
        """The column, (obs,)."""
        return self.block.values[:, self.position]

    def summed(self, values: Values) -> Values:
        """Sum over the rows of each level, (level,)."""
        levels = len(self.factor.levels)
        sums: Values = np.bincount(self.factor.codes, self.values * values, levels)
        return sums

    def prior(self, given: Given) -> Values:
        """Give its row of the precision among the coefficients of a level in its block, (k,)."""
        if self.block.pooling == "free":
            return np.array([_arguments(self.block.terms[0].prior)["sd"] ** -2])
        inverse: Values = np.linalg.inv(given.covariances[self.block.name])
        row: Values = inverse[self.position]
        return row


@dataclass(frozen=True, eq=False)
class Columns:
    """All columns of a design.

    Parameters
    ----------
    varying
        Those that vary over factors, the ones with most levels first.
    common
        (obs, p): the intercept's, and those that clusters share, whose coefficients come last.
    slopes
        What the common ones are of, in order: block and position; none for the intercept.
    """

    varying: tuple[Part, ...]
    common: Values
    slopes: tuple[tuple[Block, int], ...]

    @property
    def last(self) -> int:
        """Where the common coefficients start."""
        return self.varying[-1].at.stop if self.varying else 0

    def times(self, beta: Values) -> Values:
        """Give X beta, (obs,)."""
        eta = self.common @ beta[self.last :]
        for part in self.varying:
            eta += part.values * beta[part.at][part.factor.codes]
        return np.asarray(eta, dtype=np.float64)

    def scores(self, first: Values) -> Values:
        """Give X' first, (coefficient,)."""
        return np.concatenate(
            [*(part.summed(first) for part in self.varying), self.common.T @ first]
        )

    def squared(self, weight: Values, precision: sp.csc_array) -> Arrowhead:
        """Give X' W X + P for weights of the rows and the precision of the prior.

        The coefficients of the factor with most levels are apart given the others, as far as the
        levels are.
        """
        many = [part for part in self.varying if part.factor is self.varying[0].factor]
        few = self.varying[len(many) :]
        size = many[-1].at.stop if many else 0
        levels = size // max(len(many), 1)
        own = np.empty((levels, len(many), len(many)))
        for i, one in enumerate(many):
            for c, other in enumerate(many[: i + 1]):
                prior = precision[one.at, other.at].diagonal()
                own[:, i, c] = own[:, c, i] = one.summed(weight * other.values) + prior
        beside = [
            [*(_crossed(one, other, weight) for other in few), self._with_common(one, weight)]
            for one in self.varying
        ]
        tied, below = beside[: len(many)], beside[len(many) :]
        common = sp.coo_array(self.common.T @ (self.common * weight[:, None]))
        corner = sp.block_array([*below, [*(row[-1].T for row in below), common]])
        width = corner.shape[0]
        among = sp.csc_array(sp.block_array(tied) if tied else (0, width))
        return arrowhead(
            own,
            among.toarray() if size * width <= DENSE else among,
            sp.csc_array(corner) + precision[size:, size:],
        )

    def _with_common(self, part: Part, weight: Values) -> sp.coo_array:
        return sp.coo_array(np.column_stack([part.summed(weight * one) for one in self.common.T]))

    def precision(self, design: Design, given: Given) -> sp.csc_array:
        """Give that of the prior. A Student t prior counts as the normal of its scale."""
        size = len(self.varying)
        blocks: list[list[Any]] = [[None] * (size + 1) for _ in range(size + 1)]
        sds = np.array([_arguments(prior)["sd"] for prior in self._priors(design)])
        blocks[size][size] = sp.diags_array(sds**-2)
        for i, one in enumerate(self.varying):
            for j, other in enumerate(self.varying):
                if one.block is other.block:
                    each = np.full(len(one.factor.levels), one.prior(given)[other.position])
                    blocks[i][j] = sp.diags_array(each)
        return sp.csc_array(sp.block_array(blocks, format="csc"))

    def centre(self, design: Design) -> Values:
        """Give the prior means of all coefficients."""
        means = [_arguments(prior)["mean"] for prior in self._priors(design)]
        return np.concatenate([np.zeros(self.last), means])

    def _priors(self, design: Design) -> list[Prior]:
        return [design.intercept, *(block.terms[at].prior for block, at in self.slopes)]


@dataclass(frozen=True, eq=False)
class Curved:
    """Where log likelihood plus log prior is highest in the coefficients, and how it bends there.

    Parameters
    ----------
    columns
        What the coefficients are of.
    beta
        The mode, (coefficient,).
    first
        The derivative of each row's log likelihood in its predictor, (obs,).
    pull
        That of the log prior in each coefficient.
    hessian
        The negative second derivative.
    """

    columns: Columns
    beta: Values
    first: Values
    pull: Values
    hessian: Arrowhead


def curved(design: Design, given: Given, draws: Draws) -> Curved:
    """Climb to the mode from the posterior's means by Newton steps, halved where they overshoot.

    The means are close to the mode, so that the Hessian of one step serves for the next ones too.
    """
    columns = _columns(design)
    precision, centre = columns.precision(design, given), columns.centre(design)
    outcome = design.outcome

    # up to a constant, which a climb does not see
    value = outcome.weigh(moved_by_predictor(outcome.family, outcome.values))
    first_of, second_of = (
        outcome.weigh(of) for of in (outcome.family.first, outcome.family.second)
    )

    def rows(of: OfOutcome, beta: Values) -> Values:
        eta = columns.times(beta) + outcome.offset
        return np.asarray(of(outcome.values, eta, outcome.trials, given.parameters))

    def height(beta: Values) -> float:
        gap = beta - centre
        return float(rows(value, beta).sum() - 0.5 * gap @ (precision @ gap))

    def hessian_at(second: Values) -> Arrowhead:
        return columns.squared(np.maximum(-second, 0.0), precision)

    beta = _means(columns, draws)
    top, second = height(beta), rows(second_of, beta)
    hessian, before = hessian_at(second), np.inf
    for _ in range(STEPS):
        gradient = columns.scores(rows(first_of, beta)) - precision @ (beta - centre)
        step = hessian.solve(gradient)
        gain = float(gradient @ step)
        if gain > SLOWED * before:
            # the way bends: an old Hessian does not lead on
            second = rows(second_of, beta)
            hessian = hessian_at(second)
            step = hessian.solve(gradient)
            gain = float(gradient @ step)
        for _ in range(30):
            moved = beta + step
            new = height(moved)
            if new >= top - 1e-9 * abs(top):
                break
            step = step / 2
        beta, top, before = moved, new, gain
        if gain < CONVERGED:  # too near for another step to differ
            break
    there = rows(second_of, beta)
    if not np.array_equal(there, second) or (there > 0).any():
        hessian = columns.squared(-there, precision)
    pull = -(precision @ (beta - centre))
    return Curved(columns, beta, rows(first_of, beta), pull, hessian)


def _crossed(one: Part, other: Part, weight: Values) -> sp.coo_array:
    """Give the sums over rows of both columns' products, (level, level)."""
    if one.factor is other.factor:
        return sp.coo_array(sp.diags_array(one.summed(weight * other.values)))
    both = one.values * other.values * weight
    shape = (len(one.factor.levels), len(other.factor.levels))
    return sp.coo_array((both, (one.factor.codes, other.factor.codes)), shape=shape)


def _columns(design: Design) -> Columns:
    found = [
        (block, position, block.factor)
        for block in design.blocks
        if block.factor is not None
        for position in range(len(block.terms))
    ]
    # columns of one factor side by side, also where another has as many levels
    met = {factor: place for place, (_, _, factor) in reversed([*enumerate(found)])}
    found.sort(key=lambda each: (-len(each[2].levels), met[each[2]]))
    ends = np.cumsum([0, *(len(factor.levels) for _, _, factor in found)]).tolist()
    varying = tuple(
        Part(*each, slice(start, stop))
        for each, start, stop in zip(found, ends, ends[1:], strict=False)
    )
    common = [block for block in design.blocks if block.factor is None]
    ones = np.ones((len(design.years), 1))
    return Columns(
        varying,
        np.hstack([ones, *(block.values for block in common)]),
        tuple((block, at) for block in common for at in range(len(block.terms))),
    )


def _means(columns: Columns, draws: Draws) -> Values:
    """Give the posterior means of all coefficients, internal scale."""
    names = {INTERCEPT}
    for block in [part.block for part in columns.varying] + [block for block, _ in columns.slopes]:
        names |= {block.name} if block.labels else {term.name for term in block.terms}
        names |= {term.around for term in block.terms if term.around is not None}
        names |= {term.along.name for term in block.terms if term.along is not None}
    means = {name: np.asarray(draws[name]).mean(axis=0, keepdims=True) for name in names}
    own = [internal(part.block, part.position, means)[0] for part in columns.varying]
    return np.concatenate(
        [*own, means[INTERCEPT], *(internal(block, at, means) for block, at in columns.slopes)]
    )


def _arguments(prior: Prior) -> Mapping[str, float]:
    return dict(prior.arguments)
