"""What is left of a year, carried over to the next: errors of outcomes, effects of counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.serial import Serial
from clustermodels.model.numbers import Numbers
from clustermodels.model.random import group_sd
from clustermodels.spec.residuals import CARRIED


def given_before(
    serial: Serial, eta: Any, parameters: Mapping[str, Any], given: Numbers
) -> tuple[Any, dict[str, Any]]:
    """Give mean and parameters of each normal outcome given the row before."""
    share = _shares(given.gap, _correlation(serial))
    error = given.outcome - eta
    before = pt.concatenate([pt.zeros(1), error[:-1]])
    left = parameters["sigma"] * pt.sqrt(1 - share**2)
    return eta + share * before, {**parameters, "sigma": left}


def effects_carried_over(block: Block, given: Numbers) -> Any:
    """Make the effect of each cluster and year, (level,), on the predictor's scale.

    What is new in a year is the free variable, so that the prior of the sampler's variables is
    independent whatever the correlation is.
    """
    assert block.factor is not None
    assert block.serial is not None
    (term,) = block.terms
    share = _shares(given.gap, _correlation(block.serial))
    sd = group_sd(block, 0, given)
    new = pm.Normal(f"z_{term.name}", 0.0, 1.0, dims=block.factor.dim) * pt.sqrt(1 - share**2)
    paths = [new[given.cells[:, 0]]]
    for k in range(1, block.serial.longest):
        rows = given.cells[:, k]
        paths.append(share[rows] * paths[-1] + new[rows])
    return sd * pt.stack(paths, axis=1).ravel()[given.places]


def _correlation(serial: Serial) -> Any:
    half = pm.Beta(f"z_{CARRIED}", serial.concentration, serial.concentration)
    return pm.Deterministic(CARRIED, 2 * half - 1)


def _shares(gap: Any, correlation: Any) -> Any:
    return pt.where(pt.gt(gap, 0), correlation ** pt.maximum(gap, 1), 0.0)
