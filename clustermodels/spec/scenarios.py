"""The section ``scenarios``: named edits of the panel."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from clustermodels.errors import choices, nearest
from clustermodels.spec.conditions import Where, Years
from clustermodels.spec.section import ColumnName, Finite, Section, refuse, shown

Verb = Literal["add", "set", "scale", "delay", "repeal"]
VERBS: tuple[Verb, ...] = ("add", "set", "scale", "delay", "repeal")
# Verbs of adoptions, which are about years and not amounts.
OF_ADOPTIONS: tuple[Verb, ...] = ("delay", "repeal")

# What tables call the panel as it is.
OBSERVED = "observed"

Amounts = Annotated[dict[ColumnName, Finite], Field(min_length=1)]


class Edit(Section):
    """One edit: exactly one verb, and the cluster-years that it touches (all by default)."""

    add: Amounts | None = Field(default=None, description="column: amount to add")
    set: Amounts | None = Field(default=None, description="column: value to set")
    scale: Amounts | None = Field(default=None, description="column: factor to multiply by")
    delay: Amounts | None = Field(
        default=None, description="an adoption's column: years by which it comes later"
    )
    repeal: Amounts | None = Field(
        default=None, description="an adoption's column: the year from which it is off again"
    )
    years: Years = None
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
                expected=choices(VERBS),
            )
        return value

    @model_validator(mode="after")
    def _whole_years(self) -> Self:
        if self.verb not in OF_ADOPTIONS:
            return self
        if self.years is not None:
            raise refuse(
                f"'{self.verb}' says in which years by itself", "Remove 'years'; 'where' may stay."
            )
        least = 1 if self.verb == "delay" else -math.inf
        for column, years in self.amounts.items():
            if years != round(years) or years < least:
                raise refuse(
                    f"'{column}': {self.verb} takes a "
                    + ("whole number of years, 1 or more" if self.verb == "delay" else "year"),
                    "Correct it.",
                    got=f"{years:g}",
                )
        return self

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
