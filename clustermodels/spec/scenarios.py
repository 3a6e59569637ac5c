"""The section ``scenarios``: named edits of the panel."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from clustermodels.errors import choices, nearest
from clustermodels.spec.data import ColumnName
from clustermodels.spec.section import WRONG, Finite, Section, refuse, shown

Verb = Literal["add", "set", "scale"]
VERBS: tuple[Verb, ...] = ("add", "set", "scale")

_FROM_TO = re.compile(r"\s*(\d{4})\s*[-–—:]\s*(\d{4})\s*")

Amounts = Annotated[dict[ColumnName, Finite], Field(min_length=1)]


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
    """A condition on one column, judged per cluster-year on the panel before any edit."""

    below: Finite | None = None
    above: Finite | None = None
    below_quantile: Annotated[float, Field(ge=0, le=1)] | None = None
    above_quantile: Annotated[float, Field(ge=0, le=1)] | None = None
    is_: (
        str
        | int
        | float
        | bool
        | Annotated[tuple[str | int | float | bool, ...], Field(strict=False)]
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


class Edit(Section):
    """One edit: exactly one verb, and the cluster-years that it touches (all by default)."""

    add: Amounts | None = Field(default=None, description="column: amount to add")
    set: Amounts | None = Field(default=None, description="column: value to set")
    scale: Amounts | None = Field(default=None, description="column: factor to multiply by")
    years: Annotated[tuple[int, ...], Field(strict=False, min_length=1)] | YearRange | None = None
    where: dict[ColumnName, Where] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_verb(cls, value: Any) -> Any:
        if isinstance(value, dict) and sum(value.get(verb) is not None for verb in VERBS) != 1:
            found = [verb for verb in VERBS if value.get(verb) is not None]
            fix = "Write one edit per verb: [{add: {policies: 1}}, {set: {subsidy: 0}}]."
            close = [nearest(str(key), VERBS) for key in value if key not in ("years", "where")]
            if not found and any(close):
                fix = f"Did you mean '{next(filter(None, close))}'?"
            raise refuse(
                "an edit has exactly one verb",
                fix,
                got=", ".join(found) or shown(value),
                expected="add, set or scale",
            )
        return value

    @field_validator("years", mode="before")
    @classmethod
    def _a_range(cls, value: Any) -> Any:
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

    @property
    def verb(self) -> Verb:
        """The edit's verb."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @property
    def amounts(self) -> dict[str, float]:
        """The verb's number for each column."""
        amounts: dict[str, float] = getattr(self, self.verb)
        return amounts


Scenario = Annotated[tuple[Edit, ...], Field(strict=False)]
