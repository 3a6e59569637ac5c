"""Positions of some rows of a panel: those that an edit of ties reaches, those of years ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.findings import SHOWN, counted_of
from clustermodels.data.networks import Networks
from clustermodels.data.panel import Panel, Values, cluster_codes, clusters_of
from clustermodels.data.paths_ahead import last_known
from clustermodels.data.positions import Measured, measured, network_of, whole_years
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.network.centrality import find
from clustermodels.network.edits import years_that_differ
from clustermodels.network.network import Network
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position
from clustermodels.spec.source import Path

Mask = NDArray[np.bool_]


def remeasured(spec: Spec, panel: Panel, ties: Network, path: Path) -> Panel:
    """Give a panel other ties, with every position that they move measured in them.

    Where a measure is undefined then, the document says what holds, as it does of the fitted
    panel; the value beside an indicator stays the one that was fitted.

    Parameters
    ----------
    spec, panel
        The document, and the panel that was fitted.
    ties
        The ties of all regions, in the years of the panel's.
    path
        The scenario.

    Raises
    ------
    PanelError
        If a measure is undefined for a row that is predicted, and no value is declared for it.
    """
    edited = replace(panel.networks, ties=ties)
    clusters, when = clusters_of(panel.rows), panel.rows["year"].to_numpy()
    asked = np.zeros(len(when), dtype=bool)
    asked[answered(panel).used] = True
    rows, problems = panel.rows, list[Problem]()
    for place, position in spec.positions().items():
        before = network_of(position, panel.networks, clusters)
        after = network_of(position, edited, clusters)
        assert before is not None
        assert after is not None
        seen = when - position.lag
        known = np.isin(seen, whole_years(before, position.window))
        hit = known & np.isin(seen, _reached(before, after, position.window))
        if not hit.any():
            continue
        made = measured(position, rows.isel(obs=hit), after)
        lost = made.undefined & asked[hit]
        if lost.any() and position.disconnected in (None, "error", "drop"):
            problems.append(_undefined(spec, rows.isel(obs=hit), lost, place, position, path))
        rows = rows.assign(_columns(rows, position, made, known, hit))
    if problems:
        raise PanelError(problems)
    return replace(panel, rows=rows, networks=edited, read_as="")


def measured_ahead(spec: Spec, rows: xr.Dataset, networks: Networks, ahead: Mask) -> xr.Dataset:
    """Measure positions in years ahead whose network is known: with a lag, the first of them.

    Parameters
    ----------
    spec, rows, networks
        The document, a panel's rows with those ahead among them, its networks.
    ahead
        Which these are, (obs,). A position that they have already stays.
    """
    clusters, when = clusters_of(rows), rows["year"].to_numpy()
    for place, position in spec.positions().items():
        network = network_of(position, networks, clusters)
        if place[0] == "outcomes" or network is None:
            continue
        known = np.isin(when - position.lag, whole_years(network, position.window))
        hit = ahead & known & np.isnan(rows[position.column or ""].to_numpy())
        if hit.any():
            made = measured(position, rows.isel(obs=hit), network)
            rows = rows.assign(_columns(rows, position, made, known, hit))
    return rows


def _reached(before: Network, after: Network, window: int) -> list[int]:
    """Give the years whose window holds one in which the networks differ."""
    years = {*years_that_differ(before, after)}
    return sorted({year + later for year in years for later in range(window)})


def _columns(
    rows: xr.Dataset, position: Position, made: Measured, known: Mask, hit: Mask
) -> dict[str, tuple[str, Values]]:
    """Give the columns of a position with other values where its network is another."""
    column = position.column or ""
    values = made.values
    if position.disconnected == "zero":
        values = np.where(made.undefined, 0.0, values)
    columns = {}
    if position.outside is not None:
        values = np.where(made.undefined, _fitted(rows, column, position.outside, known), values)
        marks = made.undefined.astype(float)
        columns[position.outside] = ("obs", _put(rows, position.outside, marks, known, hit))
    columns[column] = ("obs", _put(rows, column, values, known, hit))
    return columns


def _put(rows: xr.Dataset, column: str, values: Values, known: Mask, hit: Mask) -> Values:
    """Give a column with other values; years ahead without a network go on from the last one."""
    whole = rows[column].to_numpy().copy()
    whole[hit] = values
    ahead = ~known & np.isfinite(whole)
    whole[ahead] = np.nan
    last = last_known(whole, cluster_codes(rows), np.isfinite(whole))
    return np.where(ahead, last, whole)


def _fitted(rows: xr.Dataset, column: str, outside: str, known: Mask) -> float:
    """Give the value that stood beside an indicator when the panel was fitted."""
    values, marked = rows[column].to_numpy(), rows[outside].to_numpy() == 1
    if marked.any():
        return float(values[marked][0])
    return float(np.nanmean(np.where(known, values, np.nan)))


def _undefined(
    spec: Spec,
    rows: xr.Dataset,
    lost: Mask,
    place: tuple[str, str],
    position: Position,
    path: Path,
) -> Problem:
    names, counts = np.unique(rows["cluster"].to_numpy()[lost].astype(str), return_counts=True)
    most = np.argsort(-counts, kind="stable").tolist()
    dropped = position.disconnected == "drop"
    return spec.source.problem(
        path,
        f"it leaves '{place[1]}' undefined for {counted_of(int(lost.sum()), 'cluster-year')} of "
        f"{counted_of(len(names), 'cluster')}, {find(position.measure).undefined}, and "
        + (
            "'disconnected: drop' leaves no value to predict with"
            if dropped
            else "nothing says what holds there"
        ),
        got=choices([f"{names[at]} ({counts[at]})" for at in most], SHOWN),
        fix=f"Edit less, or write 'disconnected: zero' or 'indicator' under {'.'.join(place)} and "
        "fit again.",
    )
