"""The page of a landscape: a network, quotients or both, with titles, keys and a footer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clustermodels.report.contents import DrawnQuotients, DrawnWeb
from clustermodels.report.layout import Values
from clustermodels.report.picture import DPI, INK, MUTED
from clustermodels.report.quotients import HEADING, LABEL, REASON, draw_quotients, key
from clustermodels.report.web import LARGEST, colours, draw_web, scale

type Box = tuple[float, float, float, float]

# All in inches: margins; the widths of network and quotients, beside the other and alone.
EDGE, HEAD, FOOT, BETWEEN = 0.35, 1.38, 1.3, 0.45
WEB, LINES = (7.2, 10.0), (3.0, 4.4)
NARROWEST = 7.2
# A line of the quotients, and the least and most that both panels are high.
LINE, WIDEST_LINE = 0.19, 0.34
BODY, TALLEST_WEB = (5.6, 11.5), 8.2
TITLE, PANEL, SMALL = 13.0, 10.0, 7.4


def page(
    title: str,
    said: str,
    web: DrawnWeb | None,
    quotients: DrawnQuotients | None,
    readable: bool,
) -> Figure:
    """Compose a page as large as what is on it.

    Parameters
    ----------
    title, said
        The document's title, and how many regions there are.
    web, quotients
        What is drawn, one of them at least.
    readable
        Whether there are fonts for all names.
    """
    figure = Figure(figsize=(1, 1), dpi=DPI)  # texts are as wide as they will be
    FigureCanvasAgg(figure)
    rows = quotients.shown.height if quotients else 0.0
    across = WEB[quotients is None] if web else 0.0
    start = EDGE + (across + BETWEEN if web else 0.0)
    lines = LINES[web is None]
    names = reasons = 0.0
    width = EDGE + across + EDGE
    if quotients:
        names = _widest(figure, quotients.shown.names, LABEL) + 0.15
        if not quotients.shown.member.all():
            said_there = [HEADING, *quotients.shown.reason]
            reasons = _widest(figure, said_there, REASON, bold=True)
        width = start + names + lines + reasons + 0.1 + EDGE
    if width < NARROWEST:
        lines, width = lines + NARROWEST - width, NARROWEST
    least = min(BODY[0], 3.6 + 0.08 * len(web.web.names)) if web else 0.9
    body = float(np.clip(rows * (LINE if web else LINE + 0.03), least, BODY[1]))
    footer = [part.said for part in (web, quotients) if part]
    if not readable:
        footer.append("Boxes: letters that no font of this computer has; an .svg keeps them.")
    footer = [line for part in footer for line in _wrapped(figure, part, width - 2 * EDGE)]
    foot = FOOT + 0.14 * (len(footer) - 1) - (0.35 if web is None else 0.0)
    figure.set_size_inches(width, HEAD + body + foot)
    _words(figure, EDGE, 0.32, _fitted(figure, title or said, width - 2 * EDGE), TITLE, bold=True)
    if title:
        _words(figure, EDGE, 0.6, said, 9.0, colour=MUTED)
    if web:
        tall = min(body, TALLEST_WEB)
        _network(figure, web, (EDGE, foot + body - tall, across, tall))
    if quotients:
        deep = min(body, max(rows * WIDEST_LINE, 0.9))
        _specialised(figure, quotients, (start + names, foot + body - deep, lines, deep), start)
    height = HEAD + body + foot
    for number, line in enumerate(footer):
        down = height - 0.2 - 0.14 * (len(footer) - 1 - number)
        _words(figure, EDGE, down, line, SMALL, colour=MUTED)
    return figure


def _network(figure: Figure, drawn: DrawnWeb, box: Box) -> None:
    many = int(drawn.web.member.sum())
    subject = "clusters" if drawn.clusters else "regions"
    _words(figure, box[0], 0.98, f"How {subject} work together", PANEL, bold=True)
    if not len(drawn.web.weight):
        _words(figure, box[0], 1.2, "No ties between them in these years", SMALL, colour=MUTED)
    elif many > 1:
        near = "Near each other where ties are strong; a wider line is a stronger tie"
        _words(figure, box[0], 1.2, near, SMALL, colour=MUTED)
    axes = figure.add_axes(_share(figure, box))
    draw_web(axes, drawn.web, box[2:])
    member = drawn.web.member
    norm = scale(drawn.web.colour[member])
    if norm is not None:
        bar = figure.add_axes(_share(figure, (box[0], box[1] - 0.36, 2.7, 0.11)))
        colourbar = figure.colorbar(
            ScalarMappable(norm, colours()), cax=bar, orientation="horizontal"
        )
        colourbar.outline.set_visible(False)
        bar.xaxis.set_major_locator(MaxNLocator(4))
        bar.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
        bar.tick_params(labelsize=SMALL, length=2.5, color=MUTED)
        words = _fitted(figure, drawn.colour, 4.2, SMALL)
        bar.set_title(words, size=SMALL, loc="left", pad=4)
    _sizes(figure, drawn.web.size[member], drawn.size, (box[0] + 4.6, box[1] - 0.64))


def _sizes(figure: Figure, size: Values, words: str, corner: tuple[float, float]) -> None:
    """Draw two circles with what they stand for."""
    known = size[np.isfinite(size) & (size > 0)]
    if not len(known):
        return
    top = float(known.max())
    x, y = corner
    axes = figure.add_axes(_share(figure, (x, y, 2.4, 0.6)))
    axes.set(xlim=(0, 2.4), ylim=(0, 0.6))
    axes.set_axis_off()
    axes.text(0, 0.51, words, size=SMALL, va="center")
    at = 0.0
    for value in (_round(top / 8), _round(top)):
        radius = LARGEST * float(np.sqrt(value / top))
        axes.scatter(
            [at + radius], [0.21], s=(radius * 144) ** 2, c="white", edgecolors=INK, linewidths=0.7
        )
        said = f"{value:,.0f}" if value >= 1 else f"{value:.1g}"
        axes.text(at + 2 * radius + 0.06, 0.21, said, size=SMALL, va="center_baseline")
        at += 2 * radius + 0.16 + _widest(figure, [said], SMALL)


def _round(value: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)) * power)


def _specialised(figure: Figure, drawn: DrawnQuotients, box: Box, left: float) -> None:
    height = figure.get_figheight()
    _words(figure, left, 0.98, "How specialised each one is", PANEL, bold=True)
    axes = figure.add_axes(_share(figure, box))
    draw_quotients(axes, drawn.shown)
    axes.set_xlabel(drawn.axis, size=LABEL)
    figure.legend(
        handles=key(drawn.shown, drawn.threshold),
        loc="center left",
        bbox_to_anchor=(left / figure.get_figwidth(), 1 - 1.2 / height),
        ncols=3,
        frameon=False,
        fontsize=SMALL,
        borderaxespad=0,
        borderpad=0,
        columnspacing=1.2,
        handlelength=1.7,
        handletextpad=0.5,
    )


def _words(
    figure: Figure,
    x: float,
    down: float,
    text: str,
    size: float,
    colour: str = INK,
    bold: bool = False,
) -> None:
    """Write a line, ``down`` inches from the top."""
    width, height = figure.get_size_inches()
    figure.text(
        x / width,
        1 - down / height,
        text,
        size=size,
        color=colour,
        weight="bold" if bold else "normal",
        va="center_baseline",
    )


def _share(figure: Figure, box: Box) -> Box:
    width, height = figure.get_size_inches()
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _widest(figure: Figure, texts: Iterable[str], size: float, bold: bool = False) -> float:
    """Give the width of the widest text, in inches."""
    widest = 0.0
    for text in texts:
        trial = figure.text(0, 0, text, size=size, weight="bold" if bold else "normal")
        widest = max(widest, float(trial.get_window_extent().width) / figure.dpi)
        trial.remove()
    return widest


def _fitted(figure: Figure, text: str, width: float, size: float = TITLE) -> str:
    """Cut a text to a width in inches."""
    said = text
    while len(said) > 1 and _widest(figure, [said], size, bold=size == TITLE) > width:
        said = said[: -max(len(said) // 20, 2)].rstrip("… ") + "…"
    return said


def _wrapped(figure: Figure, text: str, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _widest(figure, [longer], SMALL) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
