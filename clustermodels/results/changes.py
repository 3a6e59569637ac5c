"""What a scenario changes: the outcome against that at the observed policies, summed by draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.fits.record import Fit
from clustermodels.results.leaving import Leaving, leaving
from clustermodels.results.simulated import simulated
from clustermodels.spec.names import INTERCEPT

# What follows the name of groups beyond the fitted years.
BEYOND = " ahead"


@dataclass(frozen=True, eq=False)
class Sums:
    """Outcomes summed over groups of rows.

    Parameters
    ----------
    by
        What makes a group: ``total``, ``year`` or ``cluster``, of the fitted years; and of those
        beyond ``total ahead``, ``year ahead`` and ``cluster ahead``.
    levels
        The group's labels, (group,).
    outcomes
        (3, S, group): at the observed policies, under the scenario, and the difference. The last
        is a sum of differences: that of the sums would lose digits.
    rows
        How many rows a group has, (group,).
    leaving
        Where these leave the data, by group.
    """

    by: str
    levels: list[str]
    outcomes: Values
    rows: Positions
    leaving: Leaving

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


def changes[Result](
    fit: Fit, scenario: str, answer: Callable[[Sums], Result], *, keep_shocks: bool = False
) -> list[Result]:
    """Sum in total, by year and by cluster, in this order; clusters come some at a time.

    Years beyond the fitted ones are summed apart.

    Parameters
    ----------
    fit, scenario
        A fit, and the name of a scenario of its document.
    answer
        What is to be known of the sums, smaller than they are: with a large panel there is no room
        for those of all clusters at all draws.
    keep_shocks
        Whether each cluster-year keeps its own shock; else outcomes are expectations.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    FitError
        If shocks cannot be kept.
    """
    before = fit.answered()
    out = leaving(fit, scenario)
    years, year = np.unique(before.years, return_inverse=True)
    ahead = fit.ahead(before.years)

    def summed(
        rows: slice, here: Design, made: Iterator[Values]
    ) -> tuple[list[Result], Positions, Values]:
        old, after = made
        outcomes = np.stack([old, after, after - old])
        new = (here.clusters[1:] != here.clusters[:-1]) | np.diff(ahead[rows])
        first = _firsts(new)
        clusters = Sums(
            "cluster",
            [str(label) for label in here.clusters[first]],
            np.add.reduceat(outcomes, first, axis=2),
            np.diff(first, append=len(here.clusters)),
            out.of(rows).grouped(first),
        )
        order = np.argsort(year[rows], kind="stable")
        codes = year[rows][order]
        by_year = np.add.reduceat(outcomes.take(order, axis=2), _firsts(np.diff(codes) > 0), axis=2)
        parts = _apart(clusters, ahead[rows][first])
        return [answer(each) for each in parts], np.unique(codes), by_year

    by_year = np.zeros((3, len(fit.drawn()[INTERCEPT]), len(years)))
    clusters = []
    parts_of_rows = simulated(fit, [None, scenario], summed, keep_shocks=keep_shocks)
    for _, (answered, codes, own_years) in parts_of_rows:
        clusters += answered
        by_year[:, :, codes] += own_years
    order = np.argsort(year, kind="stable")
    out_by_year = out.of(order).grouped(_firsts(np.diff(year[order]) > 0))
    labels = [str(label) for label in years]
    yearly = Sums("year", labels, by_year, np.bincount(year), out_by_year)
    parts = _apart(yearly, fit.ahead(years))
    return [*(answer(_whole(each)) for each in parts), *map(answer, parts), *clusters]


def _apart(sums: Sums, ahead: NDArray[np.bool_]) -> list[Sums]:
    """Part groups of the fitted years from those beyond, where there are any."""
    if not ahead.any():
        return [sums]
    return [
        Sums(
            sums.by + mark,
            [level for level, kept in zip(sums.levels, those, strict=True) if kept],
            sums.outcomes[:, :, those],
            sums.rows[those],
            sums.leaving.of(np.flatnonzero(those)),
        )
        for mark, those in (("", ~ahead), (BEYOND, ahead))
    ]


def _whole(yearly: Sums) -> Sums:
    """Sum over years."""
    return Sums(
        "total" + yearly.by.removeprefix("year"),
        [""],
        yearly.outcomes.sum(axis=2, keepdims=True),
        yearly.rows.sum(keepdims=True),
        yearly.leaving.grouped(np.zeros(1, dtype=np.int64)),
    )


def _firsts(new: NDArray[np.bool_]) -> Positions:
    """Give where groups of neighbours start: at 0, and where the next one is another."""
    return np.append(0, np.flatnonzero(new) + 1)
