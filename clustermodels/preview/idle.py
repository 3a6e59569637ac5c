"""Findings on scenarios that change nothing that the model reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clustermodels.errors import Finding
from clustermodels.spec.document import Spec


def idle_findings(spec: Spec, idle: Sequence[str]) -> Iterator[Finding]:
    """Say which scenarios leave every column of every fitted row as it is."""
    for scenario in idle:
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
