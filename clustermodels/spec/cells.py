"""Cells that are not known: missing, or measured with error, and so parameters of the model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from clustermodels.spec.reads import Read
from clustermodels.spec.section import ColumnName, Section, refuse, shown
from clustermodels.spec.transforms import Per, Transform


class Given(Section):
    """Impute in the model, from these columns beside those of the predictor."""

    given: Annotated[tuple[ColumnName, ...], Field(strict=False)] = Field(
        description="further columns that the missing one is regressed on, in its own year"
    )


Missing = Literal["drop", "model"] | Given
StandardError = Annotated[float, Field(gt=0, allow_inf_nan=False)] | ColumnName


class WithCells(Section):
    """What a column may say of its cells that are not known."""

    missing: Missing = Field(
        default="drop",
        description="rows with an empty cell are dropped, or the cell is a parameter",
    )
    error: StandardError | None = Field(
        default=None, description="the standard error of its values: a number or a column"
    )

    @field_validator("error", mode="before")
    @classmethod
    def _above_0(cls, error: object) -> object:
        if isinstance(error, (int, float)) and not isinstance(error, bool) and not error > 0:
            rule = "above 0, or a column"
            fix = "Leave it out where values have no error."
            raise refuse("a standard error is above 0", fix, expected=rule, got=shown(error))
        return error

    @property
    def uncertain(self) -> bool:
        """Whether cells may be parameters."""
        return self.missing != "drop" or self.error is not None

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that unknown cells are regressed on."""
        return self.missing.given if isinstance(self.missing, Given) else ()

    def cell_reads(self, read: Read) -> tuple[Read, ...]:
        """Give what the column ``read`` and its unknown cells need, the column first."""
        own = Read(read.column, read.lag, read.role, may_be_empty=self.missing != "drop")
        beside = [Read(column, read.lag) for column in self.given]
        if isinstance(self.error, str):  # where the value is empty its error may be, too
            beside.append(Read(self.error, read.lag, may_be_empty=True))
        return (own, *beside)


def keep_normal(error: StandardError | None, transform: Transform) -> None:
    """Refuse a standard error beside a transform that is no straight line."""
    straight = transform in ("none", "standardise") or isinstance(transform, Per)
    if error is not None and not straight:
        raise refuse(
            f"'error' cannot go with 'transform: {transform}', because a normal error of the "
            "column is not normal after it",
            "Transform column and standard error in the data, and name these.",
        )
