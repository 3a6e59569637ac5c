"""Findings on scenarios that reach cohorts and years whose effects the data do not tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.cohorts import by_cohort
from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel, Positions
from clustermodels.data.scenarios import counterfactual
from clustermodels.data.told import Mask, told
from clustermodels.errors import Finding, choices
from clustermodels.spec import names
from clustermodels.spec.document import Spec

# How many clusters are named.
SHOWN = 6


def reached_findings(spec: Spec, panel: Panel, learned: Learned, of: Design) -> Iterator[Finding]:
    """Find scenarios that take away, or bring, effects by cohort and year that are not told."""
    if not by_cohort(spec) or not spec.scenarios:
        return
    seen = told(spec, of).levels
    for scenario in spec.scenarios:
        after = {
            block.name: block for block in counterfactual(spec, panel, learned, scenario).blocks
        }
        for name in by_cohort(spec):
            effects = names.by_cohort_year(name)
            (before,) = (block for block in of.blocks if block.name == effects)
            hit = _moved(before, after[effects], seen[effects])
            if not hit.any():
                continue
            clusters = [*dict.fromkeys(of.clusters[hit].tolist())]
            yield Finding(
                "scenario_untold",
                "warning",
                f"scenario '{scenario}' moves '{name}' in {int(hit.sum())} cluster-years whose "
                f"effects the data do not tell, of {choices(clusters, SHOWN)}",
                "Their part in its answer comes from the prior.",
                "Leave these clusters out by 'where', or move to cohorts and years that are told.",
                f"scenarios.{scenario}",
                spec.source.line(("scenarios", scenario)),
            )


def _moved(before: Block, after: Block, seen: Mask) -> Mask:
    """Tell which rows come to another cohort and year, or to none, where one is not told."""
    one, other = (_level(block) for block in (before, after))
    unknown = np.append(~seen, False)  # the last for no level, -1
    return np.asarray((one != other) & (unknown[one] | unknown[other]))


def _level(block: Block) -> Positions:
    """Give the cohort and year of each row, (obs,), -1 where it has none."""
    on = block.values[:, 0] != 0
    return np.where(on, block.factor.codes, -1) if block.factor else np.full(len(on), -1)
