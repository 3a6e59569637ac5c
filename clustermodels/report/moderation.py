"""A policy's effect along a moderator as a picture, a panel a form."""

from __future__ import annotations

import os
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from clustermodels.report.picture import BLUE, DPI, INK, MUTED, check_target, style, write
from clustermodels.results.departures import BINS
from clustermodels.results.intervals import LOWER, UPPER
from clustermodels.results.moderation import Moderation

Values = NDArray[np.float64]
# In inches.
WIDE, TALL, LEFT, TOP, BOTTOM, RIGHT, BARS = 3.0, 2.4, 0.8, 0.9, 0.95, 0.25, 0.5


def draw_moderation(found: Moderation, out: str | os.PathLike[str], title: str = "") -> None:
    """Draw a policy's effect along a moderator: median, pointwise and simultaneous 95 % bands.

    Below each panel stand the rows along the moderator; where there are too few, or the policy does
    not vary, the curve is grey.

    Parameters
    ----------
    found
        From ``test_moderation``.
    out
        The file, in .png, .svg or .pdf. An older picture of its kind is replaced.
    title
        A line above.

    Raises
    ------
    FitError
        If the file cannot be written.
    """
    path = check_target(out)
    forms = [str(form) for form in found.curves["form"].to_numpy()]
    width = LEFT + len(forms) * WIDE + (len(forms) - 1) * LEFT + RIGHT
    height = TOP + TALL + BARS + BOTTOM
    with style([title, *forms]):
        figure = Figure(figsize=(width, height), dpi=DPI)
        FigureCanvasAgg(figure)
        top = 1 - 0.34 / height
        figure.text(LEFT / width, top, title, fontsize=11, weight="bold", va="center")
        scale = str(found.curves["scale"].item())
        curves = found.curves.where(found.curves["supported"])
        low, high = float(curves["sim95_lower"].min()), float(curves["sim95_upper"].max())
        neutral = 0.0 if scale == "difference" else 1.0
        low, high = min(low, neutral), max(high, neutral)
        for place, form in enumerate(forms):
            left = LEFT + place * (WIDE + LEFT)
            upper = (left / width, (BOTTOM + BARS) / height, WIDE / width, TALL / height)
            axes = figure.add_axes(upper)
            _curve(axes, found, form, neutral)
            axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
            axes.set_ylabel(scale.replace("_", " "))
            lower = (left / width, BOTTOM / height, WIDE / width, BARS / height)
            _rows(figure.add_axes(lower), found)
        said = (
            f"The effect of {found.curves['per'].item()}: medians, 95 % bands pointwise (dark) and "
            "everywhere at once (pale); bars: rows along the moderator. Grey: too few rows, or a "
            "policy that hardly varies there."
        )
        figure.text(LEFT / width, 0.16 / height, said, fontsize=7.2, color=MUTED, va="center")
        write(figure, path)


def _curve(axes: Axes, found: Moderation, form: str, neutral: float) -> None:
    one = found.curves.sel(form=form)
    at, inside = one["moderator_value"].to_numpy(), one["supported"].to_numpy()
    axes.set_title(form, fontsize=8.5, loc="left", color=INK)
    axes.axhline(neutral, color=MUTED, linewidth=0.8)
    how: Literal["steps-mid", "default"] = "steps-mid" if form == BINS else "default"
    filled: Literal["mid"] | None = "mid" if form == BINS else None
    for low, high, alpha in (("sim95_lower", "sim95_upper", 0.10), (LOWER, UPPER, 0.18)):
        axes.fill_between(
            at, one[low], one[high], where=inside, step=filled, color=BLUE, alpha=alpha, lw=0
        )
    median: Values = one["median"].to_numpy()
    axes.plot(at, median, color=MUTED, alpha=0.45, linewidth=1.2, drawstyle=how)
    axes.plot(at, np.where(inside, median, np.nan), color=BLUE, linewidth=1.4, drawstyle=how)
    axes.tick_params(labelbottom=False)
    axes.spines[["top", "right"]].set_visible(False)


def _rows(axes: Axes, found: Moderation) -> None:
    table = found.support
    width = (table["to"] - table["from"]).to_numpy()
    colours = [BLUE if one else MUTED for one in table["supported"].to_numpy()]
    axes.bar(
        table["from"].to_numpy(),
        table["rows"].to_numpy(),
        width,
        align="edge",
        color=colours,
        alpha=0.6,
        edgecolor="white",
        linewidth=0.5,
    )
    axes.set_yticks([])
    axes.set_xlabel(str(found.curves["moderator"].item()))
    axes.spines[["top", "right", "left"]].set_visible(False)
