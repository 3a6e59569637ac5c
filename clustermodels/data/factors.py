"""Factors: which labels they have, and the level of each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clustermodels.data.panel import Labels, Positions, Reader, Values
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.moderators import CategoricalModerator
from clustermodels.spec.names import level_dim

CROSS = " × "
SWEEPS = 200

# Columns and the lag at which they are read.
Columns = tuple[tuple[str, ...], int]


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor of a design.

    Parameters
    ----------
    name
        The factor's name in the document.
    dim
        Its dimension in the posterior.
    levels
        Its labels, sorted.
    codes
        The level of each row, (obs,), an index into ``levels``.
    """

    name: str
    dim: str
    levels: tuple[str, ...]
    codes: Positions


def factor_columns(spec: Spec, reader: Reader) -> dict[str, Columns]:
    """Give the columns of every factor: the cluster, fixed effects, categorical columns."""
    columns: dict[str, Columns] = {CLUSTER: ((CLUSTER,), 0)}
    columns |= {name: (factor.columns or (), 0) for name, factor in spec.fixed_effects.items()}
    for name, moderator in spec.moderators.items():
        if isinstance(moderator, CategoricalModerator):
            (read,) = moderator.reads()
            columns[name] = ((read.column,), read.lag)
    for name, control in spec.controls.items():
        if control.kind == "categorical" or not reader.is_number(control.column or ""):
            (read,) = control.reads()
            columns[name] = ((read.column,), read.lag)
    return columns


def labels_of(reader: Reader, columns: Columns) -> Labels:
    """Give each row's label of a factor; crossed columns are joined."""
    names, lag = columns
    parts = [reader.labels(name, lag) for name in names]
    if len(parts) == 1:
        return parts[0]
    codes, crossed = pd.factorize(pd.MultiIndex.from_arrays([part.codes for part in parts]))
    joined = [
        CROSS.join(part.different[code] for part, code in zip(parts, together, strict=True))
        for together in crossed.tolist()
    ]
    return Labels(codes, joined)


def factor(name: str, labels: Labels, levels: tuple[str, ...] | None = None) -> Factor:
    """Make a factor from the rows' labels, and of the levels that were learned, or of these."""
    if levels is None:
        levels = in_order(labels.different)
    position = {level: index for index, level in enumerate(levels)}
    strange = sorted({*labels.different} - {*position})
    if strange:
        raise PanelError(
            [
                Problem(
                    f"levels of '{name}' that no fitted row has, with effects that nobody knows",
                    got=choices(strange, 4),
                    expected=choices(levels),
                    path=name,
                )
            ]
        )
    level = np.array([position[label] for label in labels.different], dtype=np.int64)
    dim = name if name in (CLUSTER, YEAR) else level_dim(name)
    return Factor(name, dim, levels, level[labels.codes])


def in_order(levels: list[str]) -> tuple[str, ...]:
    """Sort levels; years sort as numbers."""
    if all(level.removeprefix("-").isdecimal() for level in levels):
        return tuple(sorted(levels, key=lambda level: (int(level), level)))
    return tuple(sorted(levels))


def residual(
    values: Values,
    groups: Sequence[Positions],
    along: Sequence[tuple[Positions, Values]] = (),
) -> Values:
    """Take the means of each grouping of rows out in turn, until nothing moves, (obs,).

    And, for ``along``, what each group has of a column.

    Alternating projections give the least-squares residual on all the groups
    (Gaure 2013, doi 10.1016/j.csda.2013.03.024).
    """
    left = values - values.mean()
    for _ in range(SWEEPS if len(groups) + len(along) > 1 else 1):
        before = left
        for codes in groups:
            size = np.maximum(np.bincount(codes), 1)
            left = left - (np.bincount(codes, left) / size)[codes]
        for codes, column in along:
            square = np.maximum(np.bincount(codes, column * column), 1e-300)
            left = left - (np.bincount(codes, left * column) / square)[codes] * column
        if np.abs(left - before).max() < 1e-12 * max(float(np.abs(values).max()), 1e-300):
            break
    return left


def constant_within(outer: Factor, inner: Factor) -> bool:
    """Tell whether ``inner`` takes one level only within each level of ``outer``."""
    taken = np.zeros(len(outer.levels), dtype=np.int64)
    taken[outer.codes] = inner.codes  # that of one row of each level
    return bool((taken[outer.codes] == inner.codes).all())


def redundant(spec: Spec, factors: dict[str, Factor]) -> list[Problem]:
    """Refuse each factor that is constant within a free one: their effects cannot be told apart.

    If i's level of factor B is a function of its level of free factor A, then B's effect is a
    sum of A's effects, and the likelihood is flat along it.
    """
    free = [name for name, item in spec.fixed_effects.items() if item.pooling == "free"]
    problems = []
    named = [*spec.fixed_effects, *(name for name in factors if name in spec.controls)]
    for name in named:
        for outer in free:
            if outer == name or not constant_within(factors[outer], factors[name]):
                continue
            section = "controls" if name in spec.controls else "fixed_effects"
            problems.append(
                spec.source.problem(
                    (section, name),
                    f"'{name}' never changes within '{outer}', and '{outer}' has free effects, "
                    "which absorb it: no data can tell the two apart",
                    fix=f"Remove '{name}', or pool '{outer}' (pooling: partial).",
                )
            )
    return problems
