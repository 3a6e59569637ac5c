"""What is expected of the years beyond the panel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.kept import refuse_unranked, shocks_of
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import by_piece, part
from clustermodels.data.scenarios import counterfactual
from clustermodels.data.walk import expected_outcome
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.changes import BEYOND
from clustermodels.results.intervals import summarised
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.scenarios import OBSERVED


def forecast(
    fit: Fit, scenarios: Sequence[str] | None = None, *, keep_shocks: bool = False
) -> xr.Dataset:
    """Predict the outcome of all clusters together in each year beyond the fitted ones.

    The sum over clusters of what is expected, or for identity links, where the outcome may be a
    log, the mean over them: at the observed policies and under scenarios, at the same draws.

    Parameters
    ----------
    fit
        A fit of a document with a ``horizon``.
    scenarios
        Names of scenarios of its document; None takes all of them.
    keep_shocks
        Whether each row ahead draws a shock, so that intervals are of outcomes and not of
        expectations: see ``predict``.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower`` and ``eti95_upper``, with coordinates ``under``
        (``observed`` or a scenario), ``by``, ``level`` (the year), and ``quantity`` (``sum`` or
        ``mean``).

    Raises
    ------
    PanelError
        If there is no such scenario, or paths or effects do not fit the years ahead.
    FitError
        If the document predicts no years ahead, or shocks cannot be kept.

    Examples
    --------
    ::

        found = forecast(run, ["one_more"])
        found["median"].values[found["level"].values == "2030"]
    """
    if fit.spec.horizon is None:
        raise FitError(
            "no year ahead is predicted because the document has no horizon. Write 'horizon: ..'."
        )
    names = [*dict.fromkeys(fit.spec.scenarios if scenarios is None else scenarios)]
    average = fit.spec.family.link.effect == "difference"
    labels: dict[str, list[str]] = {name: [] for name in ("under", "by", "level", "quantity")}
    columns = []
    for name in (None, *names):
        years, size, sums = _by_year(fit, name, keep_shocks=keep_shocks)
        total, count = sums.sum(axis=1, keepdims=True), size.sum(keepdims=True)
        for by, levels, made, rows in (
            (f"total{BEYOND}", [""], total, count),
            (f"year{BEYOND}", [str(year) for year in years], sums, size),
        ):
            labels["under"] += [name or OBSERVED] * len(levels)
            labels["by"] += [by] * len(levels)
            labels["level"] += levels
            labels["quantity"] += ["mean" if average else "sum"] * len(levels)
            columns.append(made / rows if average else made)
    return answers(labels, summarised(np.concatenate(columns, axis=1)))


def _by_year(
    fit: Fit, scenario: str | None, *, keep_shocks: bool
) -> tuple[Positions, Positions, Values]:
    """Give the years ahead, how many rows each has, and the sums over these, (S, year)."""
    before, draws, seed = fit.answered(), fit.drawn(), fit.spec.engine.seed
    after = before if scenario is None else counterfactual(fit.spec, *fit.whole, scenario)
    if keep_shocks:
        refuse_unranked(before)
    ahead = fit.ahead(after.years)
    years, code = np.unique(after.years[ahead], return_inverse=True)
    year = np.full(len(ahead), -1)
    year[ahead] = code

    def summed(rows: slice, here: Design) -> Values:
        at = [seed, rows.start]
        if keep_shocks:
            made = shocks_of(part(before, rows), draws, at).outcome(here)
        else:
            made = expected_outcome(here, draws, at)
        which = year[rows][:, None] == np.arange(len(years))
        return np.asarray(made @ which.astype(np.float64))

    sums = np.zeros((len(draws[INTERCEPT]), len(years)))
    for _, made in by_piece(after, len(sums), summed):
        sums += made
    return years, np.bincount(code), sums
