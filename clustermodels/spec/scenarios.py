"""The section ``scenarios``: named edits of the panel and of the network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from clustermodels.errors import choices, nearest
from clustermodels.spec.conditions import Where, Years
from clustermodels.spec.section import ColumnName, Finite, Section, refuse, shown
from clustermodels.spec.source import Path
from clustermodels.spec.tie_edits import Join, Rewire, Tie

Verb = Literal["add", "set", "scale", "delay", "repeal", "tie", "join", "rewire"]
VERBS: tuple[Verb, ...] = ("add", "set", "scale", "delay", "repeal", "tie", "join", "rewire")
# Verbs of adoptions, which are about years and not amounts.
OF_ADOPTIONS: tuple[Verb, ...] = ("delay", "repeal")
# Verbs of the network, whose years are the network's own.
OF_TIES: tuple[Verb, ...] = ("tie", "join", "rewire")

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
    tie: Tie | None = Field(default=None, description="change ties: add, remove, scale")
    join: Join | None = Field(default=None, description="bring a region into the network")
    rewire: Rewire | None = Field(default=None, description="put other ties in the place of all")
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
    def _ties_by_name(self) -> Self:
        if self.verb in OF_TIES and self.where is not None:
            raise refuse(
                f"'{self.verb}' names its regions, and 'where' chooses rows of the panel",
                "Remove 'where'; 'years' may stay.",
            )
        return self

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
        """The verb's number for each column; none where it edits ties."""
        return {} if self.verb in OF_TIES else dict(getattr(self, self.verb))


Scenario = Annotated[tuple[Edit, ...], Field(strict=False)]


def rewire_paths(scenarios: Mapping[str, tuple[Edit, ...]]) -> dict[str, Path]:
    """Give the files of ties that scenarios name, and where the document first does."""
    named: dict[str, Path] = {}
    for name, scenario in scenarios.items():
        for step, edit in enumerate(scenario):
            if edit.rewire is not None and edit.rewire.path is not None:
                path: Path = ("scenarios", name, step, "rewire", "path")
                named.setdefault(edit.rewire.path, path)
    return named
