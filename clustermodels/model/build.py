"""Design to pm.Model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.correlations import pair_labels
from clustermodels.data.design import Design
from clustermodels.model.families import LIKELIHOODS, LINKS
from clustermodels.model.priors import positive, real, scale_of
from clustermodels.model.random import random_coefficients
from clustermodels.spec.fixed_effects import YEAR
from clustermodels.spec.names import INTERCEPT, correlation, level_dim

EXPECTED = "expected_outcome"


def build_model(design: Design) -> pm.Model:
    """Compile a design to a plain PyMC model.

    Every posterior name of the document is a variable in the user's units; what NUTS moves in is
    standardised and called ``z_NAME``. The expected outcome is the deterministic
    ``expected_outcome`` along ``obs``.

    Parameters
    ----------
    design
        Whose outcome is observed.

    Returns
    -------
    pm.Model
        With named dims and coords: extend it, or sample it with anything.
    """
    with pm.Model(coords=_coords(design)) as model:
        outcome = design.outcome
        eta = outcome.offset + pm.Deterministic(INTERCEPT, real(INTERCEPT, design.intercept))
        common: dict[str, Any] = {}
        for block in design.blocks:
            eta = eta + _contribution(block, common)
        parameters = {name: positive(name, prior) for name, prior in outcome.parameters.items()}
        link = LINKS[outcome.family.link.name]
        pm.Deterministic(EXPECTED, link(eta) * outcome.trials, dims="obs")
        LIKELIHOODS[outcome.family.name](
            outcome.name, eta, outcome.trials, parameters, observed=outcome.values, dims="obs"
        )
    return model


def _coords(design: Design) -> dict[str, Any]:
    coords: dict[str, Any] = {"obs": np.arange(len(design.outcome.values))}
    for block in design.blocks:
        if block.factor is not None:
            levels = block.factor.levels
            coords[block.factor.dim] = [*map(int, levels)] if block.factor.dim == YEAR else levels
        if block.labels is not None:
            coords[level_dim(block.name)] = list(block.labels)
        if block.pooling == "partial" and len(block.terms) > 1:
            among = pair_labels([term.name for term in block.terms])
            coords[level_dim(correlation(block.name))] = among
    return coords


def _contribution(block: Block, common: dict[str, Any]) -> Any:
    """Make a block's variables and give its part of the predictor, (obs,)."""
    if block.factor is None:
        return _common(block, common)
    if block.pooling == "free":
        internal = [_free(block, common)]
    else:
        internal = random_coefficients(block)
        for term, deviations in zip(block.terms, internal, strict=True):
            _by_level(block, term, deviations, common)
    parts = [
        coefficient[block.factor.codes] * block.values[:, position]
        for position, coefficient in enumerate(internal)
    ]
    return sum(parts[1:], parts[0])


def _common(block: Block, common: dict[str, Any]) -> Any:
    names = [
        f"{block.name}_{position}" if block.labels else term.name
        for position, term in enumerate(block.terms)
    ]
    internal = [real(name, term.prior) for name, term in zip(names, block.terms, strict=True)]
    users = [value * term.unit for value, term in zip(internal, block.terms, strict=True)]
    if block.labels is not None:
        pm.Deterministic(block.name, pt.stack(users), dims=level_dim(block.name))
    else:
        common[block.name] = pm.Deterministic(block.name, users[0])
    parts = [value * block.values[:, i] for i, value in enumerate(internal)]
    return sum(parts[1:], parts[0])


def _free(block: Block, common: dict[str, Any]) -> Any:
    """Make effects that sum to zero over levels."""
    assert block.factor is not None
    (term,) = block.terms
    z = pm.ZeroSumNormal(f"z_{term.name}", sigma=1.0, dims=block.factor.dim)
    deviations = z * scale_of(term.prior)
    _by_level(block, term, deviations, common)
    return deviations


def _by_level(block: Block, term: Any, deviations: Any, common: dict[str, Any]) -> None:
    """Name coefficients by level in the user's units, around the common one where there is one."""
    assert block.factor is not None
    value = deviations * term.unit
    if term.around is not None:
        value = value + common[term.around]
    pm.Deterministic(term.name, value, dims=block.factor.dim)
