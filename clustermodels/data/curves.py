"""The columns of a moderator's form, as the fitting panel set them: frozen, used ever after.

Every column is 0 where the moderator is at its centre, so that a treatment's own coefficient is
its effect there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import numpy as np

from clustermodels.data.means import Frozen
from clustermodels.data.panel import Positions, Values

# The sines of a Gaussian process live on so many half ranges to each side of the middle. Lengths
# from 1.75 x 4 / functions to 4 / 3.2 half ranges are then told well (Riutort-Mayol et al. 2023).
BOUNDARY = 4.0


class Curve(Frozen, ABC):
    """What a form makes of a moderator: columns with a coefficient each."""

    centre: float

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Give what the coefficients are called."""

    @property
    @abstractmethod
    def units(self) -> tuple[float, ...]:
        """Give what leads from each internal coefficient to the user's units."""

    @abstractmethod
    def raw(self, values: Values) -> Values:
        """Give the columns at moderator values (n,), (n, k), before they are 0 at the centre."""

    def columns(self, values: Values) -> Values:
        """Give the columns at moderator values (n,), (n, k), internal scale."""
        at_centre = self.raw(np.array([self.centre]))
        return np.asarray(self.raw(values) - at_centre)


class Quadratic(Curve):
    """A parabola: z and z^2, z the moderator off its centre.

    ``spread`` is that of the moderator, ``square`` that of the square of z / spread.
    """

    kind: Literal["quadratic"] = "quadratic"
    spread: float
    square: float

    @property
    def labels(self) -> tuple[str, ...]:
        """Give what the coefficients are called."""
        return ("linear", "square")

    @property
    def units(self) -> tuple[float, ...]:
        """Give what leads from each internal coefficient to the user's units."""
        return (1 / self.spread, 1 / (self.square * self.spread**2))

    def raw(self, values: Values) -> Values:
        """Give z and z^2, each by its spread over the fitted rows."""
        z = (values - self.centre) / self.spread
        return np.column_stack([z, z * z / self.square])


class Spline(Curve):
    """A natural cubic spline, its columns uncorrelated over the fitted rows, each of sd 1.

    ``knots`` are all of them, the outer ones where the fitted rows end; ``turn`` (k, k) makes the
    columns of truncated powers uncorrelated, the first a straight line.
    """

    kind: Literal["spline"] = "spline"
    knots: tuple[float, ...]
    turn: tuple[tuple[float, ...], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Give what the coefficients are called."""
        return ("line", *(f"bend {at}" for at in range(1, len(self.knots) - 1)))

    @property
    def units(self) -> tuple[float, ...]:
        """Give what leads from each internal coefficient to the user's units: nothing."""
        return (1.0,) * (len(self.knots) - 1)

    def raw(self, values: Values) -> Values:
        """Give the uncorrelated columns."""
        return np.asarray(natural(values, np.array(self.knots)) @ np.array(self.turn))


class Process(Curve):
    """A Gaussian process by sines (Solin & Särkkä 2020, doi 10.1007/s11222-019-09886-w).

    ``middle`` and ``half`` are the middle and half the range of the fitted rows.
    """

    kind: Literal["gp"] = "gp"
    middle: float
    half: float
    functions: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Give what the coefficients are called."""
        return tuple(f"sine {at}" for at in range(1, self.functions + 1))

    @property
    def units(self) -> tuple[float, ...]:
        """Give what leads from each internal coefficient to the user's units: nothing."""
        return (1.0,) * self.functions

    def raw(self, values: Values) -> Values:
        """Give sin(w_j (x + L)) / sqrt(L), x in half ranges from the middle, |x| below L."""
        x = (values - self.middle) / self.half
        phase = (x + BOUNDARY)[:, None] * frequencies(self.functions)
        return np.asarray(np.sin(phase) / np.sqrt(BOUNDARY))


AnyCurve = Quadratic | Spline | Process


class Steps(Frozen):
    """Bins of a moderator, or its labels: ``edges`` between bins, none between labels.

    ``spread`` is the sd over the fitted rows of effects that are independent with sd 1 and sum to
    zero over levels.
    """

    levels: tuple[str, ...]
    edges: tuple[float, ...] | None
    spread: float


def frequencies(functions: int) -> Values:
    """Give w_j = j pi / (2 L), (j,)."""
    return np.asarray(np.arange(1, functions + 1) * np.pi / (2 * BOUNDARY))


def natural(values: Values, knots: Values) -> Values:
    r"""Give the natural cubic spline's columns by truncated powers, (n, knots - 1).

    With u running from 0 at the first of the K knots to 1 at the last:
    $u$ and $d_j - d_{K-1}$, $d_j = ((u - u_j)_+^3 - (u - 1)_+^3) / (1 - u_j)$ (Hastie, Tibshirani &
    Friedman 2009, 5.2.1).

    Examples
    --------
    >>> natural(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])).round(3).tolist()
    [[0.0, 0.0], [0.5, 0.125], [1.0, 0.75]]
    """
    first, last = knots[0], knots[-1]
    u, inner = (values - first) / (last - first), (knots[:-1] - first) / (last - first)
    end = np.maximum(u - 1, 0.0) ** 3
    d = [(np.maximum(u - at, 0.0) ** 3 - end) / (1 - at) for at in inner]
    return np.column_stack([u, *(each - d[-1] for each in d[:-1])])


def step_of(values: Values, edges: tuple[float, ...]) -> Positions:
    """Give the bin of each value, (n,): an edge belongs to the bin above it."""
    return np.asarray(np.searchsorted(np.array(edges), values, side="right"), dtype=np.int64)
