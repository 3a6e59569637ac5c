"""Pooled coefficients: normal over the levels of a factor, with correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import beta_parameter, pairs
from clustermodels.model.priors import positive
from clustermodels.spec.names import correlation, level_dim


def random_coefficients(block: Block) -> list[Any]:
    """Make the k internal coefficients of a pooled block, (level,) each.

    b_level = diag(s) L z_level with L the Cholesky factor of the correlations, whose prior is
    LKJ(concentration), and s the group sds.
    """
    assert block.factor is not None
    k = len(block.terms)
    sds = []
    for term in block.terms:
        assert term.sd_name is not None
        sds.append(_sd(term))
    rows = _cholesky(block, k)
    z = [pm.Normal(f"z_{term.name}", 0.0, 1.0, dims=block.factor.dim) for term in block.terms]
    return [
        sds[i] * sum((rows[i][j] * z[j] for j in range(1, i + 1)), rows[i][0] * z[0])
        for i in range(k)
    ]


def _sd(term: Any) -> Any:
    """Make a group sd: internal for the predictor, and named in the user's units."""
    internal = positive(f"z_{term.sd_name}", term.prior)
    pm.Deterministic(term.sd_name, internal * term.unit)
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
    pm.Deterministic(name, pt.stack(among), dims=level_dim(name))
    return rows
