"""Which regions of a panel are clusters, by the document's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.networks import Networks
from clustermodels.errors import PanelError, Problem
from clustermodels.network.network import Network
from clustermodels.network.quotients import location_quotient
from clustermodels.network.selection import QuotientRule, Rules, rolling, select
from clustermodels.spec.clusters import Clusters, Floor, LocationQuotient
from clustermodels.spec.conditions import YearRange
from clustermodels.spec.document import Spec
from clustermodels.tables.cast import numbers, years
from clustermodels.tables.records import Counted

Values = NDArray[np.float64]


def judge(
    spec: Spec, rows: xr.Dataset, networks: Networks, counted: Counted | None
) -> xr.Dataset | None:
    """Judge every region of a panel by the document's rules.

    Parameters
    ----------
    spec, rows
        The document, and the rows of all regions.
    networks
        For rules on collaboration: inside a region, its ties with itself; with others, the sum
        of its ties.
    counted
        What the records hold of other regions, for ``reference: all_regions``.

    Returns
    -------
    Dataset or None
        Along ``region``: what ``select`` gives, and ``stability``, the share of rolling periods
        in which the quotient passes; None where the document has no rules. Attributes hold the
        years that were judged.

    Raises
    ------
    PanelError
        If the rules cannot be judged, or no region passes.
    """
    declared = spec.clusters
    if declared is None:
        return None
    regions = sorted(set(rows["cluster"].to_numpy().tolist()))
    when = _years(spec, declared, rows)
    try:
        table = score(declared, rows, regions, when, networks.ties, counted, _amounts(spec))
    except ValueError as error:
        raise PanelError(
            [
                spec.source.problem(
                    ("clusters",), f"the rules cannot be judged: {error}", fix="Check the columns."
                )
            ]
        ) from None
    if not table["cluster"].any():
        raise PanelError([_nobody(spec, table)])
    return table.assign_attrs({**table.attrs, "years": f"{when[0]} to {when[-1]}"})


def score(
    declared: Clusters,
    rows: xr.Dataset,
    regions: list[str],
    when: list[int],
    network: Network | None,
    counted: Counted | None = None,
    amounts: frozenset[str] = frozenset(),
) -> xr.Dataset:
    """Give what every region scored, on ``region``, in the years ``when``.

    ``amounts`` names columns that are sums of amounts and no counts, whole as they may be.

    Raises
    ------
    ValueError
        If a column's numbers cannot be judged.
    """

    def over(column: str) -> Values:
        return np.asarray(_by_year(rows, column).sel(year=when).sum("year", min_count=1))

    quotient, collaboration = declared.location_quotient, declared.collaboration
    within, between = volumes(network, regions, when)
    numbers_of = {"within": within, "between": between}
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
            xr.DataArray(over(quotient.activity), coords={"region": regions}, dims="region"),
            xr.DataArray(over(quotient.total), coords={"region": regions}, dims="region"),
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
        **{name: values for name, values in numbers_of.items() if values is not None},
    )
    if quotient is None:
        return table
    width = min(declared.rolling, len(when))
    moving = rolling(
        _by_year(rows, quotient.activity),
        _by_year(rows, quotient.total),
        when,
        width,
        rule=rules.quotient,
        reference=share,
    )
    stable = moving["stability"].sel(region=regions).to_numpy()
    return table.assign(stability=("region", stable)).assign_attrs(
        {**table.attrs, "rolling": width, "periods": moving.sizes["period_end"]}
    )


def _amounts(spec: Spec) -> frozenset[str]:
    records = spec.data.records
    counts = records.count.items() if records is not None else ()
    return frozenset(column for column, count in counts if count.verb == "sum")


def _rule(quotient: LocationQuotient) -> QuotientRule:
    return QuotientRule(quotient.above, quotient.probability, quotient.method, quotient.confidence)


def volumes(
    network: Network | None, regions: Sequence[str], when: Sequence[int]
) -> tuple[Values | None, Values | None]:
    """Give each region's ties inside and with others, (region,), summed over years."""
    if network is None:
        return None, None
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
    activity = numbers(counted.counts, quotient.activity)[0][chosen].sum()
    return float(activity / numbers(counted.counts, quotient.total)[0][chosen].sum())


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


def _years(spec: Spec, declared: Clusters, rows: xr.Dataset) -> list[int]:
    there = sorted(set(rows["year"].to_numpy().tolist()))
    chosen = years_judged(declared, there)
    if not chosen:
        raise PanelError(
            [
                spec.source.problem(
                    ("clusters", "years"),
                    "years that the panel does not have",
                    expected=f"years in {there[0]} to {there[-1]}",
                )
            ]
        )
    return chosen


def _nobody(spec: Spec, table: xr.Dataset) -> Problem:
    passed = [
        f"{str(name).removesuffix('_passes')}: {int(values.sum())}"
        for name, values in table.data_vars.items()
        if str(name).endswith("_passes")
    ]
    return spec.source.problem(
        ("clusters",),
        "no region passes every rule",
        got=f"of {table.sizes['region']} regions {', '.join(passed)}",
        fix="Ask for less, or check the columns.",
    )
