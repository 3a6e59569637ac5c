"""Outcomes at other predictors with each cluster-year's own shock kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws
from clustermodels.data.walk import Past, parameters_of, parts, sources
from clustermodels.errors import FitError
from clustermodels.families.family import Ranks


@dataclass(frozen=True, eq=False)
class Shocks:
    """What each row's outcome was made of beside its predictor, at each draw.

    The shock of a row is the rank of its outcome among those that its law makes, u = F(y | eta).
    Of a count, which has a range of ranks, (F(y - 1), F(y)], one of them is drawn evenly; a row
    without an outcome has any. What is kept under a scenario is this rank: the outcome there is
    F^-1(u | eta'). Where the predictor stays, the outcome does, to the last digit.

    Parameters
    ----------
    design
        As observed.
    draws
        Posterior names to arrays (S, ...).
    eta
        Each row's predictor with its past as observed, (S, obs).
    drawn
        (S, obs), in (0, 1]: how far into its range the rank of a count lies, or the rank of a row
        without an outcome.
    """

    design: Design
    draws: Draws
    eta: Values
    drawn: Values

    def outcome(self, after: Design) -> Values:
        """Give every row's outcome in the design of an edited panel, (S, obs).

        Where outcomes depend on their past, each year's leads to the next.
        """
        eta, lags = parts(after, self.draws)
        feeds, trials = after.outcome.family.feeds, after.outcome.trials
        if not lags and not feeds:
            return self._at(np.arange(eta.shape[1]), eta, trials)
        y = np.empty_like(eta)
        before = sources(after, 1) if feeds else None
        for year in np.unique(after.years):
            rows = np.flatnonzero(after.years == year)
            here = eta[:, rows]
            for past in lags:
                here = here + _walked(past, rows, y, self.design.outcome.values)
            size = trials[rows]
            if before is not None:
                size = np.where(before[rows] < 0, size, y[:, before[rows]])
            y[:, rows] = self._at(rows, here, size)
        return y

    def _at(self, rows: Positions, eta: Values, trials: Values) -> Values:
        """Give the outcome of some rows at their new predictors, and trials of these, (S, rows)."""
        own, ranks = self.design.outcome, _ranks(self.design)
        parameters = self._parameters()
        known = np.isfinite(own.values[rows])
        y = np.empty_like(eta)
        at = rows[known]
        if known.any() and ranks.moved is not None:
            before = self.eta[:, at], eta[:, known], _of(parameters, at)
            y[:, known] = ranks.moved(own.values[at], *before)
        elif known.any():
            y[:, known] = self._by_rank(at, eta[:, known], trials[..., known])
        if not known.all():
            new, left = rows[~known], self.drawn[:, rows[~known]]
            given = eta[:, ~known], trials[..., ~known], _of(parameters, new)
            y[:, ~known] = ranks.quantile(left, 1.0 - left, *given)
        return y

    def _by_rank(self, rows: Positions, eta: Values, trials: Values) -> Values:
        """Look up the outcomes whose predictor has moved."""
        own, ranks = self.design.outcome, _ranks(self.design)
        y = np.broadcast_to(own.values[rows], eta.shape).copy()
        before = self.eta[:, rows]
        moved = (eta != before) | (trials != own.trials[rows])
        parameters = {
            name: np.broadcast_to(values, eta.shape)[moved]
            for name, values in _of(self._parameters(), rows).items()
        }
        size = np.broadcast_to(own.trials[rows], eta.shape)[moved]
        was = y[moved], before[moved], size, parameters
        below, above = ranks.below(*was), ranks.above(*was)
        if own.family.discrete:
            share, less = self.drawn[:, rows][moved], (y[moved] - 1.0, *was[1:])
            below = below * share + ranks.below(*less) * (1.0 - share)
            above = above * share + ranks.above(*less) * (1.0 - share)
        now = np.broadcast_to(trials, eta.shape)[moved]
        y[moved] = ranks.quantile(below, above, eta[moved], now, parameters)
        return y

    def _parameters(self) -> dict[str, Values]:
        weights = self.design.outcome.weights
        plain = parameters_of(self.design, self.draws)
        return weights.parameters(plain) if weights else plain


def shocks_of(design: Design, draws: Draws, seed: Sequence[int]) -> Shocks:
    """Find the shock of every row at every draw.

    Parameters
    ----------
    design
        As observed; rows may lack their outcome.
    draws
        Posterior names to arrays (S, ...), in the user's units.
    seed
        Of what is drawn.
    """
    eta, lags = parts(design, draws)
    for past in lags:
        eta = eta + past.coefficient[:, None] * past.block.values[:, 0]
    drawn = 1.0 - np.random.default_rng(seed).random(eta.shape)
    return Shocks(design, draws, eta, drawn)


def refuse_unranked(design: Design) -> None:
    """Refuse to keep shocks that cannot be told.

    Raises
    ------
    FitError
        If the family declares no ranks, or errors that carry over are unknown in some rows.
    """
    _ranks(design)
    if design.outcome.errors is not None and not np.isfinite(design.outcome.values).all():
        raise FitError(
            "shocks cannot be kept because errors carry over from year to year, and rows without "
            "an outcome have none to carry. Leave out keep_shocks, or 'residuals'."
        )


def _ranks(design: Design) -> Ranks:
    family = design.outcome.family
    if family.ranks is None:
        raise FitError(
            f"shocks cannot be kept because the family '{family.name}' declares no ranks. "
            "Leave out keep_shocks, or declare them."
        )
    return family.ranks


def _of(parameters: dict[str, Values], rows: Positions) -> dict[str, Values]:
    """Give parameters at some rows, (S, rows) or (S, 1)."""
    return {
        name: values if values.shape[-1] == 1 else values[:, rows]
        for name, values in parameters.items()
    }


def _walked(past: Past, rows: Positions, y: Values, observed: Values) -> Values:
    """Give what the past adds to some rows, as observed where it came out as observed."""
    source = past.source[rows]
    as_it_was = past.coefficient[:, None] * past.block.values[rows, 0]
    same = (source < 0) | (y[:, source] == observed[source])
    return np.where(same, as_it_was, past(rows, y))
