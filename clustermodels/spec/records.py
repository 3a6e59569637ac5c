"""The section ``data.records``: microdata, from which panel columns and ties are counted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from clustermodels.spec.conditions import Where
from clustermodels.spec.paths import FilePath
from clustermodels.spec.section import ColumnName, Section, refuse, shown

Verb = Literal["rows", "distinct", "sum"]
VERBS: tuple[Verb, ...] = ("rows", "distinct", "sum")

Regions = ColumnName | Annotated[tuple[ColumnName, ...], Field(strict=False, min_length=1)]
Conditions = dict[ColumnName, Where]


class Count(Section):
    """A panel column that is counted from the records: exactly one of rows, distinct, sum."""

    rows: Literal[True] | None = Field(default=None, description="the number of records")
    distinct: ColumnName | None = Field(
        default=None, description="the number of different values of a column, or of a role"
    )
    sum: ColumnName | None = Field(default=None, description="the sum of a column, or of a role")
    where: Conditions | None = Field(default=None, description="only the records that meet this")

    @model_validator(mode="before")
    @classmethod
    def _one_verb(cls, value: Any) -> Any:
        given = [verb for verb in VERBS if isinstance(value, dict) and value.get(verb) is not None]
        if len(given) != 1:
            raise refuse(
                "a count has exactly one verb",
                "Write {rows: true}, {distinct: unit} or {sum: amount}.",
                got=", ".join(given) or shown(value),
                expected=", ".join(VERBS),
            )
        return value

    @property
    def verb(self) -> Verb:
        """The count's verb."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)


class Records(Section):
    """A table with a row per participant in a joint unit (a patent, a project, a paper)."""

    path: FilePath = None
    table: ColumnName | None = Field(
        default=None, description="the table, in a DuckDB file that has several"
    )
    unit: ColumnName = Field(description="the column that names the joint unit")
    region: Regions = Field(
        description="the column that names the region, or several that together do"
    )
    year: ColumnName = Field(description="the column that holds the year")
    organisation: ColumnName | None = Field(
        default=None, description="the column that names the participant"
    )
    amount: ColumnName | None = Field(default=None, description="a column of amounts")
    count: dict[ColumnName, Count] = Field(
        default_factory=dict, description="panel columns, by name"
    )

    @field_validator("region")
    @classmethod
    def _different(cls, region: Regions) -> Regions:
        if not isinstance(region, str) and len(set(region)) < len(region):
            raise refuse("a column names the region twice", "Name each column once.")
        return region

    @property
    def regions(self) -> tuple[str, ...]:
        """The columns that together name a region."""
        return (self.region,) if isinstance(self.region, str) else self.region

    @property
    def _roles(self) -> dict[str, str | None]:
        return {"unit": self.unit, "organisation": self.organisation, "amount": self.amount}

    def column(self, name: str) -> str:
        """Give the column that a role (unit, organisation, amount) stands for, or the name."""
        return self._roles.get(name) or name

    def is_role(self, name: str) -> bool:
        """Tell whether a name stands for a column that is declared (unit, organisation, amount)."""
        return self._roles.get(name) is not None
