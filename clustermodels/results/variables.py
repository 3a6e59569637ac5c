"""What an answer moves: a column in the user's units, and from where to where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.cohorts import by_cohort
from clustermodels.data.panel import Panel, Values
from clustermodels.data.scenarios import with_leads
from clustermodels.errors import FitError, PanelError, Problem, unknown_among
from clustermodels.fits.record import Fit
from clustermodels.spec.treatments import Adoption

# One amount: a step, a range of the data, or two values.
Amount = float | str | tuple[float | str, float | str]
Variables = str | Sequence[str] | Mapping[str, Amount]
RANGES = ("sd", "iqr", "minmax")


@dataclass(frozen=True, eq=False)
class Variable:
    """A column that can be moved.

    Parameters
    ----------
    name
        As it was asked for.
    column
        The panel's column, which every term that reads it follows.
    adoption
        The treatment that it says the adoption of, where it does.
    numeric
        False for text.
    """

    name: str
    column: str
    adoption: Adoption | None
    numeric: bool


@dataclass(frozen=True)
class Move:
    """What is done to a column in all rows: add, scale, or set to one value."""

    variable: Variable
    verb: Literal["add", "scale", "set"]
    amount: float | str

    def of(self, rows: xr.Dataset) -> NDArray[np.generic]:
        """Give the column, (obs,), after the move."""
        before, item = rows[self.variable.column].to_numpy(), self.variable.adoption
        if self.verb == "add":
            return np.asarray(before + self.amount)
        if self.verb == "scale":
            return np.asarray(before * self.amount)
        if item is not None and item.first_year is not None:
            first = float(rows["year"].min()) - item.lag  # on in every row
            return np.full(len(before), first if self.amount else 0.0)
        return np.full(len(before), self.amount, dtype=before.dtype)


@dataclass(frozen=True)
class Contrast:
    """Two moves that are compared, how this is written, and by how much they differ."""

    variable: Variable
    words: str
    low: Move
    high: Move
    width: float = 1.0


def moved(fit: Fit, panel: Panel, moves: Sequence[Move]) -> Panel:
    """Give the panel after some moves; leads go on reading what was observed."""
    rows = with_leads(fit.spec, panel.rows)
    for move in moves:
        rows = rows.assign({move.variable.column: ("obs", move.of(rows))})
    return replace(panel, rows=rows, read_as="")


def variable(fit: Fit, name: str) -> Variable:
    """Find what a name stands for: a column of the panel, or a term that reads one.

    Raises
    ------
    PanelError
        If no treatment, moderator or control is or reads it.
    FitError
        If it cannot be moved.
    """
    spec = fit.spec
    reads = {key: found[0] for (_, key), found in spec.predictors().items() if found}
    columns = {read.column for read in reads.values()}
    if name not in columns and name not in reads:
        known = sorted({*columns, *reads})
        what = "no treatment, moderator or control is called so or reads such a column"
        raise PanelError([Problem(what, **unknown_among(name, known))])
    column = name if name in columns else reads[name].column
    unknown = {reads[key].column for key in fit.learned.cells}
    if column in unknown:
        raise FitError(
            f"'{name}' cannot be moved because some of its cells are parameters of the model. "
            "Choose a column that is observed."
        )
    adoptions = {
        (item.first_year or item.column): (key, item)
        for key, item in spec.treatments.items()
        if isinstance(item, Adoption)
    }
    key, item = adoptions.get(column, ("", None))
    if key in by_cohort(spec):
        raise FitError(
            f"'{name}' cannot be moved as one because its effects are by cohort and year, and of "
            "other years of adoption nobody knows them. Ask event_study, or a scenario with "
            "'repeal'."
        )
    return Variable(name, column, item, fit.panel.rows[column].dtype.kind in "fi")


def contrasts(fit: Fit, variables: Variables) -> list[Contrast]:
    """Give what is compared of each variable: one more, where nothing else is said."""
    asked = [variables] if isinstance(variables, str) else variables
    amounts = variables if isinstance(variables, Mapping) else dict.fromkeys(asked, 1.0)
    return [_contrast(fit, variable(fit, name), amount) for name, amount in amounts.items()]


def _contrast(fit: Fit, of: Variable, amount: Amount) -> Contrast:
    if isinstance(amount, tuple | list):
        if len(amount) != 2:
            raise _refused(of, f"{len(amount)} values are no two", "Give (LOW, HIGH)")
        return _between(fit, of, *amount)
    if not isinstance(amount, float | int | str):
        raise _refused(of, f"{amount!r} is no amount", f"Give a number, {', '.join(RANGES)}")
    if not of.numeric:
        raise _refused(of, "it holds text, and has no amounts", "Compare two labels: (LOW, HIGH)")
    if of.adoption is not None:
        if amount != 1:
            raise _refused(of, "an adoption is there or not", "Leave the amount out")
        return Contrast(of, "1 - 0", Move(of, "set", 0.0), Move(of, "set", 1.0))
    if isinstance(amount, str):
        words, low, high = _range(of, observed_values(fit, of), amount)
        return Contrast(of, words, Move(of, "set", low), Move(of, "set", high))
    if not np.isfinite(amount):
        raise _refused(of, f"{amount:g} is no number", "Give numbers in the column's own units")
    return Contrast(of, f"{amount:+g}", Move(of, "add", 0.0), Move(of, "add", float(amount)))


def _between(fit: Fit, of: Variable, low: float | str, high: float | str) -> Contrast:
    for value in (low, high):
        check_value(fit, of, value)
    words = f"{high:g} - {low:g}" if of.numeric else f"{high} - {low}"
    return Contrast(of, words, Move(of, "set", low), Move(of, "set", high))


def check_value(fit: Fit, of: Variable, value: float | str) -> None:
    """Refuse a value that a column cannot have.

    Raises
    ------
    PanelError
        If no row has this label.
    FitError
        If it is no number, or neither 0 nor 1 of an adoption.
    """
    if not of.numeric:
        rows = fit.panel.rows[of.column].to_numpy()[fit.panel.used]
        known = sorted({*map(str, rows.tolist())} - {""})
        if value not in known:
            what = f"'{of.name}': no fitted row has this value"
            raise PanelError([Problem(what, **unknown_among(str(value), known))])
    elif isinstance(value, str) or not np.isfinite(value):
        raise _refused(of, f"{value!r} is no number", "Give numbers in the column's own units")
    elif of.adoption is not None and value not in (0, 1):
        raise _refused(of, f"an adoption is 0 or 1, and not {value:g}", "Give 0 or 1")


def _range(of: Variable, values: Values, asked: str) -> tuple[str, float, float]:
    match asked:
        case "sd":
            mean, half = float(values.mean()), float(values.std(ddof=1)) / 2
            return "(mean + sd/2) - (mean - sd/2)", mean - half, mean + half
        case "iqr":
            low, high = np.quantile(values, [0.25, 0.75])
            return "Q3 - Q1", float(low), float(high)
        case "minmax":
            return "max - min", float(values.min()), float(values.max())
        case _:
            raise _refused(of, f"{asked!r} is no amount", f"Give a number, {', '.join(RANGES)}")


def derivative(fit: Fit, name: str, step: float, *, relative: bool = False) -> Contrast:
    """Give the two moves of a central difference of a column.

    Parameters
    ----------
    step
        The distance between them: in standard deviations of the column over the fitted rows, or
        of its logarithm.

    Raises
    ------
    FitError
        If the column has no derivative: text, an adoption, a constant.
    """
    of = variable(fit, name)
    if not of.numeric or of.adoption is not None:
        raise _refused(of, "it has no values between", "Ask comparisons")
    if relative:
        ends = (float(np.exp(-step / 2)), float(np.exp(step / 2)))
        return Contrast(of, "eY/eX", Move(of, "scale", ends[0]), Move(of, "scale", ends[1]), step)
    half = step * spread(fit, of) / 2
    return Contrast(of, "dY/dX", Move(of, "add", -half), Move(of, "add", half), 2 * half)


def spread(fit: Fit, of: Variable) -> float:
    """Give a column's standard deviation over the fitted rows, in its own units."""
    found = float(observed_values(fit, of).std())
    if not found:
        raise _refused(of, "it is the same in all rows", "Ask comparisons")
    return found


def beyond_data(fit: Fit, asked: Contrast) -> str | None:
    """Say how many fitted rows a comparison takes beyond the range of its column, if any."""
    of = asked.variable
    if not of.numeric or of.adoption is not None:
        return None
    rows, seen = fit.panel.rows, observed_values(fit, of)
    low, high = float(seen.min()), float(seen.max())
    tiny = 1e-9 * max(abs(low), abs(high))
    ends = [move.of(rows)[fit.panel.used].astype(np.float64) for move in (asked.low, asked.high)]
    out = np.any([(end < low - tiny) | (end > high + tiny) for end in ends], axis=0).mean()
    if not out:
        return None
    return (
        f"'{of.name}' {asked.words} takes {max(100 * out, 1):.0f} % of rows beyond the data's "
        f"{low:.3g} to {high:.3g}, where the answer rests on the form of the model."
    )


def observed_values(fit: Fit, of: Variable) -> Values:
    """Give a column's values over the fitted rows, where they are known."""
    values = fit.panel.rows[of.column].to_numpy()[fit.panel.used].astype(np.float64)
    return np.asarray(values[np.isfinite(values)])


def _refused(of: Variable, because: str, way_out: str) -> FitError:
    return FitError(f"'{of.name}' cannot be moved so because {because}. {way_out}.")
