"""Outcomes drawn from a document's own model at stated values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
from clustermodels.data.walk import drawn_outcome
from clustermodels.errors import Problem, SpecError, choices, nearest
from clustermodels.families.links import LOGIT
from clustermodels.families.priors import line_of
from clustermodels.spec.document import Spec
from clustermodels.spec.names import INTERCEPT, correlation
from clustermodels.spec.residuals import CARRIED
from clustermodels.spec.source import parse


def read_truth(path: Path) -> dict[str, Any]:
    """Read a file of posterior names and their true values."""
    try:
        values, _ = parse(path.read_text("utf-8-sig"), str(path))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError([Problem(f"cannot be read: {reason}", file=str(path))]) from None
    except UnicodeDecodeError:
        raise SpecError([Problem("not UTF-8 text", "Save it so.", file=str(path))]) from None
    if not isinstance(values, dict):
        raise SpecError([Problem("not a mapping of names to values", file=str(path))])
    return values


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
        sds and correlations; everything else must be stated.
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
        If a value is missing, unknown or not a number, or columns are predetermined.
    """
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
    rng = np.random.default_rng(seed)
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
    teller = _Teller(truth)
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
        elif block.factor is None:
            teller.scalar(block.terms[0].name)
    for block in of.blocks:
        if block.factor is not None:
            _levels(block, teller, rng)
    teller.finish()
    return teller.values


def _levels(block: Block, teller: _Teller, rng: np.random.Generator) -> None:
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


def _around(term: Term, teller: _Teller) -> Values | float:
    """Give what coefficients by level vary around: a number, or one a level."""
    around = float(teller.values[term.around][0]) if term.around else 0.0
    if term.along is None:
        return around
    return around + float(teller.values[term.along.name][0]) * term.along.amount


class _Teller:
    """Takes values out of the truth by name, and remembers what is missing or left over."""

    def __init__(self, truth: Mapping[str, Any]) -> None:
        self.truth = truth
        self.values: dict[str, Values] = {}
        self.known: set[str] = set()
        self.problems: list[Problem] = []

    def scalar(self, name: str) -> float:
        self.known.add(name)
        value = self._number(name, self.truth.get(name))
        self.values[name] = np.array([value])
        return value

    def positive(self, name: str) -> float:
        value = self.scalar(name)
        if value <= 0:
            self.refuse(name, f"must be positive, not {value:g}", "a number above 0")
        return value

    def vector(self, name: str, labels: tuple[str, ...]) -> Values:
        self.known.add(name)
        given = self.truth.get(name)
        if isinstance(given, Mapping):
            byname = {str(label): value for label, value in given.items()}
            for label in byname:
                if label not in labels:
                    self.refuse(name, f"'{label}' is not one of its levels", choices(labels))
            numbers = [self._number(f"{name}.{label}", byname.get(label)) for label in labels]
        else:
            numbers = [self._number(name, given)] * len(labels)
        self.values[name] = np.array([numbers])
        return self.values[name]

    def finish(self) -> None:
        for name in self.truth:
            if name not in self.known:
                close = nearest(name, self.known)
                fix = f"Did you mean '{close}'?" if close else "Remove it."
                self.problems.append(Problem("not a name of this model", fix, path=name))
        if self.problems:
            raise SpecError(self.problems)

    def _number(self, name: str, value: object) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
            return float(value)
        what = "no true value" if value is None else f"not a finite number: {value!r}"
        self.refuse(name, what, "a finite number")
        return float("nan")

    def refuse(self, name: str, what: str, expected: str) -> None:
        self.problems.append(Problem(what, "State it in the truth.", path=name, expected=expected))
