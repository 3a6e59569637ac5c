"""Findings on positions in the network: what they share with the outcome, and with each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.data.findings import finding
from clustermodels.errors import Finding
from clustermodels.network.facts import rank_correlations, spearman
from clustermodels.network.network import Network
from clustermodels.network.positions import centrality
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position

# Above this rank correlation, two measures put regions in one order.
ALIKE = 0.98
# From this many years on, a drift can be told from chance.
YEARS = 4
DRIFT = 0.9


def position_findings(
    spec: Spec, networks: Mapping[str, Network], clusters: Sequence[str]
) -> Iterator[Finding]:
    """Find networks that hold the outcome, measures that are degree, and measures that drift.

    Measures are compared over the clusters, whatever else is in the network.
    """
    yield from _same_year(spec)
    for path, position in spec.positions().items():
        network = networks.get("without_own" if position.without_own else "ties")
        if network is None or not network.years:
            continue
        if position.network == "clusters_only":
            network = network.restricted(clusters)
        pooled: dict[str, Any] = {"window": position.window, "decay": position.decay}
        own = centrality(network, position.measure, **pooled, **position.given())
        degree = centrality(network, "degree", **pooled)
        plain = centrality(network, "strength", **pooled) if position.weighted else degree
        among = [*clusters]
        yield from _in_disguise(spec, path, position, own.sel(node=among), plain.sel(node=among))
        yield from _drifting(spec, path, position, own.sel(node=among), degree)


def _same_year(spec: Spec) -> Iterator[Finding]:
    name, _ = spec.outcome
    for path, position in spec.positions().items():
        if position.lag == 0 and path[0] != "outcomes" and not position.without_own:
            yield finding(
                spec,
                "same_year_network",
                "warning",
                f"'{path[1]}' is measured in the network of the outcome's own year",
                f"Joint work is part of '{name}' where both come from the same units, so a good "
                "year raises both, and that looks like an effect of position.",
                "Write 'lag: 1', or count ties 'without_own'.",
                (*path, "lag"),
            )


def _in_disguise(
    spec: Spec, path: tuple[str, str], position: Position, own: xr.DataArray, plain: xr.DataArray
) -> Iterator[Finding]:
    """Compare with the number of partners, or where weights count, with the volume of ties."""
    if position.measure in ("degree", "strength", "intraregional", "ei_index"):
        return
    name = "strength" if position.weighted else "degree"
    alike = float(rank_correlations({"own": own, name: plain}).values[0, 1])
    if alike > ALIKE:
        yield finding(
            spec,
            "degree_in_disguise",
            "warning",
            f"'{position.measure}' ranks clusters as '{name}' does: their rank correlation is "
            f"{alike:.3f}, a mean over years",
            "What is said of position in the whole network can as well be said of the number of "
            "direct partners.",
            f"Say so, or compare with 'measure: {name}'.",
            (*path, "measure"),
        )


def _drifting(
    spec: Spec, path: tuple[str, str], position: Position, own: xr.DataArray, degree: xr.DataArray
) -> Iterator[Finding]:
    """Compare the clusters' median with the number of regions that have ties, year by year."""
    size = (degree > 0).sum("node").to_numpy().astype(float)
    table = own.transpose("year", "node").to_numpy()
    known = np.isfinite(table).any(axis=1)
    if known.sum() < YEARS:
        return
    rows = [line[np.isfinite(line)] for line in table[known]]
    medians = np.array([np.median(line) for line in rows])
    spread = float(np.mean([line.std() for line in rows]))
    together = spearman(medians, size[known])
    if abs(together) >= DRIFT and np.ptp(medians) > spread / 2:
        yield finding(
            spec,
            "drifting_measure",
            "warning",
            f"the clusters' median of '{position.measure}' goes from {medians[0]:.3g} to "
            f"{medians[-1]:.3g} as the regions with ties go from {size[known][0]:.0f} to "
            f"{size[known][-1]:.0f}",
            "A region's value changes because others enter, so 'more central' is in part 'later'.",
            "Keep free year effects, take 'network: clusters_only', or read differences between "
            "clusters of one year only.",
            (*path, "measure"),
        )
