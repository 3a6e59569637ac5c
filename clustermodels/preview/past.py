"""Findings on what a panel can tell of the outcome's past."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER

# Fewer years a cluster, the past included, leave little to tell it from the cluster's effect.
SHORT = 4
# What is known of clusters may take so large a share of their number.
SHARE = 0.5


def past_findings(spec: Spec, learned: Learned, of: Design) -> Iterator[Finding]:
    """Find the outcome among what explains it; panels too short for a past, first values unseen."""
    yield from _own_past(spec)
    if spec.dynamics is None:
        return
    where = ("dynamics", spec.source.line(("dynamics",)))
    clusters = len(set(of.clusters.tolist()))
    years = len(of.years) / clusters + spec.dynamics.lags
    if years < SHORT:
        yield Finding(
            "short_past",
            "warning",
            f"{years:.2g} years a cluster, of which {spec.dynamics.lags} are the past of the first",
            "So few years hardly tell the outcome's past from what each cluster always is: the "
            "first values decide.",
            "Use more years, or leave the past out.",
            *where,
        )
    broken = _broken(of)
    if broken:
        yield Finding(
            "broken_past",
            "note",
            f"the years of {choices(broken, most=6)} have gaps",
            "After a gap predictions start again from the outcomes that were observed: what a "
            "scenario changed before it does not reach the years behind it. And the past's "
            "coefficient comes out a little too large, by 0.03 where every cluster has a gap: only "
            "the first outcomes of a cluster are held against its effect.",
            "Fill the gaps if the outcomes exist; else read scenarios of these clusters as too "
            "small.",
            *where,
        )
    if learned.initial is None:
        return
    later = learned.means[CLUSTER].columns
    unseen = [column for column in later if column not in learned.initial.columns]
    if unseen:
        yield Finding(
            "first_values_unseen",
            "note",
            f"the effects of clusters are given the later means of {choices(unseen)} and not their "
            "first values, which are missing or the same for all",
            "Where these differed between clusters, a little bias in the past's coefficient is "
            "left.",
            "Add earlier years of these columns if they exist.",
            *where,
        )
    terms = len(later) + len(learned.initial.columns)
    if terms > SHARE * clusters:
        yield Finding(
            "many_given",
            "warning",
            f"the effects of {clusters} clusters are given {terms} numbers of each: first values "
            "and later means",
            "With so many the clusters' effects follow them almost freely, and priors decide "
            "between them.",
            "Name fewer treatments, moderators and controls.",
            *where,
        )


def _broken(of: Design) -> list[str]:
    """Name the clusters whose used rows are not of consecutive years."""
    same = of.clusters[1:] == of.clusters[:-1]
    gap = same & (np.diff(of.years) != 1)
    return list(dict.fromkeys(of.clusters[1:][gap].tolist()))


def _own_past(spec: Spec) -> Iterator[Finding]:
    """Find the outcome's own column among what explains it."""
    column = spec.outcome[1].column
    for (section, name), reads in spec.predictors().items():
        for read in reads:
            if read.column != column:
                continue
            now = read.lag == 0
            yield Finding(
                "outcome_explains_itself" if now else "lagged_outcome",
                "serious" if now else "warning",
                f"'{name}' is the outcome itself{'' if now else f', {read.lag} year(s) before'}",
                "The outcome cannot explain itself."
                if now
                else "Beside effects of clusters its coefficient is biased downwards in short "
                "panels (Nickell 1981, doi 10.2307/1911408), the policy's with it, and a scenario "
                "does not feed through it.",
                "Remove it." if now else "Remove it, and write 'dynamics: {lags: 1}'.",
                f"{section}.{name}",
                spec.source.line((section, name)),
            )
