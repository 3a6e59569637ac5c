"""Findings on scenarios that change nothing that the model reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel
from clustermodels.data.scenarios import counterfactual
from clustermodels.errors import Finding
from clustermodels.spec.document import Spec


def idle(spec: Spec, panel: Panel, learned: Learned, of: Design) -> Iterator[Finding]:
    """Find scenarios under which every column of every fitted row stays as it is."""
    for scenario in spec.scenarios:
        after = counterfactual(spec, panel, learned, scenario)
        pairs = zip(after.blocks, of.blocks, strict=True)
        if all(np.array_equal(one.values, other.values) for one, other in pairs):
            yield Finding(
                "idle_scenario",
                "warning",
                f"scenario '{scenario}' changes nothing in the fitted rows",
                "Its answer is zero by construction, and no evidence of no effect.",
                "Check its amounts, 'where' and 'years': with a lag, an edit acts that many "
                "years later.",
                f"scenarios.{scenario}",
                spec.source.line(("scenarios", scenario)),
            )
