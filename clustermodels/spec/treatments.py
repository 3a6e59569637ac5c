"""The section ``treatments``: the policies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from clustermodels.spec.reads import Read
from clustermodels.spec.reads import Stock as Accumulation
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

Slope = Literal["common", "partial", "correlated", "free"]
# Slopes that are normal over clusters.
POOLED: tuple[Slope, ...] = ("partial", "correlated")
# Lags and leads that a treatment may have.
FURTHEST = 20


class Treatment(Section, ABC):
    """What every kind of treatment has: a lag in years, and how its slope varies by cluster."""

    kind: str
    lag: Whole = Field(default=0, description="years between the policy and its effect")
    slope: Slope = Field(
        default="partial",
        description="common: one slope; partial: one per cluster, pooled; correlated: one per "
        "cluster, pooled around a line in its mean of the treatment; free: one per cluster",
    )

    @abstractmethod
    def named(self, key: str) -> Self:
        """Give the treatment with its key filled in where it names no column."""

    @abstractmethod
    def reads(self) -> tuple[Read, ...]:
        """Give the columns that the treatment reads."""


TREATMENTS: Kinds[Treatment] = Kinds("treatment", default="dose")


class Lags(Section):
    """The years in which a dose works, from one to another, both included."""

    from_: Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)] = Field(
        default=0, alias="from", description="the first: below 0 for years before the policy"
    )
    to: Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)] = Field(description="the last")
    shape: Literal["free", "polynomial", "geometric"] = Field(
        default="free",
        description="free: a coefficient for each; polynomial: they follow one in the lag (Almon); "
        "geometric: each is the same share of the one before (Koyck)",
    )
    degree: Annotated[int, Field(ge=0, le=5)] | None = Field(
        default=None, description="of the polynomial; 2 where there are lags enough"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ > self.to:
            raise refuse("the lags end before they begin", "Swap 'from' and 'to'.")
        return self

    @model_validator(mode="after")
    def _shaped(self) -> Self:
        if self.degree is not None and self.shape != "polynomial":
            raise refuse("'degree' is of a polynomial", "Write 'shape: polynomial', or remove it.")
        if self.shape != "free" and self.count == 1:
            raise refuse("one lag has no shape", "Write 'lag:', or name several.")
        if self.degree is not None and self.degree >= self.count:
            raise refuse(
                f"{self.count} lags take a polynomial of degree {self.count - 1} at most, because "
                "that is as many coefficients as lags",
                f"Write 'degree: {self.count - 1}' or less, or 'shape: free'.",
            )
        if self.shape != "free" and self.from_ < 0:
            raise refuse(
                f"a {self.shape} shape has no leads, because effects begin with the policy, and a "
                "course through both would find some before it",
                "Write 'from: 0' or more, or 'shape: free'.",
            )
        return self

    @property
    def count(self) -> int:
        """How many lags there are."""
        return self.to - self.from_ + 1

    @property
    def powers(self) -> int:
        """How many coefficients a polynomial has."""
        return 1 + (min(2, self.count - 1) if self.degree is None else self.degree)


@TREATMENTS.register
class Dose(Treatment):
    """A count or an amount per year."""

    kind: Literal["dose"] = "dose"
    column: ColumnName | None = Field(default=None, description="its column, if not the key")
    transform: Transform = "none"
    lags: Lags | None = Field(
        default=None, description="several lags, a treatment each: KEY_lag_0, KEY_lag_1, .."
    )

    _whole: tuple[str, Dose] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.lags is not None and self.lag:
            raise refuse("'lag' and 'lags' exclude each other", "Keep one of them.")
        if self.lags is not None and self.lags.shape != "free" and self.slope != "common":
            raise refuse(
                f"lags with a {self.lags.shape} shape have common slopes, because the shape is of "
                "one course for all clusters",
                "Write 'slope: common', or 'shape: free'.",
            )
        return self

    @property
    def whole(self) -> tuple[str, Dose] | None:
        """The key and the dose that this is one lag of, where it is."""
        return self._whole

    def parts(self, key: str) -> dict[str, Dose]:
        """Give the dose at each of its lags, by name; itself where it has one."""
        if self.lags is None:
            return {key: self}
        found = {}
        for lag in range(self.lags.from_, self.lags.to + 1):
            part = self.model_copy(update={"lag": lag, "lags": None})
            part._whole = (key, self)
            found[f"{key}_lag_{lag}" if lag >= 0 else f"{key}_lead_{-lag}"] = part
        return found

    def named(self, key: str) -> Self:
        """Give the dose with its key as the column where it names none."""
        return with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the dose's column, at its lag."""
        return (Read(self.column or "", self.lag),)


@TREATMENTS.register
class Adoption(Treatment):
    """A switch that stays on: 1 from the first year, 0 before and for ever where there is none."""

    kind: Literal["adoption"] = "adoption"
    first_year: ColumnName | None = Field(
        default=None, description="the column with the year of adoption; empty or 0: never"
    )
    column: ColumnName | None = Field(default=None, description="or a column of 0 and 1")
    by: Literal["cluster", "cohort_year"] = Field(
        default="cluster",
        description="what the effect varies by: the cluster, or the year of adoption and the year",
    )
    comparison: Literal["not_yet", "never"] = Field(
        default="not_yet",
        description="by cohort_year: compared with clusters that have not adopted yet, or with "
        "those that never do, which shows the years before adoption too",
    )

    @model_validator(mode="after")
    def _cohorts(self) -> Self:
        if self.by == "cluster" and self.comparison != "not_yet":
            raise refuse("'comparison' belongs to 'by: cohort_year'", "Add it, or remove this.")
        if self.by == "cohort_year" and self.slope == "correlated":
            raise refuse(
                "a correlated slope cannot stand beside 'by: cohort_year', because the year of "
                "adoption sets a cluster's mean of the policy, and effects differ by it already",
                "Write 'slope: partial' or 'slope: free'.",
            )
        if self.by == "cohort_year" and self.slope == "common":
            raise refuse(
                "a common slope is one effect, and 'by: cohort_year' asks for many",
                "Write 'slope: free' for each by itself, or 'slope: partial' to pool them.",
            )
        return self

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if self.first_year is not None and self.column is not None:
            raise refuse("'first_year' and 'column' exclude each other", "Keep one of them.")
        return self

    def named(self, key: str) -> Self:
        """Give the adoption with its key as the 0/1 column where it names no column."""
        return self if self.first_year is not None else with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the column of first years (its lag is counted in years), or of 0 and 1."""
        if self.first_year is not None:
            return (Read(self.first_year, may_be_empty=True),)
        return (Read(self.column or "", self.lag),)


@TREATMENTS.register
class Stock(Treatment):
    """What doses have added up to: a capital that policies build and that wears off."""

    kind: Literal["stock"] = "stock"
    column: ColumnName | None = Field(
        default=None, description="the column of yearly doses, if not the key"
    )
    depreciation: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="the share of the stock that is lost in a year"
    )
    initial: Finite = Field(description="the stock in the year before each cluster's first row")
    transform: Transform = "none"

    def named(self, key: str) -> Self:
        """Give the stock with its key as the column of doses where it names none."""
        return with_column(self, key)

    def reads(self) -> tuple[Read, ...]:
        """Give the column of doses, from each cluster's first row to the lag."""
        accumulated = Accumulation(self.depreciation, self.initial)
        return (Read(self.column or "", self.lag, stock=accumulated),)
