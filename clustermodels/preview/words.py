"""The model in words, and every choice that the document left open."""

from __future__ import annotations

from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel
from clustermodels.errors import choices
from clustermodels.preview.assumptions import ASSUMPTIONS
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
        said.append(
            f"{moderator} bends the effect of {choices(bent)} along a straight line; becoming and "
            "being high on it count alike."
        )
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
    for section in ("outcomes", "treatments", "moderators", "controls"):
        for name, item in getattr(spec, section).items():
            taken += [
                f"{section}.{name}.{key}: {said}"
                for key, value in item
                if key not in item.model_fields_set
                and (said := _said(section, name, key, value, learned))
            ]
    if CLUSTER not in spec.fixed_effects:
        taken.append("fixed_effects: the document lists no cluster effect, so there is none")
    given = spec.engine.model_fields_set if "engine" in spec.model_fields_set else set()
    left = [f"{key} {value}" for key, value in spec.engine if key not in given]
    if left:
        taken.append(f"engine: {', '.join(left)}")
    taken += [
        f"priors.{name}.probability: 0.9"
        for name, prior in spec.priors.items()
        if prior.effect is not None and prior.probability is None
    ]
    taken.append("intervals: equal-tailed, 95 %")
    return tuple(taken)


_WORDS: dict[tuple[str, str, object], str] = {
    ("treatments", "slope", "partial"): "partial (a slope per cluster, pooled)",
    ("treatments", "lag", 0): "0 (the same year)",
    ("moderators", "lag", 0): "0 (the same year)",
    ("controls", "lag", 0): "0 (the same year)",
    ("moderators", "moderates", None): "every treatment",
}


def _said(section: str, name: str, key: str, value: object, learned: Learned) -> str:
    """Say a default; nothing where its absence is no choice."""
    if (section, key) == ("controls", "kind") and value is None:
        return "numeric" if name in learned.scales else "categorical (the column is text)"
    if (section, key) == ("moderators", "centre"):
        return f"its mean, {learned.scales[name].centre:.4g}"
    return _WORDS.get((section, key, value)) or ("" if value is None else str(value))
