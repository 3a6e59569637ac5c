"""The network of regions as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from clustermodels.report.layout import Codes, Values, arrange, place_labels
from clustermodels.report.picture import FAINT, INK, MUTED

# So many regions are named; further names would hide the network.
NAMED = 36
# Radii in inches: area goes with size, but what is there can be seen.
LARGEST, SMALLEST, DOT = 0.2, 0.045, 0.024
_HALO = [withStroke(linewidth=2.2, foreground="white", alpha=0.9)]


@dataclass(frozen=True, eq=False)
class Web:
    """What a picture of a network shows.

    Parameters
    ----------
    names, size, colour
        Of each region, (node,); numbers may be nan.
    member
        Whether it is a cluster, (node,): the others are small and have no name.
    source, target, weight
        The ties to draw, (tie,), the weakest first; indices of nodes.
    """

    names: tuple[str, ...]
    size: Values
    colour: Values
    member: NDArray[np.bool_]
    source: Codes
    target: Codes
    weight: Values

    @property
    def radius(self) -> Values:
        """Of each circle, in inches, (node,)."""
        known = np.where(np.isfinite(self.size) & (self.size > 0), self.size, 0.0)
        top = known[self.member].max(initial=0.0)
        share = np.sqrt(known / top) if top > 0 else np.full(len(known), 0.4)
        return np.where(self.member, np.maximum(LARGEST * share, SMALLEST), DOT)

    @property
    def named(self) -> Codes:
        """The regions whose names are shown, the largest first."""
        order = np.argsort(-np.nan_to_num(self.size, nan=-1.0), kind="stable")
        return order[self.member[order]][:NAMED].astype(np.int64)


def colours() -> Colormap:
    """Give the colours of low to high: told apart by their lightness alone, and never white."""
    return ListedColormap(mpl.colormaps["YlGnBu"](np.linspace(0.18, 1.0, 256)), "low to high")


def scale(values: Values) -> Normalize | None:
    """Give the range of the colours; none where no value is known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    if high <= low:
        wide = abs(low) * 0.1 or 1.0
        low, high = low - wide, high + wide
    return Normalize(low, high)


def draw_web(axes: Axes, web: Web, box: tuple[float, float]) -> None:
    """Draw a network on axes of ``box`` inches, made for it: no frame, no ticks."""
    axes.set(xlim=(0, box[0]), ylim=(0, box[1]))
    axes.set_axis_off()
    radius, named = web.radius, web.named
    letters = 8.0 if len(named) <= 20 else 7.4
    extent = np.array([_extent(axes, web.names[node], letters) for node in named]).reshape(-1, 2)
    reach = np.column_stack([radius, radius]) + 0.03
    # a label goes beside its circle or above it, so half of its width is room enough
    reach[named] = np.maximum(reach[named] + (0.03, 0.1), extent * 0.6)
    places = arrange(len(web.names), web.source, web.target, web.weight, reach, box)
    _ties(axes, web, places)
    norm = scale(web.colour[web.member])
    shades = colours()
    for inside, order, width in ((False, 2, 0.0), (True, 3, 0.7)):
        at = np.flatnonzero(web.member == inside)
        fill = [
            shades(norm(web.colour[node]))
            if inside and norm is not None and np.isfinite(web.colour[node])
            else (mpl.colors.to_rgba("white" if inside else FAINT))
            for node in at
        ]
        axes.scatter(
            places[at, 0],
            places[at, 1],
            s=(radius[at] * 2 * 72) ** 2,
            c=fill,
            edgecolors=INK if inside else "none",
            linewidths=width,
            zorder=order,
        )
    centres = place_labels(places, radius, named, extent, box)
    for node, (x, y), (wide, high) in zip(named, centres, extent, strict=True):
        _leader(axes, places[node], radius[node], (x, y), (wide / 2, high / 2))
        axes.text(
            x,
            y,
            web.names[node],
            ha="center",
            va="center_baseline",
            size=letters,
            zorder=6,
            path_effects=_HALO,
        )


def _extent(axes: Axes, text: str, letters: float) -> tuple[float, float]:
    """Give the width and height of a text in inches."""
    trial = axes.text(0, 0, text, size=letters)
    found = trial.get_window_extent()
    trial.remove()
    dpi = axes.figure.dpi if axes.figure is not None else 100.0
    return found.width / dpi, letters * 1.15 / 72


def _ties(axes: Axes, web: Web, places: Values) -> None:
    if not len(web.weight):
        return
    share = (web.weight / web.weight.max()) ** 0.75
    both = web.member[web.source] & web.member[web.target]
    shade = np.zeros((len(share), 4))
    shade[:, :3] = mpl.colors.to_rgb(MUTED)
    shade[:, 3] = np.where(both, 0.2 + 0.45 * share, 0.16 + 0.2 * share)
    axes.add_collection(
        LineCollection(
            list(np.stack([places[web.source], places[web.target]], axis=1)),
            linewidths=np.where(both, 0.35 + 3.4 * share, 0.35 + 1.2 * share),
            colors=shade,
            capstyle="round",
            zorder=1,
        )
    )


def _leader(
    axes: Axes,
    node: Values,
    radius: float,
    centre: tuple[float, float],
    half: tuple[float, float],
) -> None:
    """Draw a thin line from a circle to its name, where the name had to go farther away."""
    nearest = np.clip(node, np.subtract(centre, half), np.add(centre, half))
    away = nearest - node
    length = float(np.hypot(*away))
    if length > radius + 0.12:
        start = node + away * radius / length
        axes.plot(
            [start[0], nearest[0]], [start[1], nearest[1]], color=INK, linewidth=0.5, zorder=5
        )
