"""What columns that react to past outcomes must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, unknown_among
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.position import Position
from clustermodels.spec.treatments import Dose

# A column read further back may react to outcomes before the cluster's first one.
FURTHEST = 1
_PATH = ("dynamics", "predetermined")


def _asked(spec: Spec) -> Iterator[Problem]:
    """Refuse settings that mean nothing where no column is predetermined."""
    own = spec.dynamics
    if own is not None and not own.predetermined and own.feedback != "common":
        yield spec.source.problem(
            ("dynamics", "feedback"),
            "no column is predetermined, so none has feedback",
            fix="Add 'predetermined: [NAME]', or remove it.",
        )
    if own is not None and own.covariates != "means" and own.initial != "wooldridge":
        yield spec.source.problem(
            ("dynamics", "covariates"),
            "the cluster's effect is given no covariates, because of 'initial: ignore'",
            fix="Remove it, or write 'initial: wooldridge'.",
        )


def _model(spec: Spec) -> Iterator[Problem]:
    """Refuse models for which the feedback has no form that integrates as it should."""
    own = spec.dynamics
    if own is None or not own.predetermined:
        return
    family = find(spec.outcome[1].family).name
    if family != "gaussian":
        yield spec.source.problem(
            _PATH,
            f"{family} takes no predetermined columns, because its likelihood gives no part to "
            "what feeds back that holds whatever the feedback is",
            fix="Remove it, and read what 'check' finds of columns that follow past outcomes; or "
            "model the outcome as gaussian.",
        )
    if own.initial != "wooldridge":
        yield spec.source.problem(
            _PATH,
            "predetermined columns cannot be had with 'initial: ignore', because they react to the "
            "cluster's effect given its first outcomes",
            fix="Write 'initial: wooldridge'.",
        )
    for name, item in spec.treatments.items():
        if item.slope != "common":
            yield spec.source.problem(
                ("treatments", name, "slope"),
                "a slope that varies cannot stand beside predetermined columns, because they may "
                "react to it, and only their reaction to the cluster's effect is modelled",
                got=item.slope,
                fix="Write 'slope: common'.",
            )
    for name, factor in spec.fixed_effects.items():
        if name not in (CLUSTER, YEAR):
            yield spec.source.problem(
                ("fixed_effects", name),
                "a further factor cannot stand beside predetermined columns, because their own "
                "equations have no effect of it",
                fix="Remove it, or make it a control.",
            )
        if factor.trend != "none":
            yield spec.source.problem(
                ("fixed_effects", name, "trend"),
                "trends of clusters cannot stand beside predetermined columns, because they may "
                "react to them, and only their reaction to the cluster's effect is modelled",
                fix="Remove it.",
            )


def _columns(spec: Spec) -> Iterator[Problem]:
    """Refuse names that are none, twice, or of what has no equation of its own."""
    lags: dict[int, str] = {}
    for position, name in enumerate(spec.predetermined()):
        path = (*_PATH, position)
        kinds = [
            item
            for items in (spec.treatments, spec.moderators, spec.controls)
            for key, item in items.items()
            if key == name
        ]
        if name in spec.distributed().values():
            yield spec.source.problem(
                path,
                f"'{name}' cannot be predetermined, because at several lags it is the same column "
                "again, and all but the first are known",
                fix="Write 'lag' in place of 'lags'.",
            )
            continue
        if not kinds:
            known = [*spec.treatments, *spec.moderators, *spec.controls]
            yield spec.source.problem(
                path, "no treatment, moderator or control", **unknown_among(name, known)
            )
            continue
        if name in spec.predetermined()[:position]:
            yield spec.source.problem(path, f"'{name}' is named twice", fix="Remove one.")
            continue
        (item, *_) = kinds
        reads = item.reads()
        why = None
        if item.kind == "categorical":
            why = "its levels have no normal law"
        elif isinstance(item, Position):
            why = "a position mixes the ties of all regions, and no equation of one cluster has it"
        elif name in spec.distributed():
            why = "at several lags it is the same column again, and all but the first are known"
        elif name in spec.treatments and not isinstance(item, Dose):
            why = f"of the kind {item.kind} it follows from its own past, and reacts once at most"
        elif any(not 0 <= read.lag <= FURTHEST for read in reads):
            why = "only columns of the row's own year, or of the year before, have an equation"
        if why is not None:
            yield spec.source.problem(
                path,
                f"'{name}' cannot be predetermined, because {why}",
                fix="Name doses and columns of lag 0 or 1 only.",
            )
            continue
        other = lags.setdefault(reads[0].lag, name)
        if len(lags) > 1 and other == name:
            yield spec.source.problem(
                path,
                "predetermined columns of different lags cannot stand together, because their "
                "equations are of one year",
                got=f"{name} of lag {reads[0].lag}, beside {next(iter(lags.values()))} of "
                f"{next(iter(lags))}",
                fix="Give them one lag.",
            )


def _read_once(spec: Spec) -> Iterator[Problem]:
    """Refuse a second reader of a predetermined column: it reacts as well, without an equation."""
    each = spec.predictors()
    own = spec.predetermined()
    owners = {reads[0].column: name for (_, name), reads in each.items() if name in own}
    for place, reads in each.items():
        for read in reads:
            owner = owners.get(read.column)
            if owner is not None and owner != place[1]:
                yield spec.source.problem(
                    place,
                    f"'{read.column}' cannot be read here too, because '{owner}' reacts to past "
                    "outcomes, and so does this, without an equation of its own",
                    fix=f"Remove one of the two; what '{owner}' was a year before is in its "
                    "equation already.",
                )
                break


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_asked, _model, _columns, _read_once)
