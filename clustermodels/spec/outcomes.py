"""The section ``outcomes``: what is explained, and how it varies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from clustermodels.families.table import names
from clustermodels.spec.position import Position
from clustermodels.spec.reads import Read
from clustermodels.spec.section import ColumnName, Kinds, Section, Whole, refuse, unknown
from clustermodels.spec.weights import Weights


class Outcome(Section):
    """What every kind of outcome has."""

    kind: str
    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    family: str = Field(description="how the outcome varies around its mean")
    exposure: ColumnName | None = Field(
        default=None, description="a positive column that enters as its log, coefficient 1"
    )
    trials: ColumnName | None = Field(default=None, description="the number of trials (binomial)")
    weights: Weights | None = Field(default=None, description="how much each row counts")

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        if family not in names():
            raise unknown(family, names(), "unknown family")
        return family

    def reads(self) -> tuple[Read, ...]:
        """Give the columns that the outcome reads."""
        weights = None if self.weights is None else self.weights.column
        columns = (self.column, self.exposure, self.trials, weights)
        return tuple(Read(column) for column in columns if column is not None)


OUTCOMES: Kinds[Outcome] = Kinds("outcome", default="column", example="{family: NAME}")


@OUTCOMES.register
class ColumnOutcome(Outcome):
    """A column of the panel."""

    kind: Literal["column"] = "column"
    missing: Literal["drop", "model"] = Field(
        default="drop",
        description="rows without an outcome are dropped, or predicted though not fitted",
    )


@OUTCOMES.register
class NetworkOutcome(Outcome, Position):
    """A position in the network of ties, explained."""

    kind: Literal["network"]
    lag: Whole = 0

    @field_validator("lag")
    @classmethod
    def _same_year(cls, lag: int) -> int:
        if lag:
            raise refuse("an outcome is of its own year", "Remove 'lag', or lag the treatment.")
        return lag

    @field_validator("without_own")
    @classmethod
    def _own(cls, without_own: object) -> object:
        if without_own:
            raise refuse("here the network is the outcome itself", "Remove 'without_own'.")
        return without_own
