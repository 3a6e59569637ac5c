"""The model in words, and every choice that the document left open."""

from __future__ import annotations

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.columns import past_form
from clustermodels.data.design import Design
from clustermodels.data.initial import of_a_year
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel
from clustermodels.errors import choices
from clustermodels.network.centrality import find
from clustermodels.preview.assumptions import assumptions
from clustermodels.preview.beyond import horizon_in_words
from clustermodels.preview.cell_words import cells_in_words
from clustermodels.preview.form_words import forms_in_words
from clustermodels.spec import names
from clustermodels.spec.clusters import Floor
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.position import Position
from clustermodels.spec.treatments import Lags

_POOLINGS = {
    "free": "a parameter for each {name}, summing to zero",
    "partial": "a random effect for each {name}, from one normal distribution",
    "correlated": "a random effect for each {name}, given the {name}'s means of the columns that "
    "vary within it (Mundlak)",
}
_SLOPES = {
    "common": "one slope for all clusters",
    "partial": "a slope for each cluster, partially pooled",
    "correlated": "a slope for each cluster, partially pooled around a straight line in the "
    "cluster's mean of it",
    "free": "a slope for each cluster, not pooled",
}


_WEIGHED = {
    "precision": "their variance is sigma^2 over the weight, which has a mean of 1",
    "frequency": "each stands for so many equal ones",
    "sampling": "their log likelihood is multiplied by the weight, which has a mean of 1",
}
_COHORTS = {
    "partial": "one for each year of adoption and year since, partially pooled",
    "free": "one for each year of adoption and year since, not pooled",
}
_COMPARED = {
    "not_yet": "; compared with clusters that have not adopted yet",
    "never": "; compared with clusters that never adopt, as are cohorts in the years before",
}


def in_words(spec: Spec, panel: Panel, learned: Learned, of: Design) -> tuple[str, ...]:
    """Say what is modelled, a sentence each."""
    name, outcome = spec.outcome
    clusters, years = len(set(of.clusters.tolist())), sorted(set(of.years.tolist()))
    said = [
        f"{name} of {clusters} clusters in {years[0]} to {years[-1]}, {len(of.years)} of "
        f"{panel.rows.sizes['obs']} cluster-years, as {outcome.family.replace('_', ' ')} with "
        f"{of.outcome.family.link.name} link."
    ]
    if panel.regions is not None:
        said.append(
            f"{int(panel.regions['cluster'].sum())} of {panel.regions.sizes['region']} regions "
            f"are clusters: {_rules(spec)}, judged over {panel.regions.attrs['years']}."
        )
    if outcome.weights is not None:
        own = outcome.weights
        said.append(f"Rows are weighed by {own.column}: {_WEIGHED[own.kind]}.")
    said += [_standing(name, position) for (_, name), position in spec.positions().items()]
    said += map(_sampled, spec.sampled())
    for treatment, item in spec.treatments.items():
        far = abs(item.lag)
        when = f"{far} year{'s' * (far > 1)} {'later' if item.lag > 0 else 'earlier'}"
        lag = f", {when}" if far else ""
        over = _SLOPES[item.slope]
        if treatment in by_cohort(spec):
            over = _COHORTS[item.slope] + _COMPARED[by_cohort(spec)[treatment].comparison]
        said.append(f"The effect of {treatment}{lag}: {over}.")
    said += [_shaped(dose, lags) for dose, (lags, _) in spec.shaped().items()]
    said += forms_in_words(spec, learned)
    if spec.controls:
        said.append(f"Held fixed: {choices(spec.controls)}.")
    said += cells_in_words(of)
    said += _past(spec, learned)
    for factor, effect in spec.fixed_effects.items():
        drift = {"none": "", "partial": "; a trend each, pooled", "free": "; a trend each"}
        pooled = _POOLINGS[effect.pooling].format(name=factor)
        if factor == CLUSTER and spec.dynamics and spec.dynamics.covariates == "every_year":
            pooled = "a random effect for each cluster, given other columns in each year"
        said.append(f"{factor}: {pooled}{drift[effect.trend]}.")
    if spec.residuals is not None:
        what = "An effect of each cluster and year" if of.outcome.errors is None else "Its error"
        said.append(
            f"{what} carries over to the cluster's next year, and less with each (AR(1)); years "
            "far apart are independent."
        )
    if not spec.fixed_effects:
        said.append("No factor has an effect of its own.")
    said += horizon_in_words(spec, panel)
    return (*said, assumptions(spec))


def _shaped(dose: str, lags: Lags) -> str:
    """Say how the effects of a dose over the years follow one another."""
    if lags.shape == "geometric":
        return f"Of the effect of {dose} the same share is left each year: {names.decay(dose)}."
    return (
        f"The effects of {dose} over {lags.count} years follow a polynomial of degree "
        f"{lags.powers - 1}."
    )


def _past(spec: Spec, learned: Learned) -> list[str]:
    """Say what the outcome's past does, and what the effects of clusters are given."""
    own = spec.dynamics
    if own is None:
        return []
    how = ", ".join(learned.scales[name].symbol for name in spec.lagged())
    if spec.feeds:
        how = "a share of the last year's is in its mean, beside what the columns make new"
    said = [
        f"{spec.outcome[0]} depends on itself {own.lags} year{'s' * (own.lags > 1)} back: {how}. "
        "Predictions walk from the first outcomes through the years."
    ]
    if learned.initial is not None:
        first = [name for name in learned.initial.columns if not of_a_year(spec, name)]
        also = "its later means" if len(first) == len(learned.initial.columns) else "other columns"
        also += "" if also == "its later means" else " in each year"
        said.append(
            f"A cluster's effect is given its first {choices(first)}, and {also} (Wooldridge 2005)."
        )
        if names.trend(spec) == "partial":
            said.append("Its trend is given its first outcomes: these hold what it led to before.")
    else:
        said.append(
            "The first outcome is taken to say nothing of a cluster's effect, which biases the "
            "past's coefficient: 'diagnose' says by how much."
        )
    if own.predetermined:
        how = "one equation for all years" if own.feedback == "common" else "an equation each year"
        said.append(
            f"{choices(own.predetermined)} may react to past outcomes and to the cluster's effect, "
            f"by {how}. Predictions take them as they were, or as a scenario sets them."
        )
    return said


def _rules(spec: Spec) -> str:
    """Say the rules that a cluster passes."""
    rules = spec.clusters
    said = []
    if rules is not None and rules.location_quotient is not None:
        quotient = rules.location_quotient
        asked = f"a location quotient of {quotient.activity} in {quotient.total} "
        asked += (
            f"above {quotient.above:g}"
            if quotient.method == "threshold"
            else f"above its {quotient.method} limit"
        )
        if quotient.probability is not None:
            asked += f" with a probability above {quotient.probability:g}"
        said.append(asked)
    if rules is not None and rules.scale is not None:
        said.append(f"{rules.scale.at_least:g} or more {rules.scale.column}")
    if rules is not None and rules.collaboration is not None:
        for rule, where in (("within", "inside it"), ("between", "with other regions")):
            floor = getattr(rules.collaboration, rule)
            if isinstance(floor, Floor):
                said.append(f"{floor.at_least:g} or more {floor.column}")
            elif floor is not None:
                said.append(f"ties {where} that add up to {floor:g} or more")
    return ", ".join(said)


def _standing(name: str, position: Position) -> str:
    """Say what a position measures, in which network, and what holds where it is undefined."""
    measure = find(position.measure)
    variant = f", variant {position.variant}" if position.variant else ""
    reach = measure.name == "closeness" and position.variant in (None, "wasserman_faust")
    among = "all regions" if position.network == "all_regions" else "the clusters"
    pooled = f"{position.window} years pooled" if position.window > 1 else "one year"
    when = (
        f"{position.lag} year{'s' * (position.lag > 1)} before" if position.lag else "the same year"
    )
    own = {
        False: "",
        True: ", without the units that the outcome counts",
        "half": ", made from the half of the units that the outcome does not count",
    }[position.without_own]
    holds = (
        ""
        if not position.undefined
        else {
            "zero": "; 0 where it is undefined",
            "drop": "; rows are lost where it is undefined",
            "indicator": f"; '{position.outside}' marks where it is undefined",
        }.get(position.disconnected or "", "")
    )
    what = measure.words.partition(": ")[2] or measure.words  # it may begin with its own name
    what += ", times their share of all" * reach
    said = f"{name}: {measure.name}{variant} ({what}) in the network of {among}"
    return f"{said}, {pooled}, {when}{own}{holds}."


def _sampled(name: str) -> str:
    """Say what becomes of the sampling error of ties."""
    return (
        f"{name} is taken as measured; its ties are counts of joint projects, each by itself, and "
        "'diagnose' says what effects would be without their sampling error."
    )


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
    if spec.dynamics is not None:
        form = past_form(spec)
        told = {"initial": spec.dynamics.initial, "form": "level" if form == "none" else form}
        told["lags"] = str(spec.dynamics.lags)
        if spec.dynamics.initial == "wooldridge":
            told["covariates"] = spec.dynamics.covariates
        if spec.dynamics.predetermined:
            told["feedback"] = "common (one equation of each predetermined column for all years)"
        left = spec.dynamics.model_fields_set
        taken += [f"dynamics.{key}: {said}" for key, said in told.items() if key not in left]
    if CLUSTER not in spec.fixed_effects:
        taken.append("fixed_effects: the document lists no cluster effect, so there is none")
    given = spec.engine.model_fields_set if "engine" in spec.model_fields_set else set()
    settings = [f"{key} {value}" for key, value in spec.engine if key not in given]
    if settings:
        taken.append(f"engine: {', '.join(settings)}")
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
    ("moderators", "full", False): "",
    ("moderators", "split", "none"): "none (becoming and being high count alike)",
    ("outcomes", "kind", "column"): "",
    ("outcomes", "missing", "drop"): "",
    ("moderators", "missing", "drop"): "",
    ("controls", "missing", "drop"): "",
    **{
        (section, key, value): said
        for section in ("outcomes", "moderators", "controls")
        for key, value, said in (
            ("window", 1, "1 (single years)"),
            ("decay", 1.0, ""),
            ("without_own", False, "false (ties of all units)"),
        )
    },
}


def _said(section: str, name: str, key: str, value: object, learned: Learned) -> str:
    """Say a default; nothing where its absence is no choice."""
    if (section, key) == ("controls", "kind") and value is None:
        return "numeric" if name in learned.scales else "categorical (the column is text)"
    if (section, key) == ("moderators", "centre"):
        return f"its mean, {learned.scales[name].centre:.4g}" if name in learned.scales else ""
    if (section, key) == ("moderators", "form") and name in learned.steps:
        return ""
    said = _WORDS.get((section, key, value))
    if said is not None:
        return said
    return "" if value is None else str(value)
