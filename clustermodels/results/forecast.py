"""What is expected of the years beyond the panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.changes import BEYOND
from clustermodels.results.intervals import summarised
from clustermodels.results.simulated import simulated
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
    asked = fit.spec.scenarios if scenarios is None else scenarios
    names = [*dict.fromkeys([asked] if isinstance(asked, str) else asked)]
    average = fit.spec.family.link.effect == "difference"
    labels: dict[str, list[str]] = {name: [] for name in ("under", "by", "level", "quantity")}
    columns = []
    years, size, sums_of = _by_year(fit, [None, *names], keep_shocks=keep_shocks)
    for name, sums in zip((OBSERVED, *names), sums_of, strict=True):
        total, count = sums.sum(axis=1, keepdims=True), size.sum(keepdims=True)
        for by, levels, made, rows in (
            (f"total{BEYOND}", [""], total, count),
            (f"year{BEYOND}", [str(year) for year in years], sums, size),
        ):
            labels["under"] += [name] * len(levels)
            labels["by"] += [by] * len(levels)
            labels["level"] += levels
            labels["quantity"] += ["mean" if average else "sum"] * len(levels)
            columns.append(made / rows if average else made)
    return answers(labels, summarised(np.concatenate(columns, axis=1)))


def _by_year(
    fit: Fit, scenarios: Sequence[str | None], *, keep_shocks: bool
) -> tuple[Positions, Positions, Values]:
    """Give the years ahead, their rows, and the sums over these, (scenario, S, year)."""
    of_rows = fit.answered().years
    ahead = fit.ahead(of_rows)
    years, code = np.unique(of_rows[ahead], return_inverse=True)
    year = np.full(len(ahead), -1)
    year[ahead] = code

    def summed(rows: slice, _: Design, outcomes: Iterator[Values]) -> Values:
        which = (year[rows][:, None] == np.arange(len(years))).astype(np.float64)
        return np.stack([each @ which for each in outcomes])

    sums = np.zeros((len(scenarios), len(fit.drawn()[INTERCEPT]), len(years)))
    for _, made in simulated(fit, scenarios, summed, keep_shocks=keep_shocks):
        sums += made
    return years, np.bincount(code), sums
