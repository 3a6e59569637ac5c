"""Posterior predictive checks of whether the fitted model could have made the data."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import linear_predictor
from clustermodels.families.family import mean
from clustermodels.fits.record import Fit, flat
from clustermodels.results.intervals import summarised

REPLICATES = 500


def predictive_checks(fit: Fit) -> xr.Dataset:
    """Compare the data with data sets drawn from the posterior, each at its own draw.

    With Pearson residuals r = (y - mu) / sd at the draw: the mean of y; the spread, the root of
    the mean r^2; the largest |r|; the share of zeros (discrete outcomes); and the serial
    correlation, that of r with the r of the year before within clusters. Residuals of data and
    replicate are taken at the same draw, so that what effects of many levels take up cancels. The
    draws are seeded by the fit's own seed.

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
    total = len(next(iter(draws.values())))
    picked = rng.choice(total, size=min(REPLICATES, total), replace=False)
    part = {name: values[picked] for name, values in draws.items()}
    outcome = design.outcome
    parameters = {name: part[name][:, None] for name in outcome.parameters}
    eta = linear_predictor(design, part)
    replicated = outcome.family.draw(rng, eta, outcome.trials, parameters)
    mu = mean(outcome.family, eta, outcome.trials)
    variance = outcome.family.variance(eta, outcome.trials, parameters)
    sd = np.sqrt(np.where(np.isfinite(variance), variance, 1.0))
    observed = np.broadcast_to(outcome.values, replicated.shape)
    seen, made = (observed - mu) / sd, (replicated - mu) / sd
    statistics = {
        "mean": (observed.mean(axis=1), replicated.mean(axis=1)),
        "spread": (_root_mean_square(seen), _root_mean_square(made)),
        "largest residual": (np.abs(seen).max(axis=1), np.abs(made).max(axis=1)),
    }
    if outcome.family.discrete:
        statistics["zeros"] = ((observed == 0).mean(axis=1), (replicated == 0).mean(axis=1))
    pairs = neighbours(design)
    if len(pairs[0]) > 2:
        statistics["serial correlation"] = (_serial(seen, pairs), _serial(made, pairs))
    return _table(statistics)


def _root_mean_square(residuals: Values) -> Values:
    return np.asarray(np.sqrt(np.square(residuals).mean(axis=1)), dtype=float)


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


def neighbours(design: Design) -> tuple[Positions, Positions]:
    """Give the positions of rows that are a year apart in one cluster: (earlier, later)."""
    same = design.clusters[1:] == design.clusters[:-1]
    next_year = np.diff(design.years) == 1
    earlier = np.flatnonzero(same & next_year)
    return earlier, earlier + 1


def _serial(residuals: Values, pairs: tuple[Positions, Positions]) -> Values:
    """Give the correlation of residuals with those a year before, (S,)."""
    before, after = residuals[:, pairs[0]], residuals[:, pairs[1]]
    before = before - before.mean(axis=1, keepdims=True)
    after = after - after.mean(axis=1, keepdims=True)
    size = np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0, (before * after).sum(axis=1) / size, 0.0)
