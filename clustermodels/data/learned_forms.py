"""What the fitting panel teaches of the forms of moderators: knots, edges, ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from clustermodels.data.curves import AnyCurve, Process, Quadratic, Spline, Steps, natural, step_of
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Positions, Values
from clustermodels.errors import PanelError, Problem
from clustermodels.spec import forms
from clustermodels.spec.bending import is_curve
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import in_steps

# A Gaussian process of fewer different values is a spline with a knot for each.
FEWEST = 4
# Rows that each label has at least, on average.
ROWS = 2

Centre = tuple[float, float]


def learn_curves(
    spec: Spec, values: Mapping[str, Values], scales: Mapping[str, Centre]
) -> dict[str, AnyCurve]:
    """Learn the columns of every moderator along which effects follow a curve.

    Parameters
    ----------
    spec
        The document.
    values
        Transformed columns, (obs,).
    scales
        Their centres and spreads.

    Raises
    ------
    PanelError
        If rows have too few different values for the form, or knots are outside of them.
    """
    return _of_each(
        spec,
        [name for name, item in spec.moderators.items() if is_curve(item)],
        lambda name: _curve(spec.moderators[name].form, values[name], *scales[name]),
    )


def learn_steps(
    spec: Spec, values: Mapping[str, Values], factors: Mapping[str, Factor]
) -> dict[str, Steps]:
    """Learn the bins of every moderator along which effects change in steps, and its labels.

    Parameters
    ----------
    spec
        The document.
    values
        Transformed columns, (obs,).
    factors
        Of labels.

    Raises
    ------
    PanelError
        If a bin would be empty, there is one label only, or nearly each row has its own.
    """

    def steps(name: str) -> Steps:
        form = spec.moderators[name].form
        if isinstance(form, forms.Bins):
            return _bins(form, values[name])
        codes, levels = factors[name].codes, factors[name].levels
        if len(levels) < 2:
            raise _RefusedError(
                f"no effect can differ by it, because all rows have the label '{levels[0]}'",
                "Remove it.",
            )
        if len(codes) < ROWS * len(levels):
            raise _RefusedError(
                f"effects cannot differ by it, because {len(codes)} rows have {len(levels)} "
                f"different labels, fewer than {ROWS} rows each",
                "Join labels; or of numbers write 'form: bins' or 'form: spline' and no kind.",
            )
        return Steps(levels=levels, edges=None, spread=_spread(codes))

    return _of_each(spec, [name for name, m in spec.moderators.items() if in_steps(m)], steps)


class _RefusedError(Exception):
    """Why a form cannot be of a moderator, and what to do."""


def _of_each[T](spec: Spec, names: list[str], learn: Callable[[str], T]) -> dict[str, T]:
    """Learn of each moderator, or say all that is wrong."""
    found: dict[str, T] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            found[name] = learn(name)
        except _RefusedError as refused:
            what, fix = refused.args
            item = spec.moderators[name]
            path = ("moderators", name, "form" if "form" in item.model_fields_set else "kind")
            problems.append(spec.source.problem(path, f"'{name}': {what}", fix=fix))
    if problems:
        raise PanelError(problems)
    return found


def _curve(form: forms.AnyForm, values: Values, centre: float, spread: float) -> AnyCurve:
    different = len(np.unique(values))
    low, high = float(values.min()), float(values.max())
    if isinstance(form, forms.GaussianProcess):
        _refuse_few(different, FEWEST, "a Gaussian process")
        half = (high - low) / 2
        return Process(
            centre=centre, middle=(low + high) / 2, half=half, functions=form.gp.functions
        )
    if isinstance(form, forms.Spline):
        knots = _knots(form.spline, values, different)
        return Spline(centre=centre, knots=knots, turn=_turn(natural(values, np.array(knots))))
    _refuse_few(different, 3, "a parabola")
    square = float((((values - centre) / spread) ** 2).std(ddof=1))
    return Quadratic(centre=centre, spread=spread, square=square)


def _refuse_few(different: int, needed: int, what: str) -> None:
    if different < needed:
        many = "1 value" if different == 1 else f"{different} different values"
        raise _RefusedError(
            f"{what} takes {needed} different values or more, and rows have {many}",
            "Write 'form: linear'." if different > 1 else "Remove it: it never changes.",
        )


def _knots(asked: int | tuple[float, ...], values: Values, different: int) -> tuple[float, ...]:
    """Give all knots: the outer ones where rows end."""
    low, high = float(values.min()), float(values.max())
    inner = len(asked) if isinstance(asked, tuple) else asked
    _refuse_few(different, inner + 2, f"a spline with {inner} inner knots")
    if isinstance(asked, tuple):
        beyond = [at for at in asked if not low < at < high]
        if beyond:
            raise _RefusedError(
                f"the knot {beyond[0]:g} is not inside the values of the rows, because these go "
                f"from {low:.4g} to {high:.4g}",
                "Name knots between these, after the transform, or say how many.",
            )
        return (low, *asked, high)
    places = np.quantile(values, np.linspace(0, 1, inner + 2))
    if (np.diff(places) <= 0).any():
        raise _RefusedError(
            f"{inner} knots cannot be at quantiles, because so many rows have the same value that "
            "two of them would be at one place",
            "Say where knots are: 'form: {spline: [..]}', or ask for fewer.",
        )
    return tuple(places.tolist())


def _turn(columns: Values) -> tuple[tuple[float, ...], ...]:
    """Give what makes columns uncorrelated over the rows, each of sd 1, the first a multiple."""
    apart = columns - columns.mean(axis=0)
    size = np.linalg.norm(apart, axis=0)
    upper = np.linalg.qr(apart / size, mode="r")
    own = np.diagonal(upper)
    if np.abs(own).min() < 1e-6:
        raise _RefusedError(
            "its rows do not tell the columns of the spline apart, because too few values lie "
            "between knots",
            "Ask for fewer knots.",
        )
    # signs are those that make each column rise with its own power
    turn = np.linalg.inv(upper * np.sign(own)[:, None]) / size[:, None]
    return tuple(map(tuple, (turn * np.sqrt(len(columns) - 1)).tolist()))


def _bins(form: forms.Bins, values: Values) -> Steps:
    asked, low, high = form.bins, float(values.min()), float(values.max())
    if isinstance(asked, tuple):
        beyond = [edge for edge in asked if not low < edge <= high]
        if beyond:
            raise _RefusedError(
                f"the edge {beyond[0]:g} leaves a bin without rows, because their values go from "
                f"{low:.4g} to {high:.4g}",
                "Name edges between these, after the transform, or say how many bins.",
            )
        edges = asked
    else:
        _refuse_few(len(np.unique(values)), asked, f"a cut into {asked} bins")
        edges = tuple(np.quantile(values, np.linspace(0, 1, asked + 1)[1:-1]).tolist())
    codes = step_of(values, edges)
    empty = np.flatnonzero(np.bincount(codes, minlength=len(edges) + 1) == 0)
    if empty.size:
        raise _RefusedError(
            f"bin {empty[0] + 1} of {len(edges) + 1} would have no rows, because "
            + (
                "none lie between its edges"
                if isinstance(asked, tuple)
                else "so many rows have the same value that quantiles fall together"
            ),
            "Say where the edges are: 'form: {bins: [..]}', or ask for fewer bins.",
        )
    return Steps(levels=_said(edges), edges=edges, spread=_spread(codes))


def _said(edges: tuple[float, ...]) -> tuple[str, ...]:
    """Name bins by their edges, to as many digits as tell these apart."""
    for digits in range(3, 18):
        told = [f"{edge:.{digits}g}" for edge in edges]
        if len({*told}) == len(told):
            break
    between = [f"{low} to {high}" for low, high in pairwise(told)]
    return (f"below {told[0]}", *between, f"{told[-1]} and above")


def _spread(codes: Positions) -> float:
    share = np.bincount(codes) / len(codes)
    return float(np.sqrt(1 - (share**2).sum()))
