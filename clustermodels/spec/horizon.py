"""The section ``horizon``: years beyond the panel, and what is taken for granted of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clustermodels.spec.section import ColumnName, Finite, Section, refuse

Year = Annotated[int, Field(strict=False)]  # a key of a document is text
ByYear = Annotated[dict[Year, Finite], Field(min_length=1)]


class Course(Section):
    """A straight line over so many years, or a number for each year."""

    trend: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="each cluster's own straight line over so many last years"
    )
    given: ByYear | None = Field(default=None, description="a number for each year, for all")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.trend is None) == (self.given is None):
            raise refuse("a path has exactly one rule", "Write {trend: 5} or {given: {2030: 1.5}}.")
        return self


class Given(Section):
    """A number for each year."""

    given: ByYear


CovariatePath = Literal["last", "trend"] | Course
YearEffect = Literal["last", "mean"] | Given


class Horizon(Section):
    """Years that are predicted beyond the last that is fitted."""

    years: Annotated[int, Field(ge=1, le=100)] = Field(description="how many")
    covariates: dict[ColumnName, CovariatePath] = Field(
        default_factory=dict,
        description="for each column that the document reads: last, its last known value; trend, "
        "each cluster's own straight line over all of its years; or a rule of its own",
    )
    year_effect: YearEffect | None = Field(
        default=None,
        description="free effects of years: that of the last year, their mean (0), or given on the "
        "link's scale; pooled ones are drawn",
    )
