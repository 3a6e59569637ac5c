"""Cluster-robust standard errors at the posterior mode, beside the posterior's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import matrix
from clustermodels.data.design import Design
from clustermodels.data.mode import Given
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws
from clustermodels.data.processes import held
from clustermodels.results.curvature import Columns, Curved, Part, curved
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
        Posterior name to sd; empty where there are fewer than two clusters or K >= N, and where
        what is left of a year carries over (the model then says itself how rows depend), cells are
        parameters (the scores of a regression take columns as known), columns are predetermined
        (their equations are no part of the sandwich), an effect fades geometrically (its lags
        are no slopes of their own), or a share of the last outcome is kept (which is none, too).
    """
    bent = design.outcome.family.feeds or any(block.decay is not None for block in design.blocks)
    if design.serial is not None or design.cells or design.feedback or bent:
        return {}
    blocks = tuple(held(block, draws) for block in design.blocks)
    found = curved(replace(design, blocks=blocks), at_means(design, draws), draws)
    return sandwich(design, found)


def sandwich(design: Design, found: Curved) -> dict[str, float]:
    """Give the same at a mode, of a design whose rows and columns can be taken as they are."""
    starts = design.clusters[1:] != design.clusters[:-1]  # a cluster's rows stand together
    cluster = np.append(0, np.cumsum(starts))
    rows, groups = len(cluster), int(cluster[-1]) + 1
    owners = [_owners(part, cluster) for part in found.columns.varying]
    varying = [*zip(found.columns.varying, owners, strict=True)]
    # a factor's levels carry one constraint, already counted by the intercept
    free = found.columns.common.shape[1]
    free += sum(len(part.factor.levels) - 1 for part, own in varying if own is None)
    if groups < 2 or free >= rows:
        return {}
    factor = groups / (groups - 1) * (rows - 1) / (rows - free)
    result = {}
    for name, (position, unit) in slopes_of(found.columns).items():
        pick = np.zeros(len(found.beta))
        pick[position] = 1.0
        along = found.hessian.solve(pick)
        # each cluster's score in this direction: of its rows, and of its own coefficients' prior
        scores = np.bincount(cluster, found.first * found.columns.times(along), groups)
        for part, own in varying:
            if own is not None:
                scores += np.bincount(own, found.pull[part.at] * along[part.at], groups)
        result[name] = float(np.sqrt(factor) * np.linalg.norm(scores)) * unit
    return result


def slopes_of(columns: Columns) -> dict[str, tuple[int, float]]:
    """Give the position and the unit of every slope that clusters share.

    Not of one with free slopes by cluster: it is their mean, known from these clusters alone.
    """
    free = {
        part.block.terms[part.position].around
        for part in columns.varying
        if part.block.pooling == "free"
    }
    terms = [(block, block.terms[at]) for block, at in columns.slopes]
    return {
        term.name: (columns.last + 1 + place, term.unit)
        for place, (block, term) in enumerate(terms)
        if block.labels is None and term.name not in free
    }


def _owners(part: Part, cluster: Positions) -> Positions | None:
    """Give the cluster of each level, (level,); None where some level spans several."""
    codes = part.factor.codes
    owners = np.zeros(len(part.factor.levels), dtype=np.int64)
    owners[codes] = cluster
    return owners if (owners[codes] == cluster).all() else None


def at_means(design: Design, draws: Draws) -> Given:
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
