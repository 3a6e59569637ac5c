"""How outcomes become an answer: on which scale, and compared in which way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from clustermodels.data.panel import Positions, Values
from clustermodels.errors import FitError, choices


@dataclass(frozen=True, eq=False)
class Measure:
    """How outcomes become an answer.

    Parameters
    ----------
    scale
        What it is called.
    link
        Whether outcomes are linear predictors, or else expected outcomes.
    of_rows
        Outcomes (S, obs) after each of the moves to what is summed over rows, (k, S, obs).
    of_sums
        Sums (k, S, group) and how many rows each has to the answer, (S, group).
    neutral
        The answer where nothing differs; nan where that says nothing.
    """

    scale: str
    link: bool
    of_rows: Callable[..., Values]
    of_sums: Callable[[Values, Positions], Values]
    neutral: float


def over(measure: Measure, width: float) -> Measure:
    """Give the measure per unit of what was moved by ``width``."""
    return replace(measure, of_rows=lambda *outcomes: measure.of_rows(*outcomes) / width)


def measured(known: Mapping[str, Measure], scale: str, verb: str) -> Measure:
    """Find the measure of a scale.

    Raises
    ------
    FitError
        If there is none.
    """
    if scale not in known:
        raise FitError(
            f"'{scale}' is not shown because {verb} have no such scale. Choose among: "
            f"{choices(known)}."
        )
    return known[scale]


def averaged(sums: Values, size: Positions) -> Values:
    """Average what was summed."""
    return np.asarray(sums[0] / size)


def _difference(low: Values, high: Values) -> Values:
    return np.asarray((high - low)[None])


def _both(low: Values, high: Values) -> Values:
    return np.stack([low, high])


def _ratio(sums: Values, _: object) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[1] / sums[0])


def _log_ratio(sums: Values, size: object) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(_ratio(sums, size)))


def _elasticity(low: Values, high: Values) -> Values:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(((high - low) / ((high + low) / 2))[None])


PREDICTED = {
    scale: Measure(scale, scale == "link", lambda y: y[None], averaged, np.nan)
    for scale in ("response", "link")
}
COMPARED = {
    "response": Measure("response", False, _difference, averaged, 0.0),
    "link": Measure("link", True, _difference, averaged, 0.0),
    "ratio": Measure("ratio", False, _both, _ratio, 1.0),
    "lnratio": Measure("lnratio", False, _both, _log_ratio, 0.0),
}
SLOPES = {
    "response": Measure("response", False, _difference, averaged, 0.0),
    "link": Measure("link", True, _difference, averaged, 0.0),
    "elasticity": Measure("elasticity", False, _elasticity, averaged, 0.0),
}
