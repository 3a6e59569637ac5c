"""Pooled coefficients: normal over the levels of a factor, with correlations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import beta_parameter, pairs
from clustermodels.model.numbers import Numbers, along
from clustermodels.model.priors import positive
from clustermodels.spec.names import correlation, level_dim


@dataclass(frozen=True, eq=False)
class Random:
    """Pooled coefficients of a block.

    Parameters
    ----------
    coefficients
        (level,) each of k, internal scale.
    z
        (level,) each: what they are made of, standard normal.
    root
        The rows of the Cholesky factor of their correlations.
    """

    coefficients: list[Any]
    z: list[Any]
    root: list[list[Any]]


def random_coefficients(block: Block, given: Numbers) -> Random:
    """Make the k internal coefficients of a pooled block, (level,) each.

    b_level = diag(s) L z_level with L the Cholesky factor of the correlations, whose prior is
    LKJ(concentration), and s the group sds. The free variable of a term is its z, or its b where
    the term is centred: b_i given the terms before it is normal around s_i sum_{j<i} L_ij z_j with
    sd s_i L_ii.
    """
    assert block.factor is not None
    sds = [group_sd(block, position, given) for position in range(len(block.terms))]
    z: list[Any] = []
    coefficients = []
    root = _cholesky(block, len(sds))
    for row, sd, term in zip(root, sds, block.terms, strict=True):
        name, dim, own = f"z_{term.name}", along(block.factor.dim), row[-1]
        before = sum((left * above for left, above in zip(row[:-1], z, strict=True)), 0.0)
        if term.centred:
            b = pm.Normal(name, sd * before, sd * own, dims=dim)
            z.append((b / sd - before) / own)
        else:
            z.append(pm.Normal(name, 0.0, 1.0, dims=dim))
            b = sd * (before + own * z[-1])
        coefficients.append(b)
    return Random(coefficients, z, root)


def group_sd(block: Block, position: int, given: Numbers) -> Any:
    """Make a group sd: internal for the predictor, and named in the user's units."""
    term, place = block.terms[position], (block.name, position)
    assert term.sd_name is not None
    internal = positive(f"z_{term.sd_name}", term.prior, given.priors[place])
    pm.Deterministic(term.sd_name, internal * given.units[place])
    return internal


def _cholesky(block: Block, k: int) -> list[list[Any]]:
    """Build L row by row from partial correlations w_ij in (-1, 1).

    L_ij = w_ij sqrt(1 - sum_{l<j} L_il^2), where (w + 1) / 2 is Beta(b_j, b_j) with
    b_j = concentration + (k - 2 - j) / 2 (Lewandowski, Kurowicka & Joe 2009,
    doi 10.1016/j.jmva.2009.04.008).
    """
    if k == 1:
        return [[1.0]]
    name = correlation(block.name)
    b = np.array([beta_parameter(block.concentration, k, j) for _, j in pairs(k)])
    half = pm.Beta(f"z_{name}", b, b, shape=len(b))
    partial = dict(zip(pairs(k), [2 * half[n] - 1 for n in range(len(b))], strict=True))
    rows: list[list[Any]] = [[1.0]]
    for i in range(1, k):
        left: Any = 1.0
        row: list[Any] = []
        for j in range(i):
            row.append(partial[i, j] * pt.sqrt(left))
            left = left - row[j] ** 2
        rows.append([*row, pt.sqrt(left)])
    among = [sum(rows[i][m] * rows[j][m] for m in range(j + 1)) for i, j in pairs(k)]
    pm.Deterministic(name, pt.stack(among), dims=along(level_dim(name)))
    return rows
