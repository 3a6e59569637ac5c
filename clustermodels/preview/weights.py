"""Findings on weights of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.design import Design
from clustermodels.errors import Finding
from clustermodels.spec.document import Spec

# Weights that are worth fewer rows than this share of them rest on a few.
FEW = 0.5


def weight_findings(spec: Spec, of: Design) -> Iterator[Finding]:
    """Say what weights of sampling make of a posterior, and find those that rest on few rows."""
    name, outcome = spec.outcome
    if outcome.weights is None or of.outcome.weights is None:
        return
    where = (f"outcomes.{name}.weights", spec.source.line(("outcomes", name, "weights")))
    if outcome.weights.kind == "sampling":
        yield Finding(
            "pseudo_posterior",
            "note",
            "weights of sampling multiply the log likelihood, which makes a pseudo-posterior",
            "Its centre is the weighted one, but its sd takes weights for rows.",
            "Quote 'robust_sd' beside slopes; or model what sampling depended on, without weights.",
            *where,
        )
    values = of.outcome.weights.values
    worth = float(values.sum() ** 2 / (values**2).sum())
    if worth < FEW * len(values):
        yield Finding(
            "few_weigh_much",
            "warning",
            f"the weights are worth {worth:.0f} equal rows of {len(values)}; the largest is "
            f"{values.max() / np.median(values):.3g} times the median one",
            "The answer is about the few rows that weigh much.",
            "Compare the answer without weights.",
            *where,
        )
