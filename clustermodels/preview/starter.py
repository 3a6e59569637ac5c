"""Starter projects: the shipped example, or a commented document for the user's own table."""

from __future__ import annotations

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.tables.read import read_table
from clustermodels.tables.table import Table

EXAMPLE = "ai_clusters"
_PLAIN = re.compile(r"[A-Za-z_][\w ]*")
_NOT_TEXT = re.compile(r"(?i)(null|true|false|~|[-+.\d].*)")


def examples() -> Path:
    """Give the folder of the documents that ship: in the package, else beside it."""
    packaged = Path(str(files("clustermodels"))) / "specs"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "specs"


def start_project(folder: str | os.PathLike[str]) -> list[Path]:
    """Write the shipped example to a folder: spec.yaml, its data, the truth, a README.

    Raises
    ------
    PanelError
        If a file of that name is there already: nothing is overwritten.
    """
    source = examples() / EXAMPLE
    names = sorted(path.name for path in source.iterdir() if path.is_file())
    return _write(Path(folder), {name: (source / name).read_bytes() for name in names})


def _write(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    targets = {folder / name: content for name, content in contents.items()}
    there = [str(path) for path in targets if path.exists()]
    if there:
        raise PanelError(
            [Problem(f"already there: {choices(there)}", "Name another folder.", file=str(folder))]
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in targets.items():
            path.write_bytes(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PanelError(
            [Problem(f"cannot be written: {reason}", "Name another folder.", file=str(folder))]
        ) from None
    return [*targets]


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
        Where ``spec.yaml`` is written.

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
    kinds = {
        column: guess(values)
        for column, values in table.columns.items()
        if column not in (cluster, year)
    }
    place = os.path.relpath(panel, folder)
    return _write(Path(folder), {"spec.yaml": _draft(table, kinds, place, cluster, year).encode()})


def guess(values: NDArray[np.generic]) -> str:
    """Guess what a column holds: switch, years, count, share, positive, number, text or empty.

    Examples
    --------
    >>> guess(np.array(["0", "3", "12", None], dtype=object))
    'count'
    """
    cells = [cell for cell in values.tolist() if cell is not None and cell == cell]
    try:
        numeric = np.array([float(cell) for cell in cells])
    except ValueError:
        return "text"
    if not numeric.size:
        return "empty"
    whole = bool((numeric == np.floor(numeric)).all())
    if whole and set(numeric) <= {0.0, 1.0}:
        return "switch"
    if whole and ((numeric == 0) | ((numeric > 1900) & (numeric < 2100))).all():
        return "years"
    if whole and numeric.min() >= 0:
        return "count"
    if numeric.min() >= 0 and numeric.max() <= 1:
        return "share"
    return "positive" if numeric.min() > 0 else "number"


_WORDS = {
    "switch": "0 or 1",
    "years": "years",
    "count": "counts",
    "share": "between 0 and 1",
    "positive": "positive numbers",
    "number": "numbers",
    "text": "text",
    "empty": "empty",
}


def _quoted(name: str) -> str:
    """Write a name as YAML, quoted where it could be read as something else."""
    if _PLAIN.fullmatch(name) and not _NOT_TEXT.fullmatch(name) and name == name.strip():
        return name
    return json.dumps(name, ensure_ascii=False)


def _key(name: str) -> tuple[str, str]:
    """Give a key for a column, and the ``column:`` that it needs if it is not the name itself."""
    key = re.sub(r"[./]|::", "_", name)
    if key in ("cluster", "year", "obs", "chain", "draw", "intercept"):
        key = f"{key}_column"
    return _quoted(key), "" if key == name else f"column: {_quoted(name)}"


def _entry(name: str, *settings: str) -> str:
    key, column = _key(name)
    inside = ", ".join(part for part in (column, *settings) if part)
    return f"  {key}: {{{inside}}}"


def _draft(table: Table, kinds: dict[str, str], path: str, cluster: str, year: str) -> str:
    def of(*wanted: str) -> list[str]:
        return [column for column, kind in kinds.items() if kind in wanted]

    numeric = of("count", "switch", "positive", "number", "share")
    if len(numeric) < 2:
        raise PanelError(
            [
                Problem(
                    "fewer than two numeric columns beside cluster and year",
                    "A model needs an outcome and a treatment.",
                    file=table.name,
                )
            ]
        )
    outcome = (of("count") or of("positive", "number", "share") or numeric)[0]
    family = {"count": "negative_binomial", "switch": "bernoulli"}.get(kinds[outcome], "gaussian")
    rest = [column for column in numeric if column != outcome]
    treatment = ([c for c in rest if kinds[c] in ("switch", "count")] or rest)[0]
    others = [column for column in rest if column != treatment]
    lines = [
        "# yaml-language-server: $schema=https://json-schema.org/draft/2020-12/schema",
        "# Written from the columns of your table: every choice here is a guess. Read each line,",
        "# keep what is right, then run:  clustermodels check spec.yaml",
        "schema: 1",
        f"title: {_quoted(f'The effect of {treatment} on {outcome}')}",
        "",
        "data:",
        f"  panel: {{path: {_quoted(path)}, cluster: {_quoted(cluster)}, year: {_quoted(year)}}}",
        "",
        "# Columns of the table and what they look like:",
        *(f"#   {json.dumps(c, ensure_ascii=False)[1:-1]}: {_WORDS[k]}" for c, k in kinds.items()),
        "",
        "outcomes:   # families: gaussian, student_t, poisson, negative_binomial, bernoulli, "
        "binomial",
        _entry(outcome, f"family: {family}"),
        "",
        "treatments: # kind: dose (an amount per year) or adoption (a switch that stays on)",
        _entry(treatment, "lag: 1"),
        "",
        "# moderators: # what bends the effect, centred at its mean",
        *(f"# {_entry(column, 'lag: 1')}" for column in others[:1]),
        "",
        "# controls: # what is held fixed; transform: log, log1p, sqrt, standardise, {per: 1000}",
        *(f"# {_entry(column)}" for column in (*others[1:], *of("text"))),
        "",
        "fixed_effects:",
        "  cluster: {pooling: correlated} # or free, or partial",
        "  year: {pooling: free}",
        "",
        "scenarios:",
        "  one_more:",
        f"    - add: {{{_quoted(treatment)}: 1}}",
        "",
    ]
    return "\n".join(lines[1:])
