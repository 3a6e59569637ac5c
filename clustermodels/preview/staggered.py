"""Findings on policies that clusters adopt in different years."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.adopted import adoption_years
from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.factors import residual
from clustermodels.data.panel import Panel, Values, reader
from clustermodels.errors import Finding
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.treatments import Adoption, Treatment


def staggered(spec: Spec, panel: Panel, of: Design) -> Iterator[Finding]:
    """Find policies that come to clusters in different years and stay, and have one effect.

    Of whatever kind: an adoption, a dose of 0 and 1, a stock of one dose. The lags of one dose are
    let be, whose coefficients mix those of each other as well.
    """
    if not {CLUSTER, YEAR} <= {*spec.fixed_effects}:
        return
    blocks = {block.name: block for block in of.blocks}
    for name, item in spec.treatments.items():
        if name in spec.distributed() or (isinstance(item, Adoption) and item.by != "cluster"):
            continue
        on = _switch(of, blocks[name])
        if on is not None:
            yield from _mixed(spec, panel, of, name, on)


def _switch(of: Design, block: Block) -> Values | None:
    """Give a column that turns on in clusters and stays, as 0 and 1, (obs,); None where it is none.

    Rows are sorted by cluster and year.
    """
    values = block.values[:, 0]
    low, high = values.min(), values.max()
    if low == high or not np.isin(values, (low, high)).all():
        return None
    on = (values == high).astype(float)
    ends = (of.clusters[1:] == of.clusters[:-1]) & (np.diff(on) < 0)
    return None if ends.any() else on


def _mixed(spec: Spec, panel: Panel, of: Design, name: str, on: Values) -> Iterator[Finding]:
    """Weigh treated rows as one two-way effect does.

    The coefficient of D beside effects of clusters and years is the sum over treated rows of their
    effects with weights proportional to D's residual on the two (de Chaisemartin & D'Haultfœuille
    2020, doi 10.1257/aer.20181169).
    """
    factors = {b.factor.name: b.factor for b in of.blocks if b.factor is not None}
    item = spec.treatments[name]
    when = _years(panel, of, item, on)
    if len(when) < 2:
        return
    hit = on == 1
    left = residual(on, [factors[CLUSTER].codes, factors[YEAR].codes])[hit]
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
    written = "" if isinstance(item, Adoption) else "kind: adoption, "
    pooled = ", slope: partial" if item.slope == "common" else ""
    yield Finding(
        "staggered_adoption",
        "warning" if some else "note",
        f"'{name}' is adopted in {len(when)} different years, and one effect is a weighted sum "
        f"of those of cohorts and years: {said}",
        "Where the effect grows or differs between cohorts, early adopters serve as the comparison "
        "of late ones, and the one effect can have another sign than all of them.",
        f"Write '{written}by: cohort_year{pooled}', and read the event study.",
        f"treatments.{name}",
        spec.source.line(("treatments", name)),
    )


def _years(panel: Panel, of: Design, item: Treatment, on: Values) -> Values:
    """Give the different years in which clusters adopt a policy that reaches a fitted row."""
    if isinstance(item, Adoption):
        return np.asarray(np.unique(adoption_years(item, reader(panel))[on == 1]))
    begins = np.append(True, of.clusters[1:] != of.clusters[:-1])
    turns = (on == 1) & (begins | (np.append(0.0, on[:-1]) == 0))
    # where it is on from a cluster's first row, nobody knows since when
    return np.asarray(np.unique(np.where(begins, -np.inf, of.years)[turns]))
