"""The section ``controls``: what is held fixed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal, Self

from pydantic import Field, model_validator

from clustermodels.spec.cells import WithCells, keep_normal
from clustermodels.spec.position import Position
from clustermodels.spec.reads import Read, Role
from clustermodels.spec.section import ColumnName, Kinds, Section, Whole, refuse
from clustermodels.spec.transforms import Transform

_ROLES: dict[str | None, Role] = {"numeric": "number", "categorical": "label", None: "either"}


class Control(Section, ABC):
    """What every kind of control has."""

    kind: str | None
    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    transform: Transform = "none"

    @abstractmethod
    def reads(self) -> tuple[Read, ...]:
        """Give the columns that the control reads."""


CONTROLS: Kinds[Control] = Kinds(
    "control", "numeric", example="{transform: log}, or {} for its defaults"
)


@CONTROLS.register
class ColumnControl(WithCells, Control):
    """A column that is held fixed: a number, or text with an effect per level."""

    kind: Literal["numeric", "categorical"] | None = Field(
        default=None, description="numeric, but categorical where the column is text"
    )
    lag: Whole = Field(default=0, description="years back")

    @model_validator(mode="after")
    def _transform_numbers(self) -> Self:
        if self.kind == "categorical" and self.transform != "none":
            raise refuse("a categorical control takes no transform", "Remove 'transform'.")
        if self.kind == "categorical" and self.uncertain:
            raise refuse(
                "the cells of a categorical control cannot be parameters, because NUTS moves in "
                "numbers only",
                "Remove 'missing' and 'error'.",
            )
        keep_normal(self.error, self.transform)
        return self

    def reads(self) -> tuple[Read, ...]:
        """Give the control's column, at its lag."""
        role = "number" if self.uncertain else _ROLES[self.kind]
        return self.cell_reads(Read(self.column or "", self.lag, role))


@CONTROLS.register
class NetworkControl(Control, Position):
    """A position in the network of ties that is held fixed."""

    kind: Literal["network"]

    def reads(self) -> tuple[Read, ...]:
        """Give the column that it makes; its network's lag is inside."""
        return (Read(self.column or ""),)
