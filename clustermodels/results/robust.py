"""Cluster-robust standard errors at the posterior mode, beside the posterior's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import matrix
from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws, internal
from clustermodels.families.priors import Prior
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import INTERCEPT, correlation

STEPS = 100
CONVERGED = 1e-10


@dataclass(frozen=True, eq=False)
class Piece:
    """Coefficients that belong together: their columns, their Gaussian prior, where they start."""

    columns: sp.csc_array
    precision: sp.csc_array
    centre: Values
    start: Values
    of_cluster: Positions | None = None
    common: tuple[str, float] | None = None


def robust_sd(design: Design, draws: Draws) -> dict[str, float]:
    """Give the CRV1 sandwich sd of every common coefficient, in the user's units.

    At the mode of the coefficients given the other parameters at their posterior means:
    H^-1 B H^-1 with B = (G / (G - 1)) ((N - 1) / (N - K)) sum_g s_g s_g', H the negative Hessian
    of log likelihood and log prior, s_g the score of cluster g (of the likelihood, and of the
    prior of what belongs to the cluster alone), N rows, G clusters, and K the coefficients that
    are not nested in clusters (Liang & Zeger 1986, doi 10.1093/biomet/73.1.13; Cameron & Miller
    2015, doi 10.3368/jhr.50.2.317). A Student t prior counts as the normal of its scale.

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
    pieces = [_intercept(design, draws)]
    for block in design.blocks:
        pieces += _pieces(block, draws)
    x = sp.hstack([piece.columns for piece in pieces], format="csc")
    precision = sp.block_diag([piece.precision for piece in pieces], format="csc")
    centre = np.concatenate([piece.centre for piece in pieces])
    start = np.concatenate([piece.start for piece in pieces])
    mode, hessian = _mode(design, draws, x, precision, centre, start)

    levels, cluster = np.unique(design.clusters.astype(str), return_inverse=True)
    rows, groups = len(cluster), len(levels)
    sizes = [piece.columns.shape[1] for piece in pieces]
    owned = [piece.of_cluster is not None for piece in pieces]
    # a factor's levels carry one constraint, already counted by the intercept
    free = sum(size - (size > 1) for size, own in zip(sizes, owned, strict=True) if not own)
    if groups < 2 or free >= rows:
        return {}
    first, _ = _derivatives(design, draws, x @ mode)
    indicator = sp.csr_array((first, (cluster, np.arange(rows))), shape=(groups, rows))
    scores = (indicator @ x).toarray() + _own_prior(pieces, mode, precision, centre, groups)
    factor = groups / (groups - 1) * (rows - 1) / (rows - free)
    solver = splu(hessian)
    result = {}
    ends = np.cumsum(sizes)
    for piece, end in zip(pieces, ends, strict=True):
        if piece.common is not None:
            name, unit = piece.common
            pick = np.zeros(len(mode))
            pick[end - 1] = 1.0
            direction = solver.solve(pick)
            result[name] = float(np.sqrt(factor) * np.linalg.norm(scores @ direction) * unit)
    return result


def _own_prior(
    pieces: list[Piece], mode: Values, precision: sp.csc_array, centre: Values, groups: int
) -> Values:
    """Give the prior's score of each cluster's own coefficients, (cluster, p)."""
    pull = -(precision @ (mode - centre))
    own = np.zeros((groups, len(mode)))
    start = 0
    for piece in pieces:
        size = piece.columns.shape[1]
        if piece.of_cluster is not None:
            at = np.arange(start, start + size)
            own[piece.of_cluster, at] = pull[at]
        start += size
    return own


def _parameters(design: Design, draws: Draws) -> dict[str, Values]:
    return {name: np.asarray(draws[name]).mean(keepdims=True) for name in design.outcome.parameters}


def _derivatives(design: Design, draws: Draws, eta: Values) -> tuple[Values, Values]:
    outcome, parameters = design.outcome, _parameters(design, draws)
    eta = eta + outcome.offset
    first = outcome.family.first(outcome.values, eta, outcome.trials, parameters)
    return first, outcome.family.second(outcome.values, eta, outcome.trials, parameters)


def _log_posterior(
    design: Design,
    draws: Draws,
    x: sp.csc_array,
    precision: sp.csc_array,
    gap: Values,
    beta: Values,
) -> float:
    outcome, parameters = design.outcome, _parameters(design, draws)
    eta = x @ beta + outcome.offset
    fitted = outcome.family.log_density(outcome.values, eta, outcome.trials, parameters)
    return float(fitted.sum() - 0.5 * gap @ (precision @ gap))


def _mode(
    design: Design,
    draws: Draws,
    x: sp.csc_array,
    precision: sp.csc_array,
    centre: Values,
    start: Values,
) -> tuple[Values, sp.csc_array]:
    """Climb to the mode by Newton steps, halved where they overshoot."""
    beta = start
    height = _log_posterior(design, draws, x, precision, beta - centre, beta)
    for _ in range(STEPS):
        first, second = _derivatives(design, draws, x @ beta)
        hessian = _hessian(x, precision, np.maximum(-second, 0.0))
        gradient = x.T @ first - precision @ (beta - centre)
        step = splu(hessian).solve(gradient)
        gain = float(gradient @ step)
        for _ in range(30):
            moved = beta + step
            new = _log_posterior(design, draws, x, precision, moved - centre, moved)
            if new >= height - 1e-9 * abs(height):
                break
            step = step / 2
        beta, height = moved, new
        if gain < CONVERGED:
            break
    _, second = _derivatives(design, draws, x @ beta)
    return beta, _hessian(x, precision, -second)


def _hessian(x: sp.csc_array, precision: sp.csc_array, weight: Values) -> sp.csc_array:
    return sp.csc_array(x.T @ sp.diags_array(weight) @ x + precision)


def _intercept(design: Design, draws: Draws) -> Piece:
    ones = np.ones((len(design.outcome.values), 1))
    return _common(ones, INTERCEPT, 1.0, design.intercept, np.asarray(draws[INTERCEPT]))


def _common(column: Values, name: str | None, unit: float, prior: Prior, draws: Values) -> Piece:
    arguments = dict(prior.arguments)
    return Piece(
        sp.csc_array(column),
        sp.csc_array([[arguments["sd"] ** -2]]),
        np.array([arguments["mean"]]),
        np.array([float(draws.mean())]),
        common=None if name is None else (name, unit),
    )


def _pieces(block: Block, draws: Draws) -> list[Piece]:
    if block.factor is None:
        return [
            _common(
                block.values[:, [i]],
                None if block.labels else term.name,
                term.unit,
                term.prior,
                internal(block, i, draws),
            )
            for i, term in enumerate(block.terms)
        ]
    levels, k = len(block.factor.levels), len(block.terms)
    rows = np.arange(len(block.factor.codes))
    columns = [
        sp.csc_array((block.values[:, i], (rows, block.factor.codes)), shape=(len(rows), levels))
        for i in range(k)
    ]
    start = np.concatenate([internal(block, i, draws).mean(axis=0) for i in range(k)])
    precision = sp.kron(np.linalg.inv(_covariance(block, draws)), sp.eye_array(levels))
    own = np.tile(np.arange(levels), k) if block.factor.name == CLUSTER else None
    return [Piece(sp.hstack(columns, format="csc"), sp.csc_array(precision), 0 * start, start, own)]


def _covariance(block: Block, draws: Draws) -> Values:
    """Give the k x k prior covariance of a level's coefficients, internal scale."""
    if block.pooling == "free":
        return np.array([[dict(block.terms[0].prior.arguments)["sd"] ** 2]])
    sds = np.array(
        [np.mean(draws[term.sd_name]) / term.unit for term in block.terms if term.sd_name]
    )
    k = len(sds)
    among = np.eye(k)
    if k > 1:
        among = matrix(np.asarray(draws[correlation(block.name)]).mean(axis=0)[None], k)[0]
    covariance: Values = among * np.outer(sds, sds)
    return covariance
