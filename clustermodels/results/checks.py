"""Posterior predictive checks of whether the fitted model could have made the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import by_piece, linear_predictor
from clustermodels.data.walk import drawn_at
from clustermodels.families.family import mean
from clustermodels.fits.record import Fit, flat
from clustermodels.results.intervals import summarised
from clustermodels.spec.names import INTERCEPT

# As many replicates as have so many rows together, as data sets of a large panel differ little from
# each other: between the first and the second of these numbers, while the rows are fewer than that.
FEWEST, REPLICATES = 100, 500
ENOUGH, MOST = 3 * 10**7, 10**8
STATISTICS = ("mean", "spread", "largest residual", "zeros", "serial correlation")


def predictive_checks(fit: Fit) -> xr.Dataset:
    """Compare the data with data sets drawn from the posterior, each at its own draw.

    With Pearson residuals r = (y - mu) / sd at the draw: the mean of y; the spread, the root of
    the mean r^2; the largest |r|; the share of zeros (discrete outcomes); and the serial
    correlation, that of r with the r of the year before within clusters. Residuals of data and
    replicate are taken at the same draw, so that what effects of many levels take up cancels. The
    draws are seeded by the fit's own seed. There are 500 replicates, or fewer where they would
    have more than 3e7 rows together, but 100 while these have no more than 1e8.

    Returns
    -------
    Dataset
        Along ``statistic``: ``observed`` (the median over draws); ``median``, ``eti95_lower``,
        ``eti95_upper`` of the replicates; ``p_value``, the share of replicates at or above the
        observed one, ties counted half (Gelman, Meng & Stern 1996).
    """
    design = fit.design()
    draws = flat(fit.posterior)
    rng = np.random.default_rng(fit.spec.engine.seed)
    total = len(draws[INTERCEPT])
    size = len(design.years)
    most = max(ENOUGH // size, min(FEWEST, MOST // size), 1)
    picked = rng.choice(total, size=min(REPLICATES, total, most), replace=False)
    chosen = {name: values[picked] for name, values in draws.items()}
    parameters = {name: chosen[name][:, None] for name in design.outcome.parameters}

    def gathered(rows: slice, here: Design) -> tuple[Moments, Moments]:
        rng = np.random.default_rng([fit.spec.engine.seed, 1 + rows.start])
        outcome, earlier = here.outcome, neighbours(here)
        eta = linear_predictor(here, chosen)
        replicated = drawn_at(here, eta, chosen, rng)
        mu = mean(outcome.family, eta, outcome.trials, parameters)
        own = outcome.weights.parameters(parameters) if outcome.weights else parameters
        variance = outcome.family.variance(eta, outcome.trials, own)
        scale = 1 / np.sqrt(np.where(np.isfinite(variance), variance, 1.0))
        observed = np.broadcast_to(outcome.values, eta.shape)
        seen, made = (moments(y, (y - mu) * scale, earlier) for y in (observed, replicated))
        return seen, made

    found = [both for _, both in by_piece(design, len(picked), gathered)]
    seen, made = (joined([both[which] for both in found]) for which in (0, 1))
    statistics = {name: (seen.statistics()[name], made.statistics()[name]) for name in STATISTICS}
    if not design.outcome.family.discrete:
        del statistics["zeros"]
    if seen.pairs <= 2:
        del statistics["serial correlation"]
    return _table(statistics)


@dataclass(frozen=True, eq=False)
class Moments:
    """What the statistics are made of.

    Parameters
    ----------
    rows, pairs
        How many rows there are, and how many pairs of neighbours.
    sums
        (8, S): of outcomes, of zeros, of squared residuals; over pairs, of residuals before and
        after, of their squares, and of their products.
    largest
        (S,): the largest absolute residual.
    """

    rows: int
    pairs: int
    sums: Values
    largest: Values

    def statistics(self) -> dict[str, Values]:
        """Give the statistics by name, (S,) each."""
        total, zeros, squares = self.sums[:3] / self.rows
        before, after, before_2, after_2, product = self.sums[3:] / max(self.pairs, 1)
        own = (before_2 - before**2) * (after_2 - after**2)
        varies = own > 1e-20 * before_2 * after_2  # else what is left is rounding
        size = np.sqrt(np.where(varies, own, 1.0))
        serial = np.where(varies, (product - before * after) / size, 0.0)
        values = (total, np.sqrt(squares), self.largest, zeros, serial)
        return dict(zip(STATISTICS, values, strict=True))


def moments(y: Values, residuals: Values, earlier: Positions) -> Moments:
    """Gather what some rows say: outcomes and residuals, (S, obs).

    ``earlier`` are the rows whose next one is their neighbour.
    """
    # whether a row counts: at all, as the earlier and as the later of two neighbours
    counts = np.zeros((y.shape[1], 3))
    counts[:, 0] = counts[earlier, 1] = counts[earlier + 1, 2] = 1.0
    square, before, after = (residuals * residuals @ counts).T
    product = (residuals[:, :-1] * residuals[:, 1:]) @ counts[:-1, 1]
    sums = [y.sum(axis=1), (y == 0).sum(axis=1), square, *(residuals @ counts[:, 1:]).T]
    largest = np.maximum(residuals.max(axis=1), -residuals.min(axis=1))
    return Moments(y.shape[1], len(earlier), np.array([*sums, before, after, product]), largest)


def joined(parts: Sequence[Moments]) -> Moments:
    """Put together what rows say that were gathered apart."""
    return Moments(
        sum(part.rows for part in parts),
        sum(part.pairs for part in parts),
        np.sum([part.sums for part in parts], axis=0),
        np.array([part.largest for part in parts]).max(axis=0),
    )


def _table(statistics: dict[str, tuple[Values, Values]]) -> xr.Dataset:
    columns: dict[str, list[float]] = {"observed": []}
    for seen, made in statistics.values():
        columns["observed"].append(float(np.median(seen)))
        for key, value in summarised(made).items():
            columns.setdefault(key, []).append(float(value))
        above = np.mean(made > seen) + 0.5 * np.mean(made == seen)
        columns.setdefault("p_value", []).append(float(above))
    return xr.Dataset(
        {key: ("statistic", np.array(values)) for key, values in columns.items()},
        coords={"statistic": np.array(list(statistics), dtype=object)},
    )


def neighbours(design: Design) -> Positions:
    """Give the positions of rows whose next one is the same cluster a year later."""
    same = design.clusters[1:] == design.clusters[:-1]
    return np.flatnonzero(same & (np.diff(design.years) == 1))
