"""The mode of a design's coefficients, given its other parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from clustermodels.data.blocks import Block
from clustermodels.data.design import Design
from clustermodels.data.panel import Values
from clustermodels.families.priors import Prior

STEPS = 100
CONVERGED = 1e-10


@dataclass(frozen=True, eq=False)
class Given:
    """What the coefficients' mode depends on.

    Parameters
    ----------
    parameters
        The family's own, (1,) each.
    covariances
        Of each pooled block, (k, k), internal scale.
    """

    parameters: Mapping[str, Values]
    covariances: Mapping[str, Values]


@dataclass(frozen=True, eq=False)
class Piece:
    """The coefficients of a block (of the intercept where there is none), and their normal prior.

    Parameters
    ----------
    block
        The block.
    columns
        (obs, p): the block's own k, or k times its levels, term by term.
    precision, centre
        Of the prior, (p, p) and (p,). A Student t prior counts as the normal of its scale.
    """

    block: Block | None
    columns: sp.csc_array
    precision: sp.csc_array
    centre: Values

    @property
    def size(self) -> int:
        """The number of coefficients."""
        return len(self.centre)


@dataclass(frozen=True, eq=False)
class Mode:
    """Where log likelihood plus log prior is highest in the coefficients.

    Parameters
    ----------
    pieces
        What the coefficients are of, in order.
    x
        All columns, (obs, p).
    precision, centre
        Of the whole prior.
    beta
        The mode, (p,).
    first, second
        The derivatives of each row's log likelihood in its predictor, (obs,).
    hessian
        The negative second derivative of the log density at the mode, (p, p).
    """

    pieces: tuple[Piece, ...]
    x: sp.csc_array
    precision: sp.csc_array
    centre: Values
    beta: Values
    first: Values
    second: Values
    hessian: sp.csc_array


def find_mode(design: Design, given: Given) -> Mode:
    """Climb to the mode by Newton steps, halved where they overshoot.

    Parameters
    ----------
    design
        A design whose outcome is observed.
    given
        The parameters and covariances to hold.

    Returns
    -------
    Mode
        With the derivatives there.
    """
    pieces = (_intercept(design), *(_piece(block, given) for block in design.blocks))
    x = sp.hstack([piece.columns for piece in pieces], format="csc")
    precision = sp.block_diag([piece.precision for piece in pieces], format="csc")
    centre = np.concatenate([piece.centre for piece in pieces])

    beta = centre
    height = _height(design, given, x, precision, centre, beta)
    for _ in range(STEPS):
        first, second = _derivatives(design, given, x @ beta)
        gradient = x.T @ first - precision @ (beta - centre)
        step = splu(_hessian(x, precision, np.maximum(-second, 0.0))).solve(gradient)
        gain = float(gradient @ step)
        for _ in range(30):
            moved = beta + step
            new = _height(design, given, x, precision, centre, moved)
            if new >= height - 1e-9 * abs(height):
                break
            step = step / 2
        beta, height = moved, new
        if gain < CONVERGED:
            break
    first, second = _derivatives(design, given, x @ beta)
    hessian = _hessian(x, precision, -second)
    return Mode(pieces, x, precision, centre, beta, first, second, hessian)


def around(found: Mode) -> Callable[[np.random.Generator], Values]:
    """Give what draws coefficients, (p,), from the normal law that the mode and its curvature are.

    With H = X'WX + P and standard normal e and f, H^-1 (X' W^1/2 e + P^1/2 f) has covariance H^-1,
    and takes one solution of a sparse system. P is taken as diagonal, so covariances over levels
    must be, too.
    """
    weight = np.maximum(-found.second, 0.0)
    factored = splu(_hessian(found.x, found.precision, weight))
    own = np.sqrt(found.precision.diagonal())

    def draw(rng: np.random.Generator) -> Values:
        rows = found.x.T @ (np.sqrt(weight) * rng.normal(size=len(weight)))
        apart: Values = factored.solve(rows + own * rng.normal(size=len(own)))
        return found.beta + apart

    return draw


def _intercept(design: Design) -> Piece:
    ones = np.ones((len(design.outcome.values), 1))
    return Piece(None, sp.csc_array(ones), *_normal([design.intercept]))


def _normal(priors: list[Prior]) -> tuple[sp.csc_array, Values]:
    arguments = [dict(prior.arguments) for prior in priors]
    precision = sp.diags_array([given["sd"] ** -2 for given in arguments], format="csc")
    return precision, np.array([given["mean"] for given in arguments])


def _piece(block: Block, given: Given) -> Piece:
    if block.factor is None:
        return Piece(
            block, sp.csc_array(block.values), *_normal([term.prior for term in block.terms])
        )
    levels, k = len(block.factor.levels), len(block.terms)
    rows = np.arange(len(block.factor.codes))
    columns = [
        sp.csc_array((block.values[:, i], (rows, block.factor.codes)), shape=(len(rows), levels))
        for i in range(k)
    ]
    if block.pooling == "free":
        covariance = np.array([[dict(block.terms[0].prior.arguments)["sd"] ** 2]])
    else:
        covariance = given.covariances[block.name]
    precision = sp.csc_array(sp.kron(np.linalg.inv(covariance), sp.eye_array(levels)))
    return Piece(block, sp.hstack(columns, format="csc"), precision, np.zeros(k * levels))


def _derivatives(design: Design, given: Given, eta: Values) -> tuple[Values, Values]:
    outcome, eta = design.outcome, eta + design.outcome.offset
    arguments = (outcome.values, eta, outcome.trials, given.parameters)
    first, second = outcome.weigh(outcome.family.first), outcome.weigh(outcome.family.second)
    return first(*arguments), second(*arguments)


def _height(
    design: Design,
    given: Given,
    x: sp.csc_array,
    precision: sp.csc_array,
    centre: Values,
    beta: Values,
) -> float:
    outcome = design.outcome
    eta = x @ beta + outcome.offset
    density = outcome.weigh(outcome.family.log_density)
    fitted = density(outcome.values, eta, outcome.trials, given.parameters)
    gap = beta - centre
    return float(fitted.sum() - 0.5 * gap @ (precision @ gap))


def _hessian(x: sp.csc_array, precision: sp.csc_array, weight: Values) -> sp.csc_array:
    return sp.csc_array(x.T @ sp.diags_array(weight) @ x + precision)
