"""Measures in which a node counts as much as those it is tied to: eigenvector, katz, pagerank."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp  # as in snapshot.py
from scipy.sparse import csr_array, diags_array, eye_array

from clustermodels.network.measures import Measure, Options
from clustermodels.network.network import Values
from clustermodels.network.snapshot import Matrix, Snapshot

# Below this size dense algebra is both exact and quick.
DENSE = 500
# The residual at which conjugate gradients stop, relative to the right-hand side.
RESIDUAL = 1e-14


def _largest(matrix: Matrix) -> tuple[float, Values]:
    """Give the largest eigenvalue of a symmetric matrix and its eigenvector, of unit norm."""
    size = matrix.shape[0]
    if size <= DENSE:
        values, vectors = np.linalg.eigh(matrix.toarray())
    else:
        # a fixed start and a fixed seed: the same numbers in every run
        values, vectors = sp.linalg.eigsh(matrix, k=1, which="LA", v0=np.ones(size), rng=0)
    return float(values[-1]), np.asarray(vectors[:, -1], dtype=np.float64)


def _solved(matrix: Matrix, shrink: float, right: Values) -> Values:
    """Solve (I - shrink M) x = right, M symmetric with eigenvalues times shrink below 1."""
    size = matrix.shape[0]
    system = csr_array(eye_array(size) - shrink * matrix)
    if size > DENSE:
        solution, failed = sp.linalg.cg(system, right, rtol=RESIDUAL)
        if not failed:
            return np.asarray(solution, dtype=np.float64)
    return np.asarray(np.linalg.solve(system.toarray(), right), dtype=np.float64)


def _eigenvector(snapshot: Snapshot, options: Options) -> Values:
    giant = snapshot.giant
    values = np.full(len(snapshot.nodes), np.nan)
    if giant.any():
        inside = snapshot.matrix(options.weighted)[giant][:, giant]
        # the eigenvector of a connected graph's largest eigenvalue has one sign
        values[giant] = np.abs(_largest(inside)[1])
    return values


def _katz(snapshot: Snapshot, options: Options) -> Values:
    n = len(snapshot.nodes)
    values = np.ones(n)
    if snapshot.degree.any():
        matrix = snapshot.matrix(options.weighted)
        values = _solved(matrix, options.attenuation / _largest(matrix)[0], values)
    return values / np.linalg.norm(values) if options.normalise and n else values


def _pagerank(snapshot: Snapshot, options: Options) -> Values:
    """Solve for where a walker is who follows ties with probability d and else starts anywhere.

    x = d A D^-1 x + 1 up to a factor; with x = D^(1/2) y the system is symmetric. A walker at an
    isolate starts anywhere, which changes the factor alone.
    """
    n = len(snapshot.nodes)
    values = np.ones(n)
    tied = snapshot.degree > 0
    if tied.any():
        matrix = snapshot.matrix(options.weighted)[tied][:, tied]
        root = np.sqrt(np.asarray(matrix.sum(axis=1), dtype=np.float64))
        scale = diags_array(1 / root)
        inside = csr_array(scale @ matrix @ scale)
        values[tied] = root * _solved(inside, options.attenuation, 1 / root)
    return values / values.sum() * (1 if options.normalise else n) if n else values


EIGENVECTOR = Measure(
    "eigenvector",
    _eigenvector,
    frozenset({"weighted"}),
    "eigenvector centrality: in proportion to the sum over the node's partners, "
    "squares adding up to 1",
    "outside the largest component",
)
KATZ = Measure(
    "katz",
    _katz,
    frozenset({"weighted", "attenuation", "normalise"}),
    "katz centrality: the number of walks to the node, longer ones discounted",
)
PAGERANK = Measure(
    "pagerank",
    _pagerank,
    frozenset({"weighted", "attenuation", "normalise"}),
    "pagerank: how often a random walker along ties is at the node",
)
