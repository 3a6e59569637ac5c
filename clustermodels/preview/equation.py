"""The model as an equation."""

from __future__ import annotations

from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.spec import names
from clustermodels.spec.controls import Control
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.moderators import Moderator
from clustermodels.spec.transforms import Per, Transform
from clustermodels.spec.treatments import Treatment

_LAWS = {
    "gaussian": "Normal(μ[i,t], sigma)",
    "student_t": "StudentT(nu, μ[i,t], sigma)",
    "poisson": "Poisson(μ[i,t])",
    "negative_binomial": "NegativeBinomial(μ[i,t], variance μ + dispersion μ²)",
    "bernoulli": "Bernoulli(μ[i,t])",
    "binomial": "Binomial({trials}[i,t], μ[i,t])",
}
_LEFT = {"identity": "μ[i,t]", "log": "log μ[i,t]", "logit": "logit μ[i,t]"}


def equation(spec: Spec, learned: Learned, of: Design) -> tuple[str, ...]:
    """Write the model, a line each, cluster i and year t."""
    name, outcome = spec.outcome
    law = _LAWS.get(outcome.family, f"{outcome.family}(μ[i,t])").format(trials=outcome.trials)
    left = _LEFT[of.outcome.family.link.name]
    indent = " " * (len(left) + 1)
    terms = [names.INTERCEPT]
    if outcome.exposure:
        terms.append(f"log {outcome.exposure}[i,t]")
    terms += [_effect(factor) for factor in spec.fixed_effects]
    terms += [f"{names.means(f)} · means[{_index(f)}]" for f in learned.means]
    terms += [_slope(spec, treatment, learned) for treatment in spec.treatments]
    terms += [
        f"{names.interaction(t, m)} · {_column(spec, t, learned)} · {_column(spec, m, learned)}"
        for t, m in spec.moderated()
    ]
    terms += [f"{m} · {_column(spec, m, learned)}" for m in spec.moderators]
    for control in spec.controls:
        if control in learned.scales:
            terms.append(f"{control} · {_column(spec, control, learned)}")
        else:
            terms.append(f"{control}[level of {spec.controls[control].column}]")
    lines = [f"{name}[i,t] ~ {law}", f"{left} = {terms[0]}"]
    lines += [f"{indent}+ {term}" for term in terms[1:]]
    return (*lines, *_levels(spec))


def _index(factor: str) -> str:
    return {CLUSTER: "i", YEAR: "t"}.get(factor, factor)


def _effect(factor: str) -> str:
    return f"{names.effect(factor)}[{_index(factor)}]"


def _slope(spec: Spec, treatment: str, learned: Learned) -> str:
    common = spec.treatments[treatment].slope == "common"
    slope = treatment if common else f"{names.by_cluster(treatment)}[i]"
    return f"{slope} · {_column(spec, treatment, learned)}"


def _column(spec: Spec, name: str, learned: Learned) -> str:
    """Write a column as it enters: transformed, lagged, centred."""
    items: dict[str, Treatment | Moderator | Control] = {
        **spec.controls,
        **spec.moderators,
        **spec.treatments,
    }
    item = items[name]
    read = item.reads()[0]
    time = f"t-{read.lag}" if read.lag else "t"
    text = f"{read.column}[i,{time}]"
    if read.may_be_empty:
        text = f"(t ≥ {read.column}[i] + {getattr(item, 'lag', 0)})"
    text = _transformed(text, getattr(item, "transform", "none"))
    centre = learned.scales[name].centre
    return f"({text} {'-' if centre >= 0 else '+'} {abs(centre):.4g})"


def _transformed(text: str, transform: Transform) -> str:
    if isinstance(transform, Per):
        return f"{text}/{transform.per:g}"
    forms = {
        "log": f"log {text}",
        "log1p": f"log(1 + {text})",
        "sqrt": f"√{text}",
        "standardise": f"standardised {text}",
    }
    return forms.get(transform, text)


def _levels(spec: Spec) -> list[str]:
    block, slopes = names.random_block(spec)
    own = spec.fixed_effects.get(CLUSTER)
    joint = [names.effect(CLUSTER)] if own is not None and own.pooling != "free" else []
    joint += [names.by_cluster(name) for name in slopes]
    lines = []
    if len(joint) > 1:
        centres = ["0"] * (len(joint) - len(slopes)) + slopes
        sds = [names.sd(name) for name in [*joint[: len(joint) - len(slopes)], *slopes]]
        varying = ", ".join(f"{name}[i]" for name in joint)
        spread = f"Σ from {', '.join(sds)} and {names.correlation(block)}"
        lines.append(f"({varying}) ~ Normal(({', '.join(centres)}), Σ), {spread}")
    elif joint:
        centre, sd = (slopes[0], names.sd(slopes[0])) if slopes else ("0", names.sd(joint[0]))
        lines.append(f"{joint[0]}[i] ~ Normal({centre}, {sd})")
    for name, factor in spec.fixed_effects.items():
        if factor.pooling == "free":
            lines.append(f"Σ {_effect(name)} = 0")
        elif name != CLUSTER:
            lines.append(f"{_effect(name)} ~ Normal(0, {names.sd(names.effect(name))})")
    lines += [
        f"Σ ({names.by_cluster(name)}[i] - {name}) = 0"
        for name, item in spec.treatments.items()
        if item.slope == "free"
    ]
    return lines
