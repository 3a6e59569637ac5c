"""Cluster-robust standard errors at the posterior mode, beside the posterior's own."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import matrix
from clustermodels.data.design import Design
from clustermodels.data.mode import Given, Mode, Piece, find_mode
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws
from clustermodels.spec.names import correlation


def robust_sd(design: Design, draws: Draws) -> dict[str, float]:
    """Give the CRV1 sandwich sd of every slope that clusters share, in the user's units.

    At the mode of the coefficients given the other parameters at their posterior means:
    H^-1 B H^-1 with B = (G / (G - 1)) ((N - 1) / (N - K)) sum_g s_g s_g', H the negative Hessian
    of log likelihood and log prior, s_g the score of cluster g (of the likelihood, and of the
    prior of what belongs to the cluster alone), N rows, G clusters, and K the coefficients that
    are not nested in clusters (Liang & Zeger 1986, doi 10.1093/biomet/73.1.13; Cameron & Miller
    2015, doi 10.3368/jhr.50.2.317). A Student t prior counts as the normal of its scale. The
    intercept gets none: beside effects of the clusters it is their mean, not a parameter of them.

    Parameters
    ----------
    design
        The fitted design.
    draws
        Posterior names to (S, ...), in the user's units.

    Returns
    -------
    dict
        Posterior name to sd; empty where there are fewer than two clusters or K >= N.
    """
    names, cluster = np.unique(design.clusters.astype(str), return_inverse=True)
    rows, groups = len(cluster), len(names)
    found = find_mode(design, _at_means(design, draws))
    owners = [_owners(piece, cluster) for piece in found.pieces]
    # a factor's levels carry one constraint, already counted by the intercept
    free = sum(
        piece.size - (piece.block is not None and piece.block.factor is not None)
        for piece, own in zip(found.pieces, owners, strict=True)
        if own is None
    )
    if groups < 2 or free >= rows:
        return {}
    indicator = sp.csr_array((found.first, (cluster, np.arange(rows))), shape=(groups, rows))
    scores = (indicator @ found.x).toarray() + _own_prior(found, owners, groups)
    factor = groups / (groups - 1) * (rows - 1) / (rows - free)
    solver = splu(found.hessian)
    result = {}
    for name, (position, unit) in _slopes(found).items():
        pick = np.zeros(len(found.beta))
        pick[position] = 1.0
        spread = float(np.linalg.norm(scores @ solver.solve(pick)))
        result[name] = float(np.sqrt(factor)) * spread * unit
    return result


def _slopes(found: Mode) -> dict[str, tuple[int, float]]:
    """Give the position and the unit of every slope that clusters share.

    Not of one with free slopes by cluster: it is their mean, known from these clusters alone.
    """
    around = {
        term.around
        for piece in found.pieces
        if piece.block
        for term in piece.block.terms
        if piece.block.pooling == "free"
    }
    slopes = {}
    start = 0
    for piece in found.pieces:
        block = piece.block
        if block is not None and block.factor is None and block.labels is None:
            for place, term in enumerate(block.terms):
                if term.name not in around:
                    slopes[term.name] = (start + place, term.unit)
        start += piece.size
    return slopes


def _owners(piece: Piece, cluster: Positions) -> Positions | None:
    """Give the cluster that each coefficient belongs to, (p,); None where they span several."""
    if piece.block is None or piece.block.factor is None:
        return None
    codes = piece.block.factor.codes
    owners = np.zeros(len(piece.block.factor.levels), dtype=np.int64)
    owners[codes] = cluster
    nested = (owners[codes] == cluster).all()
    return np.tile(owners, len(piece.block.terms)) if nested else None


def _own_prior(found: Mode, owners: list[Positions | None], groups: int) -> Values:
    """Give the prior's score of each cluster's own coefficients, (cluster, p)."""
    pull = -(found.precision @ (found.beta - found.centre))
    own = np.zeros((groups, len(found.beta)))
    start = 0
    for piece, owner in zip(found.pieces, owners, strict=True):
        if owner is not None:
            at = np.arange(start, start + piece.size)
            own[owner, at] = pull[at]
        start += piece.size
    return own


def _at_means(design: Design, draws: Draws) -> Given:
    """Hold parameters, sds and correlations at their posterior means."""
    return Given(
        {name: np.asarray(draws[name]).mean(keepdims=True) for name in design.outcome.parameters},
        {block.name: _covariance(block, draws) for block in design.blocks if block.sds},
    )


def _covariance(block: Block, draws: Draws) -> Values:
    """Give the k x k prior covariance of a level's coefficients, internal scale."""
    sds = np.array(
        [
            np.mean(draws[name]) / term.unit
            for name, term in zip(block.sds, block.terms, strict=True)
        ]
    )
    k = len(sds)
    among = np.eye(k)
    if k > 1:
        among = matrix(np.asarray(draws[correlation(block.name)]).mean(axis=0)[None], k)[0]
    covariance: Values = among * np.outer(sds, sds)
    return covariance
