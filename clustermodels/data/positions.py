"""Positions in the network as panel columns: measured, lagged, undefined only as declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.findings import counted_of
from clustermodels.data.networks import Networks
from clustermodels.data.panel import clusters_of
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.network.centrality import find
from clustermodels.network.network import Network
from clustermodels.network.positions import centrality
from clustermodels.network.thinning import counts
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position
from clustermodels.spec.source import Path

Mask = NDArray[np.bool_]
# How the reason of rows begins that have no network.
NO_NETWORK = "no network for"
# Measures of joint work inside a region.
INSIDE = ("intraregional", "ei_index")


@dataclass(frozen=True, eq=False)
class Measured:
    """A panel column that a position makes.

    Parameters
    ----------
    values
        (obs,), as they enter the model: of the network ``lag`` years before; nan where there is
        none, and where the measure is undefined and the document says so.
    unknown
        (obs,), True where that year has no network.
    undefined
        (obs,), True where it has one and the measure says nothing of the region.
    """

    values: NDArray[np.float64]
    unknown: Mask
    undefined: Mask


def add_positions(
    spec: Spec, rows: xr.Dataset, networks: Networks
) -> tuple[xr.Dataset, dict[str, Mask]]:
    """Measure every position of a document and add it to a panel's rows.

    Parameters
    ----------
    spec, rows, networks
        The document, the clusters' rows, its networks.

    Returns
    -------
    rows, reasons
        The rows with a column for each position; and why rows of it are missing.

    Raises
    ------
    PanelError
        If a measure is undefined somewhere and the document does not say what holds there.
    """
    problems: list[Problem] = []
    reasons: dict[str, Mask] = {}
    columns: dict[str, object] = {}
    clusters = clusters_of(rows)
    for path, position in spec.positions().items():
        network = network_of(position, networks, clusters)
        if network is None:
            continue
        if position.measure in INSIDE and not networks.inside:
            problems.append(_inside_unknown(spec, path, position))
            continue
        column = position.column or ""
        made = measured(position, rows, network)
        if made.unknown.all():
            problems.append(_never(spec, path, position, rows, network))
        if made.undefined.any() and position.disconnected in (None, "error"):
            problems.append(_undeclared(spec, path, position, rows, made.undefined))
        if path[-1] in spec.sampled() and not counts(network):
            problems.append(_no_counts(spec, path, network))
        columns |= {name: ("obs", values) for name, values in position_columns(position, made)}
        reasons[_no_network(position, network)] = made.unknown
        if position.disconnected == "drop":
            reasons[undefined(column) + find(position.measure).undefined] = made.undefined
    if problems:
        raise PanelError(problems)
    return rows.assign(columns), reasons


def position_columns(
    position: Position, made: Measured
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give the columns that a position makes, (obs,): itself, and what marks where it is undefined.

    Where the measure is undefined it is what the document says holds there, and else nan.
    """
    values = made.values
    if position.disconnected == "zero":
        values = np.where(made.undefined, 0.0, values)
    if position.outside is not None:
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
        values = np.where(made.undefined, mean, values)
        yield position.outside, np.where(made.unknown, np.nan, made.undefined.astype(float))
    yield position.column or "", values


def undefined(column: str) -> str:
    """Say how the reason of rows begins that are lost where a position is undefined."""
    return f"{column} is undefined: "


def network_of(position: Position, networks: Networks, clusters: Sequence[str]) -> Network | None:
    """Give the network that a position is measured in; None where the document has no ties."""
    network = networks.without_own if position.without_own else networks.ties
    if network is not None and position.network == "clusters_only":
        return network.restricted(clusters)
    return network


def by_year(
    position: Position, network: Network, years: Iterable[int] | None = None
) -> xr.DataArray:
    """Measure a position in every year of its network that has a whole window, (year, node)."""
    return centrality(
        network,
        position.measure,
        window=position.window,
        decay=position.decay,
        years=whole_years(network, position.window) if years is None else years,
        **position.given(),
    )


def measured(position: Position, rows: xr.Dataset, network: Network) -> Measured:
    """Measure one position at every row: (obs,)."""
    when = rows["year"].to_numpy() - position.lag
    clusters = rows["cluster"].to_numpy()
    years = sorted(set(when.tolist()) & {*whole_years(network, position.window)})
    values = np.full(len(when), np.nan)
    known = np.isin(when, years)
    if years:
        table = by_year(position, network, years)
        node = {label: index for index, label in enumerate(network.nodes)}
        at = {year: index for index, year in enumerate(years)}
        columns = np.array([node.get(cluster, -1) for cluster in clusters.tolist()])
        lines = np.array([at.get(year, 0) for year in when.tolist()])
        found = known & (columns >= 0)
        values[found] = table.to_numpy()[lines[found], columns[found]]
    return Measured(values, ~known, known & np.isnan(values))


def whole_years(network: Network, window: int) -> range:
    """Give the years whose window lies wholly within the years of the network."""
    span = network.span
    return range(0) if span is None else range(span[0] + window - 1, span[1] + 1)


def _never(
    spec: Spec, path: Path, position: Position, rows: xr.Dataset, network: Network
) -> Problem:
    """Refuse a position that no row has, since its window and lag reach beyond the ties."""
    first, last = network.span or (0, 0)
    years = rows["year"].to_numpy()
    return spec.source.problem(
        path,
        f"no row has a network with window {position.window} and lag {position.lag}",
        got=f"ties of {first} to {last}, and a panel of {years.min()} to {years.max()}"
        if network.span
        else "no ties",
        fix="Shorten 'window' or 'lag', or add the ties of other years.",
    )


def _no_network(position: Position, network: Network) -> str:
    """Say for which years there is a network, as the reason why rows of others are lost."""
    first, last = network.span or (0, 0)
    served = f"{first + position.window - 1 + position.lag} to {last + position.lag}"
    how = f"window {position.window}, lag {position.lag}"
    return f"{NO_NETWORK} {position.column}: ties of {first} to {last} serve {served} ({how})"


def _no_counts(spec: Spec, path: Path, network: Network) -> Problem:
    broken = network.weight[network.weight != np.round(network.weight)]
    return spec.source.problem(
        (*path, "uncertain"),
        f"{counted_of(len(broken), 'tie')} are no counts, and only counts have a sampling error "
        "that is known",
        got=f"a weight of {broken[0]:g}",
        expected="whole numbers",
        fix="Name a weight that counts joint projects, or remove 'uncertain'.",
    )


def _inside_unknown(spec: Spec, path: Path, position: Position) -> Problem:
    return spec.source.problem(
        (*path, "measure"),
        f"'{position.measure}' needs ties inside regions, and the table of ties has none",
        fix="Add a row of each region with itself, or count ties from records.",
    )


def _undeclared(
    spec: Spec, path: Path, position: Position, rows: xr.Dataset, undefined: Mask
) -> Problem:
    clusters = rows["cluster"].to_numpy()[undefined]
    years = rows["year"].to_numpy()[undefined] - position.lag
    names, counts = np.unique(clusters.astype(str), return_counts=True)
    most = np.argsort(-counts, kind="stable")
    said = choices([f"{names[i]} ({counts[i]})" for i in most.tolist()], 6)
    when = f"{years.min()} to {years.max()}" if years.min() < years.max() else str(years.min())
    return spec.source.problem(
        path,
        f"'{position.measure}' is undefined for {counted_of(int(undefined.sum()), 'cluster-year')} "
        f"of {counted_of(len(names), 'cluster')} in the networks of {when}: "
        f"{find(position.measure).undefined}",
        got=said,
        expected="'disconnected', which says what holds there",
        fix="Write disconnected: zero (0 there), drop (lose these rows) or indicator (a term of "
        "their own).",
    )
