"""The effect of a policy along a moderator, and what each cluster's own place along it makes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clustermodels.data.blocks import Block
from clustermodels.data.curves import step_of
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws, column_of
from clustermodels.spec.bending import interaction


def effect_at(
    learned: Learned,
    draws: Draws,
    treatment: str,
    moderator: str,
    values: Values | Sequence[str],
    own: Values | None = None,
) -> Values:
    """Give a policy's effect where a moderator has these values, the others at their centres.

    Parameters
    ----------
    learned
        What the fitting panel taught.
    draws
        Posterior names to arrays (S, ...), in the user's units.
    treatment, moderator
        Their names.
    values
        (grid,), after the moderator's transform; labels of a categorical moderator.
    own
        The treatment's own effect, (S,), where it is not the coefficient of its name.

    Returns
    -------
    array
        (S, grid), the coefficient of one unit of the treatment.
    """
    bend = np.asarray(draws[interaction(treatment, moderator)])
    base = np.asarray(draws[treatment])
    own = base if own is None else own
    if moderator in learned.steps:
        steps = learned.steps[moderator]
        if steps.edges is None:
            codes = np.array([steps.levels.index(str(label)) for label in values], dtype=np.int64)
        else:
            codes = step_of(np.asarray(values, dtype=np.float64), steps.edges)
        return np.asarray(own[:, None] + bend[:, codes] - base[:, None])
    at = np.asarray(values, dtype=np.float64)
    if moderator in learned.curves:
        curve = learned.curves[moderator]
        return np.asarray(own[:, None] + bend @ (curve.columns(at) / curve.units).T)
    return np.asarray(own[:, None] + bend[:, None] * (at - learned.scales[moderator].centre))


def bent_by_group(
    along: Block, draws: Draws, treatment: str, groups: tuple[Positions, int]
) -> Values:
    """Average what a moderator adds to a policy's effect over the rows of each group, (S, group).

    Parameters
    ----------
    along
        The moderator's own block.
    draws
        Posterior names to arrays, in the user's units.
    treatment
        Its name.
    groups
        The group of each row, (obs,), and how many there are.
    """
    code, many = groups
    size = np.bincount(code, minlength=many)
    bend = np.asarray(draws[interaction(treatment, along.name)])
    if along.factor is not None:
        levels = len(along.factor.levels)
        count = np.bincount(along.factor.codes * many + code, minlength=levels * many)
        apart = bend - np.asarray(draws[treatment])[:, None]
        return np.asarray(apart @ (count.reshape(levels, many) / size))
    order, first = np.argsort(code, kind="stable"), np.append(0, np.cumsum(size)[:-1])
    added = np.zeros(())
    for position, term in enumerate(along.terms):
        column = column_of(along, position, draws)
        mean = np.add.reduceat(column[..., order], first, axis=-1) / size
        own = bend if bend.ndim == 1 else bend[:, position]
        added = added + (own / term.unit)[:, None] * mean
    return np.asarray(added)
