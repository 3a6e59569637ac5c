"""Several equations as one model: the same equations, and correlations across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.across import Across, beta_parameters, pairs
from clustermodels.data.coordinates import coordinates
from clustermodels.data.design import Design
from clustermodels.model.build import Made, equation
from clustermodels.spec.equations import of_equation
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.joint import EFFECTS
from clustermodels.spec.names import SLOPES, effect, level_dim


def build_joint(designs: Mapping[str, Design], shared: Sequence[Across]) -> pm.Model:
    """Compile the equations of several outcomes to one PyMC model.

    Each has the variables that ``build_model`` gives it alone, under its outcome's name
    (``papers::policies``); what they share is a further weight on what their standard normal
    variables are together.

    Parameters
    ----------
    designs
        By outcome.
    shared
        What they have in common.
    """
    with pm.Model(coords=labels(designs, shared)) as model:
        made = {}
        for outcome, design in designs.items():
            with pm.Model(name=outcome):
                made[outcome] = equation(design)
        for each in shared:
            _correlated(each, made)
    return model


def labels(designs: Mapping[str, Design], shared: Sequence[Across]) -> dict[str, list[Any]]:
    """Give the labels of every dim of the posterior of several equations."""
    own = {
        of_equation(outcome, dim): labels
        for outcome, design in designs.items()
        for dim, labels in coordinates(design).items()
    }
    return own | {level_dim(each.name): each.labels for each in shared}


def _correlated(each: Across, made: Mapping[str, Made]) -> None:
    """Weigh what is standard normal in each equation by what it is in all together."""
    z, roots = [], []
    for outcome in each.terms:
        own = made[outcome]
        if each.name == EFFECTS:
            (block,) = [
                own.random[name] for name in (effect(CLUSTER), SLOPES) if name in own.random
            ]
            z.append(pt.stack(block.z))
            roots.append(_matrix(block.root))
        else:
            assert own.error is not None
            z.append(own.error[None])
            roots.append(pt.eye(1))
    correlations = _correlations(each)
    ends = np.cumsum([0, *each.sizes])
    for number, pattern in enumerate(each.patterns):
        at = pm.Data(f"data::{each.name}_{number}", pattern.at, shape=(len(pattern.members), None))
        rows = np.concatenate([np.arange(ends[e], ends[e + 1]) for e in pattern.members])
        root = pt.linalg.cholesky(correlations[np.ix_(rows, rows)])
        apart = pt.concatenate([z[e][:, at[i]] for i, e in enumerate(pattern.members)])
        together = pt.linalg.solve_triangular(root, apart, lower=True)
        moved = 0.5 * (apart**2 - together**2).sum() - at.shape[1] * pt.log(pt.diag(root)).sum()
        pm.Potential(f"{each.name}::{number}", moved)
    # from what is standardised to what clusters vary by
    whole = pt.zeros((ends[-1], ends[-1]))
    for root, start, stop in zip(roots, ends[:-1], ends[1:], strict=True):
        whole = pt.set_subtensor(whole[start:stop, start:stop], root)
    found = whole @ correlations @ whole.T
    i, j = np.array(pairs(each.sizes)).T
    pm.Deterministic(each.name, found[i, j], dims=level_dim(each.name))


def _matrix(rows: Sequence[Sequence[Any]]) -> Any:
    """Put the rows of a triangular matrix together."""
    k = len(rows)
    full = [[*row, *[0.0] * (k - len(row))] for row in rows]
    return pt.stack([pt.stack([pt.as_tensor_variable(x) for x in row]) for row in full])


def _correlations(each: Across) -> Any:
    """Make C, whose blocks on the diagonal are identities, as ``beta_parameters`` has it."""
    b = beta_parameters(each.sizes, each.concentration)
    partial = 2 * pm.Beta(f"z_{each.name}", b, b, shape=len(b)) - 1
    before, *others = each.sizes
    root: Any = pt.eye(before)
    used = 0
    for k in others:
        rows, left = [], pt.eye(before)
        for _ in range(k):
            w = partial[used : used + before]
            used += before
            # what entry after entry leaves of the unit ball
            kept = pt.concatenate([pt.ones(1), pt.sqrt(pt.cumprod(1 - w**2))])
            u = w * kept[:-1]
            row = left @ u
            rows.append(row)
            left = left - pt.outer(row, u) / (1 + kept[-1])  # times the root of I - u u'
        d = pt.stack(rows)
        own = pt.linalg.cholesky(pt.eye(k) - d @ d.T)
        above = pt.concatenate([root, pt.zeros((before, k))], axis=1)
        root = pt.concatenate([above, pt.concatenate([d, own], axis=1)])
        before += k
    return root @ root.T
