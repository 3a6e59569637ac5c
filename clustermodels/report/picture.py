"""Pictures as files: which kinds there are, in which letters, whole or not at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from clustermodels.errors import FitError
from clustermodels.tables.writing import whole

# How a file of each kind begins, so that nothing else is replaced by one.
BEGINNINGS = {".png": (b"\x89PNG",), ".svg": (b"<?xml", b"<svg"), ".pdf": (b"%PDF",)}
# No date: the same picture is the same file.
_METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": "clustermodels"},
    ".svg": {"Date": None, "Creator": "clustermodels"},
    ".pdf": {"CreationDate": None, "Creator": "clustermodels", "Producer": "clustermodels"},
}
DPI = 200

# It comes with matplotlib, so that a picture looks alike everywhere.
FONT = "DejaVu Sans"
# For the letters that it lacks, these first.
_FURTHER = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "SimHei",
    "Arial Unicode MS",
)
# Matplotlib's own for mathematics, with other signs in the places of letters; and its font of
# boxes, which covers every letter and shows none.
_NO_LETTERS = ("cm", "STIX", "Last Resort")

INK, MUTED, FAINT, PALE = "#282c34", "#71717a", "#b8bcc4", "#eceef1"
BLUE = "#1d4ed8"


def check_target(out: str | os.PathLike[str]) -> Path:
    """Refuse a path that no picture can be written to, before one is drawn.

    Raises
    ------
    FitError
        If its suffix is of no picture, its folder is missing or read-only, or something else is
        there.
    """
    path = Path(out)
    kind = path.suffix.lower()
    if kind not in BEGINNINGS:
        raise FitError(
            f"{path} cannot be written because its name does not say which picture it is. "
            "End it in .png, .svg or .pdf."
        )
    if path.is_dir():
        raise FitError(f"{path} cannot be written because it is a folder. Name a file: MAP{kind}.")
    if not path.parent.is_dir():
        raise FitError(
            f"{path} cannot be written because there is no folder {path.parent}. Create it."
        )
    if not os.access(path.parent, os.W_OK):
        raise FitError(f"{path} cannot be written because {path.parent} is read-only.")
    if path.exists():
        with path.open("rb") as there:
            start = there.read(8)
        if start and not start.startswith(BEGINNINGS[kind]):
            raise FitError(
                f"{path} is not replaced because what is there is not a {kind} picture. "
                "Name another file, or delete it first."
            )
    return path


def write(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all.

    Raises
    ------
    FitError
        If the file cannot be written.
    """
    kind = path.suffix.lower()
    try:
        with whole(path) as part:
            figure.savefig(part, format=kind[1:], dpi=DPI, metadata=_METADATA[kind])
    except OSError as error:
        raise FitError(f"{path} could not be written because {error.strerror or error}.") from None


@contextmanager
def style(texts: Iterable[str]) -> Iterator[bool]:
    """Draw in one style, whatever the reader's settings are; they are back after the block.

    Gives whether some font of this machine has all letters of the texts. Where none does, an .svg
    keeps its texts as texts, for the fonts of whoever reads it.
    """
    families, missing = fonts(texts)
    settings: dict[Any, Any] = {
        "font.family": families,
        "font.size": 8.5,
        "text.usetex": False,
        # a region's name may hold a dollar sign
        "text.parse_math": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.unicode_minus": True,
        "xtick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.color": MUTED,
        "ytick.labelcolor": INK,
        "savefig.bbox": None,
        "savefig.transparent": False,
        "savefig.facecolor": "white",
        "path.sketch": None,
        "svg.hashsalt": "clustermodels",
        "svg.fonttype": "none" if missing else "path",
        "pdf.fonttype": 42,
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        if missing:
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield not missing


def fonts(texts: Iterable[str]) -> tuple[list[str], set[int]]:
    """Choose fonts of this machine that have all letters of the texts; and say what none has."""
    wanted = {ord(letter) for text in texts for letter in text if letter.isprintable()}
    families = [FONT]
    missing = wanted - _letters(font_manager.findfont(FONT))
    if missing:
        there = {font.name: font.fname for font in font_manager.fontManager.ttflist}
        ranked = [name for name in _FURTHER if name in there]
        for name in (*ranked, *sorted(set(there) - {*ranked, FONT})):
            if not name.startswith(_NO_LETTERS) and missing & (has := _letters(there[name])):
                families.append(name)
                missing -= has
            if not missing:
                break
    return families, missing


def _letters(path: str) -> set[int]:
    try:
        return set(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError):  # a font of pictures, or one that is broken
        return set()
