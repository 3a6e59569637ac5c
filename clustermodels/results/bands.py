"""Bands that hold everywhere at once, and what they exclude."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.results.intervals import PROBABILITY

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Band:
    """A simultaneous band of a curve.

    Parameters
    ----------
    centre, spread
        (place,): mean and sd over draws.
    reach
        How many sds the band reaches: that of a share ``PROBABILITY`` of draws stay inside
        everywhere.
    """

    centre: Values
    spread: Values
    reach: float

    @property
    def lower(self) -> Values:
        """Its lower end, (place,)."""
        return np.asarray(self.centre - self.reach * self.spread)

    @property
    def upper(self) -> Values:
        """Its upper end, (place,)."""
        return np.asarray(self.centre + self.reach * self.spread)

    @property
    def excludes_zero(self) -> NDArray[np.bool_]:
        """Where it leaves 0 outside, (place,)."""
        return np.asarray((self.lower > 0) | (self.upper < 0))


def band(draws: Values) -> Band:
    r"""Give the simultaneous band of a curve's draws, (S, place).

    mean +- c sd with c the 0.95 quantile over draws of $\max_j |d_j - \bar d_j| / s_j$ (the sup-t
    band; Montiel Olea & Plagborg-Møller 2019, doi 10.1002/jae.2656).

    Examples
    --------
    >>> found = band(np.array([[-1.0, 2.0], [1.0, 4.0], [0.0, 3.0]]))
    >>> found.centre.tolist(), found.excludes_zero.tolist()
    ([0.0, 3.0], [False, True])
    """
    centre, spread = draws.mean(axis=0), draws.std(axis=0)
    moves = spread > 1e-12 * np.maximum(np.abs(centre), 1e-300)
    scale = np.where(moves, spread, 1.0)
    away = np.where(moves, np.abs(draws - centre) / scale, 0.0).max(axis=1)
    return Band(centre, spread, float(np.quantile(away, PROBABILITY)))


def beyond(draws: Values, least: float = 0.0) -> float:
    r"""Give the share of draws that stray as far from their mean as that is from 0.

    By Mahalanobis' distance $d' \Sigma^{-1} d$ in the directions in which draws, (S, place), vary:
    small where the curve as a whole is none that is 0 everywhere; nan where no draw strays. A band
    asks the same of each place, and has less power against a bend that is spread over many.
    Directions in which draws vary by no more than ``least`` (a standard deviation) are rounding.

    Examples
    --------
    >>> beyond(np.array([[-1.0, 2.0], [1.0, 2.0], [0.0, 2.0]]) * [1.0, 0.0])
    1.0
    """
    centre = draws.mean(axis=0)
    left = draws - centre
    _, sizes, along = np.linalg.svd(left, full_matrices=False)
    sizes = sizes / np.sqrt(len(draws))
    some = sizes > max(1e-7 * float(sizes.max()), least, 1e-300)
    if not some.any():
        return np.nan
    scale = sizes[some]
    own = ((left @ along[some].T / scale) ** 2).sum(axis=1)
    return float((own >= ((along[some] @ centre / scale) ** 2).sum()).mean())
