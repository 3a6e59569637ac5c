"""The landscape: which regions are clusters, how they work together, where each one stands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from clustermodels.data.reading import Gathered, gather
from clustermodels.data.regions import volumes
from clustermodels.errors import Finding, PanelError, by_severity
from clustermodels.network.facts import network_facts, persistence, rank_correlations
from clustermodels.network.network import Network, Values
from clustermodels.network.positions import centrality
from clustermodels.preview.membership import membership
from clustermodels.preview.positions import position_findings
from clustermodels.spec.document import Spec
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
    """

    title: str
    regions: xr.Dataset
    years: xr.Dataset | None
    correlations: xr.DataArray | None
    lasting: xr.DataArray | None
    network: Network | None
    findings: tuple[Finding, ...]

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
            asked = np.abs(regions[name].to_numpy() - margin)
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
        A table to use instead of the panel's file, or ``Tables``.

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
    gathered = gather(spec, data)
    regions = _ordered(_regions(gathered))
    network = gathered.networks.ties
    found = [*gathered.found, *membership(spec, gathered.regions)]
    if network is None:
        return Landscape(spec.title, regions, None, None, None, None, by_severity(found))
    window, decay = _pooling(spec)
    when = _judged_years(gathered, network)
    values = _measures(spec, network, window, decay)
    clusters = regions["region"].to_numpy()[regions["cluster"].to_numpy()]
    found += position_findings(spec, gathered.networks.all(), sorted(map(str, clusters)))
    tied = values["degree"] > 0  # regions without ties are alike in everything
    among = {name: table.where(tied) for name, table in values.items()}
    return Landscape(
        spec.title,
        _placed(regions, network, values, when),
        _facts(network, window, decay),
        rank_correlations(among),
        persistence(among),
        network,
        by_severity(found),
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


def _judged_years(gathered: Gathered, network: Network) -> list[int]:
    """Give the years that the rules judge and the network has."""
    text = gathered.regions.attrs["years"] if gathered.regions is not None else ""
    first, _, last = text.partition(" to ")
    low, high = (int(first), int(last)) if last else (network.years[0], network.years[-1])
    return [year for year in network.years if low <= year <= high]


def _whole_years(network: Network, window: int) -> range:
    """Give the years whose window lies within those of the ties."""
    return range(network.years[0] + window - 1, network.years[-1] + 1)


def _measures(spec: Spec, network: Network, window: int, decay: float) -> dict[str, xr.DataArray]:
    """Measure every region in every year, (year, node): the usual measures, and the document's."""
    wanted: dict[str, tuple[str, Mapping[str, Any]]] = {name: (name, {}) for name in MEASURES}
    for (_, name), position in spec.positions().items():
        if (position.measure, position.given()) not in wanted.values():
            wanted[name] = (position.measure, position.given())
    years = _whole_years(network, window)
    return {
        name: centrality(network, measure, window=window, decay=decay, years=years, **options)
        for name, (measure, options) in wanted.items()
    }


def _facts(network: Network, window: int, decay: float) -> xr.Dataset:
    facts = network_facts(network, _whole_years(network, window), window=window, decay=decay)
    if not _knows_inside(network):
        facts["interregional_share"] = facts["interregional_share"] * np.nan
    return facts


def _knows_inside(network: Network) -> bool:
    """Tell whether the ties say anything of joint work inside regions."""
    return bool((network.source == network.target).any())


def _placed(
    regions: xr.Dataset,
    network: Network,
    values: Mapping[str, xr.DataArray],
    when: list[int],
) -> xr.Dataset:
    """Add joint work and positions to what the rules judged."""
    labels = [str(region) for region in regions["region"].to_numpy()]
    volume = dict(zip(("within", "between"), volumes(network, labels, when), strict=True))
    if not _knows_inside(network):
        del volume["within"]  # a table of pairs may leave out joint work inside a region
    volume |= {name: regions[name].to_numpy() for name in ("within", "between") if name in regions}
    columns = {name: part for name, part in volume.items() if part is not None}
    if "within" in columns:
        inside, across = columns["within"], columns["between"]
        whole, unknown = inside + across, np.full(len(labels), np.nan)
        columns["ei_index"] = np.divide(across - inside, whole, out=unknown, where=whole > 0)
    for name, table in values.items():
        chosen = table.sel(node=labels, year=[y for y in when if y in table["year"].values])
        columns[name] = _known_mean(chosen.transpose("year", "node").to_numpy())
    return regions.assign({name: ("region", part) for name, part in columns.items()})


def _known_mean(yearly: Values) -> Values:
    """Average over years, (year, node) to (node,), what is defined; nan where nothing is."""
    known = np.isfinite(yearly)
    total, count = np.where(known, yearly, 0.0).sum(axis=0), known.sum(axis=0)
    mean: Values = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return mean
