"""The section ``moderators``: what bends a treatment's effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clustermodels.spec.cells import WithCells, keep_normal
from clustermodels.spec.forms import Bins, Form
from clustermodels.spec.position import Position
from clustermodels.spec.reads import Read
from clustermodels.spec.section import (
    ColumnName,
    Finite,
    Kinds,
    Section,
    Whole,
    refuse,
    with_column,
)
from clustermodels.spec.transforms import Transform

Names = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Moderator(Section, ABC):
    """What every kind of moderator has: where it is centred, and which treatments it bends."""

    kind: str
    centre: Literal["mean"] | Finite = Field(
        default="mean", description="the value at which a treatment's own slope holds"
    )
    moderates: Names | None = Field(
        default=None, description="the treatments that it bends; all of them by default"
    )
    form: Form = Field(
        default="linear",
        description="linear, quadratic, bins, spline or gp: along what an effect changes with it",
    )
    full: bool = Field(
        default=False, description="whether controls have effects that change with it, too"
    )
    split: Literal["none", "within_between"] = Field(
        default="none",
        description="whether effects bend alike by a cluster's change and by what it is on average",
    )

    @abstractmethod
    def named(self, key: str) -> Self:
        """Give the moderator with its key filled in where it names no column."""

    @abstractmethod
    def reads(self) -> tuple[Read, ...]:
        """Give the columns that the moderator reads."""


MODERATORS: Kinds[Moderator] = Kinds("moderator", default="column")


@MODERATORS.register
class ColumnModerator(WithCells, Moderator):
    """A column of the panel, the same every year or not."""

    kind: Literal["column"] = "column"
    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    lag: Whole = Field(default=0, description="years back")
    transform: Transform = "none"

    @model_validator(mode="after")
    def _normal_errors(self) -> Self:
        keep_normal(self.error, self.transform)
        return self

    def named(self, key: str) -> Self:
        """Give the moderator with its key as the column where it names none."""
        return with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the moderator's column, at its lag."""
        return self.cell_reads(Read(self.column or "", self.lag))


@MODERATORS.register
class NetworkModerator(Moderator, Position):
    """A position in the network of ties."""

    kind: Literal["network"]
    transform: Transform = "none"
    uncertain: Literal["ties"] | None = Field(
        default=None,
        description="ties: they are counts, whose sampling error 'diagnose' takes out of effects",
    )

    def named(self, key: str) -> Self:
        """Give the moderator with its key as the column that it makes."""
        return with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the column that it makes; its network's lag is inside."""
        return (Read(self.column or ""),)


@MODERATORS.register
class CategoricalModerator(Moderator):
    """A column of labels: an effect of its own for each."""

    kind: Literal["categorical"]
    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    lag: Whole = Field(default=0, description="years back")

    @model_validator(mode="after")
    def _no_numbers(self) -> Self:
        for key, value in {"centre": "mean", "form": "linear"}.items():
            if getattr(self, key) != value:
                raise refuse(
                    f"a categorical moderator takes no '{key}', because its labels are no numbers",
                    f"Remove '{key}'.",
                )
        return self

    def named(self, key: str) -> Self:
        """Give the moderator with its key as the column where it names none."""
        return with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the moderator's column of labels, at its lag."""
        return (Read(self.column or "", self.lag, "label"),)


def in_steps(moderator: Moderator) -> bool:
    """Tell whether effects change with a moderator in steps: by bin or by label."""
    return isinstance(moderator, CategoricalModerator) or isinstance(moderator.form, Bins)
