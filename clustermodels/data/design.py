"""Spec, Panel and Learned to Design: every number that a likelihood reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Lagged, Term
from clustermodels.data.cohorts import by_cohort, cohort_blocks
from clustermodels.data.columns import past_form, raw_columns, transformed
from clustermodels.data.factors import Factor, factor, factor_columns, labels_of, redundant
from clustermodels.data.learned import Learned, Means, standardise
from clustermodels.data.panel import Panel, Positions, Reader, Values, reader
from clustermodels.errors import PanelError, Problem
from clustermodels.families.family import Family
from clustermodels.families.priors import Prior, prior
from clustermodels.families.table import find
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import INITIAL
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.reads import Read

# The mean of the prior of what clusters differ by given their first outcomes, as a share of what
# moments say: with few clusters its likelihood is flat towards 0, and more brings Nickell's bias
# back.
LEFT = 0.5


@dataclass(frozen=True, eq=False)
class OutcomeData:
    """The outcome of a design.

    Parameters
    ----------
    name
        The likelihood's name in the model.
    values
        (obs,); nan where it is yet to be drawn.
    family
        How it varies, with its link.
    offset
        (obs,), the log of the exposure, else 0.
    trials
        (obs,), else 1.
    parameters
        The priors of the family's own parameters.
    """

    name: str
    values: Values
    family: Family
    offset: Values
    trials: Values
    parameters: dict[str, Prior]


@dataclass(frozen=True, eq=False)
class Design:
    """Every number that a likelihood reads.

    Parameters
    ----------
    outcome
        The outcome and its parameters.
    intercept
        The prior of the predictor where every column is at its centre.
    blocks
        Everything else in the predictor.
    clusters, years
        The labels of each row, (obs,).
    """

    outcome: OutcomeData
    intercept: Prior
    blocks: tuple[Block, ...]
    clusters: NDArray[np.object_]
    years: Positions


def design(spec: Spec, panel: Panel, learned: Learned) -> Design:
    """Make the design of a panel.

    Parameters
    ----------
    spec, panel
        The document; the panel that was fitted, or an edited one.
    learned
        What the fitting panel taught.

    Returns
    -------
    Design
        Numbers only: rows are the panel's used rows, in its order.

    Raises
    ------
    PanelError
        If a transform does not take a value, or a factor is constant within a free one.
    """
    rows = reader(panel)
    values = transformed(raw_columns(spec, rows), learned.standards, rows)
    columns = standardise(spec, values, learned.scales)
    factors = {
        name: factor(name, labels_of(rows, of), learned.levels[name])
        for name, of in factor_columns(spec, rows).items()
    }
    problems = redundant(spec, factors)
    if problems:
        raise PanelError(problems)
    default = priors.defaults(spec, learned)
    blocks = [
        *_common(spec, columns, learned, default),
        *_categorical(spec, factors, default),
        *_past(spec, columns, learned, default),
        *_means(spec, factors, learned, default),
        *_cohorts(spec, rows, learned, default),
        *_factors(spec, factors, columns, learned, default),
    ]
    return Design(
        outcome=_outcome(spec, rows, default),
        intercept=priors.intercept(spec, default),
        blocks=tuple(blocks),
        clusters=rows.clusters,
        years=rows.years,
    )


def _outcome(spec: Spec, rows: Reader, default: priors.Defaults) -> OutcomeData:
    name, outcome = spec.outcome
    ones = np.ones(len(rows.at))
    return OutcomeData(
        name=name,
        values=rows.numbers(Read(outcome.column or "")),
        family=find(outcome.family),
        offset=np.log(rows.numbers(Read(outcome.exposure))) if outcome.exposure else 0 * ones,
        trials=rows.numbers(Read(outcome.trials)) if outcome.trials else ones,
        parameters=priors.parameters(spec, default),
    )


def _unit(spec: Spec, name: str, learned: Learned) -> tuple[float, float, str]:
    """Give the unit, the step and the step's words of a standardised column."""
    for treatment, moderator in spec.moderated():
        if name == names.interaction(treatment, moderator):
            one, other = learned.scales[treatment], learned.scales[moderator]
            return 1 / (one.spread * other.spread), one.step * other.step, ""
    scale = learned.scales[name]
    return 1 / scale.spread, scale.step, scale.words


def _common(
    spec: Spec, columns: Mapping[str, Values], learned: Learned, default: priors.Defaults
) -> list[Block]:
    blocks = []
    for name, values in columns.items():
        if name in spec.lagged():
            continue
        unit, step, words = _unit(spec, name, learned)
        own = priors.coefficient(spec, name, default.slope, unit, step)
        blocks.append(Block(name, values[:, None], (Term(name, own, unit, step, words),)))
    return blocks


def _categorical(
    spec: Spec, factors: Mapping[str, Factor], default: priors.Defaults
) -> list[Block]:
    """Give a categorical control free effects that sum to zero: no reference level matters."""
    blocks = []
    for name in spec.controls:
        if name in factors:
            own = priors.coefficient(spec, name, default.level)
            if own.distribution != "normal" or dict(own.arguments)["mean"] != 0:
                raise PanelError([_not_centred(spec, name)])
            blocks.append(_levels(name, factors[name], "free", Term(name, own)))
    return blocks


def _not_centred(spec: Spec, name: str) -> Problem:
    return spec.source.problem(
        ("priors", name),
        f"'{name}' is text, with levels that sum to zero, and they take a normal prior around 0",
        fix="Write {distribution: normal, mean: 0, sd: ...}.",
    )


def _levels(name: str, of: Factor, pooling: str, term: Term) -> Block:
    ones = np.ones((len(of.codes), 1))
    return Block(name, ones, (term,), of, "free" if pooling == "free" else "partial")


def _cohorts(spec: Spec, rows: Reader, learned: Learned, default: priors.Defaults) -> list[Block]:
    """Give an adoption its effects by cohort and year, and cohorts their years before it."""
    slopes, leads = {}, {}
    for name in by_cohort(spec):
        slopes[name] = _slope(spec, name, learned, default)
        unit = slopes[name].unit
        own = priors.coefficient(spec, names.before(name), default.slope, unit)
        leads[name] = Term(names.before(name), own, unit)
    return cohort_blocks(spec, rows, learned.levels, learned.adopted, slopes, leads)


def _past(
    spec: Spec, columns: Mapping[str, Values], learned: Learned, default: priors.Defaults
) -> list[Block]:
    """Give the outcome's past; its prior, Normal(0, 1), is of how much of a change is left."""
    blocks = []
    form = past_form(spec)
    logit = find(spec.outcome[1].family).link.name == "logit"
    for name, read in spec.lagged().items():
        scale = learned.scales[name]
        unit = 1 / scale.spread
        own = priors.coefficient(spec, name, default.slope if logit else scale.spread, unit)
        term = Term(name, own, unit, scale.step, scale.words)
        made = Lagged(read.lag, form, scale.centre, scale.spread)
        blocks.append(Block(name, columns[name][:, None], (term,), from_outcome=made))
    return blocks


def _means(
    spec: Spec, factors: Mapping[str, Factor], learned: Learned, default: priors.Defaults
) -> list[Block]:
    """Give a correlated factor the means of the other columns (Mundlak 1978), and first values."""
    known = {names.means(name): (factors[name], means) for name, means in learned.means.items()}
    if learned.initial is not None:
        known[INITIAL] = (factors[CLUSTER], learned.initial)
    return [
        _of_levels(spec, block, of, means, learned, default)
        for block, (of, means) in known.items()
        if means.columns
    ]


def _of_levels(
    spec: Spec, block: str, of: Factor, means: Means, learned: Learned, default: priors.Defaults
) -> Block:
    centred = (np.array(means.values) - means.centres) / means.spreads
    lags = dict(zip(means.columns, spec.lagged(), strict=False)) if block == INITIAL else {}
    terms = []
    for position, column in enumerate(means.columns):
        unit = _unit(spec, lags.get(column, column), learned)[0] / means.spreads[position]
        # differences between levels are of the outcome's own size, whatever the link
        own = priors.coefficient(spec, block, default.level, unit)
        terms.append(Term(column, own, unit))
    return Block(block, centred[of.codes], tuple(terms), labels=means.columns)


def _factors(
    spec: Spec,
    factors: Mapping[str, Factor],
    columns: Mapping[str, Values],
    learned: Learned,
    default: priors.Defaults,
) -> list[Block]:
    """Give every factor its effects; slopes by cluster join the clusters' effects where pooled."""
    slopes = {
        name: _slope(spec, name, learned, default)
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
    for name, item in spec.fixed_effects.items():
        effect = names.effect(name)
        if item.pooling == "free":
            width = default.level if name == YEAR else default.unit
            own = priors.coefficient(spec, effect, width)
            blocks.append(_levels(effect, factors[name], "free", Term(effect, own)))
            continue
        law = prior("half_normal", sd=default.level_sd)
        if name == CLUSTER and learned.initial is not None:
            law = prior("exponential", mean=LEFT * learned.left)
        spread = priors.positive(spec, names.sd(effect), law)
        moved = effect in learned.centred
        term = Term(effect, spread, sd_name=names.sd(effect), centred=moved)
        if name == CLUSTER:
            terms.insert(0, term)
            values.insert(0, np.ones(len(factors[CLUSTER].codes)))
        else:
            blocks.append(_levels(effect, factors[name], "partial", term))
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


def _slope(spec: Spec, name: str, learned: Learned, default: priors.Defaults) -> Term:
    unit, step, words = _unit(spec, name, learned)
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
        centred=varying in learned.centred,
    )
