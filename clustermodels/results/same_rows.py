"""Whether fits are of the same outcomes of the same rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data.design import Design
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit

Place = tuple[str, int]


def refuse_different(fits: Mapping[str, Fit]) -> None:
    """Refuse fits whose predictions are of different things, naming the first difference.

    Raises
    ------
    FitError
        If outcomes, rows or weights differ, or what predictions of them are.
    """
    (first, one), *others = fits.items()
    for name, other in others:
        because = _difference(first, one, name, other)
        if because:
            raise FitError(
                f"'{first}' and '{name}' are not compared because {because}. Fit both to the same "
                "rows of the same outcome."
            )


def _difference(first: str, one: Fit, name: str, other: Fit) -> str:
    """Say what differs; '' where nothing does."""
    designs = one.design(), other.design()
    outcomes = [fit.spec.outcome[1].column for fit in (one, other)]
    if outcomes[0] != outcomes[1]:
        return f"one is of '{outcomes[0]}', the other of '{outcomes[1]}'"
    here, there = map(_rows, designs)
    for place in sorted({*here, *there}):
        row = " ".join(map(str, place))
        if (place in here) != (place in there):
            return f"'{name if place in here else first}' has no row of {row}"
        if here[place] != there[place]:
            return (
                f"the outcome of {row} is {here[place]:g} in one and {there[place]:g} in the other"
            )
    families = [made.outcome.family for made in designs]
    if families[0].discrete != families[1].discrete:
        words = ["probabilities" if family.discrete else "densities" for family in families]
        return (
            f"'{families[0].name}' predicts by {words[0]} and '{families[1].name}' by {words[1]}, "
            "which have no common measure"
        )
    beside = [made.outcome.trials for made in designs]
    if not any(family.feeds for family in families) and not np.array_equal(beside[0], beside[1]):
        return "rows have other numbers of trials"
    weights = [
        None if made.outcome.weights is None else made.outcome.weights.values for made in designs
    ]
    if not np.array_equal(np.asarray(weights[0]), np.asarray(weights[1])):
        return "rows do not weigh the same"
    return ""


def _rows(made: Design) -> dict[Place, float]:
    places = zip(made.clusters.tolist(), made.years.tolist(), strict=True)
    return dict(zip(places, made.outcome.values.tolist(), strict=True))
