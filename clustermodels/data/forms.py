"""The columns that moderators make: of their own, and times what they bend."""

from __future__ import annotations

from collections.abc import Mapping

from clustermodels.data.curves import AnyCurve, Process, Steps, step_of
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Values
from clustermodels.spec import bending
from clustermodels.spec.bending import bent, interaction
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import in_steps
from clustermodels.spec.names import level_dim

# So many sines, from the slowest on, are nearly all of a smooth curve inside the range.
SLOW = 4

# Columns of a moderator, by label; a straight line has one, without a label.
Columns = Mapping[str, Values]


def part(name: str, label: str) -> str:
    """Name one column of a moderator, or one of its levels.

    Examples
    --------
    >>> part("centrality", "bend 1"), part("centrality", "")
    ('centrality[bend 1]', 'centrality')
    """
    return f"{name}[{label}]" if label else name


def moderator_columns(
    spec: Spec,
    values: Mapping[str, Values],
    plain: Mapping[str, Values],
    curves: Mapping[str, AnyCurve],
) -> dict[str, Columns]:
    """Give the columns of every moderator along which effects do not change in steps.

    Parameters
    ----------
    spec
        The document.
    values, plain
        Transformed columns, and these standardised, (obs,).
    curves
        As they were learned.
    """
    found: dict[str, Columns] = {}
    for name, item in spec.moderators.items():
        if name in curves:
            columns = curves[name].columns(values[name])
            found[name] = dict(zip(curves[name].labels, columns.T, strict=True))
        elif not in_steps(item):
            found[name] = {"": plain[name]}
    return found


def in_columns(
    spec: Spec, plain: Mapping[str, Values], moderators: Mapping[str, Columns]
) -> dict[str, Values]:
    """Give standardised columns, each moderator in those that it makes."""
    found: dict[str, Values] = {}
    for name, column in plain.items():
        own = moderators.get(name, {}) if name in spec.moderators else {"": column}
        found |= {part(name, label): each for label, each in own.items()}
    return found


def products(
    spec: Spec, plain: Mapping[str, Values], moderators: Mapping[str, Columns]
) -> dict[str, Values]:
    """Multiply treatments, and controls of numbers, with the columns of what bends them."""
    return {
        part(interaction(one, name), label): plain[one] * column
        for one, name in bent(spec)
        if one in plain
        for label, column in moderators.get(name, {}).items()
    }


def step_factors(
    steps: Mapping[str, Steps], values: Mapping[str, Values], factors: Mapping[str, Factor]
) -> dict[str, Factor]:
    """Give the bin of each row along moderators, or its label."""
    found = {}
    for name, own in steps.items():
        if own.edges is None:
            found[name] = factors[name]
        else:
            codes = step_of(values[name], own.edges)
            found[name] = Factor(name, level_dim(name), own.levels, codes)
    return found


def step_columns(
    spec: Spec, plain: Mapping[str, Values], factors: Mapping[str, Factor]
) -> dict[str, Values]:
    """Mark the rows of each bin or label, and multiply what is bent with the marks.

    No block has these columns: they are what levels of other factors have means of.
    """
    marks = {
        name: {level: (of.codes == at).astype(float) for at, level in enumerate(of.levels)}
        for name, of in factors.items()
    }
    own = {part(name, level): on for name, each in marks.items() for level, on in each.items()}
    return products(spec, plain, marks) | own


def curve_parts(spec: Spec, curves: Mapping[str, AnyCurve]) -> set[str]:
    """Name the columns that curves are made of, and those times what they bend."""
    return {
        part(name, label)
        for name, owner in bending.curves(spec).items()
        if owner in curves
        for label in curves[owner].labels
    }


def fast_columns(spec: Spec, curves: Mapping[str, AnyCurve]) -> set[str]:
    """Name the columns of processes that clusters need no mean of: those of fast sines.

    Smooth curves have next to none of them, and means of slow ones do for the others.
    """
    return {
        part(name, label)
        for name, owner in bending.curves(spec).items()
        if owner in curves and isinstance(curves[owner], Process)
        for label in curves[owner].labels[SLOW:]
    }
