"""Draw picture.svg, a terminal with real output, landscape.png and moderation.svg, of the example.

Run: python docs/picture.py
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

DOCS = Path(__file__).resolve().parent
WIDTH = 120  # columns
WIDE = 1600  # pixels
THEME = TerminalTheme(
    (253, 253, 250),
    (40, 44, 52),
    [
        *((40, 44, 52), (185, 28, 28), (21, 128, 61), (161, 98, 7)),
        *((29, 78, 216), (126, 34, 206), (14, 116, 144), (113, 113, 122)),
    ],
)
# Each command, and which lines of what it prints are shown.
SHOWN = (
    ("landscape ai_clusters/spec.yaml", slice(0, 12)),
    ("fit ai_clusters/spec.yaml --out run.nc", slice(0, 11)),
    ("diagnose run.nc", slice(-1, None)),
    ("predict run.nc --scenario one_more", slice(0, 27)),
)


def output(arguments: str, folder: Path) -> list[str]:
    """Run a command in colour and give its lines."""
    made = subprocess.run(
        [sys.executable, "-m", "clustermodels", *arguments.split()],
        cwd=folder,
        env=os.environ | {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return [line for line in made.stdout.splitlines() if line.strip()]


def landscape() -> None:
    """Draw the landscape as the command does, in the size and the colours that a page needs."""
    with tempfile.TemporaryDirectory() as name:
        drawn = Path(name) / "landscape.png"
        spec = DOCS.parent / "specs" / "ai_clusters" / "spec.yaml"
        output(f"landscape {spec} --picture {drawn}", DOCS)
        with Image.open(drawn) as picture:
            size = (WIDE, round(picture.height * WIDE / picture.width))
            small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    few = small.quantize(256, method=Image.Quantize.MAXCOVERAGE)
    few.save(DOCS / "landscape.png", optimize=True)


def main() -> None:
    """Run the commands, and write the pictures."""
    landscape()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(DOCS.parent / "specs" / "ai_clusters", folder / "ai_clusters")
        for arguments, lines in SHOWN:
            console.print(Text(f"$ clustermodels {arguments}", style="bold blue"))
            whole = output(arguments, folder)
            shown = whole[lines]
            console.print(Text.from_ansi("\n".join(shown)))
            if len(shown) < len(whole) and lines.stop is not None:
                console.print(Text("...", style="dim"))
            console.print()
        output(f"test-moderation run.nc --picture {DOCS / 'moderation.svg'}", folder)
    svg = console.export_svg(title="clustermodels (simulated example)", theme=THEME)
    # the fonts that rich links to lie on other machines; a reader's own monospace font will do
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (DOCS / "picture.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
