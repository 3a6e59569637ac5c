"""NUTS on the equations of several outcomes as one model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from clustermodels.data.across import Across, beta_parameters
from clustermodels.data.centring import centred, moving_in
from clustermodels.data.design import Design
from clustermodels.engines.draws import Progress
from clustermodels.engines.nuts import drawn
from clustermodels.engines.nuts_compiled import compiled
from clustermodels.engines.nuts_start import SPREAD, Point, starts
from clustermodels.model.across import build_joint, labels
from clustermodels.model.numbers import structure
from clustermodels.spec.engine import Stepping
from clustermodels.spec.equations import of_equation


def sample(
    designs: Mapping[str, Design],
    shared: Sequence[Across],
    engine: Stepping,
    progress: Progress | None = None,
) -> xr.DataTree:
    """Draw from the joint posterior of several equations.

    Parameters
    ----------
    designs
        By outcome.
    shared
        What they have in common.
    engine, progress
        As for one equation.

    Returns
    -------
    DataTree
        As for one equation; names and dims bear their outcome (``papers::policies``), what is
        shared does not; ``papers::centred`` names the terms in whose levels it moved directly.
    """
    moved = {outcome: centred(design) for outcome, design in designs.items()}
    moving = {outcome: moving_in(design, moved[outcome]) for outcome, design in designs.items()}
    kind = (
        tuple((outcome, structure(design)) for outcome, design in moving.items()),
        tuple(
            (
                (each.name, each.concentration, tuple(each.terms.items())),
                tuple(pattern.members for pattern in each.patterns),
            )
            for each in shared
        ),
    )
    model = build_joint(moving, shared)
    ready = compiled(model, kind, _starts(moving, shared))
    tree = drawn(ready, labels(designs, shared), engine, progress)
    tree.attrs |= {of_equation(outcome, "centred"): terms for outcome, terms in moved.items()}
    return tree


def _starts(designs: Mapping[str, Design], shared: Sequence[Across]) -> Callable[[int], Point]:
    """Start each equation by itself, and correlations around 0."""
    each = {outcome: starts(design) for outcome, design in designs.items()}

    def start(seed: int) -> Point:
        rng = np.random.default_rng(seed)
        point: Point = {
            of_equation(outcome, name): value
            for outcome, begin in each.items()
            for name, value in begin(int(rng.integers(2**63))).items()
        }
        for one in shared:
            size = len(beta_parameters(one.sizes, one.concentration))
            point[f"z_{one.name}_logodds__"] = SPREAD * rng.normal(size=size)
        return point

    return start
