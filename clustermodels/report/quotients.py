"""Location quotients with their intervals as a picture: a line for each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator
from numpy.typing import NDArray

from clustermodels.report.layout import Values
from clustermodels.report.picture import BLUE, INK, MUTED, PALE

# Beyond this ratio of the largest to the smallest, equal steps are equal ratios.
RANGE = 8.0
SURE = 0.95
LABEL, REASON = 8.0, 7.4
HEADING = "Failed one rule only:"
# Ticks of each power of ten, by how many times the axis' low end its high end is.
_TICKS = ((40.0, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)), (400.0, (1.0, 2.0, 5.0)), (np.inf, (1.0,)))


@dataclass(frozen=True, eq=False)
class Quotients:
    """What a picture of quotients shows, in the order of the lines.

    Parameters
    ----------
    names
        Of the regions, (region,).
    value, lower, upper, probability
        The quotient, its interval, and the probability that it is above the threshold, (region,);
        nan where it is not known.
    member
        Whether the region is a cluster, (region,): these come first.
    reason
        Why it is none, (region,); empty for clusters.
    threshold
        The quotient to be exceeded.
    """

    names: tuple[str, ...]
    value: Values
    lower: Values
    upper: Values
    probability: Values
    member: NDArray[np.bool_]
    reason: tuple[str, ...]
    threshold: float

    @property
    def lines(self) -> Values:
        """The line of each region, from 0; a line between clusters and others is free."""
        count = np.arange(len(self.names), dtype=np.float64)
        gap = 1.0
        return count if self.member.all() else np.where(self.member, count, count + gap)

    @property
    def height(self) -> float:
        """How many lines there are, the free one too."""
        return float(self.lines[-1]) + 1.0


def draw_quotients(axes: Axes, shown: Quotients) -> None:
    """Draw the quotients of regions, one line each, those that are no clusters in grey."""
    lines = shown.lines
    low, high, logs = _range(shown)
    axes.set(ylim=(shown.height - 0.4, -0.6), xlim=(low, high))
    if logs:
        axes.set_xscale("log")
    _ticks(axes, low, high, logs)
    axes.set_yticks(lines, labels=shown.names, size=LABEL)
    axes.tick_params(axis="y", length=0, pad=5)
    axes.tick_params(axis="x", length=3, labelsize=LABEL)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.hlines(lines, low, high, color=PALE, linewidth=0.7, zorder=0)
    axes.axvline(shown.threshold, color=INK, linewidth=1.0, dashes=(4, 2.5), zorder=1)
    inside = np.clip(shown.value, low, high)
    ends = np.clip(np.stack([shown.lower, shown.upper]), low, high)
    for row, label in enumerate(axes.get_yticklabels()):
        colour = BLUE if shown.member[row] else MUTED
        label.set_color(INK if shown.member[row] else MUTED)
        axes.hlines(lines[row], *ends[:, row], color=colour, linewidth=1.3, zorder=2)
        unsure = shown.probability[row] < SURE
        axes.plot(
            inside[row],
            lines[row],
            marker="<" if shown.value[row] < low else "o",
            markersize=5.2,
            color=colour,
            markerfacecolor="white" if unsure else colour,
            markeredgewidth=1.1,
            clip_on=False,
            zorder=3,
        )
        if shown.reason[row]:
            _beside(axes, 1.02, lines[row], shown.reason[row])
    others = lines[~shown.member]
    if len(others):
        _beside(axes, 1.02, others[0] - 1, HEADING, weight="bold")


def key(shown: Quotients, words: str) -> list[Line2D]:
    """Give what the signs mean, as lines of a legend; ``words`` name the threshold."""
    signs = {
        f"above {shown.threshold:g} with probability {SURE:g} or more": shown.probability >= SURE,
        "with less": shown.probability < SURE,
    }
    drawn = [
        Line2D([], [], color=BLUE, marker="o", markersize=5.2, markeredgewidth=1.1, label=said)
        for said, which in signs.items()
        if which.any()
    ]
    for line in drawn:
        if str(line.get_label()) == "with less":
            line.set_markerfacecolor("white")
            if len(drawn) == 1:
                line.set_label(f"above {shown.threshold:g} with probability below {SURE:g}")
    return [*drawn, Line2D([], [], color=INK, linewidth=1.0, dashes=(4, 2.5), label=words)]


def _beside(axes: Axes, x: float, y: float, text: str, weight: str = "normal") -> None:
    across = axes.get_yaxis_transform()
    axes.text(x, y, text, transform=across, va="center", size=REASON, color=MUTED, weight=weight)


def _range(shown: Quotients) -> tuple[float, float, bool]:
    """Give both ends of the axis, and whether it is in logs."""
    points = np.r_[shown.value, shown.threshold]
    points = points[np.isfinite(points) & (points > 0)]
    every = np.r_[points, shown.lower, shown.upper]
    every = every[np.isfinite(every) & (every > 0)]
    # an interval that all but reaches 0 would leave no room for the others
    low, high = max(every.min(), points.min() / 5), min(every.max(), points.max() * 5)
    if high / low > RANGE:
        return float(low / 1.12), float(high * 1.12), True
    zero = bool((shown.value == 0).any())
    wide = (high - low) * 0.05 or low * 0.5
    return 0.0 if zero else float(max(low - wide, 0.0)), float(high + wide), False


def _ticks(axes: Axes, low: float, high: float, logs: bool) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if not logs:
        return
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    steps = next(steps for most, steps in _TICKS if high / low <= most)
    ticks = (powers[:, None] * steps).ravel()
    axes.xaxis.set_major_locator(FixedLocator(ticks[(ticks >= low) & (ticks <= high)].tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
