"""The text of a commented document for the user's own table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import PanelError, Problem, choices
from clustermodels.families.table import find, names
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import DIMS, INTERCEPT, by_cluster, correlation, effect, means, sd
from clustermodels.tables.cast import is_meant_as_number, is_number, labels, numbers, years
from clustermodels.tables.table import Table

HINT = "# yaml-language-server: $schema="
_PLAIN = re.compile(r"[A-Za-z_]([\w ]*\w)?", re.ASCII)
_NOT_TEXT = re.compile(r"(?i)null|true|false")
_WORDS = {
    "switch": "0 or 1",
    "years": "years",
    "count": "counts",
    "share": "between 0 and 1",
    "positive": "positive numbers",
    "number": "numbers",
    "constant": "one value only",
    "infinite": "numbers, some of them infinite",
    "marked": "numbers with a decimal comma, thousands separators or a per cent sign",
    "text": "text",
    "empty": "empty",
}
_NUMERIC = ("count", "switch", "positive", "number", "share")


def guess(values: NDArray[np.generic]) -> str:
    """Guess what a column holds: a key of ``_WORDS``.

    Examples
    --------
    >>> guess(np.array(["0", "3", "12", None], dtype=object))
    'count'
    """
    cells = [cell for cell in values.tolist() if cell is not None and cell == cell]
    text = [cell for cell in cells if isinstance(cell, str) and not is_number(cell)]
    if text:
        return "marked" if all(is_meant_as_number(cell) for cell in text) else "text"
    numeric = np.array([float(cell) for cell in cells])
    if not numeric.size:
        return "empty"
    if not np.isfinite(numeric).all():
        return "infinite"
    whole = bool((numeric == np.floor(numeric)).all())
    if whole and set(numeric) == {0.0, 1.0}:
        return "switch"
    if whole and ((numeric == 0) | ((numeric > 1900) & (numeric < 2100))).all() and numeric.any():
        return "years"
    if (numeric == numeric[0]).all():
        return "constant"
    if whole and numeric.min() >= 0:
        return "count"
    if numeric.min() >= 0 and numeric.max() <= 1:
        return "share"
    return "positive" if numeric.min() > 0 else "number"


def draft(table: Table, path: str, cluster: str, year: str) -> str:
    """Write the document of a table: an outcome, a treatment, and the rest as comments.

    Raises
    ------
    PanelError
        If a row has no year, or the table has nothing to model.
    """
    _, problems = years(table, year)
    if problems:
        raise PanelError(problems)
    usable = [c for c in table.columns if c not in (cluster, year, *_KEPT) and c.strip()]
    kinds = {column: guess(table.columns[column]) for column in usable}

    def of(*wanted: str) -> list[str]:
        return [column for column, kind in kinds.items() if kind in wanted]

    numeric = of(*_NUMERIC)
    if len(numeric) < 2:
        what = "fewer than two numeric columns that vary, beside cluster and year"
        fix = (
            "A model needs an outcome and a treatment: add their columns to the table. Microdata, "
            "with a row per participant, are counted by 'data.records' in a document."
        )
        if of("marked"):
            fix = f"Write {choices(of('marked'))} as plain numbers, such as 1234.5."
        raise PanelError([Problem(what, fix, file=table.name)])
    outcome = (of("count") or of("positive", "number", "share") or numeric)[0]
    family = {"count": "negative_binomial", "switch": "bernoulli"}.get(kinds[outcome], "gaussian")
    rest = [column for column in numeric if column != outcome]
    treatment = ([c for c in rest if kinds[c] in ("switch", "count")] or rest)[0]
    others = [column for column in rest if column != treatment]
    lag = ["lag: 1"] if _has_past(table, cluster, year, outcome, treatment) else []
    entry = _Entries(family)
    lines = [
        f"{HINT}schema.json",
        "# Written from the columns of your table: every choice here is a guess. Read each line,",
        "# keep what is right, then run:  clustermodels check spec.yaml",
        "schema: 1",
        f"title: {_quoted(f'The effect of {treatment} on {outcome}')}",
        "",
        "data:",
        f"  panel: {{path: {_quoted(path)}, cluster: {_quoted(cluster)}, year: {_quoted(year)}}}",
        "",
        "# Columns of the table and what they look like:",
        *(f"#   {_escaped(column)}: {_WORDS[kind]}" for column, kind in kinds.items()),
        "",
        f"outcomes:   # families: {', '.join(names())}",
        entry.line(outcome, [f"family: {family}"]),
        "",
        "treatments: # kind: dose (an amount per year) or adoption (a switch that stays on)",
        entry.line(treatment, lag),
        *(f"# {entry.line(c, ['kind: adoption'], role='first_year')}" for c in of("years")),
        "",
        "# moderators: # what bends the effect, centred at its mean",
        *(f"# {entry.line(column, lag)}" for column in others[:1]),
        "",
        "# controls: # what is held fixed; transform: log, log1p, sqrt, standardise, {per: 1000}",
        *(f"# {entry.line(column)}" for column in (*others[1:], *of("text"))),
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
    return "\n".join(lines)


_KEPT = (CLUSTER, YEAR, "obs", "used")


class _Entries:
    """Writes the entries of one document, each under a key that nothing else in it bears."""

    def __init__(self, family: str) -> None:
        own = effect(CLUSTER)
        self.taken = {*DIMS, INTERCEPT, own, sd(own), means(CLUSTER), correlation(own)}
        self.taken |= {effect(YEAR), *(parameter.name for parameter in find(family).parameters)}

    def line(self, column: str, settings: Iterable[str] = (), role: str = "column") -> str:
        key = re.sub(r"[./]|::", "_", column)
        while self.taken & {key, sd(key), by_cluster(key)}:
            key += "_column"
        self.taken |= {key, sd(key), by_cluster(key)}
        named = [f"{role}: {_quoted(column)}"] if key != column or role != "column" else []
        return f"  {_quoted(key)}: {{{', '.join([*settings, *named])}}}"


def _has_past(table: Table, cluster: str, year: str, outcome: str, treatment: str) -> bool:
    """Tell whether some row has an outcome, and a treatment in the year before."""
    clusters, when = labels(table, cluster).tolist(), years(table, year)[0].tolist()
    places = list(zip(clusters, when, strict=True))
    seen, given = (np.isfinite(numbers(table, name)[0]) for name in (outcome, treatment))
    before = {(c, y + 1) for (c, y), known in zip(places, given, strict=True) if known}
    return any(known and place in before for place, known in zip(places, seen, strict=True))


def _quoted(name: str) -> str:
    """Write a name as YAML, quoted where it could be read as something else."""
    plain = _PLAIN.fullmatch(name) and not _NOT_TEXT.fullmatch(name)
    return name if plain else f'"{_escaped(name)}"'


def _escaped(name: str) -> str:
    """Escape what would end a line or a quotation, and letters that cannot be printed."""
    text = json.dumps(name, ensure_ascii=False)[1:-1]
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
