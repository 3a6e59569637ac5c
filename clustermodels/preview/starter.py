"""Starter projects: the shipped example, or a commented document for the user's own table."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.preview.draft import HINT, draft
from clustermodels.spec.schema import json_schema
from clustermodels.tables.read import read_table
from clustermodels.tables.writing import whole

EXAMPLE = "ai_clusters"
SPEC, SCHEMA = "spec.yaml", "schema.json"


def examples() -> Path:
    """Give the folder of the documents that ship: in the package, else beside it."""
    packaged = Path(str(files("clustermodels"))) / "specs"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "specs"


def start_project(folder: str | os.PathLike[str]) -> list[Path]:
    """Write the shipped example to a folder: spec.yaml and its schema, data, truth, README.

    Parameters
    ----------
    folder
        Made if it is not there.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    PanelError
        If a file of that name is there already: nothing is overwritten.
    """
    source = examples() / EXAMPLE
    contents = {path.name: path.read_bytes() for path in sorted(source.iterdir()) if path.is_file()}
    text = contents[SPEC].decode("utf-8")
    contents[SPEC] = text.replace(f"{HINT}../{SCHEMA}", f"{HINT}{SCHEMA}", 1).encode("utf-8")
    return _write(Path(folder), contents)


def draft_spec(
    panel: str | os.PathLike[str],
    cluster: str,
    year: str,
    folder: str | os.PathLike[str] = ".",
) -> list[Path]:
    """Write a commented document for a table, with its columns and the kinds that they look like.

    Parameters
    ----------
    panel
        The table, as ``data.panel.path`` takes it.
    cluster, year
        Its columns with the cluster and the year.
    folder
        Where ``spec.yaml`` and ``schema.json`` are written.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    PanelError
        If the table cannot be read, lacks these columns, has nothing to model, or a spec is
        there.
    """
    table = read_table(panel)
    for column in (cluster, year):
        if column not in table.columns:
            close = nearest(column, table.available)
            raise PanelError(
                [
                    Problem(
                        f"no column '{column}'",
                        f"Did you mean '{close}'?" if close else "Name one of its columns.",
                        file=str(panel),
                        expected=choices(table.available),
                    )
                ]
            )
    text = draft(table, Path(os.path.relpath(panel, folder)).as_posix(), cluster, year)
    return _write(Path(folder), {SPEC: text.encode("utf-8")})


def _write(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    """Write files and the schema that editors read beside them: all whole, or none at all."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    contents = {**contents, SCHEMA: schema.encode("utf-8")}
    there = [name for name in contents if (folder / name).exists()]
    if there:
        raise PanelError(
            [
                Problem(
                    f"already there: {choices(there)}",
                    "Nothing was written: name another folder.",
                    file=str(folder),
                )
            ]
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            for name, content in contents.items():
                stack.enter_context(whole(folder / name)).write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PanelError(
            [Problem(f"cannot be written: {reason}", "Name another folder.", file=str(folder))]
        ) from None
    return [folder / name for name in contents]
