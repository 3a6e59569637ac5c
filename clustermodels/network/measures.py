"""What a measure of a node's position declares, and the options it may take."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clustermodels.errors import choices, nearest
from clustermodels.network.network import Values
from clustermodels.network.snapshot import Snapshot

VARIANTS = ("wasserman_faust", "freeman", "harmonic")


@dataclass(frozen=True)
class Options:
    """How a measure is taken; each measure reads those that it ``takes``.

    Parameters
    ----------
    variant
        Of closeness: ``wasserman_faust``, ``freeman`` or ``harmonic``.
    weighted
        Whether weights count, or only whether there is a tie.
    exponent
        a in the length of a tie, 1 / weight^a, where paths are weighted.
    attenuation
        Of katz: the share of 1 / (largest eigenvalue). Of pagerank: the damping.
    normalise
        Whether networks of different size are put on one scale; each measure says how.

    Raises
    ------
    ValueError
        When a value is none of the choices or out of its range.
    """

    variant: str = "wasserman_faust"
    weighted: bool = False
    exponent: float = 1.0
    attenuation: float = 0.85
    normalise: bool = True

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise ValueError(
                f"'{self.variant}' is not a variant (choices: {choices(VARIANTS)})"
                f"{hint(str(self.variant), VARIANTS)}"
            )
        for name, flag in (("weighted", self.weighted), ("normalise", self.normalise)):
            if not isinstance(flag, bool):
                raise ValueError(f"{name} is True or False; got {flag!r}")
        if not 0 <= self.exponent < math.inf:
            raise ValueError(f"exponent is a finite number, 0 or more; got {self.exponent!r}")
        if not 0 < self.attenuation < 1:
            raise ValueError(f"attenuation is above 0 and below 1; got {self.attenuation!r}")

    @property
    def lengths(self) -> float | None:
        """The exponent of ties' lengths, or None where each tie has length 1."""
        return self.exponent if self.weighted else None


@dataclass(frozen=True)
class Measure:
    """A value for each node of a graph.

    Parameters
    ----------
    name
        What a document calls it.
    of
        (snapshot, options): the values, (node,), nan where the measure is undefined.
    takes
        The options that it reads.
    words
        What it is, a clause.
    undefined
        Where it is undefined, a clause; empty where it is defined everywhere.
    """

    name: str
    of: Callable[[Snapshot, Options], Values]
    takes: frozenset[str]
    words: str
    undefined: str = ""


def chosen(measure: Measure, given: Mapping[str, Any]) -> Options:
    """Make the options of a measure from those that were given by name.

    Raises
    ------
    ValueError
        When the measure does not take one of them, a value is out of its range, or an exponent
        is given and would not be read because weights do not count.
    """
    for name in given:
        if name not in measure.takes:
            takes = choices(sorted(measure.takes)) or "none"
            raise ValueError(
                f"'{measure.name}' takes no option '{name}' (options: {takes})"
                f"{hint(name, measure.takes)}"
            )
    options = Options(**given)
    if "exponent" in given and not options.weighted:
        raise ValueError("exponent is read only with weighted=True, where ties have lengths")
    return options


def hint(name: str, known: Any) -> str:
    """Ask whether the nearest of the known names was meant; empty where none is near."""
    meant = nearest(name, known)
    return f"; did you mean '{meant}'?" if meant else ""
