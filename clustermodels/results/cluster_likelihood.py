"""How likely a cluster's rows are once what belongs to it alone is integrated out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import matrix
from clustermodels.data.design import Design
from clustermodels.data.mode import CONVERGED, STEPS
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import TOGETHER, Draws, internal, linear_predictor, part
from clustermodels.engines.quadrature import nodes
from clustermodels.families.priors import Prior
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import INTERCEPT, correlation

# Nodes in each dimension of the quadrature, by the number of dimensions.
EACH = (1, 11, 7, 5, 3, 3)


@dataclass(frozen=True, eq=False)
class Own:
    """The law of the coefficients that belong to a cluster alone, given all that clusters share.

    They are centre + factor v, with v standard normal.

    Parameters
    ----------
    values
        (obs, k): the columns that they multiply.
    centre
        (S, k), internal scale.
    factor
        (S, k, k): a square root of their covariance.
    """

    values: Values
    centre: Values
    factor: Values


def inseparable(design: Design) -> str | None:
    """Say why what belongs to a cluster alone cannot be integrated out, a clause."""
    if design.serial is not None:
        return "what is left of a year carries over to the next"
    if design.cells:
        return "cells of columns are parameters"
    if design.feedback:
        return "columns that react to past outcomes have equations of their own"
    blocks = _own_blocks(design)
    for block in blocks:
        if block.adrift:
            return f"{block.name} sums to zero around no coefficient of its own"
        if block.pooling == "free":
            name, common = _around(design, block)
            if common.distribution != "normal":
                return f"the prior of {name} is {common.distribution}, not normal"
    own = sum(len(block.terms) for block in blocks)
    if own >= len(EACH):
        return f"{own} coefficients vary by cluster, more than {len(EACH) - 1}"
    return None


def marginals(design: Design, draws: Draws) -> Iterator[tuple[str, Values]]:
    r"""Give log p(y_i | all that clusters share), (S,), of each cluster i.

    $\log \int p(y_i \mid \theta, u_i) \, p(u_i \mid \theta) \, du_i$ over the cluster's own effect,
    slopes and trend: adaptive Gauss-Hermite quadrature around the mode, exact for normal outcomes.
    Pooled ones are normal around 0. Free ones are normal given those of the other clusters: as
    effects that sum to zero have a common coefficient beside them, they have, with it, n free
    numbers for n clusters.

    Parameters
    ----------
    design
        Of whole clusters, whose own coefficients are separable (``inseparable``).
    draws
        Posterior names to (S, ...), in the user's units.
    """
    first = np.append(0, np.flatnonzero(design.clusters[1:] != design.clusters[:-1]) + 1)
    for start, stop in zip(first, [*first[1:], len(design.clusters)], strict=True):
        here = part(design, slice(start, stop))
        many = max(TOGETHER // len(here.years), 1)
        total = len(draws[INTERCEPT])
        found = [
            _marginal(here, {name: values[at : at + many] for name, values in draws.items()})
            for at in range(0, total, many)
        ]
        yield str(here.clusters[0]), np.concatenate(found)


def _marginal(here: Design, draws: Draws) -> Values:
    """Integrate one cluster's own coefficients out, (S,)."""
    outcome, own = here.outcome, _own(here, draws)
    shared = tuple(block for block in here.blocks if block not in _own_blocks(here))
    eta = linear_predictor(replace(here, blocks=shared), draws) + own.centre @ own.values.T
    columns = np.einsum("ni,sik->snk", own.values, own.factor)
    parameters = {name: np.asarray(draws[name])[:, None] for name in outcome.parameters}
    density, first, second = (
        outcome.weigh(of)
        for of in (outcome.family.log_density, outcome.family.first, outcome.family.second)
    )

    def moved(v: Values) -> Values:
        return np.asarray(eta + np.einsum("snk,sk->sn", columns, v))

    def height(v: Values) -> Values:
        rows = density(outcome.values, moved(v), outcome.trials, parameters)
        return np.asarray(rows.sum(axis=1) - 0.5 * (v**2).sum(axis=1))

    def curvature(v: Values) -> Values:
        weight = np.maximum(-second(outcome.values, moved(v), outcome.trials, parameters), 0.0)
        squared = np.einsum("snk,sn,snl->skl", columns, weight, columns)
        return np.asarray(np.eye(v.shape[1]) + squared)

    mode = np.zeros(own.centre.shape)
    top = height(mode)
    for _ in range(STEPS):
        slope = first(outcome.values, moved(mode), outcome.trials, parameters)
        gradient = np.einsum("snk,sn->sk", columns, slope) - mode
        step = np.linalg.solve(curvature(mode), gradient[:, :, None])[:, :, 0]
        if not ((gradient * step).sum(axis=1) > CONVERGED).any():
            break
        for _ in range(30):
            new = height(mode + step)
            short = ~(new >= top - 1e-9 * np.abs(top))
            if not short.any():
                break
            step[short] /= 2
        mode, top = mode + step, new
    root = np.linalg.cholesky(curvature(mode))
    at, log_weights = nodes(mode.shape[1], EACH[mode.shape[1]])
    spread = np.swapaxes(np.linalg.inv(root), 1, 2)
    heights = [height(mode + spread @ node) for node in at]
    log_volume = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(logsumexp(heights, axis=0, b=np.exp(log_weights)[:, None]) - log_volume)


def _own_blocks(design: Design) -> tuple[Block, ...]:
    return tuple(b for b in design.blocks if b.factor is not None and b.factor.name == CLUSTER)


def _own(here: Design, draws: Draws) -> Own:
    """Give the law of the own coefficients of the one cluster that a design has."""
    blocks = _own_blocks(here)
    size, k = len(draws[INTERCEPT]), sum(len(block.terms) for block in blocks)
    centre, factor = np.zeros((size, k)), np.zeros((size, k, k))
    at = 0
    for block in blocks:
        spot = slice(at, at + len(block.terms))
        if block.pooling == "partial":
            factor[:, spot, spot] = _root(block, draws)
        else:
            centre[:, at], factor[:, at, at] = _given_others(here, block, draws)
        at = spot.stop
    values = [np.empty((len(here.years), 0)), *(block.values for block in blocks)]
    return Own(np.column_stack(values), centre, factor)


def _root(block: Block, draws: Draws) -> Values:
    """Give a square root of the covariance of pooled coefficients, (S, k, k); sds may be 0."""
    terms = zip(block.sds, block.terms, strict=True)
    sds = np.stack([np.asarray(draws[name]) / term.unit for name, term in terms], axis=1)
    k = sds.shape[1]
    if k == 1:
        return sds[:, :, None]
    lengths, ways = np.linalg.eigh(matrix(np.asarray(draws[correlation(block.name)]), k))
    return np.asarray(sds[:, :, None] * ways * np.sqrt(np.maximum(lengths, 0.0))[:, None, :])


def _given_others(here: Design, block: Block, draws: Draws) -> tuple[Values, Values]:
    """Give mean and sd, (S,), of a free coefficient, off the common one, given the others'.

    Of n clusters each has a = c + d, d summing to zero with sd t, c normal around m with sd s. So
    a has covariance t^2 I + r 11', r = s^2 - t^2 / n, and one of them given the others is normal
    around m + r / (n s^2 - r) sum (a_j - m) with variance t^2 n s^2 / (n s^2 - r).
    """
    assert block.factor is not None
    (term,) = block.terms
    _, prior = _around(here, block)
    level: Positions = block.factor.codes[:1]
    common = _common(here, block, draws)
    n, m, s = len(block.factor.levels), _argument(prior, "mean"), _argument(prior, "sd")
    t = _argument(term.prior, "sd")
    r = s**2 - t**2 / n
    own = common + internal(block, 0, draws, level)[:, 0]
    others = n * (common - m) - (own - m)
    centre = m + r / (n * s**2 - r) * others
    sd = np.sqrt(t**2 * n * s**2 / (n * s**2 - r))
    return centre - common, np.full(len(common), sd)


def _around(design: Design, block: Block) -> tuple[str, Prior]:
    """Give the common coefficient that free ones sum to zero around, and its prior."""
    name = block.terms[0].around
    if name is None:
        return INTERCEPT, design.intercept
    terms = (term for other in design.blocks for term in other.terms)
    return name, next(term.prior for term in terms if term.name == name)


def _common(design: Design, block: Block, draws: Draws) -> Values:
    """Give that coefficient's draws, (S,), internal scale."""
    name = block.terms[0].around
    return np.asarray(draws[name or INTERCEPT]) / (block.terms[0].unit if name else 1.0)


def _argument(prior: Prior, name: str) -> float:
    return dict(prior.arguments)[name]
