"""The landscape: which regions are clusters, how they work together, where each one stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.data.networks import Networks
from clustermodels.data.positions import INSIDE, by_year, network_of, whole_years
from clustermodels.data.reading import Gathered, gather
from clustermodels.data.scores import volumes
from clustermodels.errors import Finding, PanelError, by_severity
from clustermodels.network.facts import network_facts, persistence, rank_correlations
from clustermodels.network.network import Network, Values
from clustermodels.network.positions import centrality
from clustermodels.preview.membership import membership
from clustermodels.preview.positions import position_findings
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import equations
from clustermodels.spec.read import read_spec

# What is measured whatever the document asks for.
MEASURES = ("degree", "strength", "closeness", "betweenness", "eigenvector")


@dataclass(frozen=True, eq=False)
class Landscape:
    """Regions and their network, before any model.

    Parameters
    ----------
    regions
        On ``region``, clusters first: ``cluster``; every number that a rule judged, with its
        margin, and the rules that were failed; with ties ``within`` and ``between`` (joint work
        inside the region and with others, summed over the judged years), ``ei_index``, and each
        measure, the mean over the judged years of its yearly values (nan where it is never
        defined).
    years
        On ``year``: the size, density, components, volume and mixing of the network; None without
        ties, as are the next three.
    correlations
        (measure, other): Spearman's rank correlations over regions with ties, a mean over years.
    lasting
        (measure, year): the rank correlation with the year before.
    network
        The ties.
    findings
        Doubts about clusters and network.
    own
        The names of the document's own positions among the measures.
    """

    title: str
    regions: xr.Dataset
    years: xr.Dataset | None
    correlations: xr.DataArray | None
    lasting: xr.DataArray | None
    network: Network | None
    findings: tuple[Finding, ...]
    own: tuple[str, ...] = ()

    def near(self, most: int = 15) -> xr.Dataset:
        """Keep of ``regions`` the clusters and the ``most`` that narrowly failed one rule.

        The nearest come first, by their shortfall as a part of what the rule asks.
        """
        regions = self.regions
        if "failed" not in regions:
            return regions
        short = np.full(regions.sizes["region"], np.inf)
        for name in (str(n).removesuffix("_margin") for n in regions if str(n).endswith("_margin")):
            alone = (regions["failed_rules"] == name).to_numpy()
            margin = regions[f"{name}_margin"].to_numpy()
            judged = "z" if name == "lq" and regions.attrs.get("method") != "threshold" else name
            asked = np.abs(regions[judged].to_numpy() - margin)
            short[alone] = (np.abs(margin) / np.maximum(asked, 1e-12))[alone]
        missed = np.argsort(short, kind="stable")[:most]
        missed = missed[np.isfinite(short[missed])]
        clusters = np.flatnonzero(regions["cluster"].to_numpy())
        return regions.isel(region=np.concatenate([clusters, missed]))


def landscape(spec: Spec | str | os.PathLike[str], data: object = None) -> Landscape:
    """Describe the regions of a document: clusters by its rules, and their network.

    Parameters
    ----------
    spec
        A Spec, or the path of a document with ``clusters`` or ``data.ties``.
    data
        A table to use instead of the panel's file, or ``Tables``. Of several outcomes, positions
        ``without_own`` are shown in the network without the units of the first.

    Returns
    -------
    Landscape
        Of all regions, also of those that failed a rule.

    Raises
    ------
    SpecError, PanelError
        With every problem of the document or its tables, and where it has neither rules nor ties.
    """
    spec = spec if isinstance(spec, Spec) else read_spec(spec)
    if spec.clusters is None and spec.data.ties is None:
        raise PanelError(
            [
                spec.source.problem(
                    (),
                    "there is nothing to show: the document has no rules for clusters and no ties",
                    fix="Add 'clusters', or 'data.ties'.",
                )
            ]
        )
    each = [*equations(spec).values()]
    gathered = gather(each[0], data)
    regions = _ordered(_regions(gathered))
    network = gathered.networks.ties
    found = [*gathered.found]
    for one in each:
        found += membership(one, gathered.regions)
    if network is None:
        once = by_severity(dict.fromkeys(found))
        return Landscape(spec.title, regions, None, None, None, None, once)
    labels = regions["region"].to_numpy().astype(str)
    clusters = sorted(labels[regions["cluster"].to_numpy()].tolist())
    freed = any(position.without_own for position in spec.positions().values())
    for one in each:
        own = gather(one, data) if freed and one is not each[0] else gathered
        found += position_findings(one, own.networks, clusters)
    window, decay = _pooling(spec)
    values = _measures(spec, gathered.networks, clusters, window, decay)
    pooled: dict[str, Any] = {"window": window, "decay": decay}
    years = whole_years(network, window)
    tied = centrality(network, "degree", years=years, **pooled) > 0
    # regions without ties are alike in everything
    among = {name: table.where(tied) for name, table in values.items()}
    facts = network_facts(network, years, **pooled).assign_attrs(pooled)
    if not gathered.networks.inside:
        facts["interregional_share"] = facts["interregional_share"] * np.nan
    return Landscape(
        spec.title,
        _placed(spec, regions, gathered.networks, values),
        facts,
        rank_correlations(among),
        persistence(among),
        network,
        by_severity(dict.fromkeys(found)),
        own=tuple(name for _, name in spec.positions() if name in values),
    )


def _regions(gathered: Gathered) -> xr.Dataset:
    if gathered.regions is not None:
        return gathered.regions
    labels = np.unique(gathered.rows["cluster"].to_numpy().astype(str)).astype(object)
    everyone = np.ones(len(labels), dtype=bool)
    return xr.Dataset({"cluster": ("region", everyone)}, {"region": labels})


def _ordered(regions: xr.Dataset) -> xr.Dataset:
    """Put clusters first, the most specialised first."""
    key = regions["lq"] if "lq" in regions else regions["cluster"]
    order = np.lexsort(
        (-np.nan_to_num(key.to_numpy().astype(float), nan=-1.0), ~regions["cluster"])
    )
    return regions.isel(region=order)


def _pooling(spec: Spec) -> tuple[int, float]:
    """Take the window of the document's first position, or single years."""
    for position in spec.positions().values():
        return position.window, position.decay
    return 1, 1.0


def _measures(
    spec: Spec, networks: Networks, clusters: list[str], window: int, decay: float
) -> dict[str, xr.DataArray]:
    """Measure every region in every year, (year, node): the usual measures, and the document's.

    The document's own are of the networks and windows that it states for each.
    """
    assert networks.ties is not None
    years = whole_years(networks.ties, window)
    usual = {
        name: centrality(networks.ties, name, window=window, decay=decay, years=years)
        for name in MEASURES
    }
    own = {}
    for (_, name), position in spec.positions().items():
        network = network_of(position, networks, clusters)
        if network is None or (position.measure in INSIDE and not networks.inside):
            continue
        table = by_year(position, network)
        own[name] = table.reindex(year=[*years], node=list(networks.ties.nodes))
        usual = {other: of for other, of in usual.items() if not of.equals(own[name])}
    return {**usual, **own}


def _placed(
    spec: Spec, regions: xr.Dataset, networks: Networks, values: Mapping[str, xr.DataArray]
) -> xr.Dataset:
    """Add joint work and positions to what the rules judged."""
    assert networks.ties is not None
    labels = [str(region) for region in regions["region"].to_numpy()]
    years = next(iter(values.values()))["year"].to_numpy().tolist()
    judged = regions.attrs.get("judged", np.array(years)).tolist()
    within, between = volumes(networks.ties, labels, judged)
    columns = {"within": within} if networks.inside else {}
    columns["between"] = between
    collaboration = spec.clusters.collaboration if spec.clusters is not None else None
    named = collaboration.columns if collaboration is not None else {}
    columns |= {name: regions[name].to_numpy() for name in named}
    if {"within", "between"} <= {*columns} and len(named) != 1:  # else their units may differ
        inside, across = columns["within"], columns["between"]
        whole, unknown = inside + across, np.full(len(labels), np.nan)
        columns["ei_index"] = np.divide(across - inside, whole, out=unknown, where=whole > 0)
    for name, table in values.items():
        chosen = table.sel(node=labels, year=[year for year in judged if year in years])
        columns[name] = _known_mean(chosen.transpose("year", "node").to_numpy())
    return regions.assign({name: ("region", part) for name, part in columns.items()})


def _known_mean(yearly: Values) -> Values:
    """Average over years, (year, node) to (node,), what is defined; nan where nothing is."""
    known = np.isfinite(yearly)
    total, count = np.where(known, yearly, 0.0).sum(axis=0), known.sum(axis=0)
    mean: Values = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return mean
