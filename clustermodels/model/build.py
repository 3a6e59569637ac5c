"""Design to pm.Model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pymc as pm
import pytensor.tensor as pt

from clustermodels.data.blocks import Block
from clustermodels.data.coordinates import coordinates
from clustermodels.data.design import Design
from clustermodels.families.family import Family
from clustermodels.model.cells import unknown_cells
from clustermodels.model.families import ERRORS, LIKELIHOODS, LINKS, MEANS
from clustermodels.model.feedback import effects_told, reaction
from clustermodels.model.numbers import OBS, Numbers, along, numbers
from clustermodels.model.priors import positive, real
from clustermodels.model.processes import process
from clustermodels.model.random import Random, random_coefficients
from clustermodels.model.serial import effects_carried_over, given_before
from clustermodels.spec.names import INTERCEPT, level_dim

EXPECTED, WEIGHED = "expected_outcome", "data::weighed"


def build_model(design: Design) -> pm.Model:
    """Compile a design to a plain PyMC model.

    Every posterior name of the document is a variable in the user's units; what NUTS moves in is
    standardised and called ``z_NAME``. The expected outcome is the deterministic
    ``expected_outcome`` along ``obs``. Every number of the design is data of the model, called
    ``data::NAME``, so that it can be compiled once for many panels.

    Parameters
    ----------
    design
        Whose outcome is observed.

    Returns
    -------
    pm.Model
        With named dims and coords: extend it, or sample it with anything.
    """
    with pm.Model(coords=coordinates(design)) as model:
        equation(design)
    return model


@dataclass(frozen=True, eq=False)
class Made:
    """What an equation may have in common with others.

    Parameters
    ----------
    random
        What pooled coefficients are made of, by block.
    error
        (obs,), the outcome less its predictor, by its sd; None where errors are not normal.
    """

    random: Mapping[str, Random]
    error: Any


def equation(design: Design) -> Made:
    """Make the variables of a design in the model at hand, under its prefix where it has one."""
    outcome, given = design.outcome, numbers(design)
    intercept = real(INTERCEPT, design.intercept, given.priors[INTERCEPT])
    eta = given.offset + pm.Deterministic(INTERCEPT, intercept)
    common: dict[str, Any] = {}
    random: dict[str, Random] = {}
    cells = {each.name: unknown_cells(each, given) for each in design.cells}
    told = [block for block in design.blocks if design.feedback and block.sds]
    for block in design.blocks:
        if block in told:
            continue
        eta = eta + _contribution(block, given, common, cells, random)
    parameters = {
        name: positive(name, prior, given.priors[name])
        for name, prior in outcome.parameters.items()
    }
    for block in told:
        assert block.factor is not None
        codes = given.codes[block.factor.name]
        equations = [
            reaction(each, codes, len(block.factor.levels), given) for each in design.feedback
        ]
        left = given.outcome - eta
        eta = eta + effects_told(block, left, parameters["sigma"], equations, given)[codes]
    pm.Deterministic(EXPECTED, _expected(outcome.family, eta, given, parameters), dims=along(OBS))
    if outcome.errors is not None:
        eta, parameters = given_before(outcome.errors, eta, parameters, given)
    weights = outcome.weights
    if weights is not None and weights.precision:
        parameters = {**parameters, "sigma": parameters["sigma"] / pt.sqrt(given.weights)}
    likelihood = LIKELIHOODS[outcome.family.name](
        outcome.name, eta, given.trials, parameters, observed=given.outcome, dims=along(OBS)
    )
    if weights is not None and not weights.precision:
        # the outcome stays a variable of its own, to which its further weight is added
        density = pm.logp(likelihood, given.outcome)
        pm.Potential(WEIGHED, ((given.weights - 1) * density).sum())
    make = ERRORS.get(outcome.family.name)
    error = None if make is None else make(given.outcome, eta) / parameters["sigma"]
    return Made(random, error)


def _expected(family: Family, eta: Any, given: Numbers, parameters: dict[str, Any]) -> Any:
    if family.name in MEANS:
        return MEANS[family.name](eta, given.trials, parameters)
    return LINKS[family.link.name](eta) * given.trials


def _contribution(
    block: Block,
    given: Numbers,
    common: dict[str, Any],
    cells: Mapping[str, Any],
    random: dict[str, Random],
) -> Any:
    """Make a block's variables and give its part of the predictor, (obs,)."""
    if block.decay is not None:
        return _fading(block, given)
    if block.smooth is not None:
        return process(block, given)
    if block.factor is None:
        return _common(block, given, common, cells)
    if block.pooling == "free":
        internal = [_free(block, given, common)]
    elif block.serial is not None:
        internal = [effects_carried_over(block, given)]
        _by_level(block, 0, internal[0], given, common)
    else:
        random[block.name] = random_coefficients(block, given)
        internal = random[block.name].coefficients
        for position, deviations in enumerate(internal):
            _by_level(block, position, deviations, given, common)
    codes = given.codes[block.factor.name]
    parts = [
        coefficient[codes] * given.columns[block.name, position]
        for position, coefficient in enumerate(internal)
    ]
    return sum(parts[1:], parts[0])


def _common(block: Block, given: Numbers, common: dict[str, Any], cells: Mapping[str, Any]) -> Any:
    names = [
        f"{block.name}_{position}" if block.labels else term.name
        for position, term in enumerate(block.terms)
    ]
    internal = [
        real(name, term.prior, given.priors[block.name, i])
        for i, (name, term) in enumerate(zip(names, block.terms, strict=True))
    ]
    users = [value * given.units[block.name, i] for i, value in enumerate(internal)]
    if block.labels is not None:
        pm.Deterministic(block.name, pt.stack(users), dims=along(level_dim(block.name)))
    else:
        common[block.name] = pm.Deterministic(block.name, users[0])
    unknown = block.unknown
    if unknown is not None:
        moved = given.multipliers[block.name] * cells[unknown.name][given.codes[unknown.name]]
        return internal[0] * (given.columns[block.name, 0] + moved)
    parts = [value * given.columns[block.name, i] for i, value in enumerate(internal)]
    return sum(parts[1:], parts[0])


def _fading(block: Block, given: Numbers) -> Any:
    """Make coefficients of which each is, in the user's units, a share of the one before."""
    assert block.decay is not None
    first, name = block.terms[0], block.name
    user = real(first.name, first.prior, given.priors[name, 0]) * given.units[name, 0]
    share = positive(block.decay.name, block.decay.prior, given.priors[block.decay.name])
    parts = []
    for position, term in enumerate(block.terms):
        value = pm.Deterministic(term.name, user * share**position)
        parts.append(value / given.units[name, position] * given.columns[name, position])
    return sum(parts[1:], parts[0])


def _free(block: Block, given: Numbers, common: dict[str, Any]) -> Any:
    """Make effects that sum to zero over levels."""
    assert block.factor is not None
    (term,) = block.terms
    z = pm.ZeroSumNormal(f"z_{term.name}", sigma=1.0, dims=along(block.factor.dim))
    deviations = z * given.priors[block.name, 0]["sd"]
    _by_level(block, 0, deviations, given, common)
    return deviations


def _by_level(
    block: Block, position: int, deviations: Any, given: Numbers, common: dict[str, Any]
) -> None:
    """Name coefficients by level in the user's units, around the common one where there is one."""
    assert block.factor is not None
    term = block.terms[position]
    value = deviations * given.units[block.name, position]
    if term.around is not None:
        value = value + common[term.around]
    if term.along is not None:
        value = value + common[term.along.name] * given.amounts[term.name]
    pm.Deterministic(term.name, value, dims=along(block.factor.dim))
