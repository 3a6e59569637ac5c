"""Which columns of the panel a document asks for, and where it does."""

from __future__ import annotations

from collections.abc import Iterator

from clustermodels.errors import Problem, choices, nearest
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.reads import Read, Role
from clustermodels.spec.source import Path
from clustermodels.tables.table import Table

# What a panel calls its own coordinates.
TAKEN = (CLUSTER, YEAR, "obs", "used")


def columns_read(spec: Spec, outcome: bool) -> Iterator[tuple[str, Path]]:
    """Give every column that the document names, and where it names it."""
    source = "panel" if spec.data.panel is not None else "records"
    yield spec.data.cluster, ("data", source, CLUSTER if source == "panel" else "region")
    yield spec.data.year, ("data", source, YEAR)
    for read, path in reads(spec, outcome):
        yield read.column, path


def numeric(spec: Spec, outcome: bool) -> set[str]:
    """Give the columns that are read as numbers, or as numbers where their cells are.

    The cluster stays text, whatever else is read of its column: 01001 is a name.
    """
    roles = (spec.data.cluster, spec.data.year)
    asked = {read.column for read, _ in reads(spec, outcome) if read.role != "label"}
    return asked.difference(roles)


def reads(spec: Spec, outcome: bool) -> Iterator[tuple[Read, Path]]:
    """Give every read of a table's column but cluster and year, and where the document asks for it.

    Positions in the network are measured, and in no table.
    """
    measured = spec.measured()
    for read, path in _reads(spec, outcome):
        if read.column not in measured:
            yield read, path


def _reads(spec: Spec, outcome: bool) -> Iterator[tuple[Read, Path]]:
    name, declared = spec.outcome
    for read in declared.reads():
        if outcome or read.column != declared.column:
            yield read, ("outcomes", name)
    for read in spec.lagged().values():
        yield read, ("dynamics",)
    for item, columns in spec.predictors().items():
        for read in columns:
            yield read, item
    for name, factor in spec.fixed_effects.items():
        for column in factor.columns or ():
            if column not in (CLUSTER, YEAR):
                yield Read(column, role="label"), ("fixed_effects", name)
    yield from _conditions(spec)
    yield from _judged(spec)


def _judged(spec: Spec) -> Iterator[tuple[Read, Path]]:
    """Give what the rules for clusters read."""
    rules = spec.clusters
    if rules is None:
        return
    if rules.location_quotient is not None:
        for part in ("activity", "total"):
            path = ("clusters", "location_quotient", part)
            yield Read(getattr(rules.location_quotient, part)), path
    if rules.scale is not None:
        yield Read(rules.scale.column), ("clusters", "scale", "column")
    if rules.collaboration is not None:
        for rule, column in rules.collaboration.columns.items():
            yield Read(column), ("clusters", "collaboration", rule, "column")


def _conditions(spec: Spec) -> Iterator[tuple[Read, Path]]:
    """Give what scenarios' conditions read, but for the roles cluster and year."""
    roles = (CLUSTER, YEAR, spec.data.cluster, spec.data.year)
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            for column, condition in (edit.where or {}).items():
                role: Role = "number" if condition.compares else "either"
                if column not in roles:
                    yield Read(column, role=role), ("scenarios", name, position, "where", column)


def absent(spec: Spec, table: Table, outcome: bool) -> Iterator[Problem]:
    """Find columns that the document names and the table does not have."""
    name, lost = table.name, "Name one of its columns."
    if spec.data.panel is None:
        name, lost = f"the panel counted from {table.name}", "Add it to data.records.count."
    seen = set()
    for column, path in columns_read(spec, outcome):
        if column in table.columns or column in seen:
            continue
        seen.add(column)
        known = [*table.available]
        if path[0] == "scenarios":  # a condition may ask for a position too
            known += spec.measured()
        close = nearest(column, known)
        yield spec.source.problem(
            path,
            f"{name} has no column '{column}'",
            expected=choices(known),
            fix=f"Did you mean '{close}'?" if close else lost,
        )


def taken(spec: Spec, table: Table, outcome: bool) -> Iterator[Problem]:
    """Refuse columns that are called like a part of the panel and are something else."""
    roles = {CLUSTER: spec.data.cluster, YEAR: spec.data.year}
    read = [*columns_read(spec, outcome)][len(roles) :]
    for column, path in dict.fromkeys(read):
        if column in TAKEN and roles.get(column) != column and column in table.columns:
            yield spec.source.problem(
                path,
                f"'{column}' is a name that the panel keeps for itself",
                fix=f"Rename the column in {table.name}.",
            )


def hidden(spec: Spec, table: Table) -> Iterator[Problem]:
    """Refuse positions that would make a column which the table has already."""
    for column, path in spec.measured().items():
        if column in table.available:
            yield spec.source.problem(
                path,
                f"{table.name} has a column '{column}' too, and this one is measured in the ties",
                fix="Write 'column: NAME' to call the position otherwise, or read the column "
                "without 'kind: network'.",
            )
