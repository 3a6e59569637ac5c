"""The expected outcome of every row, walked through the years where it depends on its own past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws, internal, without_past
from clustermodels.data.serial import carried
from clustermodels.data.transforms import forward
from clustermodels.families.family import mean
from clustermodels.spec.residuals import CARRIED

# So many paths of each draw are averaged where the past enters by anything but its mean.
PATHS = 8


def expected_outcome(
    design: Design, draws: Draws, seed: Sequence[int], begun: Values | None = None
) -> Values:
    """Give the expected outcome of every row, (S, obs), in the outcome's units.

    Where the outcome depends on its past, each row's past is what the walk made of it: from each
    cluster's first outcomes as they were observed, year by year. With an identity link, and
    where the mean keeps a share of the last outcome, the expectation of one year leads to that of
    the next; else it is the mean over outcomes drawn
    forward, ``PATHS`` of each draw. The same seed makes the same shocks, so that two designs of
    the same rows differ by what differs between them. What the mean over so few paths leaves of a
    row's own shocks makes its interval about a tenth wider than the posterior's; totals, and
    differences between scenarios, hold next to nothing of it.

    Parameters
    ----------
    design
        Of any panel, fitted or edited.
    draws
        Posterior names to arrays (S, ...), in the user's units.
    seed
        Of the shocks.
    begun
        (S, obs): outcomes that years ahead go on from, nan where rows are ahead; the others are
        walked all the same.
    """
    outcome = design.outcome
    eta, lags = parts(design, draws)
    if not lags and not outcome.family.feeds:
        return mean(outcome.family, eta, outcome.trials, parameters_of(design, draws))
    if outcome.family.link.name == "identity" or outcome.family.feeds:
        return _walked(design, eta, lags, draws, None, begun)[0]
    rng = np.random.default_rng(seed)
    total = np.zeros_like(eta)
    for _ in range(PATHS):
        total += _walked(design, eta, lags, draws, rng, begun)[0]
    return total / PATHS


def drawn_outcome(design: Design, draws: Draws, rng: np.random.Generator) -> Values:
    """Draw an outcome for every row, (S, obs), each year's from what was drawn before it."""
    eta, lags = parts(design, draws)
    if lags or design.outcome.family.feeds:
        return _walked(design, eta, lags, draws, rng)[1]
    return drawn_at(design, eta, draws, rng)


def drawn_at(design: Design, eta: Values, draws: Draws, rng: np.random.Generator) -> Values:
    """Draw an outcome for every row at given predictors, (S, obs)."""
    outcome = design.outcome
    if outcome.errors is None:
        parameters = parameters_of(design, draws)
        parameters = outcome.weights.parameters(parameters) if outcome.weights else parameters
        return outcome.family.draw(rng, eta, outcome.trials, parameters)
    error = carried(outcome.errors, np.asarray(draws[CARRIED]), rng)
    return np.asarray(eta + np.asarray(draws["sigma"])[:, None] * error)


def parameters_of(design: Design, draws: Draws) -> dict[str, Values]:
    """Give the family's own parameters, (S, 1) each."""
    return {name: np.asarray(draws[name])[:, None] for name in design.outcome.parameters}


def parts(design: Design, draws: Draws) -> tuple[Values, list[Past]]:
    """Give the predictor without the past, (S, obs), and what the past adds."""
    lags = [
        Past(block, internal(block, 0, draws), sources(design, block.from_outcome.lag))
        for block in design.blocks
        if block.from_outcome is not None
    ]
    return without_past(design, draws), lags


@dataclass(frozen=True, eq=False)
class Past:
    """A lagged outcome: its block, its coefficient (S,), and the row that each row looks back on.

    The latter is -1 where that year is none of the design's: there the observed value stands.
    """

    block: Block
    coefficient: Values
    source: Positions

    def __call__(self, rows: Positions, y: Values) -> Values:
        """Give the contribution to some rows, (S, rows), with the outcomes so far."""
        made = self.block.from_outcome
        assert made is not None
        source = self.source[rows]
        walked = (forward(y[:, source], made.transform) - made.centre) / made.spread
        column = np.where(source < 0, self.block.values[rows, 0], walked)
        return np.asarray(self.coefficient[:, None] * column)


def sources(design: Design, lag: int) -> Positions:
    """Give the design's row of the same cluster so many years before; -1 where there is none."""
    codes = np.append(0, np.cumsum(design.clusters[1:] != design.clusters[:-1]))
    years = design.years - design.years.min()
    keys = codes * (int(years.max()) + 1 + lag) + years
    found = np.searchsorted(keys, keys - lag)
    hit = keys[np.minimum(found, len(keys) - 1)] == keys - lag
    return np.where(hit, found, -1)


def _walked(
    design: Design,
    eta: Values,
    lags: Sequence[Past],
    draws: Draws,
    rng: np.random.Generator | None,
    begun: Values | None = None,
) -> tuple[Values, Values]:
    """Walk once through the years: by outcomes drawn with ``rng``, or by expectations.

    Where there are outcomes that years ahead go on from, these take the place of what was walked.

    Returns
    -------
    expected, outcome
        (S, obs) each.
    """
    outcome = design.outcome
    parameters = parameters_of(design, draws)
    y, expected = np.empty_like(eta), np.empty_like(eta)
    before = sources(design, 1) if outcome.family.feeds else None
    fitted = np.arange(0) if begun is None else np.flatnonzero(~np.isnan(begun).any(axis=0))
    last = design.years[fitted].max() if fitted.size else None
    for year in np.unique(design.years):
        rows = np.flatnonzero(design.years == year)
        if begun is not None and last is not None and year > last:
            y[:, fitted] = begun[:, fitted]
        here = eta[:, rows]
        for past in lags:
            here = here + past(rows, y)
        trials = outcome.trials[rows]
        if before is not None:
            trials = np.where(before[rows] < 0, trials, y[:, before[rows]])
        expected[:, rows] = mean(outcome.family, here, trials, parameters)
        y[:, rows] = (
            expected[:, rows]
            if rng is None
            else outcome.family.steady_draw(rng, here, trials, parameters)
        )
    return expected, y
