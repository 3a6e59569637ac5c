"""Conditions on records, as DuckDB's expressions; every value is a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clustermodels.errors import PanelError, Problem, choices, nearest
from clustermodels.spec.conditions import Where
from clustermodels.spec.records import Conditions, Records
from clustermodels.spec.section import shown
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.cast import is_number
from clustermodels.tables.record_columns import RECORDS, TIES, Column
from clustermodels.tables.record_source import RecordSource

Value = str | int | float | bool
# So many different values are looked through for the one that was meant.
_LOOKED_THROUGH = 10_000


@dataclass
class Parameters:
    """The values of a statement, in the order of their marks."""

    values: list[str | float | bool] = field(default_factory=list)

    def bind(self, value: str | float | bool) -> str:
        """Take a value, and give the mark that stands for it."""
        self.values.append(value)
        return f"${len(self.values)}"


def met(where: Conditions | None, columns: Mapping[str, Column], parameters: Parameters) -> str:
    """Say whether a record meets all conditions; one on a missing cell is not met."""
    rules = ["true"]
    for name, condition in (where or {}).items():
        column = columns[name]
        if condition.below is not None:
            rules.append(f"{column.number} < {parameters.bind(condition.below)}")
        if condition.above is not None:
            rules.append(f"{column.number} > {parameters.bind(condition.above)}")
        wanted = [_is(column, value, parameters) for value in values(condition)]
        if wanted:
            rules.append(f"({' OR '.join(wanted)})")
    return f"coalesce({' AND '.join(rules)}, false)"


def values(condition: Where) -> tuple[Value, ...]:
    """Give the values of a condition's ``is``."""
    if condition.is_ is None:
        return ()
    return condition.is_ if isinstance(condition.is_, tuple) else (condition.is_,)


def _is(column: Column, value: Value, parameters: Parameters) -> str:
    """Compare numbers as numbers, however they are written, and anything else as text."""
    if isinstance(value, bool):
        truth = f"lower({column.label}) = {parameters.bind(str(value).lower())}"
        return f"({truth} OR {column.number} = {parameters.bind(float(value))})"
    if isinstance(value, (int, float)):
        return f"{column.number} = {parameters.bind(float(value))}"
    if column.kind == "text":
        return f"{column.sql} = {parameters.bind(value)}"
    if column.kind == "truth":
        return f"{column.label} = {parameters.bind(value.lower())}"
    return f"{column.number} = {parameters.bind(float(value))}" if is_number(value) else "false"


def conditions(records: Records, ties: RecordTies | None) -> Iterator[tuple[str, str, Where]]:
    """Give every condition: where it stands, its column as written there, and what it asks."""
    for key, count in records.count.items():
        for name, condition in (count.where or {}).items():
            yield f"{RECORDS}.count.{key}.where.{name}", name, condition
    if ties is not None:
        for name, condition in (ties.where or {}).items():
            yield f"{TIES}.where.{name}", name, condition


def check_conditions(
    source: RecordSource,
    records: Records,
    ties: RecordTies | None,
    columns: Mapping[str, Column],
) -> tuple[tuple[str, Value], ...]:
    """Look for every value that a condition asks for: a misspelt one would count nothing.

    Returns
    -------
    tuple
        The place and the value where a list has some values that no record has, and others that
        are there: a list of a whole class is often longer than what the records hold of it.

    Raises
    ------
    PanelError
        With every value of conditions of which no record has any, and every quantile.
    """
    parameters = Parameters()
    asked: list[tuple[str, str, Value]] = []
    absent: list[tuple[str, Value]] = []
    problems: list[Problem] = []
    for path, name, condition in conditions(records, ties):
        asked += [(path, name, value) for value in values(condition)]
        for rule in ("below_quantile", "above_quantile"):
            if getattr(condition, rule) is not None:
                problems.append(
                    Problem(
                        "records are not compared with their quantiles",
                        f"Write the number itself: {{{rule.partition('_')[0]}: 3}}.",
                        path=f"{path}.{rule}",
                    )
                )
    looks = [f"bool_or({_is(columns[name], value, parameters)})" for _, name, value in asked]
    if looks:
        statement = f"SELECT {', '.join(looks)} FROM cells"
        found = source.connection.execute(statement, parameters.values).fetchone()
        looked = [*zip(asked, found or (), strict=True)]
        met_somewhere = {path for (path, _, _), there in looked if there}
        for path, name, value in (item for item, there in looked if not there):
            if path in met_somewhere:
                absent.append((f"{path}.is", value))
            else:
                problems.append(_absent(source, path, columns[name], value))
    if problems:
        raise PanelError(problems)
    return tuple(absent)


def _absent(source: RecordSource, path: str, column: Column, value: Value) -> Problem:
    rows = source.connection.execute(
        f"SELECT DISTINCT {column.label} AS label FROM cells WHERE label IS NOT NULL "
        f"ORDER BY label LIMIT {_LOOKED_THROUGH}"
    ).fetchall()
    known = [str(row[0]) for row in rows]
    close = nearest(str(value), known)
    return Problem(
        "no record has this value",
        f"Did you mean '{close}'?" if close else "",
        path=f"{path}.is",
        got=shown(value),
        expected=choices(known) or "nothing: the column is empty",
    )
