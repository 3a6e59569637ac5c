"""Findings on policies that clusters adopt in different years."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.cohorts import adoption_years, cells
from clustermodels.data.design import Design
from clustermodels.data.factors import residual
from clustermodels.data.panel import Panel, reader
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.treatments import Adoption


def staggered(spec: Spec, panel: Panel, of: Design) -> Iterator[Finding]:
    """Find adoptions whose one effect mixes cohorts, and cohorts and years that stand alone."""
    for name, item in spec.treatments.items():
        if not isinstance(item, Adoption):
            continue
        if item.by == "cluster":
            yield from _mixed(spec, panel, of, name, item)
        else:
            yield from _alone(spec, panel, name, item)


def _mixed(spec: Spec, panel: Panel, of: Design, name: str, item: Adoption) -> Iterator[Finding]:
    """Weigh treated rows as one two-way effect does.

    The coefficient of D beside effects of clusters and years is the sum over treated rows of their
    effects with weights proportional to D's residual on the two (de Chaisemartin & D'Haultfœuille
    2020, doi 10.1257/aer.20181169).
    """
    factors = {b.factor.name: b.factor for b in of.blocks if b.factor is not None}
    if not {CLUSTER, YEAR} <= {*spec.fixed_effects}:
        return
    rows = reader(panel)
    adopted = adoption_years(item, rows)
    cohorts = np.unique(adopted[~np.isnan(adopted)])
    on = cells(item, rows).after != ""
    if len(cohorts) < 2 or not on.any() or on.all():
        return
    left = residual(on.astype(float), [factors[CLUSTER].codes, factors[YEAR].codes])[on]
    total = left.sum()
    if total <= 0:
        return
    weights = left / total
    negative = weights < -1e-12
    some = bool(negative.any())
    said = (
        f"{int(negative.sum())} of {len(weights)} cluster-years that it has reached have a "
        f"negative weight in it, {weights[negative].sum():.2g} together"
        if some
        else "no cluster-year that it has reached has a negative weight in it here"
    )
    yield Finding(
        "staggered_adoption",
        "warning" if some else "note",
        f"'{name}' is adopted in {len(cohorts)} different years, and one effect is a weighted sum "
        f"of those of cohorts and years: {said}",
        "Where the effect grows or differs between cohorts, early adopters serve as the comparison "
        "of late ones, and the one effect can have another sign than all of them.",
        "Write 'by: cohort_year', and read the event study.",
        f"treatments.{name}",
        spec.source.line(("treatments", name)),
    )


def _alone(spec: Spec, panel: Panel, name: str, item: Adoption) -> Iterator[Finding]:
    """Find cohorts of one cluster, clusters without a year before, years without a comparison."""
    rows = reader(panel)
    adopted, found = adoption_years(item, rows), cells(item, rows)
    place = (f"treatments.{name}", spec.source.line(("treatments", name)))
    cohorts = np.unique(adopted[found.after != ""])
    single = [
        str(int(cohort))
        for cohort in cohorts
        if len({*rows.clusters[adopted == cohort].tolist()}) == 1
    ]
    if single:
        yield Finding(
            "cohort_of_one",
            "warning",
            f"one cluster alone adopted '{name}' in {choices(single, 6)}",
            "Its effects are that cluster's own, and whatever else happened in it is in them.",
            "Write 'slope: partial', which judges it by the other cohorts too.",
            *place,
        )
    first = np.flatnonzero(np.append(True, rows.clusters[1:] != rows.clusters[:-1]))
    always = [str(c) for c in rows.clusters[first[found.since[first] >= 0]]]
    if always:
        yield Finding(
            "always_treated",
            "warning",
            f"'{name}' had reached {choices(always, 6)} in the first year that is fitted",
            "They have no year before, so that their own level takes up the effect: what is said "
            "of their cohort comes from the prior and from its changes over the years.",
            "Leave them out, or add earlier years.",
            *place,
        )
    if item.comparison == "never" and not np.isnan(found.since).any():
        yield Finding(
            "no_never",
            "serious",
            f"every cluster adopts '{name}', and 'comparison: never' compares with those that do "
            "not",
            "The years before adoption and the years' own effects cannot be told apart, and come "
            "from the prior.",
            "Write 'comparison: not_yet', or add clusters that never adopt.",
            *place,
        )
    own = spec.fixed_effects.get(CLUSTER)
    if own is None or own.pooling != "free":
        yield Finding(
            "cohort_levels",
            "warning",
            f"'{name}' has effects by cohort and year beside effects of clusters that are "
            f"{'absent' if own is None else own.pooling}",
            "What always differs between cohorts is then only in part in the effects of clusters, "
            "and the rest is taken for the policy's.",
            "Write 'cluster: {pooling: free}' in the fixed effects, as the extended two-way design "
            "has it.",
            *place,
        )
    if YEAR not in spec.fixed_effects:
        yield Finding(
            "no_years",
            "serious",
            f"'{name}' has effects by cohort and year, and years have none of their own",
            "What happened to all clusters in a year is taken for the policy's effect.",
            "Write 'year: {pooling: free}' in the fixed effects.",
            *place,
        )
    none = []
    for year in np.unique(rows.years):
        here = rows.years == year
        if (found.after[here] != "").all():
            none.append(str(year))
    if none:
        yield Finding(
            "no_comparison",
            "serious",
            f"in {choices(none, 6)} every cluster has adopted '{name}'",
            "Nobody is left to compare with: effects in these years and the years' own cannot be "
            "told apart, and come from the prior.",
            "End the panel before, or add clusters that adopt later or never.",
            *place,
        )
