"""Outcomes drawn from a document's own model at stated values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.blocks import Block, Term
from clustermodels.data.correlations import matrix, pair_labels
from clustermodels.data.design import Design, design
from clustermodels.data.learned import learn
from clustermodels.data.panel import Values
from clustermodels.data.reading import gather, panel_of
from clustermodels.data.serial import carried
from clustermodels.data.shapes import faded
from clustermodels.data.truth import Teller, owned, told_to
from clustermodels.data.walk import drawn_outcome
from clustermodels.errors import Problem, SpecError
from clustermodels.families.links import LOGIT
from clustermodels.families.priors import line_of
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import equations
from clustermodels.spec.names import INTERCEPT, correlation
from clustermodels.spec.residuals import CARRIED


def simulate(
    spec: Spec, truth: Mapping[str, Any], data: object = None, *, seed: int = 1
) -> xr.Dataset:
    """Draw outcomes from a document's model at stated values, the rest of the panel as given.

    Parameters
    ----------
    spec
        The document.
    truth
        Posterior names to numbers in the user's units; by level, a mapping of labels to numbers
        or one number for all. Levels of a pooled factor that are not stated are drawn from their
        sds and correlations; everything else must be stated. Where the document has several
        outcomes, ``papers::policies`` is of one equation, ``policies`` of all that have it.
    data
        A table to use instead of the file.
    seed
        Of the draws.

    Returns
    -------
    Dataset
        All regions' rows along ``obs``, with the outcome drawn where a row is in the model (nan
        where a cluster's row lacks a covariate); regions that are no clusters keep their own
        where a rule for clusters reads it, so that they are judged as before. With ``dynamics``
        each cluster starts from its own first outcomes, which the data must hold; the rest of
        that column centres the past and gives way.

    Raises
    ------
    SpecError
        If a value is missing, unknown or not a number, columns are predetermined, or outcomes are
        fitted jointly.
    """
    if spec.joint:
        raise SpecError([_apart(spec)])
    whole: xr.Dataset | None = None
    problems: dict[Problem, None] = {}
    each = equations(spec)
    for number, (outcome, one) in enumerate(each.items()):
        rng = np.random.default_rng([seed, number] if number else seed)
        told = truth if len(each) == 1 else told_to(outcome, each, truth)
        try:
            rows = _drawn(one, told, data, rng)
        except SpecError as error:
            said = error.problems if len(each) == 1 else owned(outcome, error.problems, truth)
            problems |= dict.fromkeys(said)
            continue
        column = one.outcome[1].column or outcome
        if whole is not None:  # what was drawn before stays drawn
            rows = rows.assign(whole.drop_vars(column, errors="ignore").data_vars)
        whole = rows
    if problems:
        raise SpecError([*problems])
    assert whole is not None
    return whole


def _apart(spec: Spec) -> Problem:
    return spec.source.problem(
        ("joint",),
        "outcomes are drawn one by one, and not with the correlations of one model",
        fix="Remove it from the document that is simulated.",
    )


def _drawn(
    spec: Spec, truth: Mapping[str, Any], data: object, rng: np.random.Generator
) -> xr.Dataset:
    """Draw the outcome of one equation; the panel's other columns as the document names them."""
    if spec.predetermined():
        raise SpecError(
            [
                spec.source.problem(
                    ("dynamics", "predetermined"),
                    "outcomes cannot be drawn beside predetermined columns, because the columns at "
                    "hand react to the outcomes that were, and not to those that are drawn",
                    fix="Remove it from the document that is simulated.",
                )
            ]
        )
    past = spec.dynamics is not None
    gathered = gather(spec, data, outcome=past)
    panel = panel_of(spec, gathered, outcome=past)
    of = design(spec, panel, learn(spec, panel))
    if of.cells:
        raise SpecError([_unknown(spec, of)])
    values = _stated(of, truth, rng)
    outcome = of.outcome
    (drawn,) = drawn_outcome(of, values, rng)
    column = spec.outcome[1].column or outcome.name
    rows = gathered.rows
    clusters = np.isin(rows["cluster"].to_numpy(), panel.rows["cluster"].to_numpy())
    own = rows[column].to_numpy() if column in rows else np.full(len(clusters), np.nan)
    whole = own.copy() if past else np.where(clusters, np.nan, own)
    whole[np.flatnonzero(clusters)[panel.used]] = drawn
    return rows.assign({column: ("obs", whole)})


def _unknown(spec: Spec, of: Design) -> Problem:
    (first, *_) = of.cells
    section = "moderators" if first.column in spec.moderators else "controls"
    return spec.source.problem(
        (section, first.column),
        f"no outcome can be drawn, because {len(first.rows)} cells of '{first.column}' are not "
        "known",
        fix="Remove 'missing' and 'error': rows with missing cells are then left out.",
    )


def _stated(
    of: Design, truth: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """Give every posterior name a leading axis of one draw."""
    teller = Teller(truth)
    teller.scalar(INTERCEPT)
    for name, law in of.outcome.parameters.items():
        if line_of(law) is not LOGIT:
            teller.positive(name)
        elif not 0 <= (value := teller.scalar(name)) <= 1:
            teller.refuse(name, f"is a share, not {value:g}", "a number from 0 to 1")
    if of.serial is not None and not -1 < (value := teller.scalar(CARRIED)) < 1:
        teller.refuse(CARRIED, f"is a correlation, not {value:g}", "a number between -1 and 1")
    for block in of.blocks:
        if block.labels is not None:
            teller.vector(block.name, block.labels)
            if block.smooth is not None:
                teller.known |= {block.smooth.amplitude, block.smooth.length}
        elif block.factor is None:
            first = teller.scalar(block.terms[0].name)
            if block.decay is not None:
                _fade(block, block.decay.name, first, teller)
    for block in of.blocks:
        if block.factor is not None:
            _levels(block, teller, rng)
    teller.finish()
    return teller.values


def _fade(block: Block, share: str, first: float, teller: Teller) -> None:
    """Give the coefficients that follow from the first, and from what is left each year."""
    left = teller.scalar(share)
    if not 0 <= left <= 1:
        teller.refuse(share, f"is a share, not {left:g}", "a number from 0 to 1")
        return
    course = faded(np.array([first]), np.array([left]), len(block.terms))
    teller.values |= {term.name: course[:, at] for at, term in enumerate(block.terms)}


def _levels(block: Block, teller: Teller, rng: np.random.Generator) -> None:
    assert block.factor is not None
    labels = block.factor.levels
    if block.pooling == "free":
        (term,) = block.terms
        teller.vector(term.name, labels)
        return
    names = [term.name for term in block.terms]
    if all(name in teller.truth for name in names):
        for term in block.terms:
            teller.vector(term.name, labels)
            teller.known.add(term.sd_name or "")
        teller.known.add(correlation(block.name))
        return
    sds = [teller.positive(term.sd_name or "") for term in block.terms]
    if block.serial is not None and not teller.problems:
        path = carried(block.serial, teller.values[CARRIED], rng)
        teller.values[names[0]] = sds[0] * path
        return
    among = np.eye(len(names))
    if len(names) > 1:
        pairs = teller.vector(correlation(block.name), tuple(pair_labels(names)))
        among = matrix(pairs, len(names))[0]
        if np.isfinite(among).all() and np.linalg.eigvalsh(among).min() < 0:
            teller.refuse(correlation(block.name), "no correlations can be so", "-1 to 1, jointly")
    if teller.problems:
        return
    covariance = among * np.outer(sds, sds)
    drawn = rng.multivariate_normal(np.zeros(len(names)), covariance, size=len(labels))
    for position, term in enumerate(block.terms):
        if term.name in teller.truth:
            teller.vector(term.name, labels)
        else:
            teller.values[term.name] = (_around(term, teller) + drawn[:, position])[None]


def _around(term: Term, teller: Teller) -> Values | float:
    """Give what coefficients by level vary around: a number, or one a level."""
    around = float(teller.values[term.around][0]) if term.around else 0.0
    if term.along is None:
        return around
    return around + float(teller.values[term.along.name][0]) * term.along.amount
