"""Priors in PyMC's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pymc as pm
import pytensor.tensor as pt

from clustermodels.families.priors import Prior

Make = Callable[..., Any]
Arguments = Mapping[str, Any]

# The distribution of the standardised variable, and the affine map back: location + scale * z.
_REAL: dict[str, Callable[[Arguments], tuple[Make, Arguments, Any, Any]]] = {
    "normal": lambda a: (pm.Normal, {"mu": 0.0, "sigma": 1.0}, a["mean"], a["sd"]),
    "student_t": lambda a: (
        pm.StudentT,
        {"nu": a["df"], "mu": 0.0, "sigma": 1.0},
        a["mean"],
        a["sd"],
    ),
}
_POSITIVE: dict[str, Callable[[Arguments], tuple[Make, Arguments]]] = {
    "half_normal": lambda a: (pm.HalfNormal, {"sigma": a["sd"]}),
    "exponential": lambda a: (pm.Exponential, {"scale": a["mean"]}),
    "gamma": lambda a: (pm.Gamma, {"alpha": a["shape"], "beta": a["rate"]}),
    "lognormal": lambda a: (pm.LogNormal, {"mu": pt.log(a["median"]), "sigma": a["sd"]}),
    "beta": lambda a: (pm.Beta, {"alpha": a["alpha"], "beta": a["beta"]}),
}


def real(name: str, prior: Prior, given: Arguments) -> Any:
    """Make a variable with a prior on the real line, moving in standardised units.

    The free variable is ``z_NAME``; what is returned is location + scale * z, with the prior's
    arguments as they are data of the model.
    """
    make, arguments, location, scale = _REAL[prior.distribution](given)
    return location + scale * make(f"z_{name}", **arguments)


def positive(name: str, prior: Prior, given: Arguments) -> Any:
    """Make a variable called ``name`` that is positive, or a share."""
    make, arguments = _POSITIVE[prior.distribution](given)
    return make(name, **arguments)
