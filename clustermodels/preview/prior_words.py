"""Priors in words: what each lets an effect be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from clustermodels.data.blocks import Block, Term
from clustermodels.data.cohorts import by_cohort
from clustermodels.data.correlations import beta_parameter
from clustermodels.data.design import Design
from clustermodels.data.feedback import Feedback
from clustermodels.data.initial import of_a_year
from clustermodels.families.links import Effect
from clustermodels.families.priors import Prior, quantile, scaled, words
from clustermodels.preview.cell_words import cell_priors
from clustermodels.preview.form_words import curve_change, level_words, process_words
from clustermodels.spec import names
from clustermodels.spec.bending import curves
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import DRIFT, INITIAL
from clustermodels.spec.names import INTERCEPT, correlation
from clustermodels.spec.residuals import CARRIED

PROBABILITY = 0.9
LARGE = 4.0
_TAILS = np.array([(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2])


@dataclass(frozen=True)
class PriorWords:
    """One prior: the posterior name, its law in the user's units, what it says, whose it is."""

    name: str
    law: str
    words: str
    stated: bool


def prior_words(spec: Spec, of: Design) -> tuple[PriorWords, ...]:
    """Say every prior of a design in words."""
    outcome, kind = of.outcome, of.outcome.family.link.effect
    low, high = outcome.family.link.inverse(quantile(of.intercept, _TAILS))
    told = [
        _told(
            spec,
            INTERCEPT,
            of.intercept,
            f"at the average of every column the expected {_made(of)} is {low:.3g} to "
            f"{high:.3g}" + (" per unit of exposure" if outcome.offset.any() else ""),
        )
    ]
    for parameter in outcome.family.parameters:
        prior = outcome.parameters[parameter.name]
        low, high = quantile(prior, _TAILS)
        told.append(
            _told(spec, parameter.name, prior, f"{parameter.words} is {low:.3g} to {high:.3g}")
        )
    if of.serial is not None:
        told.append(_carried(spec, of.serial.concentration))
    for block in of.blocks:
        own = block.terms if block.decay is None else block.terms[:1]
        if block.smooth is None:
            told += [entry for term in own for entry in _term(spec, block, term, kind, of)]
        if block.decay is not None:
            low, high = quantile(block.decay.prior, _TAILS)
            said = f"of an effect {low:.2g} to {high:.2g} is left a year later"
            told.append(_told(spec, block.decay.name, block.decay.prior, said))
        told += [
            PriorWords(name, law, f"{said} (90 %)", name in spec.priors)
            for name, law, said in process_words(spec, block, _made(of))
        ]
        if block.pooling == "partial" and len(block.terms) > 1:
            told.append(_correlation(spec, block))
    told += [
        PriorWords(name, law, f"{said} (90 %)", owner in spec.priors)
        for cells in of.cells
        for owner, name, law, said in cell_priors(cells)
    ]
    for each in of.feedback:
        told += _feedback(spec, each)
    return tuple(told)


def _feedback(spec: Spec, each: Feedback) -> list[PriorWords]:
    """Say the laws of a predetermined column's equations: coefficients of each kind together."""
    spread = each.unit
    laws = {
        (words(scaled(term.prior, term.unit)), *quantile(term.prior, _TAILS).tolist()): term
        for term in each.terms
        if term.unit == spread
    }
    said = [
        PriorWords(
            each.name,
            law,
            f"a year, or one sd of what {each.column} reacts to, changes it by {low * spread:.3g} "
            f"to {high * spread:.3g} (90 %)",
            each.name in spec.priors,
        )
        for law, low, high in laws
    ]
    what = {each.sd_name: f"what the equation of {each.column} leaves has an sd of"}
    what[each.own_sd_name] = f"what {each.column} always is besides varies between clusters by"
    for name, prior in each.sds.items():
        low, high = quantile(prior, _TAILS) * spread
        law = scaled(prior, spread)
        said.append(_told(spec, name, law, f"{what[name]} {low:.3g} to {high:.3g}"))
    return said


def _told(spec: Spec, name: str, prior: Prior, said: str) -> PriorWords:
    return PriorWords(name, words(prior), f"{said} (90 %)", name in spec.priors)


def _made(of: Design) -> str:
    """Name what the predictor makes: the outcome, or what is new where a share of it is kept."""
    return f"new part of {of.outcome.name}" if of.outcome.family.feeds else of.outcome.name


def _term(spec: Spec, block: Block, term: Term, kind: Effect, of: Design) -> list[PriorWords]:
    outcome = _made(of)
    user = scaled(term.prior, term.unit)
    step, change = _step(term)
    if block.name in map(names.before, by_cohort(spec)):
        step, change = 1.0, f"being the cohort of {term.name}, before it adopts,"
    elif block.makes:
        change = f"one sd of the polynomial of {term.name} over its lags"
    elif block.labels and block.name in curves(spec):
        step, change = 1 / term.unit, curve_change(spec, block, term.name)
    elif block.labels:
        change = (
            f"one standard deviation of the clusters' first {term.name}, as far from the middle "
            "year again,"
            if block.name == DRIFT
            else f"one standard deviation of the clusters' {term.name}"
            if block.name == INITIAL and of_a_year(spec, term.name)
            else f"one standard deviation of the clusters' first {term.name}"
            if block.name == INITIAL
            else f"one standard deviation of the {block.name.removesuffix('_means')} means of "
            f"{term.name}"
        )
    low, high = quantile(user, _TAILS) * step
    if block.pooling == "common":
        name = f"{block.name}[{term.name}]" if block.labels else term.name
        said = _effect(kind, low, high, outcome, change)
        return [
            PriorWords(
                name,
                words(user),
                f"{said} (90 %)",
                (block.name if block.labels else name) in spec.priors,
            )
        ]
    assert block.factor is not None
    level = level_words(spec, block)
    what = f"the effect of {change} on {outcome}" if term.around else outcome
    if term.name == names.TREND:
        what = f"what {change} does to {outcome}"
    if block.pooling == "free":
        said = _effect(kind, low, high, what, f"a {level}, against the average one,")
        return [_told(spec, term.name, user, said)]
    assert term.sd_name is not None
    if kind == "difference":
        said = f"{what} varies between {level}s, one sd apart by {low:.3g} to {high:.3g}"
    else:
        said = f"{what} varies between {level}s, one sd apart by a factor of {_exp(low)} to "
        said += _exp(high)
    return [_told(spec, term.sd_name, user, said)]


def _step(term: Term) -> tuple[float, str]:
    """Give the change that a prior is told for: the term's own, or one standard deviation.

    One unit of a share between 0 and 1 is no change that the data know, so where the unit is
    more than four standard deviations, and for products and means, the change is one of these.
    """
    if term.words and term.step * term.unit <= LARGE:
        return term.step, term.words
    return 1 / term.unit, f"one standard deviation of {term.name.partition('_by_c')[0]}"


def _exp(value: float) -> str:
    return f"{np.exp(min(value, 700.0)):.3g}"


def _effect(kind: Effect, low: float, high: float, outcome: str, change: str) -> str:
    if kind == "difference":
        return f"{change} changes {outcome} by {low:.3g} to {high:.3g}"
    of = f"the odds of {outcome}" if kind == "odds_ratio" else outcome
    return f"{change} multiplies {of} by {_exp(low)} to {_exp(high)}"


def _carried(spec: Spec, concentration: float) -> PriorWords:
    """Say the law of the correlation of neighbouring years, 2 Beta(b, b) - 1."""
    low, high = 2 * betaincinv(concentration, concentration, _TAILS) - 1
    said = "what is left of a year and of the next have a correlation of "
    said += f"{low:.2g} to {high:.2g} (90 %)"
    return PriorWords(CARRIED, f"lkj({concentration:g})", said, CARRIED in spec.priors)


def _correlation(spec: Spec, block: Block) -> PriorWords:
    """Say the marginal law of one correlation: 2 Beta(b, b) - 1, b that of the first column."""
    assert block.factor is not None
    name = correlation(block.name)
    k = len(block.terms)
    b = beta_parameter(block.concentration, k, 0)
    half = float(np.sqrt(1 / (2 * b + 1)))  # the sd of 2 Beta(b, b) - 1
    return PriorWords(
        name,
        f"lkj({block.concentration:g})",
        f"correlations among {k} coefficients by {block.factor.name} are around 0, standard "
        f"deviation {half:.2g}",
        name in spec.priors,
    )
