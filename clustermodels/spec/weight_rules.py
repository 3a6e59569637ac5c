"""What weights of rows must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec


def _family(spec: Spec) -> Iterator[Problem]:
    name, outcome = spec.outcome
    if outcome.weights is None or outcome.weights.kind != "precision":
        return
    if outcome.family != "gaussian":
        yield spec.source.problem(
            ("outcomes", name, "weights", "kind"),
            f"{outcome.family} takes no weights of precision, because its variance is not a "
            "parameter of its own that a row's size divides",
            fix="Write 'exposure:' or 'trials:' for the size of a row, or another kind.",
        )


def _together(spec: Spec) -> Iterator[Problem]:
    """Refuse weights beside what makes rows depend on each other."""
    name, outcome = spec.outcome
    if outcome.weights is None:
        return
    path = ("outcomes", name, "weights")
    if spec.residuals is not None:
        yield spec.source.problem(
            path,
            "rows cannot be weighed beside 'residuals', because what a row is worth then depends "
            "on the row before it",
            fix="Remove one of the two.",
        )
    if spec.predetermined():
        yield spec.source.problem(
            path,
            "rows cannot be weighed beside predetermined columns, because their equations are of "
            "the cluster as a whole",
            fix="Remove one of the two.",
        )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_family, _together)
