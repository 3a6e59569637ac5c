"""What a moderator must be to be split into its change within clusters and its mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import in_steps


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


def _lines(spec: Spec) -> Iterator[Problem]:
    """Refuse to split what is no straight line of whole treatments."""
    shaped = {name: dose for dose, (_, own) in spec.shaped().items() for name in own}
    for name, item in spec.moderators.items():
        if item.split == "none":
            continue
        doses = dict.fromkeys(shaped[t] for t, m in spec.moderated() if m == name and t in shaped)
        why = (
            "only a straight line has a slope for each of the two"
            if item.form != "linear" or in_steps(item)
            else "controls are bent by the whole of it"
            if item.full
            else f"the lags of {choices(doses)} have a shape, which is bent by the whole of it"
            if doses
            else ""
        )
        if why:
            yield spec.source.problem(
                ("moderators", name, "split"),
                f"'{name}' cannot be split, because {why}",
                fix="Write 'split: none'.",
            )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_known_means, _lines)
