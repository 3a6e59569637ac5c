"""Write the outputs in the documentation again, by running the commands that they name.

A block of output stands below ``<!-- output of: COMMAND -->``, or ``<!-- first N lines of:
COMMAND -->``; a block below ``<!-- file: NAME -->`` is a file that later commands of the page read.
Each page runs from its top in an empty folder, beside a copy of ``specs``.

Run: python docs/refresh.py [PAGE ...]
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
BLOCK = re.compile(
    r"(?P<mark><!-- (?:(?P<file>file)|(?:first (?P<lines>\d+) lines|output) of): "
    r"(?P<what>.+?) -->\n```\w*\n)(?P<body>.*?)(?P<end>```\n)",
    re.DOTALL,
)


def refreshed(text: str, folder: Path) -> str:
    """Give a page with every output made again; its commands run in ``folder``."""

    def again(block: re.Match[str]) -> str:
        if block["file"]:
            (folder / block["what"]).write_text(block["body"], "utf-8")
            return block[0]
        lines = output(block["what"], folder).splitlines()
        kept = int(block["lines"] or len(lines))
        body = [*lines[:kept], *(["..."] if kept < len(lines) else [])]
        return block["mark"] + "".join(f"{line.rstrip()}\n" for line in body) + block["end"]

    return BLOCK.sub(again, text)


def output(command: str, folder: Path) -> str:
    """Run a command of this environment, and give what it prints to either stream."""
    program, *arguments = shlex.split(command)
    beside = Path(sys.executable).parent / program
    made = subprocess.run(
        [str(beside), *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = made.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("sampling: "))


def main() -> None:
    """Refresh the pages that are named, or all."""
    pages = [Path(name) for name in sys.argv[1:]] or [DOCS.parent / "README.md", *DOCS.glob("*.md")]
    for page in pages:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copytree(DOCS.parent / "specs", folder / "specs")
            before = page.read_text("utf-8")
            after = refreshed(before, folder)
        if after != before:
            page.write_text(after, "utf-8")
            print(f"wrote {page}")


if __name__ == "__main__":
    main()
