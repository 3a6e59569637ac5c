"""Findings on slopes that each cluster has for itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.design import Design
from clustermodels.data.told import told_slopes
from clustermodels.errors import Finding, choices
from clustermodels.spec import names
from clustermodels.spec.document import Spec

# How many clusters are named.
SHOWN = 6


def slope_findings(spec: Spec, of: Design) -> Iterator[Finding]:
    """Find clusters with a slope of their own that nothing in their rows tells."""
    clusters = np.array([*dict.fromkeys(of.clusters.tolist())], dtype=object)
    seen = told_slopes(of)
    for name in spec.treatments:
        known = seen.get(names.by_cluster(name))
        if known is None or known.all() or not known.any():
            continue  # what never changes in any cluster is found of the common slope
        unknown = clusters[~known]
        yield Finding(
            "slopes_untold",
            "serious",
            f"'{name}' has a slope of its own in each of {len(known)} clusters, and in "
            f"{len(unknown)} of them it never changes, or only as something else of theirs does: "
            f"{choices(unknown.tolist(), SHOWN)}",
            "These slopes come from the prior alone, and so do their part in the mean slope and "
            "what a scenario changes there: intervals are of the prior's width.",
            "Write 'slope: partial', with which they lean on the others, or leave these clusters "
            "out.",
            f"treatments.{name}",
            spec.source.line(("treatments", name)),
        )
