"""What moderators do that is no straight line: curves, steps, and what labels of controls do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Term
from clustermodels.data.curves import Process
from clustermodels.data.factors import Factor
from clustermodels.data.forms import part
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Values
from clustermodels.data.processes import smooth_of, typical_sds
from clustermodels.data.units import unit_of
from clustermodels.errors import PanelError, Problem
from clustermodels.families.priors import prior
from clustermodels.spec.bending import bent, curves, interaction
from clustermodels.spec.document import Spec


def moderator_blocks(
    spec: Spec,
    columns: Mapping[str, Values],
    factors: Mapping[str, Factor],
    learned: Learned,
    default: priors.Defaults,
) -> list[Block]:
    """Give moderators whose form is no straight line their coefficients, and what they bend theirs.

    Parameters
    ----------
    spec
        The document.
    columns
        Standardised, (obs,).
    factors
        Of labels and bins.
    learned
        What the fitting panel taught.
    default
        The scales of default priors.
    """
    slopes = [*_by_level(spec, columns, factors, learned, default)]
    blocks = [
        _curve(spec, name, owner, columns, learned, default)
        for name, owner in curves(spec).items()
        if owner in learned.curves
    ]
    for name, own in learned.steps.items():
        sd = default.slope / own.spread
        law = priors.coefficient(spec, name, sd)
        ones = np.ones((len(factors[name].codes), 1))
        blocks.append(Block(name, ones, (Term(name, law),), factors[name], "free"))
    return blocks + slopes


def _curve(
    spec: Spec,
    name: str,
    owner: str,
    columns: Mapping[str, Values],
    learned: Learned,
    default: priors.Defaults,
) -> Block:
    """Give a curve its coefficients: over the rows it varies by as much as a straight line would.

    That is its prior sd, k columns of sd 1 with a kth of its variance each.
    """
    curve = learned.curves[owner]
    parts = [part(name, label) for label in curve.labels]
    units = [unit_of(spec, each, learned)[0] for each in parts]
    values = np.column_stack([columns[each] for each in parts])
    if isinstance(curve, Process):
        smooth = smooth_of(spec, name, curve, units[0], default.slope)
        sds = typical_sds(smooth, curve.functions)
        laws = [prior("normal", mean=0.0, sd=sd) for sd in sds]
    else:
        smooth, sd = None, default.slope / np.sqrt(len(parts))
        laws = [priors.coefficient(spec, name, sd, unit) for unit in units]
    terms = tuple(map(Term, curve.labels, laws, units))
    return Block(name, values, terms, labels=curve.labels, smooth=smooth)


def _by_level(
    spec: Spec,
    columns: Mapping[str, Values],
    factors: Mapping[str, Factor],
    learned: Learned,
    default: priors.Defaults,
) -> Iterator[Block]:
    """Give a slope to each bin or label of what bends it, or of a control that is bent."""
    for one, moderator in bent(spec):
        name = interaction(one, moderator)
        text = one in factors and one in spec.controls
        if text and (moderator in learned.steps or moderator in learned.curves):
            raise PanelError([_labels_bent(spec, one, moderator)])
        if moderator in learned.steps:
            of, slope, sd = factors[moderator], one, default.slope / learned.steps[moderator].spread
        elif text:
            of, slope, sd = factors[one], moderator, default.slope
        else:
            continue
        unit, step, words = unit_of(spec, slope, learned)
        law = priors.coefficient(spec, name, sd, unit)
        if law.distribution != "normal" or dict(law.arguments)["mean"] != 0:
            raise PanelError([priors.not_centred(spec, name)])
        term = Term(name, law, unit, step, words, around=slope)
        yield Block(name, columns[slope][:, None], (term,), of, "free")


def _labels_bent(spec: Spec, control: str, moderator: str) -> Problem:
    return spec.source.problem(
        ("moderators", moderator, "full"),
        f"the effects of the labels of '{control}' cannot be bent by '{moderator}', because they "
        "change along a straight line only",
        fix="Write 'form: linear', or remove 'full'.",
    )
