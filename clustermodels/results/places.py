"""Where an answer is asked for: the rows as observed, or a grid of points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.cohorts import by_cohort
from clustermodels.data.columns import treatment_column
from clustermodels.data.design import Design, design
from clustermodels.data.factors import factor_columns
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel, reader
from clustermodels.errors import FitError, PanelError, Problem, choices, unknown_among
from clustermodels.fits.record import Fit
from clustermodels.results.targets import Aim
from clustermodels.results.variables import (
    Move,
    Variable,
    check_value,
    moved,
    variable,
)
from clustermodels.spec import names
from clustermodels.spec.dynamics import DRIFT, INITIAL
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.treatments import Adoption

Cell = float | str
Newdata = str | Mapping[str, Cell | Sequence[Cell]] | pd.DataFrame | xr.Dataset
OBSERVED, MEAN = "observed", "mean"


@dataclass(frozen=True, eq=False)
class Place:
    """Rows of a panel at which an answer is asked for.

    Parameters
    ----------
    panel
        Its used rows are those that are asked for.
    labels
        What each row is called, (obs,) by name.
    unknown
        Of ``cluster`` and ``year``, what a point does not say.
    """

    panel: Panel
    labels: Mapping[str, NDArray[np.generic]]
    unknown: frozenset[str] = frozenset()

    def column(self, fit: Fit, name: str) -> NDArray[np.generic]:
        """Give a label, or a column of the rows, (obs,).

        Raises
        ------
        PanelError
            If there is no such column.
        """
        role = {fit.spec.data.cluster: CLUSTER, fit.spec.data.year: YEAR}.get(name, name)
        if role in self.labels:
            return self.labels[role]
        known = [*self.labels, *map(str, self.panel.rows.data_vars)]
        if name not in known:
            what = "a column that the run does not hold"
            raise PanelError([Problem(what, **unknown_among(name, known))])
        return np.asarray(self.panel.rows[name].to_numpy()[self.panel.used])

    def design(self, fit: Fit, aim: Aim, moves: Sequence[Move]) -> Design:
        """Design the rows after some moves, with what the fit learned, for a target.

        Raises
        ------
        PanelError
            If the moves lead to values that a transform or a factor does not take.
        """
        panel = moved(fit, self.panel, moves) if moves else self.panel
        try:
            made = design(fit.spec, panel, self._learned(fit), fitted=False)
        except PanelError as error:
            said = " and ".join(f"'{move.variable.name}'" for move in moves)
            raise PanelError([_of_move(problem, said) for problem in error.problems]) from None
        return _without(fit, aim(made), self.unknown)

    def _learned(self, fit: Fit) -> Learned:
        """Give what was learned, with means of no cluster at their centre."""
        splits = fit.learned.splits
        if splits is None or CLUSTER not in self.unknown:
            return fit.learned
        centre = (splits.centres,) * len(splits.values)
        centred = splits.model_copy(update={"values": centre})
        return fit.learned.model_copy(update={"splits": centred})


def _of_move(problem: Problem, said: str) -> Problem:
    what = f"{f'moving {said}' if said else 'this point'} gives '{problem.path}' {problem.what}"
    return replace(problem, what=what, fix=problem.edit or "Ask for other values.")


def _without(fit: Fit, made: Design, unknown: frozenset[str]) -> Design:
    """Leave out what clusters and years differ by, of points that name none: at 0 is the mean."""
    if not unknown:
        return made
    factors = factor_columns(fit.spec, reader(fit.panel)).items()
    gone = {name for name, (columns, _) in factors if unknown & {*columns}}
    of_clusters = {names.means(CLUSTER), INITIAL, DRIFT}
    of_clusters |= {
        of(name) for name in fit.spec.treatments for of in (names.by_mean, names.before)
    }
    kept = [
        block
        for block in made.blocks
        if block.serial is None
        and (block.factor is None or block.factor.name not in gone)
        and not (CLUSTER in unknown and block.name in of_clusters)
    ]
    return replace(made, blocks=tuple(kept))


def places(fit: Fit, newdata: Newdata) -> list[Place]:
    """Give the places that are asked for.

    Parameters
    ----------
    newdata
        ``observed``, ``mean``, values by column for a grid of all their combinations, or a table
        of points.

    Raises
    ------
    PanelError
        If a column, a label, a cluster or a year does not exist.
    FitError
        If there can be no grid, or the word is none of these.
    """
    if isinstance(newdata, str):
        if newdata == OBSERVED:
            return [_observed(fit)]
        if newdata != MEAN:
            raise FitError(
                f"no rows are '{newdata}' because that is none of the words for them. Choose "
                f"among: {OBSERVED}, {MEAN}; or give values by column."
            )
        newdata = {}
    return [*_grid(fit, _points(newdata))]


def _observed(fit: Fit) -> Place:
    panel = answered(fit.panel)
    rows = reader(panel)
    return Place(panel, {CLUSTER: rows.clusters, YEAR: rows.years})


def _points(
    newdata: Mapping[str, Cell | Sequence[Cell]] | pd.DataFrame | xr.Dataset,
) -> list[dict[str, Cell]]:
    """Give the points, a value by column each."""
    if isinstance(newdata, xr.Dataset):
        variables = {str(n): v for n, v in newdata.variables.items() if n not in newdata.dims}
        newdata = pd.DataFrame({name: found.to_numpy() for name, found in variables.items()})
    if isinstance(newdata, pd.DataFrame):
        table = {str(name): newdata[name].tolist() for name in newdata.columns}
        return [dict(zip(table, point, strict=True)) for point in zip(*table.values(), strict=True)]
    values = {name: np.atleast_1d(np.array(v, dtype=object)) for name, v in newdata.items()}
    combined = product(*(each.tolist() for each in values.values()))
    return [dict(zip(values, point, strict=True)) for point in combined]


def _grid(fit: Fit, points: Sequence[Mapping[str, Cell]]) -> Iterator[Place]:
    """Give a place of one row for each point, the other columns at their means and modes."""
    if fit.design().cells:
        raise FitError(
            "there is no grid because some cells of this model are parameters, each of its own "
            f"row. Ask at newdata='{OBSERVED}'."
        )
    roles = {fit.spec.data.cluster: CLUSTER, fit.spec.data.year: YEAR}
    centred = replace(fit.panel, rows=fit.panel.rows.assign(_middles(fit)), read_as="")
    for point in points:
        asked = {roles.get(name, name): value for name, value in point.items()}
        unknown = frozenset({CLUSTER, YEAR} - {*asked})
        spot = _row(fit, asked)
        moves = [
            Move(_column(fit, name), "set", value)
            for name, value in asked.items()
            if name not in (CLUSTER, YEAR)
        ]
        for move in moves:
            check_value(fit, move.variable, move.amount)
        used = np.arange(fit.panel.rows.sizes["obs"]) == spot
        rows = moved(fit, centred, moves).rows.assign_coords(used=("obs", used))
        labels = {name: np.array([value], dtype=object) for name, value in asked.items()}
        yield Place(replace(centred, rows=rows), labels, unknown)


def _column(fit: Fit, name: str) -> Variable:
    """Find a column of a point: one that can be moved, or another that rows are predicted by."""
    outcome = fit.spec.outcome[1]
    beside = {outcome.exposure, outcome.trials, outcome.column if fit.spec.dynamics else None}
    beside |= {c for factor in fit.spec.fixed_effects.values() for c in factor.columns or ()}
    if name in beside and name in fit.panel.rows:
        return Variable(name, name, None, fit.panel.rows[name].dtype.kind in "fi")
    return variable(fit, name)


def _row(fit: Fit, asked: Mapping[str, Cell]) -> int:
    """Choose the fitted row of a point: of its cluster and year, else of a middle year."""
    used = fit.panel.used
    clusters = fit.panel.rows[CLUSTER].to_numpy()[used].astype(str)
    years = fit.panel.rows[YEAR].to_numpy()[used]
    hit = np.ones(len(used), dtype=bool)
    for name, values in ((CLUSTER, clusters), (YEAR, years)):
        if name in asked:
            wanted = str(asked[name]) if name == CLUSTER else asked[name]
            hit &= values == wanted
            if not hit.any():
                where = " ".join(str(asked[n]) for n in (CLUSTER, YEAR) if n in asked)
                raise PanelError(
                    [
                        Problem(
                            f"a point of a {name} that no fitted row has",
                            got=where,
                            expected=choices(map(str, np.unique(values).tolist())),
                            fix=f"Leave the {name} out: effects are then those of an average one.",
                        )
                    ]
                )
    away = np.where(hit, np.abs(years - years.mean()), np.inf)
    return int(used[int(away.argmin())])


def _middles(fit: Fit) -> dict[str, tuple[str, NDArray[np.generic]]]:
    """Give every column at its middle: the mean of numbers, the mode of labels and switches."""
    rows, size = fit.panel.rows, fit.panel.rows.sizes["obs"]
    factors = factor_columns(fit.spec, reader(fit.panel)).values()
    labels = {column for columns, _ in factors for column in columns}
    found: dict[str, tuple[str, NDArray[np.generic]]] = {}
    for name in map(str, rows.data_vars):
        values = rows[name].to_numpy()
        seen = pd.Series(values[fit.panel.used])
        if values.dtype.kind not in "fi" or name in labels:
            mode = seen[(seen != "") & seen.notna()].mode()
            found[name] = ("obs", np.full(size, mode.iloc[0], dtype=values.dtype))
        elif seen.notna().any():
            found[name] = ("obs", np.full(size, float(seen.mean())))
    for name, item in fit.spec.treatments.items():
        if isinstance(item, Adoption):
            column = item.first_year or item.column or ""
            on = bool(treatment_column(item, reader(fit.panel)).values.mean() > 0.5)
            on &= name not in by_cohort(fit.spec)  # who would adopt then is no cohort
            switch = Move(Variable(name, column, item, numeric=True), "set", float(on))
            found[column] = ("obs", switch.of(rows))
    return found
