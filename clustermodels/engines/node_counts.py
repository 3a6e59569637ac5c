"""How many nodes quadrature over a level's coefficients needs.

What is good enough for a few levels is not for many: the errors of single levels add up.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.engines.given import given
from clustermodels.engines.laplace import Expansion, Marginal
from clustermodels.engines.surveyed import Survey

# Numbers of nodes in each dimension that quadrature tries, until the next changes nothing.
NODES = (2, 4, 6, 8, 12)
# The sd over the posterior of what more nodes change in the log density.
UNCHANGED = 0.03
# How many points of the posterior are looked at for that.
TRIALS = 24
# Modes by fewer and by more nodes may be so many sds of the posterior apart; expansions take no
# more than so many nodes for a level.
APART = 0.3
MOST_NODES = 2000


def settled(
    rough: Marginal, found: Survey, every: int, rng: np.random.Generator
) -> tuple[int, float]:
    """Choose how many nodes quadrature needs: until more of them change no difference.

    Returns the number, and the sd over the posterior of what the next would change.
    What more nodes add to the log density everywhere is of no account; how that varies over the
    posterior is. A part of the levels shows a share of it.
    """
    if not rough.arrow.z.shape[1]:
        return 1, 0.0
    x = found.among.draw(rng, TRIALS)
    gamma, _, _ = found.given.draw(x, rng)
    last = None
    for fewer, each in pairwise(NODES):
        if last is None:
            last = replace(rough, each=fewer).log_density(x, gamma, found.top.u)
        now = replace(rough, each=each).log_density(x, gamma, found.top.u)
        # a point beyond the numbers' range has no density, by any number of nodes
        some = np.isfinite(now) | np.isfinite(last)
        apart = now[some] - last[some]
        known = len(apart) > TRIALS / 2 and np.isfinite(apart).all()
        change = every * float(np.std(apart)) if known else np.inf
        if change < UNCHANGED:
            return fewer, change
        last = now
    return NODES[-1], change


def steep(rough: Marginal, top: Expansion, every: int) -> int:
    """Choose how many nodes an expansion needs, so that it stands where the posterior is.

    At the mode of a part of the levels the slopes by fewer and by more nodes say how far apart
    their modes are; with more levels, farther in sds of the posterior.
    """
    arrow = rough.arrow
    if not arrow.z.shape[1]:
        return 1
    at = given(arrow, rough.hyper, top.x[None])

    def slope(each: int) -> Values:
        modes = np.array(top.u[..., None], order="C")
        found = rough.score(top.centre[None], at, modes, each)
        return np.asarray(arrow.basis.T @ found.slope[0], dtype=np.float64)

    last = slope(1)
    most = max(each for each in NODES if each ** arrow.z.shape[1] <= MOST_NODES)
    for fewer, more in pairwise((1, *NODES)):
        if fewer == most:
            break
        now = slope(more)
        apart = np.linalg.solve(top.factor.T, now - last)
        if np.sqrt(every) * np.linalg.norm(apart) < APART:
            return fewer
        last = now
    return most
