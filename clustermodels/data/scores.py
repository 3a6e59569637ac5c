"""What each region scores under rules for clusters, summed over the judged years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.networks import Networks
from clustermodels.network.network import Network
from clustermodels.network.quotients import location_quotient
from clustermodels.network.selection import QuotientRule, Rules, rolling, select
from clustermodels.spec.clusters import Clusters, Floor, LocationQuotient
from clustermodels.spec.conditions import YearRange
from clustermodels.tables.cast import numbers, years
from clustermodels.tables.records import Counted

Values = NDArray[np.float64]


def score(
    declared: Clusters,
    rows: xr.Dataset,
    regions: list[str],
    when: list[int],
    networks: Networks,
    counted: Counted | None = None,
    amounts: frozenset[str] = frozenset(),
) -> xr.Dataset:
    """Give what every region scored, on ``region``, in the years ``when``.

    Columns are summed over the years in which they are known; the quotient's two over those in
    which both are, so that its parts are of the same years.

    Parameters
    ----------
    networks
        For rules on collaboration that name no column.
    counted
        What the records hold of regions that the rows may lack, for ``reference: all_regions``.
    amounts
        Columns that are sums of amounts and no counts, whole as they may be.

    Returns
    -------
    Dataset
        What ``select`` gives; ``unknown``, the judged years in which a column that the rules read
        is missing; and ``stability``, the share of rolling periods in which the quotient passes.
        Attributes hold the judged years (``years`` in words, ``judged`` as numbers), and the
        names of the quotient's columns.

    Raises
    ------
    ValueError
        If a column's numbers cannot be judged.
    """
    cubes = {column: _by_year(rows, column).sel(year=when) for column in declared.columns}
    known = [cube.notnull().to_numpy() for cube in cubes.values()]
    unknown = (
        len(when) - np.logical_and.reduce(known).sum(axis=0) if known else np.zeros(len(regions))
    )
    quotient, collaboration = declared.location_quotient, declared.collaboration
    if quotient is not None:
        both = cubes[quotient.activity].notnull() & cubes[quotient.total].notnull()
        parts = [cubes[name].where(both) for name in (quotient.activity, quotient.total)]

    def over(column: str) -> Values:
        return np.asarray(cubes[column].sum("year", min_count=1))

    numbers_of: dict[str, Values] = {}
    if networks.ties is not None:
        within, numbers_of["between"] = volumes(networks.ties, regions, when)
        if networks.inside:
            numbers_of["within"] = within
        elif collaboration is not None and isinstance(collaboration.within, (int, float)):
            raise ValueError(
                "'within' asks for ties inside regions, and the ties have none; name a column: "
                "within: {column: COLUMN, at_least: NUMBER}"
            )
    least: dict[str, float | None] = {"within": None, "between": None}
    for name in least:
        rule = getattr(collaboration, name) if collaboration is not None else None
        least[name] = rule.at_least if isinstance(rule, Floor) else rule
        if isinstance(rule, Floor):
            numbers_of[name] = over(rule.column)
    rules = Rules(
        quotient=_rule(quotient) if quotient is not None else None,
        scale=declared.scale.at_least if declared.scale is not None else None,
        within=least["within"],
        between=least["between"],
    )
    share = _reference(quotient, counted, when) if quotient is not None else 1.0
    found = None
    if quotient is not None and rules.quotient is not None:
        found = location_quotient(
            parts[0].sum("year", min_count=1),
            parts[1].sum("year", min_count=1),
            reference=share,
            above=quotient.above,
            method=quotient.method,
            confidence=quotient.confidence,
            counts=not amounts & {quotient.activity, quotient.total},
        )
        if quotient.probability is not None and found.attrs["uncertainty"] != "beta":
            reason = found.attrs["uncertainty"].removeprefix("none: ")
            raise ValueError(f"a quotient has no probability here: {reason}")
    table = select(
        regions,
        rules=rules,
        quotients=found,
        scale=over(declared.scale.column) if declared.scale is not None else None,
        **numbers_of,
    )
    table = table.assign(unknown=("region", unknown.astype(np.int64))).assign_attrs(
        {**table.attrs, "years": _said(when), "judged": np.array(when, dtype=np.int64)}
    )
    if quotient is None:
        return table
    width = min(declared.rolling, len(when))
    ends = [end for end in when if {*range(end - width + 1, end + 1)} <= {*when}]
    shares: dict[int, float] = {}
    for end in [*ends]:
        own = _reference(quotient, counted, range(end - width + 1, end + 1))
        if own == 0:
            ends.remove(end)  # a period without any activity has no quotient
        elif not isinstance(own, str):
            shares[end] = own
    stable = np.full(len(regions), np.nan)
    if ends:
        moving = rolling(
            parts[0], parts[1], when, width, rule=rules.quotient, reference=shares or "panel"
        )
        stable = moving["stability"].sel(region=regions).to_numpy()
    return table.assign(stability=("region", stable)).assign_attrs(
        {
            **table.attrs,
            "activity": quotient.activity,
            "total": quotient.total,
            "rolling": width,
            "periods": len(ends),
        }
    )


def _said(when: Sequence[int]) -> str:
    """Say which years they are."""
    if len(when) > 1 and when[-1] - when[0] == len(when) - 1:
        return f"{when[0]} to {when[-1]}"
    return ", ".join(map(str, when))


def _rule(quotient: LocationQuotient) -> QuotientRule:
    return QuotientRule(quotient.above, quotient.probability, quotient.method, quotient.confidence)


def volumes(network: Network, regions: Sequence[str], when: Sequence[int]) -> tuple[Values, Values]:
    """Give each region's ties inside and with others, (region,), summed over years."""
    size = len(network.nodes)
    chosen = np.isin(network.year, when)
    source, target, weight = (
        part[chosen] for part in (network.source, network.target, network.weight)
    )
    own = source == target
    inside = np.bincount(source[own], weight[own], size)
    across = np.bincount(source[~own], weight[~own], size)
    across = across + np.bincount(target[~own], weight[~own], size)
    code = {label: index for index, label in enumerate(network.nodes)}
    at = np.array([code[region] for region in regions], dtype=np.int64)
    return inside[at], across[at]


def _reference(
    quotient: LocationQuotient, counted: Counted | None, when: Sequence[int]
) -> float | Literal["panel"]:
    """Give the reference share: as declared, or of every region in the records."""
    if quotient.reference != "all_regions" or counted is None:
        return quotient.reference if isinstance(quotient.reference, float) else "panel"
    chosen = np.isin(years(counted.counts, "year")[0], when)
    activity, total = (
        float(numbers(counted.counts, column)[0][chosen].sum())
        for column in (quotient.activity, quotient.total)
    )
    return activity / total if total > 0 else 0.0


def _by_year(rows: xr.Dataset, column: str) -> xr.DataArray:
    """Give a column as (year, region), nan where there is no such row."""
    clusters = rows["cluster"].to_numpy().astype(str)
    regions, code = np.unique(clusters, return_inverse=True)
    when, at = np.unique(rows["year"].to_numpy(), return_inverse=True)
    cube = np.full((len(when), len(regions)), np.nan)
    cube[at, code] = rows[column].to_numpy()
    return xr.DataArray(
        cube, coords={"year": when, "region": regions.astype(object)}, dims=("year", "region")
    )


def years_judged(declared: Clusters, there: Sequence[int]) -> list[int]:
    """Give the years that the rules are judged by; none where one of them is not there."""
    asked = declared.years
    if asked is None:
        return [*there]
    if isinstance(asked, YearRange):
        low = asked.from_ if asked.from_ is not None else there[0]
        high = asked.to if asked.to is not None else there[-1]
        return [year for year in there if low <= year <= high]
    return sorted(set(asked)) if set(asked) <= set(there) else []
