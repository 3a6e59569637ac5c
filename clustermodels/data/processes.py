"""The law of a Gaussian process's coefficients, by its height and length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Smooth
from clustermodels.data.curves import Process, frequencies
from clustermodels.data.panel import Values
from clustermodels.families.priors import prior, quantile
from clustermodels.spec.bending import amplitude, length
from clustermodels.spec.document import Spec

# Of the length, in ranges of the moderator: 0.18 to 0.68 at 90 %.
LENGTH, LENGTH_SD = 0.35, 0.4
# Where one normal law is asked for, the sd of the fastest sines is no less than this share of the
# largest one's: they have next to no part, and an inverse must be had.
FLAT = 1e-4


def weights(functions: int, lengths: ArrayLike) -> Values:
    """Give the root of the spectral density at each sine's frequency, per unit of amplitude.

    Parameters
    ----------
    functions
        How many sines.
    lengths
        (..,), in half ranges.

    Returns
    -------
    array
        (.., functions): of the kernel exp(-d^2 / (2 l^2)).
    """
    at = np.asarray(lengths)[..., None]
    root = (2 * np.pi) ** 0.25 * np.sqrt(at)
    return np.asarray(root * np.exp(-0.25 * (at * frequencies(functions)) ** 2))


def smooth_of(spec: Spec, name: str, curve: Process, unit: float, slope: float) -> Smooth:
    """Give the laws of height and length.

    Parameters
    ----------
    spec
        The document.
    name
        Of the coefficients.
    curve
        What they are of.
    unit
        Coefficient in the user's units = unit x internal one.
    slope
        The sd of the default prior of a standardised column's coefficient.
    """
    own = (amplitude(name), length(name))
    reach = prior("lognormal", median=2 * LENGTH, sd=LENGTH_SD)
    return Smooth(
        *own,
        height=priors.positive(spec, own[0], prior("half_normal", sd=slope), unit),
        reach=priors.positive(spec, own[1], reach, curve.half),
        units=(unit, curve.half),
    )


def typical_sds(smooth: Smooth, functions: int) -> list[float]:
    """Give the coefficients' sds at the medians of height and length, internal scale."""
    height, reach = quantile(smooth.height, 0.5), quantile(smooth.reach, 0.5)
    return _floored(height * weights(functions, reach))


def held(block: Block, draws: Mapping[str, Values]) -> Block:
    """Give a process whose coefficients have one normal law: that at the means of draws."""
    smooth = block.smooth
    if smooth is None:
        return block
    height = np.mean(draws[smooth.amplitude]) / smooth.units[0]
    reach = np.mean(draws[smooth.length]) / smooth.units[1]
    sds = _floored(height * weights(len(block.terms), reach))
    laws = [prior("normal", mean=0.0, sd=sd) for sd in sds]
    terms = zip(block.terms, laws, strict=True)
    return replace(block, terms=tuple(replace(term, prior=law) for term, law in terms))


def _floored(sds: Values) -> list[float]:
    floored: list[float] = np.maximum(sds, FLAT * sds.max()).tolist()
    return floored
