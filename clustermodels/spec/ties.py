"""The section ``data.ties``: which regions work together, from a list of pairs or from records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, SerializeAsAny, WithJsonSchema, model_validator

from clustermodels.spec.paths import FilePath
from clustermodels.spec.records import Conditions
from clustermodels.spec.section import OPEN, ColumnName, Section, refuse

RECORDS = "records"


class TieTable(Section):
    """A table with a row per pair of regions and year; a pair of one region is tied inside."""

    path: FilePath = None
    table: ColumnName | None = Field(
        default=None, description="the table, in a DuckDB file that has several"
    )
    source: ColumnName = Field(description="the column with one region of the pair")
    target: ColumnName = Field(description="the column with the other; the order means nothing")
    year: ColumnName = Field(description="the column that holds the year")
    weight: ColumnName | None = Field(
        default=None, description="how much joint work, 0 or more; 1 a row by default"
    )

    @model_validator(mode="after")
    def _two_ends(self) -> Self:
        if self.source == self.target:
            raise refuse(
                "source and target are the same column",
                "Name the column with the other region of the pair.",
                got=repr(self.target),
            )
        return self


class RecordTies(Section):
    """Ties counted from the records: every pair of regions that share a unit in a year."""

    from_: Literal["records"] = Field(default="records", alias="from")
    counting: Literal["full", "fractional"] = Field(
        default="full",
        description="full: each pair counts 1 a unit; fractional: 1/(n(n-1)/2), n its regions",
    )
    max_partners: Annotated[int, Field(ge=2)] = Field(
        default=50, description="units with more regions than this are left out, and counted"
    )
    where: Conditions | None = Field(default=None, description="only the records that meet this")


Ties = TieTable | RecordTies


def _pick(value: object) -> Ties:
    if isinstance(value, (TieTable, RecordTies)):
        return value
    if isinstance(value, str):
        raise refuse(
            "ties are settings",
            f"Write {{from: {RECORDS}}}."
            if value == RECORDS
            else "Write {path: FILE, source: COLUMN, target: COLUMN, year: COLUMN}.",
            got=repr(value),
        )
    keys = [*value] if isinstance(value, Mapping) else []
    counted = "from" in keys
    # what only the other one has; 'from' alone tells them apart
    strange = [key for key in keys if key in (TieTable if counted else RecordTies).model_fields]
    if counted and strange:
        raise refuse(
            "ties come from the records or from a table",
            f"Write either from: {RECORDS}, or a table (path, source, target, year).",
            got=f"from, {', '.join(strange)}",
        )
    if strange and not {*keys} & {*TieTable.model_fields}:
        raise refuse(
            f"'{strange[0]}' belongs to from: {RECORDS}", f"Write 'from: {RECORDS}' beside it."
        )
    return (RecordTies if counted else TieTable).model_validate(value)


# Marks in the JSON Schema where one of the two belongs.
TIES = "Ties"
AnyTies = Annotated[SerializeAsAny[Ties], PlainValidator(_pick), WithJsonSchema({OPEN: TIES})]
