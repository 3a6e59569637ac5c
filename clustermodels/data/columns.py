"""Treatments, moderators and numeric controls as columns of numbers.

Each kind has one function here; a kind from outside registers its own with
``treatment_column.register`` or ``moderator_column.register``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial, singledispatch

import numpy as np

from clustermodels.data.adopted import adoption_years, refuse_undated, repealed
from clustermodels.data.panel import Reader, Values
from clustermodels.data.transforms import Standard, domain, forward, observed_cells, unit_change
from clustermodels.errors import PanelError, Problem
from clustermodels.families.table import find
from clustermodels.spec.controls import Control
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import form_of
from clustermodels.spec.moderators import (
    CategoricalModerator,
    ColumnModerator,
    Moderator,
    NetworkModerator,
)
from clustermodels.spec.position import Position
from clustermodels.spec.reads import Read
from clustermodels.spec.transforms import Transform
from clustermodels.spec.treatments import Adoption, Dose, Stock, Treatment

_NOWHERE = Problem("")


@dataclass(frozen=True, eq=False)
class Column:
    """A column as it enters the predictor, before it is centred and scaled.

    Parameters
    ----------
    values
        (obs,), in the column's own units.
    transform
        What is done to them.
    symbol
        How an equation writes it before the transform, cluster i and year t: ``dose[i,t-1]``.
    change
        The words for one unit of change, where they are not the transform's own.
    place
        A Problem that stands where the document names the column, to be worded.
    lag
        How many years before the row's its cell stands.
    gaps
        Whether cells may be missing, as parameters of the model.
    """

    values: Values
    transform: Transform = "none"
    symbol: str = ""
    change: str | None = None
    place: Problem = _NOWHERE
    lag: int = 0
    gaps: bool = False


@singledispatch
def treatment_column(treatment: Treatment, reader: Reader) -> Column:
    """Give a treatment's column; register one function per kind."""
    raise NotImplementedError(f"no column for the treatment kind {type(treatment).__name__}")


@treatment_column.register
def _dose(treatment: Dose, reader: Reader) -> Column:
    (read,) = treatment.reads()
    column = _of(read, treatment.transform, reader)
    before = observed(read.column)
    if treatment.lag < 0 and before in reader.rows:
        column = replace(column, values=reader.numbers(replace(read, column=before)))
    return column


def observed(column: str) -> str:
    """Name what a scenario has left of a column; no document can.

    Examples
    --------
    >>> observed("policies")
    'policies::observed'
    """
    return f"{column}::observed"


@treatment_column.register
def _stock(treatment: Stock, reader: Reader) -> Column:
    column = _of(treatment.reads()[0], treatment.transform, reader)
    return replace(column, symbol=f"stock of {column.symbol}")


@treatment_column.register
def _adoption(treatment: Adoption, reader: Reader) -> Column:
    if treatment.first_year is None:
        values = reader.numbers(treatment.reads()[0])
        _refuse_switching(values, treatment, reader)
        if treatment.by == "cohort_year":
            refuse_undated(treatment, reader)
        values = np.where(repealed(treatment, reader), 0.0, values)
        return Column(values, symbol=symbol(treatment.reads()[0]), change="adoption")
    adopted = adoption_years(treatment, reader)
    on = reader.years >= np.where(np.isnan(adopted), np.inf, adopted) + treatment.lag
    on &= ~repealed(treatment, reader)
    began = f"(t ≥ {treatment.first_year}[i]{f' + {treatment.lag}' * bool(treatment.lag)})"
    return Column(on.astype(float), symbol=began, change="adoption")


def _of(read: Read, transform: Transform, reader: Reader) -> Column:
    values, gaps = reader.numbers(read), read.may_be_empty
    return Column(values, transform, symbol(read), lag=read.lag, gaps=gaps)


def symbol(read: Read) -> str:
    """Write a column as an equation has it: ``gdp[i,t-1]``."""
    return f"{read.column}[i,t{f'{-read.lag:+d}' * bool(read.lag)}]"


def _refuse_switching(values: Values, treatment: Adoption, reader: Reader) -> None:
    clusters, years = reader.clusters, reader.years - treatment.lag
    same = clusters[1:] == clusters[:-1]
    bad = ~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)
    off = np.concatenate([[False], same & (np.diff(values) < 0)])
    for wrong, what, fix, edit in (
        (bad, "an adoption is 0 or 1", "Use 'kind: dose' for amounts.", "Set it to 0 or 1."),
        (
            off,
            "an adoption stays on, and here it ends",
            "Use 'kind: dose' for what can end.",
            "To end it, write '{{repeal: {{{0}: {1}}}}}'; to let it come earlier, leave the "
            "years open at their end, '{{from: ..}}', and choose clusters as a whole.",
        ),
    ):
        if wrong.any():
            spot = int(np.flatnonzero(wrong)[0])
            raise PanelError(
                [
                    Problem(
                        f"'{treatment.column}': {what}",
                        fix,
                        got=f"{values[spot]:g} in {clusters[spot]} {years[spot]}",
                        edit=edit.format(treatment.column, years[spot]),
                    )
                ]
            )


@singledispatch
def moderator_column(moderator: Moderator, reader: Reader) -> Column:
    """Give a moderator's column; register one function per kind."""
    raise NotImplementedError(f"no column for the moderator kind {type(moderator).__name__}")


@moderator_column.register
def _column(moderator: ColumnModerator, reader: Reader) -> Column:
    return _of(moderator.reads()[0], moderator.transform, reader)


@moderator_column.register
def _position(moderator: NetworkModerator, reader: Reader) -> Column:
    return _at_its_lag(moderator, _of(moderator.reads()[0], moderator.transform, reader))


def _at_its_lag(position: Position, column: Column) -> Column:
    """Write a position with the lag of its network, which is inside its values."""
    shown = symbol(Read(position.column or "", position.lag))
    return replace(column, symbol=shown, lag=position.lag)


def numeric_controls(spec: Spec, reader: Reader) -> list[str]:
    """Name the controls that are numbers in this panel."""
    return [
        name
        for name, control in spec.controls.items()
        if control.kind != "categorical" and reader.is_number(control.column or "")
    ]


def raw_columns(spec: Spec, reader: Reader) -> dict[str, Column]:
    """Give the columns of numbers: treatments, moderators, controls and lagged outcomes, by name.

    Raises
    ------
    PanelError
        If a kind refuses its column's values: with every such problem and its line.
    """
    columns: dict[str, Column] = {}
    problems: list[Problem] = []

    def put(section: str, name: str, made: Callable[[], Column]) -> None:
        place = spec.source.problem((section, name), "")
        try:
            columns[name] = replace(made(), place=place)
        except PanelError as error:
            problems.extend(_at(place, problem) for problem in error.problems)

    for name, treatment in spec.treatments.items():
        put("treatments", name, partial(treatment_column, treatment, reader))
    for name, moderator in spec.moderators.items():
        if isinstance(moderator, CategoricalModerator):
            continue  # its labels are levels of a factor
        put("moderators", name, partial(moderator_column, moderator, reader))
    for name in numeric_controls(spec, reader):
        put("controls", name, partial(_control_column, spec.controls[name], reader))
    form = past_form(spec)
    # in years ahead the past is yet to be walked; every fitted row has its own
    for name, read in spec.lagged().items():
        put("dynamics", name, partial(_of, replace(read, may_be_empty=True), form, reader))
    if problems:
        raise PanelError(problems)
    return columns


def past_form(spec: Spec) -> Transform:
    """Give what is done to the outcome's past before it enters the predictor."""
    form = form_of(find(spec.outcome[1].family))
    return "none" if form == "level" else form


def _at(place: Problem, problem: Problem) -> Problem:
    return replace(problem, file=place.file, line=place.line, path=place.path)


def _control_column(control: Control, reader: Reader) -> Column:
    column = _of(control.reads()[0], control.transform, reader)
    return _at_its_lag(control, column) if isinstance(control, Position) else column


def transformed(
    columns: Mapping[str, Column], standards: Mapping[str, Standard], reader: Reader
) -> dict[str, Values]:
    """Transform every column, (obs,) each.

    Raises
    ------
    PanelError
        Naming the cluster-years whose values a transform does not take.
    """
    problems: list[Problem] = []
    result: dict[str, Values] = {}
    for name, column in columns.items():
        values = forward(column.values, column.transform, standards.get(name, (0.0, 1.0)))
        empty = np.isnan(column.values) & column.gaps
        wrong = np.flatnonzero(~np.isfinite(values) & ~empty)
        if wrong.size:
            spot = int(wrong[0])
            problems.append(
                replace(
                    column.place,
                    what=f"{wrong.size} value{'s' * (wrong.size > 1)} that {column.transform} "
                    "does not take",
                    fix="Choose log1p, or no transform."
                    if column.transform == "log" and np.nanmin(column.values) > -1
                    else "Choose another transform.",
                    got=f"{column.values[spot]:g} in {reader.clusters[spot]} "
                    f"{reader.years[spot] - column.lag}",
                    expected=domain(column.transform),
                )
            )
        result[name] = values
    if problems:
        raise PanelError(problems)
    return result


def standards(columns: Mapping[str, Column]) -> dict[str, Standard]:
    """Learn mean and standard deviation of the columns that are to be standardised."""
    return {
        name: _location(observed_cells(column.values))
        for name, column in columns.items()
        if column.transform == "standardise"
    }


def _location(values: Values) -> Standard:
    return float(values.mean()), float(values.std(ddof=1)) or 1.0


def change(name: str, column: Column, standard: Standard) -> tuple[float, str]:
    """Give the step that the effect of a column is quoted for, and its words."""
    if column.change is not None:
        return 1.0, f"{column.change} of {name}"
    return unit_change(observed_cells(column.values), column.transform, name, standard)
