"""Which regions of a panel are clusters, by the document's rules."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.networks import Networks
from clustermodels.data.panel import clusters_of
from clustermodels.data.scores import score, years_judged
from clustermodels.errors import PanelError, Problem
from clustermodels.spec.clusters import Clusters
from clustermodels.spec.document import Spec
from clustermodels.tables.records import Counted


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
        As ``score``; None where the document has no rules.

    Raises
    ------
    PanelError
        If the rules cannot be judged.
    """
    declared = spec.clusters
    if declared is None:
        return None
    regions = clusters_of(rows)
    when = _years(spec, declared, rows)
    try:
        return score(declared, rows, regions, when, networks, counted, _amounts(spec))
    except ValueError as error:
        raise PanelError(
            [
                spec.source.problem(
                    ("clusters",), f"the rules cannot be judged: {error}", fix="Check the columns."
                )
            ]
        ) from None


def _amounts(spec: Spec) -> frozenset[str]:
    records = spec.data.records
    counts = records.count.items() if records is not None else ()
    return frozenset(column for column, count in counts if count.verb == "sum")


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


def nobody(spec: Spec, table: xr.Dataset) -> Problem:
    """Say that no region is a cluster, and how near each rule's best one comes."""
    said = []
    for name in (str(n).removesuffix("_passes") for n in table if str(n).endswith("_passes")):
        passes, margin = int(table[f"{name}_passes"].sum()), table[f"{name}_margin"].to_numpy()
        best = "" if passes or np.isnan(margin).all() else f" (short by {-np.nanmax(margin):.3g})"
        said.append(f"{name} {passes}{best}")
    return spec.source.problem(
        ("clusters",),
        "no region passes every rule",
        got=f"of {table.sizes['region']} regions pass: {', '.join(said)}",
        fix="See each region's scores with 'clustermodels landscape', and ask for less.",
    )
