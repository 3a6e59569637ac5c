"""What the log density depends on beside coefficients, at many values of the hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clustermodels.data.panel import Positions, Values
from clustermodels.engines.arrow import Arrow, Part
from clustermodels.engines.hyper import Hyper


@dataclass(frozen=True, eq=False)
class Pooled:
    """The prior of a dense pooled block at S points: normal over L levels, k x k.

    Parameters
    ----------
    start, levels
        Its free dense coefficients are k runs of ``levels`` from ``start``.
    precision, root
        (S, k, k), and (S,) the log of the root of its determinant.
    """

    start: int
    levels: int
    precision: Values
    root: Values


@dataclass(frozen=True, eq=False)
class Given:
    """The hyperparameters of S points as kernels read them.

    Parameters
    ----------
    own
        (S,): the family's own parameter.
    precision, root
        (S, k, k) of a level's eliminated coefficients, and (S,) the log of the root of its
        determinant.
    pooled
        The dense blocks whose precision depends on hyperparameters.
    """

    own: Values
    precision: Values
    root: Values
    pooled: tuple[Pooled, ...]

    def some(self, which: Positions) -> Given:
        """Keep some of the points."""
        pooled = tuple(
            replace(block, precision=block.precision[which], root=block.root[which])
            for block in self.pooled
        )
        return Given(self.own[which], self.precision[which], self.root[which], pooled)


def given(arrow: Arrow, hyper: Hyper, x: Values) -> Given:
    """Turn hyperparameters x, (S, d), into precisions."""
    points = len(x)
    found = {
        name: (_precision(sds, factor), -np.log(sds).sum(axis=1) - _log_diagonal(factor))
        for name, (sds, factor) in hyper.pooled(x).items()
    }
    k = arrow.z.shape[1]
    precision, root = np.zeros((points, k, k)), np.zeros(points)
    for part in arrow.eliminated:
        block = part.block
        assert block is not None
        here = slice(part.start, part.start + part.size)
        if block.pooling == "partial":
            precision[:, here, here], more = found[block.name]
            root += more
        else:
            sd = dict(block.terms[0].prior.arguments)["sd"]
            precision[:, part.start, part.start] = sd**-2
            root -= np.log(sd)
    pooled = tuple(
        Pooled(
            _free_start(arrow, part), part.size // len(part.block.terms), *found[part.block.name]
        )
        for part in arrow.dense
        if part.block is not None and part.block.pooling == "partial"
    )
    return Given(hyper.family_parameter(x), precision, root, pooled)


def _free_start(arrow: Arrow, part: Part) -> int:
    """Give the free coefficient that a dense part starts at."""
    return int(np.flatnonzero(arrow.basis[part.start])[0])


def _log_diagonal(factor: Values) -> Values:
    return np.asarray(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1), dtype=np.float64)


def _precision(sds: Values, factor: Values) -> Values:
    """Invert diag(s) L L' diag(s), (S, k, k)."""
    scaled = factor * sds[:, :, None]
    inverse = np.linalg.inv(scaled)
    return np.asarray(np.swapaxes(inverse, 1, 2) @ inverse, dtype=np.float64)


def dense_precision(arrow: Arrow, at: Given) -> Values:
    """Give the prior precision of the free dense coefficients at S points, (S, r, r)."""
    precision = np.repeat(arrow.precision[None], len(at.own), axis=0)
    for block in at.pooled:
        k, levels = block.precision.shape[1], np.arange(block.levels)
        for i in range(k):
            for j in range(k):
                rows, columns = (block.start + c * block.levels + levels for c in (i, j))
                precision[:, rows, columns] = block.precision[:, i, j, None]
    return precision


def log_dense_prior(arrow: Arrow, at: Given, gamma: Values) -> Values:
    """Give the log prior density of free dense coefficients (S, r), without (2 pi)^(-r / 2)."""
    gap = gamma - arrow.centre
    fixed = np.diag(arrow.precision)
    own = fixed > 0
    density: Values = -0.5 * (gap[:, own] ** 2 @ fixed[own]) + 0.5 * np.log(fixed[own]).sum()
    for block in at.pooled:
        k = block.precision.shape[1]
        levels = gap[:, block.start : block.start + k * block.levels].reshape(-1, k, block.levels)
        square = np.einsum("sil,sij,sjl->s", levels, block.precision, levels, optimize=True)
        density += block.levels * block.root - 0.5 * square
    return density


def factor_of(matrix: Values) -> Values:
    """Give the upper factors R, R'R = matrix, (S, r, r)."""
    return np.ascontiguousarray(np.swapaxes(np.linalg.cholesky(matrix), -1, -2))


def solve_factored(upper: Values, vector: Values) -> Values:
    """Solve R'R v = vector, (S, r)."""
    half = np.linalg.solve(np.swapaxes(upper, -1, -2), vector[..., None])
    return np.asarray(np.linalg.solve(upper, half)[..., 0], dtype=np.float64)
