"""Effects over years as a picture: responses to a policy, and an event study."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from clustermodels.errors import FitError
from clustermodels.report.picture import BLUE, DPI, INK, MUTED, PALE, check_target, style, write
from clustermodels.results.intervals import LOWER, UPPER

Values = NDArray[np.float64]

# In inches: a panel, and what is around and above it.
WIDE, TALL, LEFT, TOP, BOTTOM, RIGHT = 3.1, 2.3, 0.75, 0.85, 0.75, 0.3
WORDS = {"one_year": "a policy of one year", "lasting": "a policy that stays"}
RESPONSES = tuple(WORDS)
# The event time against which the others are measured.
REFERENCE = -1


@dataclass(frozen=True, eq=False)
class Course:
    """What one panel shows, sorted by year.

    Parameters
    ----------
    title, scale
        What it is of, and what its numbers are.
    years, median, lower, upper
        (year,): years since the policy, and what was found there.
    neutral
        The number that stands for no effect.
    known
        Years that are the reference of the others, at the neutral number by definition.
    apart
        Whether each year is an effect of its own, and no path goes through them.
    """

    title: str
    scale: str
    years: Values
    median: Values
    lower: Values
    upper: Values
    neutral: float
    known: tuple[int, ...] = ()
    apart: bool = False


def draw_course(found: xr.Dataset, out: str | os.PathLike[str], title: str = "") -> None:
    """Draw effects over the years since a policy, with their 95 % intervals.

    Parameters
    ----------
    found
        From ``dynamics``: for each treatment the response to a policy of one year and to one that
        stays; or from ``event_study``: the coefficients by years since adoption, and before it
        where the comparison is with clusters that never adopt.
    out
        The file, in .png, .svg or .pdf. An older picture of its kind is replaced.
    title
        A line above.

    Raises
    ------
    FitError
        If the file cannot be written, or what was found has no years.
    """
    path = check_target(out)
    courses = _responses(found) if "years_since" in found.coords else _events(found)
    if not courses:
        raise FitError(
            f"{path} cannot be written because there is nothing to draw: no effect over years. "
            "Hand over what 'dynamics' or 'event_study' found."
        )
    with style([title, *(course.title for course in courses)]):
        write(_page(courses, title, _steps(found)), path)


def _steps(found: xr.Dataset) -> str:
    """Say for which change of the policy effects are."""
    steps = dict.fromkeys(map(str, found["per"].to_numpy().tolist())) if "per" in found else {}
    told = ", ".join(step for step in steps if step not in ("", "unit"))
    return f" Effects are for {told}." if told else ""


def _responses(found: xr.Dataset) -> list[Course]:
    treatments = dict.fromkeys(str(name) for name in found["treatment"].to_numpy() if name)
    return [
        _course(
            found.isel(row=rows),
            f"{treatment}: {WORDS[quantity]}",
            found["years_since"].to_numpy()[rows].astype(float),
            str(found["scale"].to_numpy()[rows][0]),
        )
        for treatment in treatments
        for quantity in RESPONSES
        if (rows := _where(found, treatment=treatment, quantity=quantity)).size
    ]


def _events(found: xr.Dataset) -> list[Course]:
    if "by" not in found.coords:
        return []
    courses = []
    for treatment in dict.fromkeys(map(str, found["treatment"].to_numpy().tolist())):
        about = {"treatment": treatment, "quantity": "coefficient"}
        rows = np.concatenate(
            [_where(found, **about, by="before"), _where(found, **about, by="event_time")]
        )
        if rows.size:
            years = found["level"].to_numpy()[rows].astype(float)
            known = (REFERENCE,) if (years < REFERENCE).any() else ()
            made = _course(found.isel(row=rows), treatment, years, "coefficient")
            courses.append(replace(made, known=known, apart=True))
    return courses


def _where(found: xr.Dataset, **wanted: str) -> NDArray[np.int64]:
    hit = np.ones(found.sizes["row"], dtype=bool)
    for name, value in wanted.items():
        hit &= found[name].to_numpy().astype(str) == value
    return np.flatnonzero(hit)


def _course(rows: xr.Dataset, title: str, years: Values, scale: str) -> Course:
    order = np.argsort(years)
    median, lower, upper = (
        rows[name].to_numpy().astype(float)[order] for name in ("median", LOWER, UPPER)
    )
    median, lower, upper = (  # what has left all bounds has no place on the page
        np.where(np.isfinite(values), values, np.nan) for values in (median, lower, upper)
    )
    neutral = 1.0 if scale in ("ratio", "odds_ratio") else 0.0
    return Course(title, scale, years[order], median, lower, upper, neutral)


def _page(courses: Sequence[Course], title: str, steps: str) -> Figure:
    across = min(len(courses), 2)
    down = -(-len(courses) // across)
    width = LEFT + across * WIDE + (across - 1) * LEFT + RIGHT
    height = TOP + down * TALL + (down - 1) * (BOTTOM + 0.3) + BOTTOM
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.text(LEFT / width, 1 - 0.34 / height, title, fontsize=11, weight="bold", va="center")
    for place, course in enumerate(courses):
        row, column = divmod(place, across)
        left = LEFT + column * (WIDE + LEFT)
        top = height - TOP - row * (TALL + BOTTOM + 0.3)
        box = (left / width, (top - TALL) / height, WIDE / width, TALL / height)
        _panel(figure.add_axes(box), course)
    said = f"Medians, with 95 % equal-tailed intervals.{steps}"
    figure.text(LEFT / width, 0.16 / height, said, fontsize=7.4, color=MUTED, va="center")
    return figure


def _panel(axes: Axes, course: Course) -> None:
    axes.set_title(course.title, fontsize=8.5, loc="left", color=INK)
    axes.axhline(course.neutral, color=MUTED, linewidth=0.8)
    if course.apart:
        axes.axvline(REFERENCE + 0.5, color=PALE, linewidth=1.2, zorder=0)
        whiskers = [course.median - course.lower, course.upper - course.median]
        axes.errorbar(
            course.years, course.median, yerr=whiskers, fmt="o", color=BLUE, markersize=4.0
        )
        for year in course.known:
            axes.plot(year, course.neutral, "o", markersize=4, color="white", mec=MUTED)
    else:
        axes.fill_between(course.years, course.lower, course.upper, color=BLUE, alpha=0.15, lw=0)
        axes.plot(course.years, course.median, "o-", color=BLUE, markersize=3, linewidth=1.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_xlabel("years since the policy")
    axes.set_ylabel(course.scale.replace("_", " "))
    axes.spines[["top", "right"]].set_visible(False)
