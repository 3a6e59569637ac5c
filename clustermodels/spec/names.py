"""The names of the posterior: what each is, and which part of the document makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clustermodels.families.priors import DISTRIBUTIONS
from clustermodels.families.table import find
from clustermodels.spec.bending import (
    amplitude,
    curves,
    interaction,
    is_curve,
    is_process,
    length,
)
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import DRIFT, INITIAL, feedback, feedback_own_sd, feedback_sd
from clustermodels.spec.fixed_effects import CLUSTER, Trend
from clustermodels.spec.moderators import Moderator, in_steps
from clustermodels.spec.products import products
from clustermodels.spec.residuals import CARRIED, EFFECT, EFFECT_SD
from clustermodels.spec.treatments import POOLED, Adoption

DIMS = ("cluster", "year", "obs", "chain", "draw")
INTERCEPT = "intercept"

Role = Literal[
    "coefficient",
    "location",
    "sd",
    "correlation",
    "parameter",
    "share",
    "effects",
    "reactions",
    "derived",
]


@dataclass(frozen=True)
class PosteriorName:
    """One name of the posterior.

    Parameters
    ----------
    name
        As it stands in the posterior.
    role
        What kind of prior it takes; ``derived`` takes none.
    path
        The part of the document that it comes from.
    """

    name: str
    role: Role
    path: tuple[str, ...]


def effect(factor: str) -> str:
    """Name the effects of a factor's levels."""
    return f"{factor}_effect"


def by_cluster(treatment: str) -> str:
    """Name a treatment's slopes by cluster."""
    return f"{treatment}_by_{CLUSTER}"


def by_mean(treatment: str) -> str:
    """Name what a treatment's slope goes up by with the cluster's mean of it."""
    return f"{treatment}_by_mean"


def by_cohort_year(treatment: str) -> str:
    """Name an adoption's effects by cohort and year."""
    return f"{treatment}_by_cohort_year"


def shape(name: str) -> str:
    """Name the coefficients of the polynomial that lags of a dose, or of its product, follow."""
    return f"{name}_shape"


def decay(dose: str) -> str:
    """Name the share of an effect that is left a year later."""
    return f"{dose}_decay"


def before(treatment: str) -> str:
    """Name what cohorts differ by in the years before they adopt."""
    return f"{treatment}_before"


def varying(spec: Spec, treatment: str) -> str:
    """Name a treatment's slopes by what they vary over."""
    item = spec.treatments[treatment]
    own = isinstance(item, Adoption) and item.by == "cohort_year"
    return by_cohort_year(treatment) if own else by_cluster(treatment)


def means(factor: str) -> str:
    """Name the coefficients of a correlated factor's means."""
    return f"{factor}_means"


def sd(name: str) -> str:
    """Name the standard deviation over levels of what ``name`` varies by."""
    return f"{name}_sd"


def correlation(block: str) -> str:
    """Name the correlations among what varies by one factor."""
    return f"{block}_correlation"


def level_dim(name: str) -> str:
    """Name the dimension of a term with several levels."""
    return f"{name}_level"


def cells(column: str) -> str:
    """Name the unknown cells of a column; what they follow begins with this name."""
    return f"{column}_cells"


def cells_mean(column: str) -> str:
    """Name the mean of a column's cells, where the given columns are at their means."""
    return f"{cells(column)}_mean"


def cells_given(column: str) -> str:
    """Name the coefficients of the columns that unknown cells are given."""
    return f"{cells(column)}_given"


SLOPES = f"{CLUSTER}_slopes"
TREND = f"{CLUSTER}_trend"


def trend(spec: Spec) -> Trend:
    """Tell whether clusters have trends of their own, and how."""
    own = spec.fixed_effects.get(CLUSTER)
    return "none" if own is None else own.trend


def random_block(spec: Spec) -> tuple[str, list[str]]:
    """Give the name of the clusters' random block and the treatments whose slopes are in it."""
    slopes = [
        name
        for name, item in spec.treatments.items()
        if item.slope in POOLED and varying(spec, name) == by_cluster(name)
    ]
    own = spec.fixed_effects.get(CLUSTER)
    pooled = own is not None and own.pooling != "free"
    return (effect(CLUSTER) if pooled else SLOPES), slopes


def bending(spec: Spec, dose: str) -> list[str]:
    """Name the moderators that bend a dose whose lags have a shape."""
    first = spec.shaped()[dose][1][0]
    return [moderator for treatment, moderator in spec.moderated() if treatment == first]


def _of_form(moderator: Moderator) -> Role:
    """Tell what kind of prior a moderator's coefficients take."""
    if is_process(moderator):
        return "derived"
    if in_steps(moderator):
        return "effects"
    return "location" if is_curve(moderator) else "coefficient"


def posterior_names(spec: Spec) -> list[PosteriorName]:
    """List every name that the posterior of this document may have, in document order."""
    listed = [PosteriorName(INTERCEPT, "coefficient", ("outcomes",))]

    def add(name: str, role: Role, *path: str) -> None:
        listed.append(PosteriorName(name, role, path))

    for outcome, declared in spec.outcomes.items():
        for parameter in find(declared.family).parameters:
            share = DISTRIBUTIONS[parameter.prior.distribution].support == "share"
            add(parameter.name, "share" if share else "parameter", "outcomes", outcome)
    shaped = spec.shaped()
    of_polynomial = {n for lags, own in shaped.values() if lags.shape != "geometric" for n in own}
    later = {n for lags, own in shaped.values() if lags.shape == "geometric" for n in own[1:]}
    for key, (lags, _) in shaped.items():
        if lags.shape == "geometric":
            add(decay(key), "share", "treatments", key)
            continue
        add(shape(key), "coefficient", "treatments", key)
        for moderator in bending(spec, key):
            add(shape(interaction(key, moderator)), "coefficient", "moderators", moderator)
    for name, treatment in spec.treatments.items():
        derived = name in of_polynomial or name in later
        add(name, "derived" if derived else "coefficient", "treatments", name)
        if treatment.slope != "common":
            add(
                varying(spec, name),
                "derived" if treatment.slope in POOLED else "effects",
                "treatments",
                name,
            )
        if treatment.slope in POOLED:
            add(sd(name), "sd", "treatments", name)
        if treatment.slope == "correlated":
            add(by_mean(name), "coefficient", "treatments", name)
        if isinstance(treatment, Adoption) and treatment.comparison == "never":
            add(before(name), "coefficient", "treatments", name)
    for name, owner in curves(spec).items():
        made = name in {interaction(part, owner) for part in of_polynomial}
        add(name, "derived" if made else _of_form(spec.moderators[owner]), "moderators", owner)
        if is_process(spec.moderators[owner]):
            add(amplitude(name), "sd", "moderators", owner)
            add(length(name), "sd", "moderators", owner)
    for product in products(spec):
        if product.part != "whole":
            add(product.name, "coefficient", "moderators", product.moderator)
    for name in spec.controls:
        add(name, "coefficient", "controls", name)
    for section, name in spec.uncertain():
        add(cells(name), "derived", section, name)
        add(cells_mean(name), "location", section, name)
        add(cells_given(name), "location", section, name)
        add(sd(cells(name)), "sd", section, name)
        add(by_cluster(cells(name)), "derived", section, name)
        add(sd(by_cluster(cells(name))), "sd", section, name)
    for name in spec.lagged():
        add(name, "share" if spec.feeds else "coefficient", "dynamics")
    if spec.dynamics is not None and spec.dynamics.initial == "wooldridge":
        add(INITIAL, "coefficient", "dynamics")
        if trend(spec) == "partial":
            add(DRIFT, "coefficient", "dynamics")
    for name in dict.fromkeys(spec.predetermined()):
        add(feedback(name), "reactions", "dynamics")
        add(feedback_sd(name), "sd", "dynamics")
        if spec.dynamics is not None and spec.dynamics.feedback == "common":
            add(feedback_own_sd(name), "sd", "dynamics")
    for name, factor in spec.fixed_effects.items():
        pooled = factor.pooling != "free"
        add(effect(name), "derived" if pooled else "effects", "fixed_effects", name)
        if pooled:
            add(sd(effect(name)), "sd", "fixed_effects", name)
        if factor.pooling == "correlated":
            add(means(name), "coefficient", "fixed_effects", name)
    if trend(spec) == "free":
        add(TREND, "effects", "fixed_effects", CLUSTER)
    if trend(spec) == "partial":
        add(TREND, "derived", "fixed_effects", CLUSTER)
        add(sd(TREND), "sd", "fixed_effects", CLUSTER)
    if spec.residuals is not None:
        add(CARRIED, "correlation", "residuals")
        if find(spec.outcome[1].family).discrete:
            add(EFFECT, "derived", "residuals")
            add(EFFECT_SD, "sd", "residuals")
    block, slopes = random_block(spec)
    if len(slopes) + (trend(spec) == "partial") + (block != SLOPES) > 1:
        add(correlation(block), "correlation", "treatments")
    return listed
