"""Which prior each quantity of a design has: the document's, or a default scaled to the data.

Inside a design every column is standardised, so defaults are on that scale; a prior that the
document states is in the user's units and is carried over by ``unit`` (user coefficient =
unit x internal coefficient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from clustermodels.data.learned import Learned
from clustermodels.errors import Problem
from clustermodels.families.priors import Prior, prior, scaled
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.names import INTERCEPT

# On log and logit links, one sd of a column multiplies the outcome by 0.25 to 4 at 90 %.
RATIO_SD = float(np.log(4) / ndtri(0.95))
LKJ_CONCENTRATION = 2.0
PROBABILITY = 0.9


@dataclass(frozen=True)
class Defaults:
    """The scales of the default priors, on the link's scale.

    Parameters
    ----------
    centre
        The outcome's centre.
    intercept
        The sd of the intercept: 2.5 spreads.
    level
        The sd of free effects of years and of a control's levels: 2.5 spreads.
    unit
        The sd of free effects of every other factor: 10 spreads. Where a level has few rows, a
        narrower prior lets differences between levels into the slopes, which free effects are
        there to keep out.
    slope
        The sd of the coefficient of a standardised column.
    level_sd, slope_sd
        The scales of the half-normal priors of group sds.
    spread
        The outcome's spread.
    """

    centre: float
    intercept: float
    level: float
    unit: float
    slope: float
    level_sd: float
    slope_sd: float
    spread: float


def defaults(spec: Spec, learned: Learned) -> Defaults:
    """Give the scales that the data suggest."""
    _, outcome = spec.outcome
    centre, spread = learned.outcome
    identity = find(outcome.family).link.name == "identity"
    return Defaults(
        centre=centre,
        intercept=2.5 * spread,
        level=2.5 * spread,
        unit=10 * spread,
        slope=2.5 * spread if identity else RATIO_SD,
        level_sd=spread,
        slope_sd=spread if identity else RATIO_SD,
        spread=spread,
    )


def intercept(spec: Spec, default: Defaults) -> Prior:
    """Give the prior of the predictor where every column is at its centre."""
    return stated(spec, INTERCEPT) or prior("normal", mean=default.centre, sd=default.intercept)


def coefficient(
    spec: Spec, name: str, default_sd: float, unit: float = 1.0, step: float = 1.0
) -> Prior:
    """Give the prior of an internal coefficient.

    Parameters
    ----------
    name
        The posterior name.
    default_sd
        Of the default, normal around 0.
    unit
        User coefficient = unit x internal coefficient.
    step
        The change of the column that an interval in the document is about.
    """
    own = stated(spec, name, step)
    return prior("normal", mean=0.0, sd=default_sd) if own is None else scaled(own, 1 / unit)


def positive(spec: Spec, name: str, default: Prior, unit: float = 1.0) -> Prior:
    """Give the prior of an internal group sd."""
    own = stated(spec, name)
    return default if own is None else scaled(own, 1 / unit)


def parameters(spec: Spec, default: Defaults) -> dict[str, Prior]:
    """Give the priors of the outcome's own parameters."""
    return {
        parameter.name: stated(spec, parameter.name)
        or (scaled(parameter.prior, default.spread) if parameter.scaled else parameter.prior)
        for parameter in spec.family.parameters
    }


def concentration(spec: Spec, name: str) -> float:
    """Give the concentration of an LKJ prior."""
    own = spec.priors.get(name)
    return LKJ_CONCENTRATION if own is None else float(own.concentration or LKJ_CONCENTRATION)


def not_centred(spec: Spec, name: str) -> Problem:
    """Say what prior effects of levels take."""
    return spec.source.problem(
        ("priors", name),
        f"'{name}' is text, with levels that sum to zero, and they take a normal prior around 0",
        fix="Write {distribution: normal, mean: 0, sd: ...}.",
    )


def stated(spec: Spec, name: str, step: float = 1.0) -> Prior | None:
    """Give the document's prior of ``name`` in the user's units, or None.

    An interval [a, b] with probability p of the effect of ``step`` units becomes the normal
    whose central interval it is: with l = log a, u = log b for ratios (a, b for differences),
    mean (l + u) / 2 and sd (u - l) / (2 z), z the normal quantile of (1 + p) / 2, both divided
    by the step.
    """
    own = spec.priors.get(name)
    if own is None:
        return None
    if own.effect is None:
        return prior(own.distribution or "", **own.arguments)
    low, high = own.interval if own.effect == "difference" else np.log(own.interval)
    z = float(ndtri((1 + (own.probability or PROBABILITY)) / 2))
    return prior(
        "normal", mean=float((low + high) / 2 / step), sd=float((high - low) / (2 * z) / step)
    )
