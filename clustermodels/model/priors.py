"""Priors in PyMC's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc as pm

from clustermodels.families.priors import Prior

Make = Callable[..., Any]

# The distribution of the standardised variable, and the affine map back: location + scale * z.
_REAL: dict[str, Callable[[dict[str, float]], tuple[Make, dict[str, float], float, float]]] = {
    "normal": lambda a: (pm.Normal, {"mu": 0.0, "sigma": 1.0}, a["mean"], a["sd"]),
    "student_t": lambda a: (
        pm.StudentT,
        {"nu": a["df"], "mu": 0.0, "sigma": 1.0},
        a["mean"],
        a["sd"],
    ),
}
_POSITIVE: dict[str, Callable[[dict[str, float]], tuple[Make, dict[str, float]]]] = {
    "half_normal": lambda a: (pm.HalfNormal, {"sigma": a["sd"]}),
    "exponential": lambda a: (pm.Exponential, {"scale": a["mean"]}),
    "gamma": lambda a: (pm.Gamma, {"alpha": a["shape"], "beta": a["rate"]}),
    "lognormal": lambda a: (pm.LogNormal, {"mu": _log(a["median"]), "sigma": a["sd"]}),
}


def _log(value: float) -> float:
    return float(np.log(value))


def real(name: str, prior: Prior) -> Any:
    """Make a variable with a prior on the real line, moving in standardised units.

    The free variable is ``z_NAME``; what is returned is location + scale * z.
    """
    make, arguments, location, scale = _REAL[prior.distribution](dict(prior.arguments))
    return location + scale * make(f"z_{name}", **arguments)


def scale_of(prior: Prior) -> float:
    """Give the sd of a normal prior around 0."""
    return dict(prior.arguments)["sd"]


def positive(name: str, prior: Prior) -> Any:
    """Make a positive variable called ``name``."""
    make, arguments = _POSITIVE[prior.distribution](dict(prior.arguments))
    return make(name, **arguments)
