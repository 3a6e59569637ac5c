"""Findings on positions in the network: what they share with the outcome, and with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from clustermodels.data.findings import finding
from clustermodels.data.networks import Networks
from clustermodels.data.positions import INSIDE, by_year, network_of
from clustermodels.errors import Finding
from clustermodels.network.facts import rank_correlations, spearman
from clustermodels.network.positions import centrality
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position

# Above this rank correlation, two measures put regions in one order.
ALIKE = 0.98
# With fewer years than these, medians move one way too often by chance (1 in 30 with six).
YEARS = 6
DRIFT = 0.9


def position_findings(spec: Spec, networks: Networks, clusters: Sequence[str]) -> Iterator[Finding]:
    """Find networks that hold the outcome, measures that are degree, and measures that drift.

    Measures are compared over the clusters, whatever else is in the network.
    """
    yield from _same_year(spec)
    yield from edited_positions(spec)
    yield from half_of_units(spec)
    for path, position in spec.positions().items():
        network = network_of(position, networks, clusters)
        if network is None or not network.years:
            continue
        if position.measure in INSIDE and not networks.inside:
            continue
        own = by_year(position, network)
        plain = {
            name: centrality(network, name, window=position.window, years=own["year"].values)
            for name in ("degree", "strength")
        }
        among = [*clusters]
        other = plain["strength" if position.weighted else "degree"]
        yield from _in_disguise(spec, path, position, own.sel(node=among), other.sel(node=among))
        yield from _drifting(spec, path, position, own.sel(node=among), plain["degree"])


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
    if abs(alike) > ALIKE:
        yield finding(
            spec,
            "degree_in_disguise",
            "warning",
            f"'{position.measure}' ranks clusters as '{name}' does"
            f"{', the other way round' * (alike < 0)}: over the clusters their rank correlation is "
            f"{alike:.3f}, a mean over years",
            "What is said of position in the whole network can as well be said of the number of "
            "direct partners.",
            f"Say so, or compare with 'measure: {name}'.",
            (*path, "measure"),
        )


def _drifting(
    spec: Spec, path: tuple[str, str], position: Position, own: xr.DataArray, degree: xr.DataArray
) -> Iterator[Finding]:
    """Ask whether the clusters' median moves one way over the years, as the network does."""
    table = own.transpose("year", "node").to_numpy()
    known = np.isfinite(table).any(axis=1)
    if known.sum() < YEARS:
        return
    rows = [line[np.isfinite(line)] for line in table[known]]
    medians = np.array([np.median(line) for line in rows])
    spread = float(np.mean([line.std() for line in rows]))
    steady = abs(spearman(medians, np.arange(len(medians), dtype=float)))
    if not steady >= DRIFT or np.ptp(medians) <= spread / 2:
        return
    size = (degree > 0).sum("node").to_numpy()[known]
    partners = degree.mean("node").to_numpy()[known]
    grown = (
        f"the regions with ties go from {size[0]} to {size[-1]}"
        if abs(size[-1] - size[0]) > 0.05 * size[0]
        else f"a region's partners go from {partners[0]:.3g} to {partners[-1]:.3g}, a mean"
    )
    yield finding(
        spec,
        "drifting_measure",
        "warning",
        f"over the years the clusters' median of '{position.measure}' goes from "
        f"{medians[0]:.3g} to {medians[-1]:.3g}, while {grown}",
        "A region's value changes because the network grows or shrinks around it, so 'more "
        "central' is in part 'later'.",
        "Keep free year effects, take 'network: clusters_only', or read differences between "
        "clusters of one year only.",
        (*path, "measure"),
    )


def edited_positions(spec: Spec) -> Iterator[Finding]:
    """Find scenarios that set a position, which no policy can do."""
    for name, scenario in spec.scenarios.items():
        for step, edit in enumerate(scenario):
            for column in edit.amounts:
                if column in spec.measured():
                    yield finding(
                        spec,
                        "position_edited",
                        "warning",
                        f"the scenario '{name}' changes the position '{column}' itself",
                        "No policy can do that: a tie changes the position of every region. The "
                        "answer is what the model says of regions that stood elsewhere.",
                        "Read it as a comparison of positions, or edit ties, which a policy can "
                        "make.",
                        ("scenarios", name, step, edit.verb, column),
                    )


def half_of_units(spec: Spec) -> Iterator[Finding]:
    """Say that an outcome counts half of the units."""
    path = _halving(spec)
    if path is not None:
        name, outcome = spec.outcome
        yield finding(
            spec,
            "half_of_the_units",
            "warning",
            f"'{name}' counts one half of the units, and the network is made of the other",
            f"Levels, changes and totals of '{outcome.column}' are half of what they were; ratios "
            "and coefficients are not, and are less sure.",
            "Double levels where you quote them.",
            (*path, "without_own"),
        )


def _halving(spec: Spec) -> tuple[str, str] | None:
    """Give the position that asks for halves; None where the outcome counts all units."""
    asked = [path for path, item in spec.positions().items() if item.without_own == "half"]
    return asked[0] if asked else None
