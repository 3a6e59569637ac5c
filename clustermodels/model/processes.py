"""Gaussian processes: coefficients of sines that vary with a height and a length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.curves import frequencies
from clustermodels.model.numbers import Numbers, along
from clustermodels.model.priors import positive
from clustermodels.spec.names import level_dim


def process(block: Block, given: Numbers) -> Any:
    """Make a process's variables and give its part of the predictor, (obs,).

    The free variables are a standard normal one for each sine, the height and the length.
    """
    smooth = block.smooth
    assert smooth is not None
    laws = {smooth.amplitude: smooth.height, smooth.length: smooth.reach}
    height, reach = (positive(f"z_{name}", law, given.priors[name]) for name, law in laws.items())
    for name, value in zip(laws, (height, reach), strict=True):
        pm.Deterministic(name, value * given.units[name])
    places, dim = [(block.name, at) for at in range(len(block.terms))], level_dim(block.name)
    z = pm.Normal(f"z_{block.name}", 0.0, 1.0, dims=along(dim))
    faded = pt.exp(-0.25 * (reach * frequencies(len(places))) ** 2)
    internal = height * (2 * np.pi) ** 0.25 * pt.sqrt(reach) * faded * z
    # every sine leads back by the same unit
    pm.Deterministic(block.name, internal * given.units[places[0]], dims=along(dim))
    return pt.dot(internal, pt.stack([given.columns[place] for place in places]))
