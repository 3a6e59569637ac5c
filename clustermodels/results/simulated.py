"""Outcomes of all rows that are predicted, under several scenarios at the same draws and shocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.kept import refuse_unranked, shocks_of
from clustermodels.data.panel import Values
from clustermodels.data.predictor import by_piece, part
from clustermodels.data.scenarios import counterfactual
from clustermodels.data.walk import expected_outcome
from clustermodels.fits.record import Fit
from clustermodels.spec.names import INTERCEPT


def simulated[Result](
    fit: Fit,
    scenarios: Sequence[str | None],
    work: Callable[[slice, Design, Iterator[Values]], Result],
    *,
    keep_shocks: bool,
) -> Iterator[tuple[slice, Result]]:
    """Do work on the outcomes of some rows at a time, on all processors, in order of rows.

    Parameters
    ----------
    fit
        A fit.
    scenarios
        Names of scenarios of its document; None stands for the observed policies.
    work
        Takes which rows they are, whole clusters; the design of them as observed; and their
        outcomes, (S, obs), under each scenario in turn, made as they are asked for.
    keep_shocks
        Whether each cluster-year keeps its own shock; else outcomes are expectations. Where the
        outcome depends on its past, those of years ahead are given the fitted years' outcomes: as
        they were observed, or under a scenario as they would have been with the same shocks.

    Raises
    ------
    PanelError
        If there is no such scenario, or it leads to values that a transform does not take.
    FitError
        If shocks cannot be kept.
    """
    before, draws = fit.answered(), fit.drawn()
    designs = [
        before if name is None else counterfactual(fit.spec, *fit.whole, name) for name in scenarios
    ]
    ahead = fit.ahead(before.years)
    # a family from outside may declare no ranks: then years ahead are walked from the first year on
    ranked = before.outcome.family.ranks is not None
    leads = fit.spec.dynamics is not None and ranked and bool(ahead.any())
    if keep_shocks:
        refuse_unranked(before)

    def worked(rows: slice, here: Design) -> Result:
        seed = [fit.spec.engine.seed, rows.start]
        shocks = shocks_of(here, draws, seed) if keep_shocks or leads else None

        def made(design: Design) -> Values:
            own = here if design is before else part(design, rows)
            if shocks is None:
                return expected_outcome(own, draws, seed)
            kept = shocks.outcome(own)
            if keep_shocks:
                return kept
            # years ahead go on from the outcomes that each cluster had, not from what is expected
            return expected_outcome(own, draws, seed, np.where(ahead[rows], np.nan, kept))

        return work(rows, here, map(made, designs))

    return by_piece(before, len(draws[INTERCEPT]), worked)
