"""What edits of ties may ask of the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.position import Position
from clustermodels.spec.scenarios import OF_TIES, Edit
from clustermodels.spec.source import Path


def _tie_edits(spec: Spec) -> Iterator[Problem]:
    for name, scenario in spec.scenarios.items():
        for step, edit in enumerate(scenario):
            if edit.verb in OF_TIES:
                path: Path = ("scenarios", name, step, edit.verb)
                yield from _judged(spec, edit, path)


def _judged(spec: Spec, edit: Edit, path: Path) -> Iterator[Problem]:
    """Say why ties cannot be edited, the first reason that there is."""
    outcome, declared = spec.outcome
    read = {place: p for place, p in spec.positions().items() if place[0] != "outcomes"}
    apart = [place for place, position in read.items() if position.without_own]
    if spec.data.ties is None:
        yield spec.source.problem(path, "the document has no ties to edit", fix="Add 'data.ties'.")
    elif isinstance(declared, Position):
        yield spec.source.problem(
            path,
            f"ties cannot be edited, because the outcome '{outcome}' is a position in them: the "
            "edit would make it, and not the model predict it",
            fix="Explain a column of the panel, or edit treatments.",
        )
    elif not read:
        yield spec.source.problem(
            path,
            "no moderator or control is a position in the network, so editing ties would change "
            "nothing",
            fix="Add a moderator or a control of 'kind: network'.",
        )
    elif apart:
        yield spec.source.problem(
            path,
            f"ties cannot be edited, because '{apart[0][1]}' is measured 'without_own', and an "
            "edited tie does not say whose units it comes from",
            fix="Remove 'without_own' from every position, and fit again.",
        )
    elif edit.rewire is not None and edit.rewire.path and spec.data.tie_table is None:
        yield spec.source.problem(
            (*path, "path"),
            "a file of ties is read as data.ties is, which are counted from records here",
            fix="Write the ties themselves: {edges: [[A, B, WEIGHT], ..]}.",
        )


RULES: tuple[tuple[Callable[[Spec], Iterator[Problem]], frozenset[str]], ...] = (
    (_tie_edits, frozenset({"data", "outcomes", "moderators", "controls", "scenarios"})),
)
