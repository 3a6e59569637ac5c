"""A position in the network of ties: what moderators, controls and outcomes of kind network say."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from clustermodels.errors import choices
from clustermodels.network.centrality import find, names
from clustermodels.network.measures import Options
from clustermodels.spec.section import ColumnName, Section, Whole, refuse, unknown

# Measures that are made of weights, whatever is declared.
OF_WEIGHTS = ("strength", "intraregional", "ei_index")

Disconnected = Literal["error", "zero", "drop", "indicator"]


class Position(Section):
    """Which network, which measure of it, and what holds where the measure is undefined."""

    column: ColumnName | None = Field(
        default=None, description="the panel column that it makes, if not the key"
    )
    measure: str = Field(description="what is measured, such as closeness")
    variant: Literal["freeman", "wasserman_faust", "harmonic"] | None = Field(
        default=None, description="of closeness; wasserman_faust by default"
    )
    weighted: bool | None = Field(default=None, description="whether weights count; no by default")
    exponent: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="a tie of weight w is 1/w^exponent long; 1 by default"
    )
    attenuation: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="of Katz and PageRank; 0.85 by default"
    )
    normalise: bool | None = Field(
        default=None, description="on the measure's own scale from 0; yes by default"
    )
    window: Annotated[int, Field(ge=1)] = Field(default=1, description="years pooled, the last one")
    decay: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="what a tie keeps of its weight per year of age in the window"
    )
    lag: Whole = Field(default=1, description="years between the network and its effect")
    network: Literal["all_regions", "clusters_only"] = Field(
        default="all_regions", description="who is in the network"
    )
    without_own: bool | Literal["half"] = Field(
        default=False,
        description="true: from units that the outcome does not count; half: the network from one "
        "half of the units, the outcome from the other",
    )
    disconnected: Disconnected | None = Field(
        default=None, description="what holds where the measure is undefined; no silent default"
    )

    @field_validator("measure")
    @classmethod
    def _known(cls, measure: str) -> str:
        if measure not in names():
            raise unknown(measure, names(), "unknown measure")
        return measure

    @model_validator(mode="after")
    def _taken(self) -> Self:
        takes = find(self.measure).takes
        idle = [name for name in self.given() if name not in takes]
        if idle:
            raise refuse(
                f"'{self.measure}' does not take '{idle[0]}'",
                f"Remove '{idle[0]}'.",
                expected=choices(sorted(takes)) or "no option",
            )
        if self.exponent is not None and not self.weighted:
            raise refuse("ties have a length only where weights count", "Add 'weighted: true'.")
        if self.decay != 1 and self.window == 1:
            raise refuse("a window of one year has no decay", "Add 'window: YEARS'.")
        if self.decay != 1 and not self.weighted and self.measure not in OF_WEIGHTS:
            raise refuse(
                f"decay fades weights, and '{self.measure}' does not read them",
                "Add 'weighted: true'." if "weighted" in takes else "Remove 'decay'.",
            )
        return self

    def given(self) -> dict[str, Any]:
        """Give the options that the document states, by name."""
        fields = ("variant", "weighted", "exponent", "attenuation", "normalise")
        return {name: value for name in fields if (value := getattr(self, name)) is not None}

    @property
    def options(self) -> Options:
        """The measure's options, its defaults filled in."""
        return Options(**self.given())

    @property
    def undefined(self) -> str:
        """Where the measure says nothing of a region, a clause; empty where it always does."""
        if self.measure == "closeness" and self.variant != "freeman":
            return ""
        return find(self.measure).undefined

    @property
    def outside(self) -> str | None:
        """The column that marks where the measure is undefined, where the document asks for it."""
        return f"{self.column}_outside" if self.disconnected == "indicator" else None
