"""Outcomes of moved rows, set against each other and averaged, draw by draw, rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.data.predictor import Draws, by_piece, linear_predictor, part
from clustermodels.data.walk import expected_outcome
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit
from clustermodels.results.answers import answers
from clustermodels.results.groups import By, Groups, Labels, grouped
from clustermodels.results.intervals import increase, summarised
from clustermodels.results.measures import Measure
from clustermodels.results.places import Newdata, Place, places
from clustermodels.results.targets import Aim, aimed
from clustermodels.results.variables import Move
from clustermodels.spec.names import INTERCEPT


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a fit, apart from what is moved.

    Parameters
    ----------
    fit, places, groups
        Where, and what is averaged; each row where there are no groups.
    aim, draws
        For whom.
    """

    fit: Fit
    places: Sequence[Place]
    groups: Groups | None
    aim: Aim
    draws: Draws

    @property
    def labels(self) -> Labels:
        """What each line of an answer is called."""
        if self.groups is not None:
            return self.groups.labels
        names = dict.fromkeys(name for place in self.places for name in place.labels)
        return {
            name: np.concatenate([place.labels[name].astype(object) for place in self.places])
            for name in names
        }

    def answer[Result](
        self,
        measure: Measure,
        moves: Sequence[Sequence[Move]],
        reduced: Callable[[Values], Result],
    ) -> list[Result]:
        """Answer, a part of the lines after another: (S, line) each, as ``reduced`` leaves it.

        Parameters
        ----------
        measure
            How outcomes become the answer.
        moves
            What is moved together, for each outcome that the measure takes.
        reduced
            What is to be known of an answer, smaller than it is.
        """
        if self.groups is None:
            one = np.array([1])
            parts = self._rows(measure, moves, lambda sums, _: reduced(measure.of_sums(sums, one)))
            return [found for _, found in parts]
        total: Values | None = None
        codes = self.groups.codes

        def within(sums: Values, rows: Positions) -> tuple[Positions, Values]:
            order = np.argsort(codes[rows], kind="stable")
            own = codes[rows][order]
            first = np.append(0, np.flatnonzero(own[1:] != own[:-1]) + 1)
            return own[first], np.add.reduceat(sums.take(order, axis=2), first, axis=2)

        for _, (some, sums) in self._rows(measure, moves, within):
            if total is None:
                total = np.zeros((*sums.shape[:2], len(self.groups.size)))
            total[:, :, some] += sums
        return [] if total is None else [reduced(measure.of_sums(total, self.groups.size))]

    def _rows[Result](
        self,
        measure: Measure,
        moves: Sequence[Sequence[Move]],
        work: Callable[[Values, Positions], Result],
    ) -> Iterator[tuple[slice, Result]]:
        """Do work on what is summed over rows, (k, S, rows), and the rows' numbers."""
        before = 0
        many = len(self.draws[INTERCEPT])
        for place in self.places:
            first, *others = [place.design(self.fit, self.aim, each) for each in moves]

            def asked(
                rows: slice, here: Design, others: list[Design] = others, before: int = before
            ) -> Result:
                designs = [here, *(part(other, rows) for other in others)]
                outcomes = [self._outcome(measure, design, rows) for design in designs]
                numbers = np.arange(rows.start, rows.stop) + before
                return work(measure.of_rows(*outcomes), numbers)

            yield from by_piece(first, many, asked)
            before += len(first.years)

    def _outcome(self, measure: Measure, design: Design, rows: slice) -> Values:
        if measure.link:
            return linear_predictor(design, self.draws)
        # of all outcomes that are compared: the same shocks
        return expected_outcome(design, self.draws, [self.fit.spec.engine.seed, rows.start])


def question(fit: Fit, newdata: Newdata, by: By, target: str, seed: int | None) -> Question:
    """Make a question of what a user says of rows, averages and target."""
    aim, draws = aimed(fit, target, seed)
    where = places(fit, newdata)
    return Question(fit, where, grouped(fit, where, by), aim, draws)


Entry = tuple[dict[str, str], Measure, Sequence[Sequence[Move]]]


def answered(
    asked: Question, entries: Sequence[Entry], *, draws: bool
) -> xr.Dataset | xr.DataArray:
    """Put the answers to one question about several moves under one another.

    Raises
    ------
    FitError
        If nothing is asked, or of no rows.
    """
    if not entries or not asked.places:
        missing = "points are given" if entries else "variables are named"
        raise FitError(f"there is no answer because no {missing}. Give one or more.")
    tables: list[dict[str, Values]] = []
    labels: dict[str, list[object]] = {}
    for about, measure, moves in entries:

        def reduced(values: Values, neutral: float = measure.neutral) -> dict[str, Values]:
            if draws:
                return {"draws": values.T}
            numbers = summarised(values)
            if not np.isnan(neutral):
                numbers["probability"] = increase(values, neutral)
            return numbers

        parts = asked.answer(measure, moves, reduced)
        tables.append({n: np.concatenate([part[n] for part in parts]) for n in parts[0]})
        size = len(next(iter(tables[-1].values())))
        for name, word in {**about, "scale": measure.scale}.items():
            labels.setdefault(name, []).extend([word] * size)
        for name, cells in asked.labels.items():
            labels.setdefault(name, []).extend(cells.tolist())
    numbers = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    if not draws:
        return answers(labels, numbers)
    return _as_draws(asked.fit, labels, numbers["draws"])


def _as_draws(fit: Fit, labels: Mapping[str, Sequence[object]], values: Values) -> xr.DataArray:
    posterior = fit.posterior
    sizes = [posterior.sizes[dim] for dim in ("chain", "draw")]
    rows = {name: ("row", np.array(cells, dtype=object)) for name, cells in labels.items()}
    return xr.DataArray(
        values.T.reshape(*sizes, -1),
        dims=("chain", "draw", "row"),
        coords={dim: posterior[dim] for dim in ("chain", "draw")}
        | {"row": np.arange(len(values))}
        | rows,
        name=fit.spec.outcome[0],
    )
