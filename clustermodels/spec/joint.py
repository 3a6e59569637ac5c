"""Several outcomes as one model: what they share, and what that must be to the rest."""

from __future__ import annotations

from collections.abc import Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.engine import LatentGaussian
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import random_block, trend

# The correlations among what clusters vary by, and among errors, of different outcomes.
EFFECTS, RESIDUALS = "correlation_of_effects", "correlation_of_residuals"
# Families with errors that are normal, or are so in logs.
NORMAL = ("gaussian", "lognormal")


def shared(spec: Spec) -> tuple[str, ...]:
    """Name the correlations that a document fitted jointly has across its outcomes."""
    if not spec.joint:
        return ()
    normal = [name for name, outcome in spec.outcomes.items() if outcome.family in NORMAL]
    return (EFFECTS,) * _pooled(spec) + (RESIDUALS,) * (len(normal) > 1)


def _pooled(spec: Spec) -> bool:
    """Tell whether anything varies over clusters by a normal law."""
    own = spec.fixed_effects.get(CLUSTER)
    effects = own is not None and own.pooling != "free"
    return effects or trend(spec) == "partial" or bool(random_block(spec)[1])


def broken(spec: Spec) -> Iterator[Problem]:
    """Judge whether a document's outcomes can be fitted jointly."""
    if not spec.joint:
        return
    if len(spec.outcomes) == 1:
        yield spec.source.problem(
            ("joint",), "there is one outcome, and nothing to fit it with", fix="Remove it."
        )
        return
    if not shared(spec):
        yield spec.source.problem(
            ("joint",),
            "the outcomes share nothing, because nothing that varies by cluster is pooled, and "
            f"fewer than two of them have normal errors ({' or '.join(NORMAL)})",
            fix="Remove it, since one by one they are fitted just so; or pool the clusters' "
            "effects or slopes.",
        )
    yield from _named(spec)
    yield from _twice(spec)
    yield from _apart(spec)


def _named(spec: Spec) -> Iterator[Problem]:
    """Refuse names that correlations across outcomes bear."""
    for section in ("outcomes", "treatments", "moderators", "controls"):
        for name in getattr(spec, section):
            if name in (EFFECTS, RESIDUALS):
                yield spec.source.problem(
                    (section, name),
                    f"'{name}' is what outcomes share that are fitted jointly",
                    fix="Choose another key and name the column with 'column:'.",
                )


def _twice(spec: Spec) -> Iterator[Problem]:
    """Refuse a column that two outcomes have: what they share would be all of it."""
    seen: dict[str, str] = {}
    for name, outcome in spec.outcomes.items():
        column = outcome.column or name
        if column in seen:
            yield spec.source.problem(
                ("outcomes", name),
                f"'{seen[column]}' has the column '{column}' too, and the two would be correlated "
                "by 1",
                fix="Remove one of them, or write 'joint: false'.",
            )
        seen.setdefault(column, name)


def _apart(spec: Spec) -> Iterator[Problem]:
    """Refuse what is of one equation as a whole."""
    if isinstance(spec.engine, LatentGaussian):
        yield spec.source.problem(
            ("engine", "kind"),
            "latent_gaussian fits no outcomes jointly, because it knows one likelihood",
            fix="Write 'kind: nuts', or 'joint: false'.",
        )
    weighed = [name for name, outcome in spec.outcomes.items() if outcome.weights is not None]
    alone: list[tuple[tuple[str, ...], str, bool]] = [
        (
            ("residuals",),
            "residuals that carry over are of one outcome",
            spec.residuals is not None,
        ),
        (
            ("dynamics", "predetermined"),
            "the equations of predetermined columns are of one outcome's past",
            spec.dynamics is not None and bool(spec.dynamics.predetermined),
        ),
        *(
            (("outcomes", name, "weights"), "what a row weighs is of one outcome", True)
            for name in weighed
        ),
        *(
            (path, "a cell that is not known would be another in each equation", True)
            for path in spec.uncertain()
        ),
    ]
    for path, because, there in alone:
        if there:
            yield spec.source.problem(
                path,
                f"this cannot stand beside 'joint: true', because {because}",
                fix="Remove one of the two.",
            )
