"""One step more of a policy as a scenario, and what it changes a cluster-year, in groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.cohorts import by_cohort
from clustermodels.data.columns import raw_columns
from clustermodels.data.design import Design
from clustermodels.data.panel import Values, reader
from clustermodels.data.predictor import by_piece, part
from clustermodels.data.scenarios import counterfactual
from clustermodels.data.walk import expected_outcome
from clustermodels.fits.record import Fit, flat
from clustermodels.results.event_study import reached
from clustermodels.results.leaving import leaving
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.scenarios import Edit
from clustermodels.spec.transforms import Per
from clustermodels.spec.treatments import Adoption, Dose, Stock, Treatment

Mask = NDArray[np.bool_]

# What the scenario is called in the document that is made of it.
SCENARIO = "one step more"


@dataclass(frozen=True, eq=False)
class OneStep:
    """One step more of a policy, in every cluster and year.

    Parameters
    ----------
    per
        The step in words.
    fit
        The fit, its document with ``SCENARIO``.
    takes_away
        Whether the scenario takes the policy away, so that what was observed is the step.
    counts
        The rows that it is told of, (obs,).
    """

    per: str
    fit: Fit
    takes_away: bool
    counts: Mask

    def beyond(self) -> Mask:
        """Mark the rows that the step takes beyond the data, (obs,)."""
        return np.asarray(leaving(self.fit, SCENARIO).beyond > 0)

    def gains(self, groups: Mask) -> Values:
        """Give the mean change of the expected outcome over rows, (S, group).

        Parameters
        ----------
        groups
            (obs, group): which rows each group has; nan for a group of none.
        """
        fit = self.fit
        before = fit.answered()
        after = counterfactual(fit.spec, fit.panel, fit.learned, SCENARIO)
        draws = flat(fit.posterior)

        def summed(rows: slice, here: Design) -> Values:
            seed = [fit.spec.engine.seed, rows.start]  # of both: the same shocks
            old = expected_outcome(here, draws, seed)
            change = expected_outcome(part(after, rows), draws, seed) - old
            return np.stack([change[:, mine].sum(axis=1) for mine in groups[rows].T], axis=1)

        total = len(draws[INTERCEPT])
        sums = np.sum([found for _, found in by_piece(before, total, summed)], axis=0)
        size = np.where(groups.any(axis=0), groups.sum(axis=0), np.nan)
        return np.asarray(-sums / size if self.takes_away else sums / size)


def one_step(fit: Fit, treatment: str) -> OneStep | None:
    """Make the step of a policy; None of a kind from outside, which only it knows.

    An amount goes up in every year of the panel: one more, or a doubling where it enters as a
    log. An adoption is set against none, over the rows that it has reached.
    """
    item = fit.spec.treatments[treatment]
    made = _edits(item)
    if made is None:
        return None
    edits, words = made
    scenario = tuple(Edit.model_validate(edit) for edit in edits)
    # of the fitted years alone: what is high and low was seen there
    spec = fit.spec.model_copy(update={"scenarios": {SCENARIO: scenario}, "horizon": None})
    adopts = isinstance(item, Adoption)
    return OneStep(
        f"the adoption of {treatment}" if adopts else f"{words} in every year",
        replace(fit, spec=spec),
        takes_away=adopts,
        counts=_reached(fit, treatment) if adopts else np.ones(len(answered(fit.panel).used), bool),
    )


def _edits(item: Treatment) -> tuple[list[dict[str, Any]], str] | None:
    """Give the edits that make the step, and its words."""
    match item:
        case Adoption():
            return [{"set": {item.first_year or item.column or "": 0.0}}], ""
        case Dose(transform="log"):
            column = item.column or ""
            return [{"scale": {column: 2.0}}], f"a doubling of {column}"
        case Dose(transform="log1p"):
            column = item.column or ""
            doubled = [{"scale": {column: 2.0}}, {"add": {column: 1.0}}]
            return doubled, f"a doubling of 1 + {column}"
        case Dose() | Stock():  # of a stock the dose, whatever is done to the stock
            column, per = item.column or "", item.transform
            more = per.per if isinstance(per, Per) else 1.0
            return [{"add": {column: more}}], f"{'one' if more == 1 else f'{more:g}'} more {column}"
        case _:
            return None


def _reached(fit: Fit, treatment: str) -> Mask:
    """Mark the rows that an adoption has reached; by cohort and year those that the data tell."""
    panel = answered(fit.panel)
    if treatment in by_cohort(fit.spec):
        return np.isin(panel.used, fit.panel.used[reached(fit, treatment)])
    return np.asarray(raw_columns(fit.spec, reader(panel))[treatment].values == 1)
