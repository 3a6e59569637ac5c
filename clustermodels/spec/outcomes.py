"""The section ``outcomes``: what is explained, and how it varies."""

from __future__ import annotations

from pydantic import Field, field_validator

from clustermodels.families.table import names
from clustermodels.spec.reads import Read
from clustermodels.spec.section import ColumnName, Section, unknown


class Outcome(Section):
    """One outcome."""

    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    family: str = Field(description="how the outcome varies around its mean")
    exposure: ColumnName | None = Field(
        default=None, description="a positive column that enters as its log, coefficient 1"
    )
    trials: ColumnName | None = Field(default=None, description="the number of trials (binomial)")

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in names():
            raise unknown(family, names(), "unknown family")
        return family

    def reads(self) -> tuple[Read, ...]:
        """Give the columns that the outcome reads."""
        columns = (self.column, self.exposure, self.trials)
        return tuple(Read(column) for column in columns if column is not None)
