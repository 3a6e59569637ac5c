"""Scenarios set against one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.intervals import PROBABILITY, increase, summarised
from clustermodels.results.simulated import simulated
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.scenarios import OBSERVED


def compare_scenarios(
    fit: Fit,
    scenarios: Sequence[str] | None = None,
    *,
    lowest: bool = False,
    keep_shocks: bool = False,
    ahead: bool = False,
) -> xr.Dataset:
    """Compare scenarios with each other and with the observed policies, by their total outcome.

    All are predicted at the same draws, and with the same shocks where there are any, so that
    what they share cancels: the total of one less that of another, draw by draw, and the share of
    draws in which each is best.

    Parameters
    ----------
    fit
        A fit.
    scenarios
        Names of scenarios of its document; None takes all of them.
    lowest
        Whether the lowest total is best, instead of the highest.
    keep_shocks
        Whether each cluster-year keeps its own shock: see ``predict``.
    ahead
        Whether totals are of the years beyond the fitted ones, instead of these.

    Returns
    -------
    Dataset
        Along (scenario, against), ``observed`` first: ``median``, ``eti95_lower`` and
        ``eti95_upper`` of the difference of totals, and ``probability`` that it is above 0 (nan
        where it is always 0). Along scenario: ``best``, which adds up to 1; scenarios that are
        equal in a draw share it.

    Raises
    ------
    PanelError
        If there is no such scenario, or one leads to values that a transform does not take.
    FitError
        If shocks cannot be kept, or no year ahead is predicted.

    Examples
    --------
    ::

        found = compare_scenarios(run, ["one_more", "repeal"])
        found["best"].sel(scenario="repeal")
        found["median"].sel(scenario="one_more", against="repeal")
    """
    if ahead and fit.spec.horizon is None:
        raise FitError(
            "years ahead cannot be compared because the document predicts none. Write a 'horizon'."
        )
    asked = fit.spec.scenarios if scenarios is None else scenarios
    names = [*dict.fromkeys([asked] if isinstance(asked, str) else asked)]
    totals = _totals(fit, names, keep_shocks=keep_shocks, ahead=ahead)
    differences = totals[:, :, None] - totals[:, None, :]
    pair, labels = ("scenario", "against"), [OBSERVED, *names]
    return xr.Dataset(
        {
            **{name: (pair, values) for name, values in summarised(differences).items()},
            "probability": (pair, increase(differences)),
            "best": ("scenario", _best(-totals if lowest else totals)),
        },
        coords={
            "scenario": labels,
            "against": labels,
            "interval": "equal-tailed",
            "interval_probability": PROBABILITY,
            "best_is": "lowest" if lowest else "highest",
            "years": "ahead" if ahead else "fitted",
        },
    )


def _totals(fit: Fit, scenarios: Sequence[str], *, keep_shocks: bool, ahead: bool) -> Values:
    """Give what scenarios change in total, (S, 1 + scenario): first nothing, as observed."""
    counted = fit.ahead(fit.answered().years) == ahead

    def summed(rows: slice, _: Design, outcomes: Iterator[Values]) -> Values:
        observed = next(outcomes)
        here = counted[rows].astype(np.float64)
        return np.stack([(each - observed) @ here for each in outcomes], axis=1)

    totals = np.zeros((len(fit.drawn()[INTERCEPT]), 1 + len(scenarios)))
    if scenarios:
        for _, made in simulated(fit, [None, *scenarios], summed, keep_shocks=keep_shocks):
            totals[:, 1:] += made
    return totals


def _best(totals: Values) -> Values:
    """Give the share of draws in which each column of (S, scenario) is the largest."""
    first = totals == totals.max(axis=1, keepdims=True)
    return np.asarray((first / first.sum(axis=1, keepdims=True)).mean(axis=0))
