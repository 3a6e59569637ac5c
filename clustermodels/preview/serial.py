"""Findings on what a panel can tell of residuals that carry over."""

from __future__ import annotations

from collections.abc import Iterator

from clustermodels.data.design import Design
from clustermodels.errors import Finding
from clustermodels.spec.document import Spec

# With fewer pairs of neighbouring rows, or rows a cluster, the prior decides.
FEW_PAIRS, FEW_ROWS = 30, 4


def serial_findings(spec: Spec, of: Design) -> Iterator[Finding]:
    """Find panels too short for a correlation of years, and counts that vary in two ways."""
    if of.serial is None:
        return
    where = ("residuals", spec.source.line(("residuals",)))
    pairs = int((of.serial.gap > 0).sum())
    clusters = len(of.serial.gap) - pairs
    if pairs < FEW_PAIRS or len(of.serial.gap) < FEW_ROWS * clusters:
        yield Finding(
            "few_neighbours",
            "warning",
            f"{pairs} pairs of neighbouring rows in {clusters} clusters",
            "Effects of clusters take up most of what so few years have in common: how far "
            "residuals carry over is left to its prior.",
            "Use more years, or read 'robust_sd' of a document without 'residuals' instead.",
            *where,
        )
    if "dispersion" in of.outcome.parameters:
        yield Finding(
            "two_spreads",
            "note",
            "the count varies by its dispersion and by an effect of each cluster and year",
            "These can hardly be told apart, and sampling is slow where they cannot.",
            "Write 'family: poisson', whose counts vary by the effect alone; 'diagnose' says "
            "whether it matters.",
            *where,
        )
