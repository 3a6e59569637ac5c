"""Measures of how much a node's partners are tied to each other: Burt's structural holes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from clustermodels.network.measures import Measure, Options
from clustermodels.network.network import Values
from clustermodels.network.snapshot import Matrix, Snapshot

WEIGHTED = frozenset({"weighted"})


def _rows_over(matrix: Matrix, below: Values) -> Matrix:
    """Divide each row by a number; rows of isolates are empty and stay so."""
    return csr_array(diags_array(1 / np.where(below > 0, below, 1.0)) @ matrix)


def _shares(matrix: Matrix) -> Matrix:
    """Give p_ij, the share of node i's ties that goes to j."""
    return _rows_over(matrix, np.asarray(matrix.sum(axis=1), dtype=np.float64))


def _row_sums(matrix: Matrix) -> Values:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).reshape(-1)


def _constraint(snapshot: Snapshot, options: Options) -> Values:
    """Take c_i = sum_j (p_ij + sum_q p_iq p_qj)^2 over the partners j of i."""
    share = _shares(snapshot.matrix(options.weighted))
    through = csr_array((share @ share).multiply(snapshot.pattern))
    total = _row_sums(csr_array((share + through).power(2)))
    return np.where(snapshot.degree > 0, total, np.nan)


def _effective_size(snapshot: Snapshot, options: Options) -> Values:
    """Take sum_j (1 - sum_q p_iq m_jq) over the partners j of i, m_jq = w_jq / max_k w_jk."""
    matrix = snapshot.matrix(options.weighted)
    if not matrix.nnz:
        return np.full(len(snapshot.nodes), np.nan)
    strongest = matrix.max(axis=1).toarray().reshape(-1)
    redundant = (_shares(matrix) @ _rows_over(matrix, strongest).T).multiply(snapshot.pattern)
    size = snapshot.degree - _row_sums(csr_array(redundant))
    return np.where(snapshot.degree > 0, size, np.nan)


def _efficiency(snapshot: Snapshot, options: Options) -> Values:
    partners = np.where(snapshot.degree > 0, snapshot.degree, np.nan)
    return _effective_size(snapshot, options) / partners


def _clustering(snapshot: Snapshot, options: Options) -> Values:
    """Take the share of pairs of partners that are tied.

    Weighted, each triangle counts by the geometric mean of its weights over the largest weight of
    the network (Onnela et al. 2005).
    """
    matrix = snapshot.matrix(options.weighted)
    if options.weighted and matrix.nnz:
        matrix = matrix.copy()
        matrix.data = np.cbrt(matrix.data / matrix.data.max())
    closed = _row_sums(csr_array((matrix @ matrix).multiply(matrix)))
    pairs = snapshot.degree * (snapshot.degree - 1)
    return closed / np.where(pairs > 0, pairs, np.nan)


CONSTRAINT = Measure(
    "constraint",
    _constraint,
    WEIGHTED,
    "Burt's constraint: how far the node's ties lead back to the same partners",
    "for nodes without ties",
)
EFFECTIVE_SIZE = Measure(
    "effective_size",
    _effective_size,
    WEIGHTED,
    "Burt's effective size: the number of partners less what they share with each other",
    "for nodes without ties",
)
EFFICIENCY = Measure(
    "efficiency",
    _efficiency,
    WEIGHTED,
    "Burt's efficiency: the effective size as a share of the number of partners",
    "for nodes without ties",
)
CLUSTERING = Measure(
    "clustering",
    _clustering,
    WEIGHTED,
    "local clustering: the share of pairs of partners that are tied to each other",
    "for nodes with fewer than two partners",
)
