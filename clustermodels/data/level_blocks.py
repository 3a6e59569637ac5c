"""Effects and slopes that vary: by cluster, by year, by any factor, by cohort and year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Along, Block, Term
from clustermodels.data.cohorts import by_cohort, cohort_blocks
from clustermodels.data.factors import Factor
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Positions, Reader, Values
from clustermodels.data.units import unit_of
from clustermodels.families.priors import prior
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import TREND

# The mean of the prior of what clusters differ by given their first outcomes, as a share of what
# moments say: with few clusters its likelihood is flat towards 0, and more brings Nickell's bias
# back.
LEFT = 0.5
# The same beside pooled trends, where persistence, effects and trends make up for each other: a
# narrow prior of two leaves all to the third.
LEFT_BESIDE_TRENDS = 2.0


def factor_blocks(
    spec: Spec,
    factors: Mapping[str, Factor],
    columns: Mapping[str, Values],
    years: Positions,
    learned: Learned,
    default: priors.Defaults,
) -> list[Block]:
    """Give every factor its effects.

    Slopes and trends by cluster join the clusters' effects where they are pooled.
    """
    slopes = {
        name: slope_term(spec, name, learned, default)
        for name, item in spec.treatments.items()
        if item.slope != "common" and name not in by_cohort(spec)
    }
    random, pooled = names.random_block(spec)
    blocks = [
        Block(
            names.by_cluster(name),
            columns[name][:, None],
            (slopes[name],),
            factors[CLUSTER],
            "free",
        )
        for name in slopes
        if name not in pooled
    ]
    terms = [slopes[name] for name in pooled]
    values = [columns[name] for name in pooled]
    course = np.asarray((years - learned.years[0]) / learned.years[1], dtype=np.float64)
    if names.trend(spec) == "partial":
        terms.append(_trend(spec, learned, default))
        values.append(course)
    if names.trend(spec) == "free":
        term = _trend(spec, learned, default)
        blocks.append(Block(TREND, course[:, None], (term,), factors[CLUSTER], "free"))
    for name, item in spec.fixed_effects.items():
        effect = names.effect(name)
        if item.pooling == "free":
            width = default.level if name == YEAR else default.unit
            own = priors.coefficient(spec, effect, width)
            blocks.append(level_block(effect, factors[name], "free", Term(effect, own)))
            continue
        law = prior("half_normal", sd=default.level_sd)
        if name == CLUSTER and learned.initial is not None:
            share = LEFT if item.trend == "none" else LEFT_BESIDE_TRENDS
            law = prior("exponential", mean=share * learned.left)
        spread = priors.positive(spec, names.sd(effect), law)
        moved = effect in learned.centred
        term = Term(effect, spread, sd_name=names.sd(effect), centred=moved)
        if name == CLUSTER:
            terms.insert(0, term)
            values.insert(0, np.ones(len(factors[CLUSTER].codes)))
        else:
            blocks.append(level_block(effect, factors[name], "partial", term))
    if terms:
        concentration = priors.concentration(spec, names.correlation(random))
        blocks.append(
            Block(
                random,
                np.column_stack(values),
                tuple(terms),
                factors[CLUSTER],
                "partial",
                concentration=concentration,
            )
        )
    return blocks


def _trend(spec: Spec, learned: Learned, default: priors.Defaults) -> Term:
    """Give the coefficient of the year that clusters have beside what years do to all."""
    unit, words = 1 / learned.years[1], "one more year"
    if names.trend(spec) == "free":
        own = priors.coefficient(spec, TREND, default.slope, unit)
        return Term(TREND, own, unit, 1.0, words)
    law = prior("half_normal", sd=default.slope_sd)
    if learned.initial is not None:
        law = prior("exponential", mean=LEFT_BESIDE_TRENDS * learned.drift)
    own = priors.positive(spec, names.sd(TREND), law, unit)
    moved = TREND in learned.centred
    return Term(TREND, own, unit, 1.0, words, sd_name=names.sd(TREND), centred=moved)


def cohort_effects(
    spec: Spec, rows: Reader, learned: Learned, default: priors.Defaults
) -> list[Block]:
    """Give an adoption its effects by cohort and year, and cohorts their years before it."""
    slopes, leads = {}, {}
    for name in by_cohort(spec):
        slopes[name] = slope_term(spec, name, learned, default)
        unit = slopes[name].unit
        own = priors.coefficient(spec, names.before(name), default.slope, unit)
        leads[name] = Term(names.before(name), own, unit)
    return cohort_blocks(spec, rows, learned.levels, learned.adopted, slopes, leads)


def slope_term(spec: Spec, name: str, learned: Learned, default: priors.Defaults) -> Term:
    """Give the coefficient of a slope that varies around its own mean."""
    unit, step, words = unit_of(spec, name, learned)
    varying = names.varying(spec, name)
    if spec.treatments[name].slope == "free":
        own = priors.coefficient(spec, varying, default.slope, unit, step)
        return Term(varying, own, unit, step, words, around=name)
    own = priors.positive(spec, names.sd(name), prior("half_normal", sd=default.slope_sd), unit)
    return Term(
        varying,
        own,
        unit,
        step,
        words,
        sd_name=names.sd(name),
        around=name,
        along=_along(name, learned),
        centred=varying in learned.centred,
    )


def _along(treatment: str, learned: Learned) -> Along | None:
    """Give the clusters' means that a treatment's slope goes with, off the average cluster's."""
    means = learned.slopes
    if means is None or treatment not in means.columns:
        return None
    position = means.columns.index(treatment)
    off = np.array(means.values)[:, position] - means.centres[position]
    return Along(names.by_mean(treatment), off * learned.scales[treatment].spread)


def level_block(name: str, of: Factor, pooling: str, term: Term) -> Block:
    """Give a factor one effect a level."""
    ones = np.ones((len(of.codes), 1))
    return Block(name, ones, (term,), of, "free" if pooling == "free" else "partial")
