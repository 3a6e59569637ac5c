"""Findings on common support: where along a moderator the treatment varies at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel, reader
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec

BINS = 5
# A treatment that varies less than this share of its overall spread does not vary in a bin.
STILL = 0.05


def support(spec: Spec, panel: Panel, learned: Learned) -> Iterator[Finding]:
    """Find the bins of a moderator in which a treatment does not vary.

    Bins hold a fifth of the rows each (fewer where values repeat); a straight-line interaction
    is extrapolated there (Hainmueller, Mummolo & Xu 2019, doi 10.1017/pan.2018.46).
    """
    rows = reader(panel)
    values = transformed(raw_columns(spec, rows), learned.standards, rows)
    for treatment, moderator in spec.moderated():
        if moderator not in values:
            continue  # a label without policies is a level whose effect the prior alone tells
        seen = ~np.isnan(values[moderator])
        along, doses = values[moderator][seen], values[treatment][seen]
        edges = np.unique(np.quantile(along, np.linspace(0, 1, BINS + 1)))
        if len(edges) < 2:
            continue
        which = np.clip(np.searchsorted(edges, along, side="right") - 1, 0, len(edges) - 2)
        overall = doses.std()
        still = [
            f"{edges[b]:.3g} to {edges[b + 1]:.3g}"
            for b in range(len(edges) - 1)
            if (which == b).any() and doses[which == b].std() <= STILL * overall
        ]
        if still and overall > 0:
            yield Finding(
                "no_support",
                "warning",
                f"'{treatment}' does not vary where '{moderator}' is {choices(still)}",
                "The effect there is the prior's."
                if moderator in learned.steps
                else "The effect there is the curve drawn on from elsewhere."
                if moderator in learned.curves
                else "The effect there is the straight line drawn on from elsewhere.",
                f"Quote effects only where '{treatment}' varies.",
                f"moderators.{moderator}",
                spec.source.line(("moderators", moderator)),
            )
