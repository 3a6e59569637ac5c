"""Findings on scenarios that change nothing that the model reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clustermodels.errors import Finding
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import OF_TIES


def idle_findings(spec: Spec, idle: Sequence[str]) -> Iterator[Finding]:
    """Say which scenarios leave every column of every fitted row as it is."""
    for scenario in idle:
        ties = any(edit.verb in OF_TIES for edit in spec.scenarios[scenario])
        yield Finding(
            "idle_scenario",
            "warning",
            f"scenario '{scenario}' changes nothing in the fitted rows",
            "Its answer is zero by construction, and no evidence of no effect.",
            "Check its amounts, 'where' and 'years': with a lag, an edit acts that many "
            f"years later{'; and whether a position reads weights' * ties}.",
            f"scenarios.{scenario}",
            spec.source.line(("scenarios", scenario)),
        )
