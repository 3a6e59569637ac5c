"""Coefficients that all rows share: of columns, the outcome's past, what clusters are like."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Lagged, Term, Unknown
from clustermodels.data.columns import past_form
from clustermodels.data.factors import Factor
from clustermodels.data.forms import curve_parts
from clustermodels.data.learned import Learned
from clustermodels.data.level_blocks import level_block
from clustermodels.data.means import Means
from clustermodels.data.panel import Positions, Values
from clustermodels.data.shapes import shaped_columns
from clustermodels.data.units import unit_of
from clustermodels.errors import PanelError
from clustermodels.families.table import find
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import DRIFT, INITIAL
from clustermodels.spec.fixed_effects import CLUSTER


def common_blocks(
    spec: Spec,
    columns: Mapping[str, Values],
    unknown: Mapping[str, Unknown],
    learned: Learned,
    default: priors.Defaults,
) -> list[Block]:
    """Give treatments, products, moderators and numeric controls their coefficients.

    What curves are made of has its own blocks.
    """
    blocks = []
    apart = {
        *spec.lagged(),
        *shaped_columns(spec),
        *curve_parts(spec, learned.curves),
    }
    for name, values in columns.items():
        if name in apart:
            continue
        unit, step, words = unit_of(spec, name, learned)
        own = priors.coefficient(spec, name, default.slope, unit, step)
        term = Term(name, own, unit, step, words)
        blocks.append(Block(name, values[:, None], (term,), unknown=unknown.get(name)))
    return blocks


def categorical_blocks(
    spec: Spec, factors: Mapping[str, Factor], default: priors.Defaults
) -> list[Block]:
    """Give a categorical control free effects that sum to zero: no reference level matters."""
    blocks = []
    for name in spec.controls:
        if name in factors:
            own = priors.coefficient(spec, name, default.level)
            if own.distribution != "normal" or dict(own.arguments)["mean"] != 0:
                raise PanelError([priors.not_centred(spec, name)])
            blocks.append(level_block(name, factors[name], "free", Term(name, own)))
    return blocks


def past_blocks(
    spec: Spec, columns: Mapping[str, Values], learned: Learned, default: priors.Defaults
) -> list[Block]:
    """Give the outcome's past; its prior, Normal(0, 1), is of how much of a change is left."""
    blocks: list[Block] = []
    if spec.feeds:  # the past is in the mean, and in no predictor
        return blocks
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


def known_blocks(
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


def drift_blocks(
    spec: Spec,
    factors: Mapping[str, Factor],
    years: Positions,
    learned: Learned,
    default: priors.Defaults,
) -> list[Block]:
    """Give pooled trends of clusters the first outcomes, which hold what they led to before."""
    if learned.initial is None or names.trend(spec) != "partial":
        return []
    course = np.asarray((years - learned.years[0]) / learned.years[1], dtype=np.float64)
    lags = len(spec.lagged())
    first = np.array(learned.initial.values)[:, :lags]
    centred = (first - learned.initial.centres[:lags]) / learned.initial.spreads[:lags]
    terms = []
    for position, (label, lag) in enumerate(
        zip(learned.initial.columns, spec.lagged(), strict=False)
    ):
        unit = unit_of(spec, lag, learned)[0] / learned.initial.spreads[position]
        unit /= learned.years[1]
        own = priors.coefficient(spec, DRIFT, default.slope, unit)
        terms.append(Term(label, own, unit))
    values = course[:, None] * centred[factors[CLUSTER].codes]
    return [Block(DRIFT, values, tuple(terms), labels=learned.initial.columns[:lags])]


def _of_levels(
    spec: Spec, block: str, of: Factor, means: Means, learned: Learned, default: priors.Defaults
) -> Block:
    centred = (np.array(means.values) - means.centres) / means.spreads
    terms = []
    for position, column in enumerate(means.columns):
        unit = unit_of(spec, means.of[position], learned)[0] / means.spreads[position]
        # differences between levels are of the outcome's own size, whatever the link
        own = priors.coefficient(spec, block, default.level, unit)
        terms.append(Term(column, own, unit))
    return Block(block, centred[of.codes], tuple(terms), labels=means.columns)
