"""What the sections must be to one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, unknown_among
from clustermodels.families.priors import DISTRIBUTIONS
from clustermodels.families.table import find
from clustermodels.spec import (
    cells_rules,
    dynamics_rules,
    equations_rules,
    factor_rules,
    form_rules,
    horizon_rules,
    network_rules,
    predetermined_rules,
    residual_rules,
    scenario_rules,
    split_rules,
    tie_edit_rules,
    weight_rules,
)
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import equations
from clustermodels.spec.names import DIMS, bending, posterior_names
from clustermodels.spec.priors import LKJ, PriorSpec

Rule = Callable[[Spec], Iterator[Problem]]


def _something_to_estimate(spec: Spec) -> Iterator[Problem]:
    if not spec.treatments and not spec.controls:
        yield spec.source.problem(
            (), "neither treatments nor controls", fix="Name at least one of either."
        )


def _usable_names(spec: Spec) -> Iterator[Problem]:
    sections = ("outcomes", "treatments", "moderators", "controls", "fixed_effects")
    for section in sections:
        for name in getattr(spec, section):
            path = (section, name)
            way_out = "Choose another key and name the column with 'column:'."
            if section == "fixed_effects":
                way_out = "Choose another key and name the column with 'columns: [..]'."
            if not name.strip() or any(mark in name for mark in "./") or "::" in name:
                yield spec.source.problem(
                    path,
                    "a name holds no full stop, slash or double colon and is not blank",
                    got=repr(name),
                    fix=way_out,
                )
            elif name in DIMS and section != "fixed_effects":
                yield spec.source.problem(path, f"'{name}' is the name of a dimension", fix=way_out)
    yield from _collisions(spec)


def _collisions(spec: Spec) -> Iterator[Problem]:
    """Refuse a name that two parts of the model would bear, at the part that can be renamed."""
    seen: dict[str, tuple[str, ...]] = {name: ("outcomes", name) for name in spec.outcomes}
    for entry in posterior_names(spec):
        here, there = entry.path, seen.setdefault(entry.name, entry.path)
        if here is there:
            continue
        if here[-1] != entry.name or here[0] == "fixed_effects":
            here, there = there, here
        owner = ".".join(there) if there != ("outcomes",) else "every model"
        yield spec.source.problem(
            here,
            f"the results would hold '{entry.name}' twice: {owner} has one too",
            fix="Choose another key and name the column with 'column:'.",
        )


def _moderated_treatments(spec: Spec) -> Iterator[Problem]:
    for name, moderator in spec.moderators.items():
        if not spec.treatments:
            yield spec.source.problem(
                ("moderators", name),
                "a moderator bends a treatment, and there is none",
                fix="Name a treatment, or move it to the controls.",
            )
        for position, treatment in enumerate(moderator.moderates or ()):
            known = [*spec.treatments, *dict.fromkeys(spec.distributed().values())]
            if treatment not in known:
                yield spec.source.problem(
                    ("moderators", name, "moderates", position),
                    "unknown treatment",
                    **unknown_among(treatment, known),
                )


def _fading_treatments(spec: Spec) -> Iterator[Problem]:
    for name, (lags, _) in spec.shaped().items():
        if lags.shape != "geometric":
            continue
        path: tuple[str, ...] = ("treatments", name, "lags", "shape")
        if bending(spec, name):
            yield spec.source.problem(
                path,
                "what fades geometrically is bent by no moderator, because it might fade faster "
                "there, too",
                fix="Write 'shape: polynomial' or 'shape: free', or limit the moderator: "
                "'moderates: [..]'.",
            )
        if spec.engine.kind == "latent_gaussian":
            yield spec.source.problem(
                ("engine", "kind"),
                f"latent_gaussian does not take '{name}', because how fast its effect fades is no "
                "coefficient of a column",
                fix="Write 'kind: nuts' or 'kind: auto', or 'shape: polynomial'.",
            )


def _outcome_columns(spec: Spec) -> Iterator[Problem]:
    for name, outcome in spec.outcomes.items():
        family = find(outcome.family)
        if outcome.exposure is not None and family.link.name != "log":
            yield spec.source.problem(
                ("outcomes", name, "exposure"),
                f"{family.name} has the {family.link.name} link, and exposure needs the log link",
                fix="Remove it, or make it a control.",
            )
        if family.takes_trials and outcome.trials is None:
            yield spec.source.problem(
                ("outcomes", name),
                f"{family.name} needs the number of trials",
                fix="Add 'trials: COLUMN'.",
            )
        if outcome.trials is not None and not family.takes_trials:
            yield spec.source.problem(
                ("outcomes", name, "trials"), f"{family.name} has no trials", fix="Remove it."
            )


def _priors(spec: Spec) -> Iterator[Problem]:
    known = {entry.name: entry for entry in posterior_names(spec)}
    takers = [name for name, entry in known.items() if entry.role != "derived"]
    _, outcome = spec.outcome
    effect = find(outcome.family).link.effect
    for name, prior in spec.priors.items():
        path = ("priors", name)
        if name not in takers:
            what = "unknown posterior name"
            if name in known:
                what = "this follows from other names and takes no prior of its own"
            yield spec.source.problem(path, what, **unknown_among(name, takers))
            continue
        complaint = _misfit(known[name].role, prior, effect)
        if complaint:
            yield spec.source.problem(path, complaint[0], fix=complaint[1])


def _misfit(role: str, prior: PriorSpec, effect: str) -> tuple[str, str] | None:
    if prior.effect is not None:
        if role != "coefficient":
            return f"'{prior.effect}' is for the effects of columns, and this is none", (
                "Name a distribution."
            )
        if prior.effect != effect:
            return f"'{prior.effect}' is not how this outcome's family measures effects", (
                f"Write '{effect}: [low, high]'."
            )
        return None
    if (prior.distribution == LKJ) != (role == "correlation"):
        if role == "correlation":
            return "correlations take an lkj prior", "Write {distribution: lkj, concentration: 2}."
        return "lkj is for correlations only", "Name another distribution."
    if prior.distribution == LKJ:
        return None
    support = DISTRIBUTIONS[prior.distribution or ""].support
    if role in ("sd", "parameter") and support != "positive":
        return "this must be positive", "Use half_normal, exponential, gamma or lognormal."
    if role == "share" and support != "share":
        return "this is a share, from 0 to 1", "Write {distribution: beta, alpha: .., beta: ..}."
    if role == "effects" and (prior.distribution != "normal" or prior.mean != 0):
        return "free effects take a normal prior around 0", (
            "Write {distribution: normal, mean: 0, sd: ...}."
        )
    if role == "reactions" and prior.distribution != "normal":
        return "reactions of a predetermined column take a normal prior", (
            "Write {distribution: normal, mean: 0, sd: ...}."
        )
    if role in ("coefficient", "location") and support != "real":
        return "a coefficient may be negative", "Use normal or student_t."
    return None


# The sections that give the posterior its names.
_NAMED = frozenset(
    {"outcomes", "treatments", "moderators", "controls", "fixed_effects", "dynamics", "residuals"}
)
_NETWORK = frozenset({"data", "clusters", "outcomes", "moderators", "controls"})
_PAST = frozenset({"outcomes", "fixed_effects", "dynamics"})
_FEEDBACK = _PAST | {"treatments", "moderators", "controls"}

# Each rule with the sections that must be sound before it can be judged.
RULES: tuple[tuple[Rule, frozenset[str]], ...] = (
    (_something_to_estimate, frozenset({"treatments", "controls"})),
    (_usable_names, _NAMED),
    (_moderated_treatments, frozenset({"treatments", "moderators"})),
    (_fading_treatments, frozenset({"treatments", "moderators", "engine"})),
    (_outcome_columns, frozenset({"outcomes"})),
    (_priors, _NAMED | {"priors"}),
    *factor_rules.RULES,
    *((rule, _FEEDBACK) for rule in form_rules.RULES),
    *scenario_rules.RULES,
    *tie_edit_rules.RULES,
    *((rule, _NETWORK) for rule in network_rules.RULES),
    *((rule, _NAMED | {"scenarios", "residuals"}) for rule in cells_rules.RULES),
    *((rule, _PAST) for rule in dynamics_rules.RULES),
    *((rule, _FEEDBACK) for rule in predetermined_rules.RULES),
    *((rule, _FEEDBACK) for rule in split_rules.RULES),
    *((rule, frozenset({"outcomes", "dynamics", "residuals"})) for rule in residual_rules.RULES),
    *((rule, frozenset({"outcomes", "dynamics", "residuals"})) for rule in weight_rules.RULES),
    *((rule, _NAMED | {"scenarios", "horizon", "data"}) for rule in horizon_rules.RULES),
)


def broken_rules(spec: Spec, broken: frozenset[str] = frozenset()) -> list[Problem]:
    """Judge every rule whose sections are sound: each equation by itself, then all of them.

    Parameters
    ----------
    spec
        The document; sections named in ``broken`` hold nothing to rely on.
    broken
        The sections that failed on their own.
    """
    found = {
        name: [problem for rule, needs in RULES if not needs & broken for problem in rule(one)]
        for name, one in equations(spec).items()
    }
    return [*equations_rules.in_equations(found), *equations_rules.broken(spec, broken)]
