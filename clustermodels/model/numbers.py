"""Every number of a design as data of a PyMC model, and what is left of the design without them.

A model of one structure is compiled once; other numbers are then handed to what was compiled.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm

from clustermodels.data.blocks import Block, Smooth
from clustermodels.data.design import Design
from clustermodels.data.feedback import Feedback
from clustermodels.families.priors import Prior
from clustermodels.model.families import LIKELIHOODS
from clustermodels.spec.names import INTERCEPT

# No name of a document holds a double colon, so that data never clash with the posterior.
OUTCOME, OFFSET, TRIALS = "data::outcome", "data::offset", "data::trials"
WEIGHTS = "data::weights"
GAP, CELLS, PLACES = "data::gap", "data::cells", "data::places"
COLUMNS, CODES, SCALARS = "data::columns", "data::codes", "data::scalars"
MULTIPLIERS = "data::multipliers"
OBS, UNIT = "obs", "unit"

# Whose number it is: a name, or a block and the position of its term.
Owner = str | tuple[str, int]


@dataclass(frozen=True, eq=False)
class FeedbackNumbers:
    """The data of the equations of one predetermined column.

    Parameters
    ----------
    table
        (n, 1 + k): the column, and what it reacts to.
    places
        (2, n): the row of the design, and the equation.
    laws
        (3, coefficients): mean and sd of the normal priors, and units.
    """

    table: Any
    places: Any
    laws: Any


@dataclass(frozen=True, eq=False)
class Numbers:
    """The data of a model, each number where the predictor asks for it.

    Parameters
    ----------
    outcome
        (obs,).
    offset, trials
        (obs,), or the number 0 or 1 where all are.
    columns
        (obs,), by block and position; the number 1 where all are.
    multipliers
        (obs,), by block: of its unknown cells.
    codes
        (obs,), by factor; which unknown cell each row has, by the cells' name.
    units
        By block and position.
    priors
        Arguments of the prior of the intercept, of a parameter, or of a block's term.
    weights
        (obs,), or None where all rows count alike.
    amounts
        (level,), by term: what its coefficients go with.
    gap, cells, places
        Of rows that follow one another: as ``Serial`` has them; None where none do.
    feedback
        Of predetermined columns, by the name of their coefficients.
    """

    outcome: Any
    offset: Any
    trials: Any
    columns: Mapping[Owner, Any]
    multipliers: Mapping[str, Any]
    codes: Mapping[str, Any]
    units: Mapping[Owner, Any]
    priors: Mapping[Owner, Mapping[str, Any]]
    weights: Any = None
    amounts: Mapping[str, Any] = field(default_factory=dict)
    gap: Any = None
    cells: Any = None
    places: Any = None
    feedback: Mapping[str, FeedbackNumbers] = field(default_factory=dict)


def along(dim: str) -> str:
    """Name a dim of the model at hand, which bears the prefix of its variables."""
    return str(pm.modelcontext(None).name_for(dim))


def numbers(design: Design) -> Numbers:
    """Register a design's numbers as data of the model in hand.

    They are few arrays, since compiling takes a third of a second longer for each.
    """
    outcome = design.outcome
    coords = {along(OBS): np.arange(len(outcome.values))}
    columns = _columns(design)
    codes = _codes(design)
    priors, units = _priors(design), _units(design)
    scalars = {(owner, name): value for owner, law in priors.items() for name, value in law}
    scalars |= {(owner, UNIT): value for owner, value in units.items()}
    observed = pm.Data(OUTCOME, outcome.values.astype(float), dims=along(OBS), coords=coords)
    offset = pm.Data(OFFSET, outcome.offset, dims=along(OBS)) if outcome.offset.any() else 0.0
    trials = (
        pm.Data(TRIALS, outcome.trials, dims=along(OBS)) if (outcome.trials != 1).any() else 1.0
    )
    rows = _stacked(COLUMNS, columns, float)
    levels = _stacked(CODES, codes, np.int64)
    drawn = _stacked(SCALARS, scalars, float)
    ones: dict[Owner, Any] = dict.fromkeys(units, 1.0)
    return Numbers(
        outcome=observed,
        offset=offset,
        trials=trials,
        columns=ones | rows,
        multipliers=_stacked(MULTIPLIERS, _multipliers(design), float),
        codes=levels,
        units={owner: drawn[owner, UNIT] for owner in units},
        priors={o: {name: drawn[o, name] for name, _ in law} for o, law in priors.items()},
        weights=outcome.weights and pm.Data(WEIGHTS, outcome.weights.values, dims=along(OBS)),
        amounts=_amounts(design),
        **_following(design),
        feedback={each.name: _feedback(each) for each in design.feedback},
    )


def _feedback(each: Feedback) -> FeedbackNumbers:
    """Register the numbers of the equations of a predetermined column."""
    laws = [dict(term.prior.arguments) for term in each.terms]
    prior = [[law["mean"] for law in laws], [law["sd"] for law in laws]]
    table = np.column_stack([each.response, each.values])
    places = np.stack([each.rows, each.equation])
    units = [term.unit for term in each.terms]
    kept = (None, table.shape[1])
    return FeedbackNumbers(
        table=pm.Data(f"data::{each.name}", table, shape=kept),
        places=pm.Data(f"data::{each.name}_places", places, shape=(2, None)),
        laws=pm.Data(f"data::{each.name}_laws", np.array([*prior, units]), shape=(3, len(laws))),
    )


def structure(design: Design) -> Hashable:
    """Give what a compiled model depends on beside the numbers: equal where it can be used again.

    Numbers are outcome, offset, trials, columns, codes, units, arguments of priors and labels of
    levels; how many rows there are is one, too.
    """
    outcome = design.outcome
    return (
        (outcome.name, outcome.family.name, LIKELIHOODS[outcome.family.name]),
        (bool(outcome.offset.any()), bool((outcome.trials != 1).any())),
        tuple((owner, *_kind(law)) for owner, law in _laws(design).items()),
        tuple(_columns(design)),
        tuple(_block(block) for block in design.blocks),
        outcome.weights and (outcome.weights.precision,),
        design.serial and (design.serial.longest, design.serial.concentration),
        tuple((cells.name, len(cells.rows), len(cells.cluster.levels)) for cells in design.cells),
        tuple((f.column, f.values.shape[1], len(f.equations)) for f in design.feedback),
    )


def _block(block: Block) -> Hashable:
    factor = block.factor
    return (
        (block.name, block.pooling, block.labels, block.concentration),
        None if factor is None else (factor.name, factor.dim, len(factor.levels)),
        None if block.unknown is None else block.unknown.name,
        None if block.decay is None else block.decay.name,
        block.smooth and (block.smooth.amplitude, block.smooth.length),
        tuple(
            (term.name, term.sd_name, term.around, term.along and term.along.name, term.centred)
            for term in block.terms
        ),
    )


def _kind(law: Prior) -> tuple[str, ...]:
    return (law.distribution, *(name for name, _ in law.arguments))


def _laws(design: Design) -> dict[Owner, Prior]:
    laws: dict[Owner, Prior] = {INTERCEPT: design.intercept}
    laws |= dict[Owner, Prior](design.outcome.parameters.items())
    for block in design.blocks:
        laws |= {(block.name, at): term.prior for at, term in enumerate(block.terms)}
        if block.decay is not None:
            laws[block.decay.name] = block.decay.prior
        if block.smooth is not None:
            laws |= {block.smooth.amplitude: block.smooth.height}
            laws |= {block.smooth.length: block.smooth.reach}
    for cells in design.cells:
        laws |= cells.laws
    return laws | {name: law for each in design.feedback for name, law in each.sds.items()}


def _priors(design: Design) -> dict[Owner, tuple[tuple[str, float], ...]]:
    return {owner: law.arguments for owner, law in _laws(design).items()}


def _units(design: Design) -> dict[Owner, float]:
    return (
        {
            (block.name, at): term.unit
            for block in design.blocks
            for at, term in enumerate(block.terms)
        }
        | {
            name: unit
            for each in _smooths(design)
            for name, unit in zip((each.amplitude, each.length), each.units, strict=True)
        }
        | {name: each.unit for each in design.feedback for name in each.sds}
    )


def _smooths(design: Design) -> list[Smooth]:
    return [block.smooth for block in design.blocks if block.smooth is not None]


def _amounts(design: Design) -> dict[str, Any]:
    """Register what coefficients by level go with."""
    return {
        term.name: pm.Data(f"data::{term.name}", term.along.amount, dims=along(block.factor.dim))
        for block in design.blocks
        for term in block.terms
        if block.factor is not None and term.along is not None
    }


def _following(design: Design) -> dict[str, Any]:
    """Register how rows follow one another; cells and places where effects are put together."""
    serial = design.serial
    if serial is None:
        return {}
    found = {"gap": pm.Data(GAP, serial.gap, dims=along(OBS))}
    if design.outcome.errors is None:
        found["cells"] = pm.Data(CELLS, serial.cells, shape=(None, serial.longest))
        found["places"] = pm.Data(PLACES, serial.places, dims=along(OBS))
    return found


def _columns(design: Design) -> dict[Owner, Any]:
    """Give the columns that are not all 1, by block and position."""
    return {
        (block.name, at): column
        for block in design.blocks
        for at, column in enumerate(block.values.T)
        if (column != 1).any()
    }


def _codes(design: Design) -> dict[str, Any]:
    factors = [block.factor for block in design.blocks if block.factor is not None]
    unknown = [block.unknown for block in design.blocks if block.unknown is not None]
    codes = {factor.name: factor.codes for factor in factors}
    return codes | {each.name: each.at for each in unknown}


def _multipliers(design: Design) -> dict[str, Any]:
    return {
        block.name: block.unknown.multiplier for block in design.blocks if block.unknown is not None
    }


def _stacked(name: str, owned: Mapping[Any, Any], dtype: Any) -> dict[Any, Any]:
    """Register numbers, or rows of them, as one array, and give each by its owner."""
    if not owned:
        return {}
    values = np.array([*owned.values()], dtype)
    owners = along(f"{name}_of")
    labels = [_label(owner) for owner in owned]
    rest = (None,) * (values.ndim - 1)
    data = pm.Data(
        name,
        values,
        dims=(owners, *(along(OBS) for _ in rest)),
        coords={owners: labels},
        shape=(len(owned), *rest),
    )
    return {owner: data[position] for position, owner in enumerate(owned)}


def _label(owner: Any) -> str:
    return " ".join(map(_label, owner)) if isinstance(owner, tuple) else str(owner)
