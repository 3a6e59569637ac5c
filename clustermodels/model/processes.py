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


def process_coefficients(block: Block, given: Numbers) -> Any:
    """Make the internal coefficients of a process, (sine,).

    The free variables are a standard normal one for each sine, the height and the length.
    """
    smooth = block.smooth
    assert smooth is not None
    laws = {smooth.amplitude: smooth.height, smooth.length: smooth.reach}
    height, reach = (positive(f"z_{name}", law, given.priors[name]) for name, law in laws.items())
    for name, value in zip(laws, (height, reach), strict=True):
        pm.Deterministic(name, value * given.units[name])
    z = pm.Normal(f"z_{block.name}", 0.0, 1.0, dims=along(level_dim(block.name)))
    bent = -0.25 * (reach * frequencies(len(block.terms))) ** 2
    return height * (2 * np.pi) ** 0.25 * pt.sqrt(reach) * pt.exp(bent) * z
