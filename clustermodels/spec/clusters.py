"""The section ``clusters``: which regions count as clusters."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clustermodels.spec.conditions import Years
from clustermodels.spec.section import ColumnName, Finite, Section, refuse

Share = Annotated[float, Field(gt=0, lt=1)]


class LocationQuotient(Section):
    """A region's share of an activity against that of all: above 1 it is specialised."""

    activity: ColumnName = Field(description="the panel column whose concentration is asked for")
    total: ColumnName = Field(description="the panel column that it is a part of")
    reference: Literal["panel", "all_regions"] | Annotated[float, Field(gt=0, le=1)] = Field(
        default="panel",
        description="the share in the denominator: of the panel's regions, of all regions in the "
        "records, or a number",
    )
    above: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=1.0, description="the quotient that a cluster exceeds"
    )
    probability: Share | None = Field(
        default=None, description="how probable it must be that it does"
    )
    method: Literal["threshold", "standardised", "bootstrap"] = Field(
        default="threshold",
        description="threshold: above a number; standardised: log quotient far above the mean; "
        "bootstrap: the same with a bootstrapped limit",
    )
    confidence: Share = Field(
        default=0.95, description="of the limit of 'standardised' and 'bootstrap'"
    )


class Floor(Section):
    """A column, summed over the years, and the least that a cluster has of it."""

    column: ColumnName
    at_least: Finite


class Collaboration(Section):
    """How much joint work a cluster has inside, and with other regions, over the years."""

    within: Finite | Floor | None = Field(
        default=None, description="inside the region: a number of the ties, or of a column"
    )
    between: Finite | Floor | None = Field(
        default=None, description="with other regions: a number of the ties, or of a column"
    )

    @property
    def columns(self) -> dict[str, str]:
        """The columns that are read instead of the ties, by rule."""
        rules = {"within": self.within, "between": self.between}
        return {name: rule.column for name, rule in rules.items() if isinstance(rule, Floor)}

    @property
    def from_ties(self) -> bool:
        """Whether a rule is judged by the ties."""
        return any(isinstance(rule, (int, float)) for rule in (self.within, self.between))


class Clusters(Section):
    """Rules that a region passes, all of them, to count as a cluster."""

    location_quotient: LocationQuotient | None = None
    scale: Floor | None = Field(default=None, description="how large a cluster must be")
    collaboration: Collaboration | None = None
    years: Years = Field(default=None, description="the years that are judged; all by default")
    rolling: Annotated[int, Field(ge=1)] = Field(
        default=3, description="years in each of the periods that show stability"
    )

    @model_validator(mode="after")
    def _some_rule(self) -> Self:
        if not (self.location_quotient or self.scale or self.collaboration):
            raise refuse(
                "no rule says what a cluster is",
                "Write location_quotient, scale or collaboration, or remove 'clusters'.",
            )
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The panel columns that the rules read."""
        quotient = self.location_quotient
        read = [quotient.activity, quotient.total] if quotient else []
        read += [self.scale.column] if self.scale else []
        read += [*self.collaboration.columns.values()] if self.collaboration else []
        return tuple(dict.fromkeys(read))
