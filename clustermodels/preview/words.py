"""The model in words, and every choice that the document left open."""

from __future__ import annotations

from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel
from clustermodels.errors import choices
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER

_POOLINGS = {
    "free": "a parameter for each {name}, summing to zero",
    "partial": "a random effect for each {name}, from one normal distribution",
    "correlated": "a random effect for each {name}, given the {name}'s means of the columns that "
    "vary within it (Mundlak)",
}
_SLOPES = {
    "common": "one slope for all clusters",
    "partial": "a slope for each cluster, partially pooled",
    "free": "a slope for each cluster, not pooled",
}
ASSUMPTIONS = (
    "Predictions and scenarios are forward simulations of this model, not a proof of cause: they "
    "are causal only if nothing else moves with the policy within clusters and years once the "
    "terms above are held fixed, if past outcomes do not drive the policy, and if a policy in "
    "one cluster leaves the others alone."
)


def in_words(spec: Spec, panel: Panel, of: Design) -> tuple[str, ...]:
    """Say what is modelled, a sentence each."""
    name, outcome = spec.outcome
    clusters, years = len(set(of.clusters.tolist())), sorted(set(of.years.tolist()))
    said = [
        f"{name} of {clusters} clusters in {years[0]} to {years[-1]}, {len(of.years)} of "
        f"{panel.rows.sizes['obs']} cluster-years, as {outcome.family.replace('_', ' ')} with "
        f"{of.outcome.family.link.name} link."
    ]
    for treatment, item in spec.treatments.items():
        lag = f", {item.lag} year{'s' * (item.lag > 1)} later" if item.lag else ""
        said.append(f"The effect of {treatment}{lag}: {_SLOPES[item.slope]}.")
    for moderator in spec.moderators:
        bent = [t for t, m in spec.moderated() if m == moderator]
        said.append(f"{moderator} bends the effect of {choices(bent)} along a straight line.")
    if spec.controls:
        said.append(f"Held fixed: {choices(spec.controls)}.")
    for factor, effect in spec.fixed_effects.items():
        said.append(f"{factor}: {_POOLINGS[effect.pooling].format(name=factor)}.")
    if not spec.fixed_effects:
        said.append("No factor has an effect of its own.")
    return (*said, ASSUMPTIONS)


def defaults_taken(spec: Spec, learned: Learned) -> tuple[str, ...]:
    """Say every choice that the document left open and how it was made."""
    taken = []
    if "fixed_effects" not in spec.model_fields_set:
        taken.append(
            "fixed_effects: cluster correlated (random, given the cluster's means), year free"
        )
    for name, factor in spec.fixed_effects.items():
        if "fixed_effects" in spec.model_fields_set and "pooling" not in factor.model_fields_set:
            taken.append(f"fixed_effects.{name}.pooling: free")
    for name, treatment in spec.treatments.items():
        given = treatment.model_fields_set
        if "slope" not in given:
            taken.append(f"treatments.{name}.slope: partial (a slope per cluster, pooled)")
        if "lag" not in given:
            taken.append(f"treatments.{name}.lag: 0 (the same year)")
        if "kind" not in given:
            taken.append(f"treatments.{name}.kind: {treatment.kind}")
    for name, moderator in spec.moderators.items():
        given = moderator.model_fields_set
        if "centre" not in given:
            centre = learned.scales[name].centre
            taken.append(f"moderators.{name}.centre: its mean, {centre:.4g}")
        if "moderates" not in given and spec.treatments:
            taken.append(f"moderators.{name}.moderates: every treatment")
    for name, control in spec.controls.items():
        if control.kind is None:
            kind = "numeric" if name in learned.scales else "categorical (the column is text)"
            taken.append(f"controls.{name}.kind: {kind}")
    if CLUSTER not in spec.fixed_effects:
        taken.append("fixed_effects: the document lists no cluster effect, so there is none")
    if "engine" not in spec.model_fields_set:
        taken.append("engine: NUTS, 4 chains of 1000 draws after 1000 of tuning, seed 1")
    taken.append("intervals: equal-tailed, 95 %")
    return tuple(taken)
