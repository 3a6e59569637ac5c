"""Transforms of a column, and what one unit of change means after them."""

from __future__ import annotations

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.spec.transforms import Per, Transform

Standard = tuple[float, float]


def forward(values: Values, transform: Transform, standard: Standard = (0.0, 1.0)) -> Values:
    """Transform a column, (obs,) to (obs,); nan where the transform is not defined.

    Parameters
    ----------
    values
        In the column's own units.
    transform
        As the document says.
    standard
        Mean and standard deviation, learned once, for ``standardise``.
    """
    if isinstance(transform, Per):
        return values / transform.per
    with np.errstate(divide="ignore", invalid="ignore"):
        match transform:
            case "log":
                return np.where(values > 0, np.log(values), np.nan)
            case "log1p":
                return np.where(values > -1, np.log1p(values), np.nan)
            case "sqrt":
                return np.where(values >= 0, np.sqrt(values), np.nan)
            case "standardise":
                return (values - standard[0]) / standard[1]
            case _:
                return values


def observed_cells(values: Values) -> Values:
    """Give the values of the cells that are not missing."""
    return values[~np.isnan(values)]


def written(symbol: str, transform: Transform) -> str:
    """Write a transformed column as an equation has it.

    Examples
    --------
    >>> written("policies[i,t]", "log1p")
    'log(1 + policies[i,t])'
    """
    if isinstance(transform, Per):
        return f"{symbol}/{transform.per:g}"
    forms = {
        "log": f"log {symbol}",
        "log1p": f"log(1 + {symbol})",
        "sqrt": f"√{symbol}",
        "standardise": f"standardised {symbol}",
    }
    return forms.get(transform, symbol)


def domain(transform: Transform) -> str:
    """Give the values that a transform takes, in words."""
    words = {"log": "above 0", "log1p": "above -1", "sqrt": "0 or more"}
    return words.get(transform, "any number") if isinstance(transform, str) else "any number"


def unit_change(
    values: Values, transform: Transform, name: str, standard: Standard = (0.0, 1.0)
) -> tuple[float, str]:
    """Give the step on the transformed scale that effects are quoted for, and its words.

    A doubling of x (or of 1 + x) under log (log1p): log 2. Otherwise one more unit of the
    column at its median m: f(m + 1) - f(m); under ``per: N``, N more.
    """
    if transform == "log":
        return float(np.log(2)), f"a doubling of {name}"
    if transform == "log1p":
        return float(np.log(2)), f"a doubling of 1 + {name}"
    if isinstance(transform, Per):
        return 1.0, f"{transform.per:g} more {name}"
    median = float(np.median(values))
    ends = forward(np.array([median, median + 1.0]), transform, standard)
    words = f"one more {name}"
    return float(ends[1] - ends[0]), words + (f" at {median:g}" if transform == "sqrt" else "")
