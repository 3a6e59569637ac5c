"""Design to arrays: the factor with the most levels apart, everything else dense.

The second derivative of a log density whose predictor is x'b + z'u_j has the shape of an
arrowhead: a k x k block for each level j, a band that ties it to the q dense coefficients, and a
dense q x q corner. Eliminating the blocks one after another takes one pass over sorted rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Positions, Values
from clustermodels.engines.dense_prior import dense_prior, narrowed

Codes = NDArray[np.int32]
# starts, y, trials, offset, and z, x, codes and values by column.
Rows = tuple[Positions, Values, Values, Values, Values, Values, Codes, Values]

# A factor that cannot be eliminated may have so many levels.
FEW_LEVELS = 300


@dataclass(frozen=True, eq=False)
class Part:
    """Where a block's coefficients stand.

    Parameters
    ----------
    block
        The block; None for the intercept.
    size, start
        Its dense coefficients, term by term and in each level by level; or its place among the k
        coefficients of a level of the eliminated factor.
    """

    block: Block | None
    size: int
    start: int


@dataclass(frozen=True, eq=False)
class Arrow:
    """A design as the kernels read it, its rows sorted by the eliminated factor.

    Parameters
    ----------
    family
        The family's name.
    starts
        (J + 1,): level j has rows starts[j] to starts[j + 1].
    y, trials, offset
        (n,).
    z
        (n, k): columns whose coefficients vary over the eliminated factor.
    x
        (n, p): columns of the first p dense coefficients, the intercept's first.
    codes, values
        (n, m): the other dense coefficients that a row has, and their columns' values.
    basis
        (q, r): the q dense coefficients are this times r free ones, since effects that sum to
        zero over L levels are L - 1 numbers. Orthonormal by factor.
    centre, precision
        (r,) and (r, r): of the dense coefficients' normal prior, where no covariance is pooled.
    dense, eliminated
        What stands where.
    order
        (n,): the design's row of each sorted row.
    """

    family: str
    starts: Positions
    y: Values
    trials: Values
    offset: Values
    z: Values
    x: Values
    codes: Codes
    values: Values
    basis: Values
    centre: Values
    precision: Values
    dense: tuple[Part, ...]
    eliminated: tuple[Part, ...]
    order: Positions

    @property
    def levels(self) -> int:
        """The number J of levels that are eliminated."""
        return len(self.starts) - 1

    @cached_property
    def rows(self) -> Rows:
        """What every kernel reads of the rows: a column's values stand side by side, (k, n)."""
        return (
            self.starts,
            self.y,
            self.trials,
            self.offset,
            np.ascontiguousarray(self.z.T),
            np.ascontiguousarray(self.x.T),
            np.ascontiguousarray(self.codes.T),
            np.ascontiguousarray(self.values.T),
        )


def eliminated_factor(design: Design) -> Factor | None:
    """Choose the factor with the most levels among those that can be eliminated.

    One with free effects cannot where the prior of what they vary around is too narrow
    (``narrowed``): with few levels all then stay dense.
    """
    factors = {id(b.factor): b.factor for b in design.blocks if b.factor is not None}
    largest_first = sorted(factors.values(), key=lambda factor: -len(factor.levels))
    for factor in largest_first:
        if min(narrowed(design, factor).values()) > 0:
            return factor
    few = not largest_first or len(largest_first[0].levels) <= FEW_LEVELS
    return None if few else largest_first[0]


def arrow(design: Design) -> Arrow:
    """Lay a design out for the kernels.

    Parameters
    ----------
    design
        In the class (see ``classes``), its outcome observed.

    Returns
    -------
    Arrow
        Rows in the design's order where it is sorted by the eliminated factor already.
    """
    factor = eliminated_factor(design)
    n = len(design.outcome.values)
    if factor is None:
        # nothing to eliminate: pieces of the rows, with no coefficients of their own
        starts = np.append(np.arange(0, n, 64), n).astype(np.int64)
        order = np.arange(n)
    else:
        order = np.argsort(factor.codes, kind="stable")
        starts = np.searchsorted(factor.codes[order], np.arange(len(factor.levels) + 1))
    own = [block for block in design.blocks if factor is not None and block.factor is factor]
    common = [block for block in design.blocks if block.factor is None]
    others = [b for b in design.blocks if b.factor is not None and b.factor is not factor]

    dense = _placed([(block, _dense_size(block)) for block in (None, *common, *others)])
    eliminated = _placed([(block, len(block.terms)) for block in own])
    variances = narrowed(design, factor)
    priors = [dense_prior(design, part.block, variances) for part in dense]
    codes, values = _other_columns(others, dense, n)
    ones = np.ones((n, 1))
    return Arrow(
        family=design.outcome.family.name,
        starts=np.ascontiguousarray(starts, dtype=np.int64),
        y=_taken(design.outcome.values, order),
        trials=_taken(design.outcome.trials, order),
        offset=_taken(design.outcome.offset, order),
        z=_taken(np.column_stack([np.empty((n, 0)), *(block.values for block in own)]), order),
        x=_taken(np.column_stack([ones, *(block.values for block in common)]), order),
        codes=np.ascontiguousarray(codes[order]),
        values=_taken(values, order),
        basis=_beside([prior.basis for prior in priors]),
        centre=np.concatenate([prior.centre for prior in priors]),
        precision=np.diag(np.concatenate([prior.precision for prior in priors])),
        dense=dense,
        eliminated=eliminated,
        order=order,
    )


def _taken(values: Values, order: Positions) -> Values:
    return np.ascontiguousarray(values[order], dtype=np.float64)


def _placed(sizes: list[tuple[Block | None, int]]) -> tuple[Part, ...]:
    starts = np.cumsum([0, *(size for _, size in sizes)]).tolist()
    return tuple(Part(*one, start) for one, start in zip(sizes, starts, strict=False))


def _dense_size(block: Block | None) -> int:
    return 1 if block is None else len(block.terms) * _levels(block)


def _levels(block: Block) -> int:
    return 1 if block.factor is None else len(block.factor.levels)


def _other_columns(blocks: list[Block], dense: tuple[Part, ...], rows: int) -> tuple[Codes, Values]:
    start = {id(part.block): part.start for part in dense}
    codes, values = [np.empty((rows, 0), dtype=np.int32)], [np.empty((rows, 0))]
    for block in blocks:
        assert block.factor is not None
        for position in range(len(block.terms)):
            first = start[id(block)] + position * _levels(block)
            codes.append((block.factor.codes + first).astype(np.int32)[:, None])
            values.append(block.values[:, position : position + 1])
    return np.column_stack(codes), np.column_stack(values)


def thinned(of: Arrow, every: int) -> Arrow:
    """Keep every so-manieth level of the eliminated factor, with its rows."""
    kept = np.arange(0, of.levels, every)
    sizes = np.diff(of.starts)[kept]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.repeat(of.starts[kept] - starts[:-1], sizes) + np.arange(starts[-1])
    return replace(
        of,
        starts=starts.astype(np.int64),
        y=of.y[rows],
        trials=of.trials[rows],
        offset=of.offset[rows],
        z=of.z[rows],
        x=of.x[rows],
        codes=of.codes[rows],
        values=of.values[rows],
        order=of.order[rows],
    )


def _beside(blocks: Sequence[Values]) -> Values:
    """Put matrices along a diagonal, as scipy.linalg's block_diag, which loads slowly."""
    ends = np.cumsum([(0, 0), *(block.shape for block in blocks)], axis=0)
    whole = np.zeros(ends[-1])
    for (row, column), (last_row, last_column), block in zip(ends, ends[1:], blocks, strict=False):
        whole[row:last_row, column:last_column] = block
    return whole
