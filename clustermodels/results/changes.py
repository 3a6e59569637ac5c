"""What a scenario changes: the expected outcome against the observed, summed draw by draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import by_piece, part
from clustermodels.data.scenarios import counterfactual
from clustermodels.data.walk import expected_outcome
from clustermodels.fits.record import Fit, flat
from clustermodels.results.extrapolation import rows_beyond
from clustermodels.spec.names import INTERCEPT


@dataclass(frozen=True, eq=False)
class Sums:
    """Expected outcomes summed over groups of rows.

    Parameters
    ----------
    by
        What makes a group: ``total``, ``year`` or ``cluster``.
    levels
        The group's labels, (group,).
    outcomes
        (3, S, group): at the observed policies, under the scenario, and the difference. The last
        is a sum of differences: that of the sums would lose digits.
    rows, beyond
        How many rows a group has, and how many of them lie beyond the data, (group,).
    """

    by: str
    levels: list[str]
    outcomes: Values
    rows: Positions
    beyond: Positions

    @property
    def observed(self) -> Values:
        """At the observed policies, (S, group)."""
        return np.asarray(self.outcomes[0])

    @property
    def changed(self) -> Values:
        """Under the scenario, (S, group)."""
        return np.asarray(self.outcomes[1])

    @property
    def change(self) -> Values:
        """What the scenario changes, (S, group)."""
        return np.asarray(self.outcomes[2])


def changes[Result](fit: Fit, scenario: str, answer: Callable[[Sums], Result]) -> list[Result]:
    """Sum in total, by year and by cluster, in this order; clusters come some at a time.

    Parameters
    ----------
    fit, scenario
        A fit, and the name of a scenario of its document.
    answer
        What is to be known of the sums, smaller than they are: with a large panel there is no room
        for those of all clusters at all draws.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    """
    before = fit.answered()
    after = counterfactual(fit.spec, fit.panel, fit.learned, scenario)
    draws = flat(fit.posterior)
    beyond = rows_beyond(fit, scenario)
    years, year = np.unique(before.years, return_inverse=True)

    def summed(rows: slice, here: Design) -> tuple[Result, Positions, Values]:
        seed = [fit.spec.engine.seed, rows.start]  # of both: the same shocks
        old = expected_outcome(here, draws, seed)
        new = expected_outcome(part(after, rows), draws, seed)
        outcomes = np.stack([old, new, new - old])
        first = _firsts(here.clusters[1:] != here.clusters[:-1])
        clusters = Sums(
            "cluster",
            [str(label) for label in here.clusters[first]],
            np.add.reduceat(outcomes, first, axis=2),
            np.diff(first, append=len(here.clusters)),
            np.add.reduceat(beyond[rows].astype(np.int64), first),
        )
        order = np.argsort(year[rows], kind="stable")
        codes = year[rows][order]
        first = _firsts(codes[1:] != codes[:-1])
        own_years = np.add.reduceat(outcomes.take(order, axis=2), first, axis=2)
        return answer(clusters), codes[first], own_years

    total = len(draws[INTERCEPT])
    by_year = np.zeros((3, total, len(years)))
    clusters = []
    for _, (answered, codes, own_years) in by_piece(before, total, summed):
        clusters.append(answered)
        by_year[:, :, codes] += own_years
    size, outside = np.bincount(year), np.bincount(year[beyond], minlength=len(years))
    whole = by_year.sum(axis=2, keepdims=True), size.sum(keepdims=True), outside.sum(keepdims=True)
    labels = [str(label) for label in years]
    yearly = Sums("year", labels, by_year, size, outside)
    return [answer(Sums("total", [""], *whole)), answer(yearly), *clusters]


def _firsts(new: NDArray[np.bool_]) -> Positions:
    """Give where groups of neighbours start: at 0, and where the next one is another."""
    return np.append(0, np.flatnonzero(new) + 1)
