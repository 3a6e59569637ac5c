"""Where chains start: around the mode, each at its own draw from the normal law there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.cells import Cells, guessed
from clustermodels.data.centring import settle
from clustermodels.data.design import Design
from clustermodels.data.feedback import OWN, Feedback, internal_sds
from clustermodels.data.mode import around
from clustermodels.data.panel import Values
from clustermodels.families.priors import Prior, line_of, quantile
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import (
    INTERCEPT,
    by_cluster,
    cells_given,
    cells_mean,
    correlation,
    effect,
    sd,
)
from clustermodels.spec.residuals import CARRIED

# How far the logs of sds and parameters, and the log odds of correlations, are moved: about as far
# as the posterior is wide where there are a handful of levels.
SPREAD = 0.3
# PyMC's names of the transforms by which a parameter moves on the real line.
TRANSFORMS = {"log": "log", "logit": "logodds"}

Point = dict[str, Values]


def starts(design: Design) -> Callable[[int], Point]:
    """Give what makes a starting point of a seed, by the names of what the sampler moves in.

    Chains that start at different draws can disagree, so that R-hat means something; and no chain
    spends its tuning on the way to the bulk of the posterior.

    Parameters
    ----------
    design
        Whose outcome is observed.
    """
    settled = settle(design)
    draw = around(settled.mode)
    sds = {name: np.sqrt(np.diag(value)) for name, value in settled.given.covariances.items()}

    def start(seed: int) -> Point:
        rng = np.random.default_rng(seed)
        beta = draw(rng)
        point: Point = {}
        for name, value in settled.given.parameters.items():
            line = line_of(design.outcome.parameters[name])
            moved = line.forward(value) + SPREAD * rng.normal(size=1)
            point[f"{name}_{TRANSFORMS[line.name]}__"] = moved
        internal: dict[str, Values] = {}
        at = 0
        for piece in settled.mode.pieces:
            name = INTERCEPT if piece.block is None else piece.block.name
            internal[name] = beta[at : at + piece.size]
            at += piece.size
        for block in design.blocks:
            if block.pooling == "free":
                point |= _free(block, internal)
        for block in design.blocks:
            if block.smooth is not None:
                point |= _process(block, internal[block.name], rng)
            elif block.factor is None:
                point |= _common(block, internal[block.name])
                if block.decay is not None:
                    point[f"{block.decay.name}_logodds__"] = SPREAD * rng.normal(size=1)
            elif block.pooling == "partial":
                point |= _pooled(block, internal[block.name], sds[block.name], rng)
        for each in design.feedback:
            apart = f"z_{effect(CLUSTER)}"  # from where outcomes and columns have the effects
            point[apart] = rng.normal(size=point[apart].shape)
            point |= _feedback(each, rng)
        if design.serial is not None:
            point[f"z_{CARRIED}_logodds__"] = SPREAD * rng.normal(size=())
        for cells in design.cells:
            point |= _cells(cells, rng)
        point[f"z_{INTERCEPT}"] = _standard(design.intercept, internal[INTERCEPT])
        return point

    return start


def _standard(prior: Prior, value: Values) -> Values:
    arguments = dict(prior.arguments)
    standard: Values = (value - arguments["mean"]) / arguments["sd"]
    return standard


def _process(block: Block, beta: Values, rng: np.random.Generator) -> Point:
    """Start a Gaussian process near the medians of its height and length."""
    smooth = block.smooth
    assert smooth is not None
    sds = np.array([dict(term.prior.arguments)["sd"] for term in block.terms])
    laws = {smooth.amplitude: smooth.height, smooth.length: smooth.reach}
    return {f"z_{block.name}": beta / sds} | {
        f"z_{name}_log__": np.log(quantile(law, 0.5)) + SPREAD * rng.normal(size=())
        for name, law in laws.items()
    }


def _common(block: Block, beta: Values) -> Point:
    return {
        f"z_{block.name}_{at}" if block.labels else f"z_{term.name}": _standard(
            term.prior, beta[at : at + 1]
        )
        for at, term in enumerate(block.terms if block.decay is None else block.terms[:1])
    }


def _free(block: Block, internal: dict[str, Values]) -> Point:
    """Part effects into their mean, which goes to what they vary around, and what sums to zero.

    PyMC moves in n - 1 numbers: the image of the effects under the reflection that takes their
    plane to the one where the last number is 0.
    """
    (term,) = block.terms
    effects = internal[block.name]
    mean, n = effects.mean(), len(effects)
    centre = term.around or INTERCEPT
    if not block.adrift:  # the mean of trends belongs to the years
        internal[centre] = internal[centre] + mean
    z = (effects - mean) / dict(term.prior.arguments)["sd"]
    return {f"z_{term.name}_zerosum__": z[:-1] - z[-1] / (1 + np.sqrt(n))}


def _pooled(block: Block, beta: Values, sds: Values, rng: np.random.Generator) -> Point:
    k = len(block.terms)
    moved = sds * np.exp(SPREAD * rng.normal(size=k))
    point: Point = {}
    for term, own, levels in zip(block.terms, moved, beta.reshape(k, -1), strict=True):
        point[f"z_{term.sd_name}_log__"] = np.log([own])
        point[f"z_{term.name}"] = levels if term.centred else levels / own
    pairs = k * (k - 1) // 2
    if pairs:
        name = f"z_{correlation(block.name)}_logodds__"
        point[name] = SPREAD * rng.normal(size=pairs)
    return point


def _cells(cells: Cells, rng: np.random.Generator) -> Point:
    """Start unknown cells from a guess of the regression that they follow."""
    guess, name = guessed(cells), cells.name
    mean = guess.mean + SPREAD * guess.sd * rng.normal(size=1)
    point = {f"z_{cells_mean(cells.column)}": _standard(cells.mean, mean)}
    for at, law in enumerate(cells.slopes):
        slope = guess.slopes[at : at + 1] * np.exp(SPREAD * rng.normal(size=1))
        point[f"z_{cells_given(cells.column)}_{at}"] = _standard(law, slope)
    for which, value in ((sd(name), guess.sd), (sd(by_cluster(name)), guess.between)):
        point[f"z_{which}_log__"] = np.log(value) + SPREAD * rng.normal(size=1)
    point[f"z_{by_cluster(name)}"] = rng.normal(size=len(cells.cluster.levels))
    point[f"z_{name}"] = rng.normal(size=len(cells.rows))
    return point


def _feedback(each: Feedback, rng: np.random.Generator) -> Point:
    """Start the equations of a column at ridge regressions, as if clusters' effects were known."""
    laws = [dict(term.prior.arguments) for term in each.terms]
    mean, sd = np.array([law["mean"] for law in laws]), np.array([law["sd"] for law in laws])
    k = each.values.shape[1]
    x = each.values * sd[:k]
    left = each.response - each.values @ mean[:k]
    z = np.linalg.solve(x.T @ x + np.eye(k), x.T @ left)
    left = left - x @ z
    point: Point = {}
    for code, name in enumerate(internal_sds(each)):
        spread = np.sqrt((left[each.equation == code] ** 2).mean())
        moved = np.log(spread) + SPREAD * rng.normal(size=1)
        point[f"{name}_log__"] = moved
    if each.own_sd is not None:
        point[f"z_{each.own_sd_name}_log__"] = np.log([OWN]) + SPREAD * rng.normal(size=1)
    beyond = SPREAD * rng.normal(size=len(mean) - k)
    point[f"z_{each.name}"] = np.concatenate([z + 0.1 * rng.normal(size=k), beyond])
    return point
