"""Where coefficients are most probable given all else at a fit's posterior means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.data.predictor import Draws
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.curvature import Curved, curved
from clustermodels.results.robust import at_means, sandwich, slopes_of


@dataclass(frozen=True, eq=False)
class Conditional:
    """A conditional mode.

    Parameters
    ----------
    of
        The design.
    found
        The mode of its coefficients, and the curvature there.
    """

    of: Design
    found: Curved

    @cached_property
    def _places(self) -> dict[str, tuple[int, float]]:
        return slopes_of(self.found.columns)

    @cached_property
    def robust(self) -> Mapping[str, float]:
        """The sd over clusters of every slope that they share, in the user's units."""
        return sandwich(self.of, self.found)

    def coefficient(self, name: str) -> tuple[float, float]:
        """Give mode and sd of a slope that clusters share, in the user's units."""
        place, unit = self._places[name]
        pick = np.zeros(len(self.found.beta))
        pick[place] = 1.0
        variance = float(self.found.hessian.solve(pick)[place])
        return unit * float(self.found.beta[place]), unit * float(np.sqrt(variance))


def conditional_mode(fit: Fit, of: Design, draws: Draws) -> Conditional:
    """Climb to the mode of a variant of a fit's design.

    The family's own parameters, sds and correlations are held at the fit's posterior means.

    Parameters
    ----------
    fit
        A fit.
    of
        A design of the same outcome, with the same pooled blocks.
    draws
        The fit's, (S, ...) by name.

    Raises
    ------
    FitError
        If part of the likelihood is no function of a row's predictor.
    """
    own = fit.design()
    if own.cells or own.feedback or own.serial is not None:
        raise FitError(
            "other forms of a fit cannot be set beside it because cells that are parameters, "
            "predetermined columns and residuals that carry over are no part of a conditional mode."
        )
    return Conditional(of, curved(of, at_means(own, draws), _start(of, draws)))


def _start(of: Design, draws: Draws) -> dict[str, Values]:
    """Start from the fit's own means, and from 0 where it has no such coefficient."""
    start = {name: np.asarray(values) for name, values in draws.items()}
    for block in of.blocks:
        size = len(block.labels or ())
        if block.labels is not None and start.get(block.name, np.empty((1, 0))).shape[1] != size:
            start[block.name] = np.zeros((1, size))
        for term in block.terms:
            if block.factor is None and block.labels is None:
                start.setdefault(term.name, np.zeros(1))
    return start
