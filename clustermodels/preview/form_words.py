"""The forms of moderators in words and in equations, and the priors of curves."""

from __future__ import annotations

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.learned import Learned
from clustermodels.errors import choices
from clustermodels.families.priors import quantile, scaled, words
from clustermodels.spec import forms
from clustermodels.spec.bending import bent, curves, interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import CategoricalModerator

_TAILS = np.array([0.05, 0.95])


def forms_in_words(spec: Spec, learned: Learned) -> list[str]:
    """Say along what each moderator bends effects."""
    said = []
    for name, item in spec.moderators.items():
        effects = choices([one for one, owner in bent(spec) if owner == name])
        own = learned.steps.get(name)
        if item.split != "none":
            split = choices([one for one, owner in spec.moderated() if owner == name])
            said.append(
                f"{name} bends the effect of {split} along two straight lines: its change within a "
                "cluster (becoming), and its mean over a cluster's fitted rows (being), which no "
                "scenario moves."
            )
            continue
        if own is None:
            said.append(
                f"{name} bends the effect of {effects} along {_line(item.form)}; becoming and "
                "being high on it count alike."
            )
            continue
        what = "label" if isinstance(item, CategoricalModerator) else "bin"
        said.append(
            f"The effect of {effects} is another in each {what} of {name} ({choices(own.levels)}); "
            f"the coefficients of their own names are averages in which each {what} counts alike."
        )
    return said


def _line(form: forms.AnyForm) -> str:
    if isinstance(form, forms.Spline):
        many = form.spline if isinstance(form.spline, int) else len(form.spline)
        knots = f"{many} inner knot{'s' * (many > 1)}"
        return f"a natural cubic spline with {knots}, straight beyond the data"
    if isinstance(form, forms.GaussianProcess):
        return f"a smooth curve, a Gaussian process by {form.gp.functions} sines"
    return "a straight line" if form == "linear" else "a parabola"


def form_terms(spec: Spec, learned: Learned, columns: dict[str, str]) -> list[str]:
    """Write what moderators add to the predictor, a term each.

    Parameters
    ----------
    spec, learned
        The document, and what the fitting panel taught.
    columns
        How columns of numbers are written as they enter.
    """
    terms = []
    for one, name in bent(spec):
        own = interaction(one, name)
        if name in learned.steps:
            terms.append(f"({own}[{_step(spec, learned, name)}] - {one}) · {columns[one]}")
        elif one in columns:
            terms.append(f"{own} · {columns[one]} · {_of(learned, name, columns)}")
        else:
            label = f"level of {spec.controls[one].column}"
            terms.append(f"({own}[{label}] - {name}) · {columns[name]}")
    for name in spec.moderators:
        if name in learned.steps:
            terms.append(f"{name}[{_step(spec, learned, name)}]")
        else:
            terms.append(f"{name} · {_of(learned, name, columns)}")
    return terms


def _of(learned: Learned, name: str, columns: dict[str, str]) -> str:
    """Write a moderator, or the curve's columns, which are 0 at its centre."""
    if name not in learned.curves:
        return columns[name]
    return f"{learned.curves[name].kind}({columns[name][1:-1]})"


def _step(spec: Spec, learned: Learned, name: str) -> str:
    item = spec.moderators[name]
    if isinstance(item, CategoricalModerator):
        return f"level of {item.column}"
    return f"bin of {learned.scales[name].symbol}"


def level_words(spec: Spec, block: Block) -> str:
    """Say what the levels of a block are."""
    assert block.factor is not None
    name = block.factor.name
    if name in spec.moderators:
        what = "label" if isinstance(spec.moderators[name], CategoricalModerator) else "bin"
        return f"{what} of {name}"
    return name if block.serial is None else "single year"


def curve_change(spec: Spec, block: Block, label: str) -> str:
    """Say what change the prior of a curve's coefficient is told for."""
    owner = curves(spec)[block.name]
    along = f"one standard deviation of {owner}'s {label}"
    if block.name == owner:
        return along
    return f"one standard deviation of {block.name.removesuffix(f'_x_{owner}')} times {along}"


def process_words(spec: Spec, block: Block, outcome: str) -> list[tuple[str, str, str]]:
    """Give the priors of a Gaussian process's height and length: name, law and what it says."""
    smooth = block.smooth
    if smooth is None:
        return []
    owner = curves(spec)[block.name]
    of = f"what {owner} does to {outcome}"
    if block.name != owner:
        one = block.name.removesuffix(f"_x_{owner}")
        of = f"what one standard deviation of {one} does to {outcome}"
    low, high = quantile(smooth.height, _TAILS)
    short, long = quantile(smooth.reach, _TAILS) * smooth.units[1]
    return [
        (
            smooth.amplitude,
            words(scaled(smooth.height, smooth.units[0])),
            f"{of} varies along {owner} by an sd of {low:.3g} to {high:.3g} on the link's scale",
        ),
        (
            smooth.length,
            words(scaled(smooth.reach, smooth.units[1])),
            f"{of} turns within {short:.3g} to {long:.3g} of {owner}",
        ),
    ]
