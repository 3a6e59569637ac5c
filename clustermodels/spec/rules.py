"""What the sections must be to one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices, nearest
from clustermodels.families.priors import DISTRIBUTIONS
from clustermodels.families.table import find
from clustermodels.spec import dynamics_rules, network_rules
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import DIMS, posterior_names, trend
from clustermodels.spec.priors import LKJ, PriorSpec
from clustermodels.spec.scenarios import OF_ADOPTIONS
from clustermodels.spec.treatments import Adoption

Rule = Callable[[Spec], Iterator[Problem]]


def _unknown(name: str, known: list[str]) -> dict[str, str]:
    close = nearest(name, known)
    return {
        "got": repr(name),
        "expected": choices(known) or "nothing: there is none",
        "fix": f"Did you mean '{close}'?" if close else "Use one of these.",
    }


def _one_outcome(spec: Spec) -> Iterator[Problem]:
    if len(spec.outcomes) != 1:
        yield spec.source.problem(
            ("outcomes",),
            "one outcome a document",
            got=choices([*spec.outcomes]) or "none",
            fix="Keep one here, and write a document for each other.",
        )


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
                    **_unknown(treatment, known),
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


def _factors(spec: Spec) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], str] = {}
    for name, factor in spec.fixed_effects.items():
        columns = factor.columns or ()
        key = tuple(sorted(columns))
        if name in (CLUSTER, YEAR) and columns != (name,):
            yield spec.source.problem(
                ("fixed_effects", name),
                f"'{name}' stands for the panel's own {name}",
                fix="Remove 'columns', or choose another key for them.",
            )
        if len(set(columns)) < len(columns):
            yield spec.source.problem(
                ("fixed_effects", name, "columns"),
                "a column is crossed with itself",
                fix="Name each column once.",
            )
        if key in seen:
            yield spec.source.problem(
                ("fixed_effects", name), f"the same columns as '{seen[key]}'", fix="Keep one."
            )
        seen.setdefault(key, name)
        if factor.trend != "none" and name != CLUSTER:
            yield spec.source.problem(
                ("fixed_effects", name, "trend"),
                "trends are the clusters'",
                fix="Move it to 'cluster'."
                if name == YEAR
                else f"Move it to 'cluster', or cross '{name}' with the year.",
            )
        elif factor.trend != "none" and YEAR not in spec.fixed_effects:
            yield spec.source.problem(
                ("fixed_effects", name, "trend"),
                "clusters' trends are around the course that all share, and no effects of years "
                "hold that",
                fix="Add 'year: {}' to the fixed effects.",
            )


def _trends_beside_cohorts(spec: Spec) -> Iterator[Problem]:
    """Refuse free trends beside effects of all years of a cohort: either takes the other."""
    if trend(spec) != "free":
        return
    for name, item in spec.treatments.items():
        if isinstance(item, Adoption) and item.comparison == "never":
            yield spec.source.problem(
                ("treatments", name, "comparison"),
                "with 'never' a cohort has an effect in every year but one, and clusters' free "
                "trends are sums of these: no data can tell the two apart",
                fix="Write 'comparison: not_yet', or 'trend: partial'.",
            )


def _factors_by_role(spec: Spec) -> Iterator[Problem]:
    """Refuse the cluster's or the year's column where the role itself is meant."""
    roles = {spec.data.cluster: CLUSTER, spec.data.year: YEAR}
    for name, factor in spec.fixed_effects.items():
        if name in (CLUSTER, YEAR):
            continue  # the role itself
        columns = factor.columns or ()
        path = ("fixed_effects", name) if columns == (name,) else ("fixed_effects", name, "columns")
        for column in columns:
            role = roles.get(column, column)
            if column not in (CLUSTER, YEAR) and role != column:
                yield spec.source.problem(
                    path, f"'{column}' is the {role} column", fix=f"Write '{role}'."
                )


def _controls_beside_clusters(spec: Spec) -> Iterator[Problem]:
    for name, control in spec.controls.items():
        if control.column == spec.data.cluster:
            yield spec.source.problem(
                ("controls", name),
                f"'{control.column}' is the cluster column, and its effect would be there twice",
                fix="Remove it; 'cluster' stands in the fixed effects.",
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
            yield spec.source.problem(path, what, **_unknown(name, takers))
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
    if role == "coefficient" and support != "real":
        return "a coefficient may be negative", "Use normal or student_t."
    return None


def _scenarios(spec: Spec) -> Iterator[Problem]:
    roles = (spec.data.cluster, spec.data.year)
    readable = sorted(
        {
            read.column
            for reads in spec.predictors().values()
            for read in reads
            if read.role != "label"
        }
        - {*roles}
    )
    adopted = sorted(
        item.first_year or item.column or ""
        for item in spec.treatments.values()
        if isinstance(item, Adoption)
    )
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            for column in edit.amounts:
                if edit.verb in OF_ADOPTIONS and column not in adopted:
                    yield spec.source.problem(
                        ("scenarios", name, position, edit.verb, column),
                        f"'{edit.verb}' is for adoptions, and this is none",
                        **(
                            _unknown(column, adopted)
                            if adopted
                            else {"fix": "Use 'set' or 'scale', or 'kind: adoption'."}
                        ),
                    )
                    continue
                if column in readable:
                    continue
                what = (
                    "clusters and years say what a row is about, and are not edited"
                    if column in roles
                    else "no treatment, moderator or control reads this column, so editing it "
                    "would change nothing"
                )
                yield spec.source.problem(
                    ("scenarios", name, position, edit.verb, column),
                    what,
                    **_unknown(column, readable),
                )


# The sections that give the posterior its names.
_NAMED = frozenset(
    {"outcomes", "treatments", "moderators", "controls", "fixed_effects", "dynamics"}
)
_NETWORK = frozenset({"data", "clusters", "outcomes", "moderators", "controls"})
_PAST = frozenset({"outcomes", "fixed_effects", "dynamics"})

# Each rule with the sections that must be sound before it can be judged.
RULES: tuple[tuple[Rule, frozenset[str]], ...] = (
    (_one_outcome, frozenset({"outcomes"})),
    (_something_to_estimate, frozenset({"treatments", "controls"})),
    (_usable_names, _NAMED),
    (_moderated_treatments, frozenset({"treatments", "moderators"})),
    (_outcome_columns, frozenset({"outcomes"})),
    (_factors, frozenset({"fixed_effects"})),
    (_factors_by_role, frozenset({"data", "fixed_effects"})),
    (_trends_beside_cohorts, frozenset({"treatments", "fixed_effects"})),
    (_controls_beside_clusters, frozenset({"data", "controls"})),
    (_priors, _NAMED | {"priors"}),
    (_scenarios, frozenset({"treatments", "moderators", "controls", "scenarios"})),
    *((rule, _NETWORK) for rule in network_rules.RULES),
    *((rule, _PAST) for rule in dynamics_rules.RULES),
)


def broken_rules(spec: Spec, broken: frozenset[str] = frozenset()) -> list[Problem]:
    """Judge every rule whose sections are sound.

    Parameters
    ----------
    spec
        The document; sections named in ``broken`` hold nothing to rely on.
    broken
        The sections that failed on their own.
    """
    return [problem for rule, needs in RULES if not needs & broken for problem in rule(spec)]
