"""What a moderator must be to be split into its change within clusters and its mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec


def _known_means(spec: Spec) -> Iterator[Problem]:
    """Refuse means that are not known, or that hold what is yet to come."""
    unknown = {name for section, name in spec.uncertain() if section == "moderators"}
    reacting = {*spec.predetermined()}
    bent: dict[str, set[str]] = {}
    for treatment, moderator in spec.moderated():
        bent.setdefault(moderator, {moderator}).add(treatment)
    for name, item in spec.moderators.items():
        if item.split == "none":
            continue
        path = ("moderators", name, "split")
        if name in unknown:
            yield spec.source.problem(
                path,
                f"'{name}' cannot be split, because some of its cells are parameters, and its "
                "means over clusters' rows would be unknown with them",
                fix="Drop rows with missing cells and leave 'error' out, or write 'split: none'.",
            )
        for own in sorted(bent.get(name, {name}) & reacting):
            yield spec.source.problem(
                path,
                f"'{name}' cannot be split beside the predetermined '{own}', because a mean of "
                f"'{own}' over all of a cluster's rows holds what later outcomes will make of it",
                fix="Write 'split: none'.",
            )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_known_means,)
