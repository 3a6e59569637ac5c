"""The model as an equation."""

from __future__ import annotations

from itertools import pairwise

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.design import Design
from clustermodels.data.feedback import Feedback
from clustermodels.data.learned import Learned
from clustermodels.families.feedback import KEPT
from clustermodels.preview.cell_words import cell_equations
from clustermodels.preview.form_words import form_terms
from clustermodels.spec import names
from clustermodels.spec.bending import interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import DRIFT, INITIAL
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.products import Product, products
from clustermodels.spec.residuals import CARRIED, EFFECT, EFFECT_SD

_COUNT = "NegativeBinomial(μ[i,t], variance μ + dispersion μ²)"
_LAWS = {
    "gaussian": "Normal(μ[i,t], sigma)",
    "student_t": "StudentT(nu, μ[i,t], sigma)",
    "lognormal": "LogNormal(median μ[i,t], sigma)",
    "gamma": "Gamma(mean μ[i,t], variance dispersion μ²)",
    "poisson": "Poisson(μ[i,t])",
    "negative_binomial": _COUNT,
    "zero_inflated_negative_binomial": f"0 with probability zero_share, else {_COUNT}",
    "hurdle_negative_binomial": f"0 with probability zero_share, else {_COUNT} above 0",
    "beta": "Beta(mean μ[i,t], variance μ (1 - μ) dispersion / (1 + dispersion))",
    "bernoulli": "Bernoulli(μ[i,t])",
    "binomial": "Binomial({trials}[i,t], μ[i,t])",
}
_LEFT = {"identity": "μ[i,t]", "log": "log μ[i,t]", "logit": "logit μ[i,t]"}


def equation(spec: Spec, learned: Learned, of: Design) -> tuple[str, ...]:
    """Write the model, a line each, cluster i and year t."""
    name, outcome = spec.outcome
    law = _LAWS.get(outcome.family, f"{outcome.family}(μ[i,t])").format(trials=outcome.trials)
    if outcome.weights is not None and outcome.weights.kind == "precision":
        law = law.replace("sigma", f"sigma / √{outcome.weights.column}[i,t]")
    left = _LEFT[of.outcome.family.link.name]
    if spec.feeds:
        left = f"log (μ[i,t] - {KEPT} {name}[i,t-1])"
    indent = " " * (len(left) + 1)
    terms = [names.INTERCEPT]
    if outcome.exposure:
        terms.append(f"log {outcome.exposure}[i,t]")
    terms += [_effect(factor) for factor in spec.fixed_effects]
    if names.trend(spec) != "none":
        terms.append(f"{names.TREND}[i] · (t - {learned.years[0]:.4g})")
    terms += [
        f"{names.means(f)} · means[{_index(f)}]" for f, m in learned.means.items() if m.columns
    ]
    if learned.initial is not None:
        terms.append(f"{INITIAL} · first[i]")
        if names.trend(spec) == "partial":
            terms.append(f"{DRIFT} · first {name}[i] · (t - {learned.years[0]:.4g})")
    if not spec.feeds:
        terms += [f"{name} · {_column(name, learned)}" for name in spec.lagged()]
    terms += [_slope(spec, treatment, learned) for treatment in spec.treatments]
    terms += form_terms(spec, learned, {name: _column(name, learned) for name in learned.scales})
    terms += [_product(each, learned) for each in products(spec) if each.part != "whole"]
    for control in spec.controls:
        if control in learned.scales:
            terms.append(f"{control} · {_column(control, learned)}")
        else:
            terms.append(f"{control}[level of {spec.controls[control].column}]")
    if of.serial is not None and of.outcome.errors is None:
        terms.append(f"{EFFECT}[i,t]")
    lines = [f"{name}[i,t] ~ {law}", f"{left} = {terms[0]}"]
    lines += [f"{indent}+ {term}" for term in terms[1:]]
    lines += [line for each in of.feedback for line in _feedback(each, learned)]
    return (*lines, *_levels(spec, learned), *_serial(name, of), *cell_equations(of, learned))


def _feedback(each: Feedback, learned: Learned) -> list[str]:
    """Write the equation of a predetermined column."""
    column, t = _column(each.column, learned), "[t]" if each.equations else ""
    looks = "what came before" if each.equations else "what came a year before"
    effect = f"{names.effect(CLUSTER)}[i] / {names.sd(names.effect(CLUSTER))}"
    own = "" if each.own_sd is None else f" + own_{each.column}[i]"
    lines = [
        f"{column} ~ Normal(ν[i,t], {each.sd_name}{t})",
        f"ν[i,t] = {each.name}{t} · ({looks}, what is known of i, {effect}){own}",
    ]
    if each.own_sd is not None:
        lines.append(f"own_{each.column}[i] ~ Normal(0, {each.own_sd_name})")
    return lines


def _serial(name: str, of: Design) -> list[str]:
    """Say how what is left of a year carries over."""
    if of.serial is None:
        return []
    if of.outcome.errors is None:
        own = f"{EFFECT}[i,t] ~ Normal(0, {EFFECT_SD})"
        return [f"{own}, correlation {CARRIED} with {EFFECT}[i,t-1]"]
    return [f"{name}[i,t] - μ[i,t] has correlation {CARRIED} with that of t-1"]


def _index(factor: str) -> str:
    return {CLUSTER: "i", YEAR: "t"}.get(factor, factor)


def _effect(factor: str) -> str:
    return f"{names.effect(factor)}[{_index(factor)}]"


def _slope(spec: Spec, treatment: str, learned: Learned) -> str:
    if treatment in by_cohort(spec):
        scale = learned.scales[treatment]
        own = f"{names.by_cohort_year(treatment)}[cohort,t] · {scale.symbol}"
        early = names.before(treatment)
        own += f" + {early}[cohort,t]" if early in learned.levels else ""
        return f"{own} - {treatment} · {scale.centre:.4g}"
    common = spec.treatments[treatment].slope == "common"
    slope = treatment if common else f"{names.by_cluster(treatment)}[i]"
    return f"{slope} · {_column(treatment, learned)}"


def _product(product: Product, learned: Learned) -> str:
    """Write a product; a cluster's mean is over t, centred as its column is."""
    d, z = (_column(name, learned) for name in (product.treatment, product.moderator))
    if product.part in ("within", "between"):
        d = f"({learned.scales[product.treatment].symbol} - its mean over t)"
    if product.part in ("within", "of_mean"):
        z = f"({learned.scales[product.moderator].symbol} - its mean over t)"
    if product.part == "between":
        z = f"mean over t of {z}"
    if product.part == "of_mean":
        d = f"mean over t of {d}"
    return f"{product.name} · {d} · {z}"


def _column(name: str, learned: Learned) -> str:
    """Write a column as it enters: transformed, lagged, centred."""
    scale = learned.scales[name]
    return f"({scale.symbol} {'-' if scale.centre >= 0 else '+'} {abs(scale.centre):.4g})"


def _centre(treatment: str, learned: Learned) -> str:
    """Write what a treatment's pooled slopes are around."""
    means = learned.slopes
    if means is None or treatment not in means.columns:
        return treatment
    scale, at = learned.scales[treatment], means.columns.index(treatment)
    centre = scale.centre + scale.spread * means.centres[at]
    sign = "-" if centre >= 0 else "+"
    mean = f"(mean over t of {scale.symbol} {sign} {abs(centre):.4g})"
    return f"{treatment} + {names.by_mean(treatment)} · {mean}"


def _levels(spec: Spec, learned: Learned) -> list[str]:
    block, slopes = names.random_block(spec)
    own = spec.fixed_effects.get(CLUSTER)
    joint = [names.effect(CLUSTER)] if own is not None and own.pooling != "free" else []
    own_effects, around = len(joint), [_centre(name, learned) for name in slopes]
    joint += [names.by_cluster(name) for name in slopes]
    drifts = [names.TREND] * (names.trend(spec) == "partial")
    joint += drifts
    lines = []
    if len(joint) > 1:
        centres = ["0"] * own_effects + around + ["0"] * len(drifts)
        sds = [names.sd(name) for name in [*joint[:own_effects], *slopes, *drifts]]
        varying = ", ".join(f"{name}[i]" for name in joint)
        spread = f"Σ from {', '.join(sds)} and {names.correlation(block)}"
        lines.append(f"({varying}) ~ Normal(({', '.join(centres)}), Σ), {spread}")
    elif joint:
        centre, sd = (around[0], names.sd(slopes[0])) if slopes else ("0", names.sd(joint[0]))
        lines.append(f"{joint[0]}[i] ~ Normal({centre}, {sd})")
    for name, factor in spec.fixed_effects.items():
        if factor.pooling == "free":
            lines.append(f"Σ {_effect(name)} = 0")
        elif name != CLUSTER:
            lines.append(f"{_effect(name)} ~ Normal(0, {names.sd(names.effect(name))})")
    if names.trend(spec) == "free":
        lines.append(f"Σ {names.TREND}[i] = 0")
    lines += [line for dose in spec.shaped() for line in _shape(spec, dose)]
    for name, item in spec.treatments.items():
        if name in by_cohort(spec):
            cell = f"{names.by_cohort_year(name)}[cohort,t]"
            free = f"Σ ({cell} - {name}) = 0 over cohorts and years"
            pooled = f"{cell} ~ Normal({name}, {names.sd(name)})"
            lines.append(free if item.slope == "free" else pooled)
        elif item.slope == "free":
            lines.append(f"Σ ({names.by_cluster(name)}[i] - {name}) = 0")
    return lines


def _shape(spec: Spec, dose: str) -> list[str]:
    """Write how the coefficients of a dose's lags follow one another."""
    lags, parts = spec.shaped()[dose]
    if lags.shape == "geometric":
        return [f"{later} = {names.decay(dose)} · {before}" for before, later in pairwise(parts)]
    own = [dose, *(interaction(dose, m) for m in names.bending(spec, dose))]
    return [
        f"{each} at lag l = Σ {names.shape(each)}[p] · P_p(l), p = 0 .. {lags.powers - 1}"
        for each in own
    ]
