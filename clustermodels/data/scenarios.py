"""Scenario and Panel to an edited Panel, and to the Design of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.adopted import end_of
from clustermodels.data.adoption_edits import delayed, ended, is_year, of_chosen, refuse_parts
from clustermodels.data.answered import answered
from clustermodels.data.below_zero import below_zero
from clustermodels.data.columns import observed
from clustermodels.data.design import Design, design
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel
from clustermodels.data.tie_edits import with_edited_ties
from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.spec.conditions import Where, YearRange
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.scenarios import OF_TIES, Edit
from clustermodels.spec.source import Path

Mask = NDArray[np.bool_]


def counterfactual(spec: Spec, panel: Panel, learned: Learned, scenario: str) -> Design:
    """Design the panel that a scenario makes, with what the fitted one taught.

    Rows without an outcome that are predicted are among its rows.

    Raises
    ------
    PanelError
        If the scenario does not fit the panel, or leads to values that a transform does not take.
    """
    panel = edited(spec, panel, scenario)
    try:
        return design(spec, answered(panel), learned)
    except PanelError as error:
        here = spec.source.problem(("scenarios", scenario), "")
        raise PanelError(
            [
                replace(
                    problem,
                    what=f"it gives '{problem.path}' {problem.what}",
                    fix=problem.edit or "Edit less.",
                    file=here.file,
                    line=here.line,
                    path=here.path,
                )
                for problem in error.problems
            ]
        ) from None


def check_scenarios(spec: Spec, panel: Panel, learned: Learned, of: Design) -> tuple[str, ...]:
    """Design every scenario, so that none fails after a long fit.

    Parameters
    ----------
    spec, panel, learned
        The document, the fitting panel and what it taught.
    of
        The fitting panel's design, of all rows that are predicted.

    Returns
    -------
    tuple of str
        The scenarios under which every column of every fitted row stays as it is.

    Raises
    ------
    PanelError
        With the problems of all of them.
    """
    idle: list[str] = []
    problems: list[Problem] = []
    for scenario in spec.scenarios:
        try:
            after = counterfactual(spec, panel, learned, scenario)
        except PanelError as error:
            problems += error.problems
            continue
        pairs = zip(after.blocks, of.blocks, strict=True)
        if all(np.array_equal(one.values, other.values) for one, other in pairs):
            idle.append(scenario)
    if problems:
        raise PanelError(problems)
    return tuple(idle)


def edited(spec: Spec, panel: Panel, scenario: str) -> Panel:
    """Apply a scenario's edits, in order: first those of ties, then those of columns.

    Parameters
    ----------
    spec
        The document that holds the scenario.
    panel
        The panel that was fitted. Conditions are judged on it, before any edit; their quantiles
        are over its used rows.
    scenario
        The scenario's name.

    Returns
    -------
    Panel
        The same rows, with other numbers.

    Raises
    ------
    PanelError
        If the scenario, a column of a condition, a label or a year does not exist, or a count
        becomes negative.
    """
    if not isinstance(scenario, str) or scenario not in spec.scenarios:
        close = nearest(str(scenario), spec.scenarios)
        raise PanelError(
            [
                spec.source.problem(
                    ("scenarios",),
                    "no such scenario",
                    got=repr(scenario),
                    expected=choices(spec.scenarios) or "nothing: the document has none",
                    fix=f"Did you mean '{close}'?" if close else "Add it to the document.",
                )
            ]
        )
    tied = with_edited_ties(spec, panel, scenario)
    rows = with_leads(spec, tied.rows)
    for position, edit in enumerate(spec.scenarios[scenario]):
        if edit.verb in OF_TIES:
            continue
        path: Path = ("scenarios", scenario, position)
        chosen = _chosen(spec, panel, edit, path)
        changed = {}
        for column, amount in edit.amounts.items():
            values = rows[column].to_numpy()
            if values.dtype.kind != "f":
                raise PanelError(
                    [
                        spec.source.problem(
                            (*path, edit.verb, column),
                            "the column holds text",
                            fix="Edit a numeric column.",
                        )
                    ]
                )
            here = (*path, edit.verb, column)
            if edit.verb == "repeal":
                changed[end_of(column)] = ("obs", ended(spec, rows, column, amount, chosen, here))
                continue
            whole = edit.verb == "delay" or is_year(spec, column)
            at = of_chosen(panel, chosen) if whole else chosen
            if edit.verb == "delay" and not is_year(spec, column):
                after = delayed(spec, rows, column, int(amount), at, here)
            else:
                hit = at & ~_never(spec, edit, column, values)
                after = np.where(hit, _apply(edit, values, amount), values)
            if whole:
                refuse_parts(spec, panel, values, after, chosen, here)
            changed[column] = ("obs", after)
        rows = rows.assign(changed)
    problems = [*below_zero(spec, panel.rows, rows, scenario)]
    if problems:
        raise PanelError(problems)
    return replace(tied, rows=rows, read_as="")


def with_leads(spec: Spec, rows: xr.Dataset) -> xr.Dataset:
    """Keep what leads go on reading, whatever is edited: what came before is no policy's work."""
    leads = {
        read.column for item in spec.treatments.values() if item.lag < 0 for read in item.reads()
    }
    return rows.assign({observed(column): rows[column] for column in leads if column in rows})


def _never(spec: Spec, edit: Edit, column: str, values: NDArray[np.float64]) -> Mask:
    """Tell where a year of adoption is 0, never, which later is never too: only 'set' moves it."""
    held = is_year(spec, column) and edit.verb != "set"
    return np.asarray((values == 0) & held, dtype=bool)


def _apply(edit: Edit, values: NDArray[np.float64], amount: float) -> NDArray[np.float64]:
    match edit.verb:
        case "add" | "delay":  # of a year of adoption
            return values + amount
        case "scale":
            return values * amount
        case _:
            return np.full_like(values, amount)


def _chosen(spec: Spec, panel: Panel, edit: Edit, path: Path) -> Mask:
    chosen = _in_years(spec, panel.rows, edit, path)
    for column, condition in (edit.where or {}).items():
        chosen = chosen & _meets(spec, panel, column, condition, (*path, "where", column))
    return chosen


def _in_years(spec: Spec, rows: xr.Dataset, edit: Edit, path: Path) -> Mask:
    years = rows["year"].to_numpy()
    if edit.years is None:
        return np.ones(len(years), dtype=bool)
    if isinstance(edit.years, YearRange):
        low = edit.years.from_ if edit.years.from_ is not None else years.min()
        high = edit.years.to if edit.years.to is not None else years.max()
        chosen = (years >= low) & (years <= high)
        asked = f"{low} to {high}" if low <= high else f"from {low} on"
    else:
        absent = [year for year in edit.years if year not in years]
        chosen = np.isin(years, edit.years) & (not absent)
        asked = choices([str(year) for year in absent])
    if not chosen.any():
        raise PanelError(
            [
                spec.source.problem(
                    (*path, "years"),
                    "years that the panel does not have",
                    got=asked,
                    expected=f"years in {years.min()} to {years.max()}",
                    fix="" if spec.horizon else "Years ahead need a 'horizon'.",
                )
            ]
        )
    return np.asarray(chosen, dtype=bool)


def _meets(spec: Spec, panel: Panel, column: str, condition: Where, path: Path) -> Mask:
    rows = panel.rows
    role = {spec.data.cluster: CLUSTER, spec.data.year: YEAR}.get(column, column)
    if role not in rows.variables:
        known = [CLUSTER, YEAR, *map(str, rows.data_vars)]
        close = nearest(column, known)
        raise PanelError(
            [
                spec.source.problem(
                    path,
                    "a column that the run does not hold",
                    got=repr(column),
                    expected=choices(known),
                    fix=f"Did you mean '{close}'?"
                    if close
                    else "Name it in the document's own scenarios and fit again.",
                )
            ]
        )
    values = rows[role].to_numpy()
    met = np.ones(len(values), dtype=bool)
    if condition.compares:
        if values.dtype.kind not in "fi":
            raise PanelError(
                [spec.source.problem(path, "the column holds text", fix="Compare it with 'is:'.")]
            )
        seen = values[panel.used].astype(float)
        seen = seen[np.isfinite(seen)]
        bounds = (
            (condition.below, np.less),
            (condition.above, np.greater),
            (_quantile(seen, condition.below_quantile), np.less),
            (_quantile(seen, condition.above_quantile), np.greater),
        )
        for bound, compare in bounds:
            if bound is not None:
                met &= compare(values, bound)
    if condition.is_ is not None:
        met &= _is(spec, values, condition, path)
    return met


def _quantile(values: NDArray[np.float64], share: float | None) -> float | None:
    return None if share is None else float(np.quantile(values, share))


def _is(spec: Spec, values: NDArray[np.generic], condition: Where, path: Path) -> Mask:
    wanted = condition.is_ if isinstance(condition.is_, tuple) else (condition.is_,)
    met = np.zeros(len(values), dtype=bool)
    for value in wanted:
        hit = values == (value if values.dtype.kind in "fi" else str(value))
        if not np.any(hit):
            known = sorted({str(label) for label in values.tolist()})
            close = nearest(str(value), known)
            raise PanelError(
                [
                    spec.source.problem(
                        (*path, "is"),
                        "no row has this value",
                        got=repr(value),
                        expected=choices(known),
                        fix=f"Did you mean '{close}'?" if close else "",
                    )
                ]
            )
        met |= hit
    return met
