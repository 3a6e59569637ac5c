"""Which pooled coefficients a sampler should move in directly.

b = s z with z standard normal mixes well where the rows of a level say little about b, and badly
where they say much: then s and every z are tied to one another, and b itself is the better variable
(Papaspiliopoulos, Roberts & Sköld 2007, doi 10.1214/088342307000000014).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.filled import filled
from clustermodels.data.mode import Given, Mode, find_mode
from clustermodels.data.panel import Values
from clustermodels.families.links import Link
from clustermodels.families.priors import line_of, log_density, quantile

ROUNDS = 4
# How many times the variance over levels must be that with which a level's rows determine it.
INFORMED = 10.0
# A parameter moves by at most this much on the log scale, or on that of log odds, in a round.
REACH = 3.0


def centred(design: Design) -> tuple[str, ...]:
    """Name the pooled terms whose levels are each well determined by their own rows.

    This chooses coordinates for a sampler, no number of the model: whatever is chosen, the
    posterior is the same.

    Parameters
    ----------
    design
        Whose outcome is observed.

    Returns
    -------
    tuple of str
        Posterior names of terms.
    """
    # beside feedback effects have coordinates of their own
    if design.feedback or not any(block.sds for block in design.blocks):
        return ()
    shares = settle(design).shares
    carried = {block.name for block in design.blocks if block.serial is not None}
    return tuple(name for name, share in shares.items() if share > INFORMED and name not in carried)


def moving_in(design: Design, names: Collection[str]) -> Design:
    """Give the design whose sampler moves in the named terms' levels directly."""
    return replace(
        design,
        blocks=tuple(
            replace(
                block,
                terms=tuple(replace(term, centred=term.name in names) for term in block.terms),
            )
            for block in design.blocks
        ),
    )


@dataclass(frozen=True, eq=False)
class Settled:
    """Where a few rounds of expectation and maximisation end.

    Parameters
    ----------
    mode
        Of the coefficients, at what the round before gave.
    given
        The parameters, and variances on the diagonal: correlations are taken as 0.
    shares
        Of each pooled term, its variance over levels by that with which rows determine a level.
    """

    mode: Mode
    given: Given
    shares: Mapping[str, float]


def settle(design: Design) -> Settled:
    """Estimate the family's parameters and the sds at the mode of the coefficients.

    Unknown cells are held at a guess.
    """
    design = filled(design)
    pooled = [block for block in design.blocks if block.sds]
    given = Given(
        {name: quantile(prior, [0.5]) for name, prior in design.outcome.parameters.items()},
        {
            block.name: np.diag([quantile(term.prior, 0.5) ** 2 for term in block.terms])
            for block in pooled
        },
    )
    shares: dict[str, float] = {}
    for _ in range(ROUNDS):
        found = find_mode(design, given)
        variances, shares = _variances(found, given)
        given = Given(_parameters(design, found, given), variances)
    return Settled(found, given, shares)


def _variances(found: Mode, given: Given) -> tuple[dict[str, Values], dict[str, float]]:
    """Update each block's variances, and set them against what rows alone leave uncertain."""
    variances: dict[str, Values] = {}
    shares: dict[str, float] = {}
    start = 0
    for piece in found.pieces:
        block = piece.block
        if block is not None and block.sds:
            prior = np.linalg.inv(given.covariances[block.name])
            information = _information(block, -found.second)
            posterior = np.linalg.inv(information + prior)
            levels = found.beta[start : start + piece.size].reshape(len(block.terms), -1)
            own = np.diagonal(posterior, axis1=1, axis2=2).T
            variance = (levels**2 + own).mean(axis=1)
            variances[block.name] = np.diag(variance)
            # without the prior's own part; a level whose rows say nothing has no end of it
            rows = 1 / np.maximum(1 / own - np.diag(prior)[:, None], 1e-12)
            for term, over, within in zip(block.terms, variance, rows, strict=True):
                shares[term.name] = float(over / np.median(within))
        start += piece.size
    return variances, shares


def _information(block: Block, weight: Values) -> Values:
    """Give what each level's rows say about its coefficients, (level, k, k)."""
    assert block.factor is not None
    levels, k = len(block.factor.levels), len(block.terms)
    information = np.empty((levels, k, k))
    for i in range(k):
        for j in range(k):
            product = weight * block.values[:, i] * block.values[:, j]
            information[:, i, j] = np.bincount(block.factor.codes, product, minlength=levels)
    return information


def _parameters(design: Design, found: Mode, given: Given) -> dict[str, Values]:
    """Climb in one parameter of the family after another, at the mode of the coefficients."""
    outcome = design.outcome
    eta = found.x @ found.beta + outcome.offset
    now = dict(given.parameters)
    for name, law in outcome.parameters.items():
        line = line_of(law)

        def depth(at: float, name: str = name, line: Link = line) -> float:
            value = line.inverse(np.array([at]))
            arguments = (outcome.values, eta, outcome.trials, {**now, name: value})
            likelihood = outcome.weigh(outcome.family.log_density)(*arguments).sum()
            return -float(likelihood + log_density(outcome.parameters[name], value)[0])

        centre = float(line.forward(now[name])[0])
        bounds = (centre - REACH, centre + REACH)
        at = minimize_scalar(depth, bounds=bounds, method="bounded").x
        now[name] = line.inverse(np.array([at]))
    return now
