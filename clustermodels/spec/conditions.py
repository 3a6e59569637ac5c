"""Which years and which rows: conditions that edits, counts and rules share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from clustermodels.errors import choices
from clustermodels.spec.section import WRONG, Finite, Section, refuse, shown

_FROM_TO = re.compile(r"\s*(\d{4})\s*[-–—:]\s*(\d{4})\s*")


class YearRange(Section):
    """The years from one to another, both included."""

    from_: int | None = Field(default=None, alias="from")
    to: int | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ is None and self.to is None:
            raise refuse("an empty range of years", "Write {from: 2018, to: 2021}.")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise refuse("the range of years ends before it begins", "Swap 'from' and 'to'.")
        return self


class Where(Section):
    """A condition on one column, judged per row, in a scenario before any edit."""

    below: Finite | None = None
    above: Finite | None = None
    below_quantile: Annotated[float, Field(ge=0, le=1)] | None = None
    above_quantile: Annotated[float, Field(ge=0, le=1)] | None = None
    is_: (
        str
        | int
        | float
        | bool
        | Annotated[tuple[str | int | float | bool, ...], Field(strict=False, min_length=1)]
        | None
    ) = Field(default=None, alias="is", description="a value, or a list of which one must match")

    @model_validator(mode="before")
    @classmethod
    def _a_rule(cls, value: Any) -> Any:
        if isinstance(value, (str, int, float, list)):
            text = value if isinstance(value, str) else shown(value)
            rules = [field.alias or name for name, field in cls.model_fields.items()]
            raise refuse(
                WRONG,
                f"Write {{is: {text}}}.",
                got=shown(value),
                expected=f"a mapping of {choices(rules)}",
            )
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(value is None for value in self.__dict__.values()):
            raise refuse(
                "a condition without a rule",
                "Write {below: 3}, {above_quantile: 0.75} or {is: NAME}.",
            )
        return self

    @property
    def compares(self) -> bool:
        """True where the column must be a number."""
        rules = (self.below, self.above, self.below_quantile, self.above_quantile)
        return any(rule is not None for rule in rules)


def _a_range(value: Any) -> Any:
    written = _FROM_TO.fullmatch(value) if isinstance(value, str) else None
    if written:
        first, last = written.groups()
        raise refuse(
            WRONG,
            f"Write {{from: {first}, to: {last}}}.",
            got=shown(value),
            expected="a list, or a mapping of from, to",
        )
    return value


Years = Annotated[
    Annotated[tuple[int, ...], Field(strict=False, min_length=1)] | YearRange | None,
    BeforeValidator(_a_range),
]
