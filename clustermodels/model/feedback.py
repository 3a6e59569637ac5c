"""The equations of columns that react to past outcomes, beside that of the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.feedback import Feedback, internal_sds
from clustermodels.model.numbers import Numbers
from clustermodels.model.priors import positive
from clustermodels.model.random import group_sd
from clustermodels.spec.names import level_dim


@dataclass(frozen=True, eq=False)
class Equation:
    r"""The equations of one column, but for what clusters' effects are beyond what is known.

    The column less what it is expected to be has the precision
    $P = (I - w 1 1') / s^2$ in a cluster of n rows, $w = \kappa^2 / (s^2 + n \kappa^2)$ with
    $\kappa$ the sd of what a cluster's column always is besides.

    Parameters
    ----------
    name
        Of the column's density.
    left, load, sd
        (n,): the column less what it is expected to be; how it moves with one sd of the effect; s.
    cluster
        (n,), of each row.
    levels
        How many clusters there are.
    own_sd
        kappa; None where it is 0.
    """

    name: str
    left: Any
    load: Any
    sd: Any
    cluster: Any
    levels: int
    own_sd: Any

    def solved(self, values: Any) -> Any:
        """Give P times values, (n,)."""
        if self.own_sd is not None:
            total = by_cluster(values, self.cluster, self.levels)
            values = values - (self.share() * total)[self.cluster]
        return values / self.sd**2

    def share(self) -> Any:
        """Give w, (cluster,)."""
        rows = by_cluster(pt.ones_like(self.left), self.cluster, self.levels)
        return self.own_sd**2 / (self.sd[0] ** 2 + rows * self.own_sd**2)

    def density(self, standardised: Any) -> Any:
        """Give the log density of the column given effects by their sd, (cluster,)."""
        left = self.left - self.load * standardised[self.cluster]
        log = -0.5 * left * self.solved(left) - pt.log(self.sd) - 0.5 * np.log(2 * np.pi)
        whole = pt.sum(log)
        if self.own_sd is not None:
            rows = by_cluster(pt.ones_like(self.left), self.cluster, self.levels)
            whole = whole + 0.5 * pt.sum(pt.log1p(-rows * self.share()))
        return whole


def by_cluster(values: Any, of: Any, levels: int) -> Any:
    """Add up rows, (cluster,)."""
    return pt.inc_subtensor(pt.zeros(levels)[of], values)


def reaction(each: Feedback, codes: Any, levels: int, given: Numbers) -> Equation:
    """Make the coefficients of a column's equations.

    Parameters
    ----------
    each
        The equations.
    codes, levels
        The cluster of each row of the design, (obs,), and how many there are.
    given
        The numbers of the model.
    """
    own, along = given.feedback[each.name], level_dim(each.name)
    mean, width, unit = (own.laws[row] for row in range(3))
    b = mean + width * pm.Normal(f"z_{each.name}", 0.0, 1.0, dims=along)
    pm.Deterministic(each.name, b * unit, dims=along)
    sd = pt.stack(
        [positive(name, each.sd, given.priors[each.sd_name]) for name in internal_sds(each)]
    )
    named = sd * given.units[each.sd_name]
    if each.equations:
        pm.Deterministic(each.sd_name, named, dims=level_dim(each.sd_name))
    else:
        pm.Deterministic(each.sd_name, named[0])
    between = None
    if each.own_sd is not None:
        name = each.own_sd_name
        between = positive(f"z_{name}", each.own_sd, given.priors[name])
        pm.Deterministic(name, between * given.units[name])
    equation, k = own.places[1], each.values.shape[1]
    return Equation(
        name=f"{each.column}::equation",
        left=own.table[:, 0] - pt.dot(own.table[:, 1:], b[:k]),
        load=b[k:][equation],
        sd=sd[equation],
        cluster=codes[own.places[0]],
        levels=levels,
        own_sd=between,
    )


def effects_told(
    block: Block, left: Any, sigma: Any, equations: Sequence[Equation], given: Numbers
) -> Any:
    r"""Make the effects of clusters, (cluster,), that outcomes and columns tell of together.

    All is normal, so given the rest an effect by its sd $\tau$ is normal with precision
    $A = 1 + \sum \tau^2 / \sigma^2 + l' P l$ and mean $(\sum \tau r / \sigma^2 + l' P x) / A$, r
    what is left of outcomes and x of columns, summed over the latter. The free variable is the
    standardised deviation from there, so that it is independent of all others in the posterior: a
    choice of coordinates, not of the model.

    Parameters
    ----------
    block
        The clusters' effects.
    left, sigma
        The outcome less its predictor without them, (obs,), and its residual sd.
    equations, given
        Of the columns that react; the numbers of the model.

    Returns
    -------
    Any
        The effects, internal scale; the columns' densities given them are part of the model.
    """
    assert block.factor is not None
    (term,) = block.terms
    codes, levels = given.codes[block.factor.name], len(block.factor.levels)
    tau = group_sd(block, 0, given)
    precision = 1 + tau**2 / sigma**2 * by_cluster(pt.ones_like(left), codes, levels)
    told = tau / sigma**2 * by_cluster(left, codes, levels)
    for each in equations:
        weight = each.solved(each.load)
        precision = precision + by_cluster(weight * each.load, each.cluster, levels)
        told = told + by_cluster(weight * each.left, each.cluster, levels)
    z = pm.Normal(f"z_{term.name}", 0.0, 1.0, dims=block.factor.dim)
    standardised = told / precision + z / pt.sqrt(precision)
    # from the density of z, which the model has, to that of the standardised effects
    moved = 0.5 * (z**2 - standardised**2) - 0.5 * pt.log(precision)
    pm.Potential(f"{term.name}::moved", moved, dims=block.factor.dim)
    for each in equations:
        pm.Potential(each.name, each.density(standardised))
    effects = tau * standardised
    pm.Deterministic(term.name, effects * given.units[block.name, 0], dims=block.factor.dim)
    return effects
