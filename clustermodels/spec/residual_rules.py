"""What dependent residuals must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices
from clustermodels.families.table import find
from clustermodels.spec.document import Spec

# Families whose errors carry over themselves, and those that get an effect which does.
ERRORS, EFFECTS = ("gaussian",), ("poisson", "negative_binomial")


def may_carry(spec: Spec) -> bool:
    """Tell whether a document without ``residuals`` may ask for them."""
    taken = spec.outcome[1].family in (*ERRORS, *EFFECTS)
    return taken and spec.residuals is None and spec.dynamics is None


def _family(spec: Spec) -> Iterator[Problem]:
    family = find(spec.outcome[1].family)
    if spec.residuals is None or family.name in (*ERRORS, *EFFECTS):
        return
    why = (
        "its observations say too little of an effect for each of them"
        if family.name in ("bernoulli", "binomial", "beta")
        else "what is left of an outcome has no normal law there that could carry over"
    )
    yield spec.source.problem(
        ("residuals",),
        f"{family.name} has no residuals that depend on each other, because {why}",
        fix=f"Remove it, or use one of {choices([*ERRORS, *EFFECTS])}.",
    )


def _past(spec: Spec) -> Iterator[Problem]:
    if spec.residuals is None or spec.dynamics is None:
        return
    yield spec.source.problem(
        ("residuals",),
        "the outcome's past is in the model, because of 'dynamics', and in a short panel it cannot "
        "be told from residuals that carry over",
        fix="Keep one: dynamics where the outcome feeds on itself, residuals where what drives it "
        "drifts.",
    )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_family, _past)
