"""What several outcomes of one document must be to one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from clustermodels.errors import Problem, unknown_among
from clustermodels.spec import joint
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import MARK, equations
from clustermodels.spec.names import posterior_names
from clustermodels.spec.priors import LKJ

_PRIORS = frozenset(
    {
        "outcomes",
        "treatments",
        "moderators",
        "controls",
        "fixed_effects",
        "dynamics",
        "residuals",
        "priors",
    }
)


def in_equations(found: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """Say each problem once, and whose it is where only some of the equations have it."""
    told = dict.fromkeys(problem for problems in found.values() for problem in problems)
    return [_of(problem, found) for problem in told]


def _of(problem: Problem, found: Mapping[str, Sequence[Problem]]) -> Problem:
    whose = [name for name, problems in found.items() if problem in problems]
    _, own, part = problem.path.partition(f"outcomes.{whose[0]}")
    if len(whose) == len(found) or MARK in problem.path or (own and part[:1] in ("", ".")):
        return problem
    return replace(problem, what=f"{problem.what}, in the equation of {' and '.join(whose)}")


def broken(spec: Spec, broken: frozenset[str]) -> Iterator[Problem]:
    """Judge what no equation can be judged by alone."""
    if len(spec.outcomes) > 1 and not _PRIORS & broken:
        yield from _priors(spec)
    if not (_PRIORS | {"engine", "joint"}) & broken:
        yield from joint.broken(spec)


def _priors(spec: Spec) -> Iterator[Problem]:
    """Refuse priors of no equation, or of one that is not there."""
    each = equations(spec)
    known = {name: {entry.name for entry in posterior_names(one)} for name, one in each.items()}
    across = joint.shared(spec)
    shared = [*dict.fromkeys(name for names in known.values() for name in sorted(names)), *across]
    for key, prior in spec.priors.items():
        owner, mark, _ = key.partition(MARK)
        if mark and owner not in each:
            yield spec.source.problem(
                ("priors", key), "a prior of no outcome", **unknown_among(owner, [*each])
            )
        elif not mark and key not in shared:
            yield spec.source.problem(
                ("priors", key), "unknown posterior name", **unknown_among(key, shared)
            )
        elif key in across and prior.distribution != LKJ:
            yield spec.source.problem(
                ("priors", key),
                "correlations take an lkj prior",
                fix="Write {distribution: lkj, concentration: 2}.",
            )
