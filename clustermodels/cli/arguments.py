"""What commands are given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clustermodels.cli.tables import Format
from clustermodels.cli.terminal import say

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The document (YAML or JSON).")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A file that 'fit' wrote.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", help="Draw it too: a .png, .svg or .pdf file.")
]
AsFormat = Annotated[Format, typer.Option("--format", help="How tables are printed.")]


def wrote(picture: Path | None, format_: Format) -> None:
    """Say where a picture is."""
    if picture is not None and format_ is Format.text:
        say(f"wrote {picture}")
