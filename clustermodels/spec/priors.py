"""The section ``priors``: what is believed before the data, per posterior name."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from clustermodels.errors import choices
from clustermodels.families.priors import DISTRIBUTIONS, check_arguments
from clustermodels.spec.section import Finite, Section, refuse, unknown

Interval = Annotated[tuple[Finite, Finite], Field(strict=False)]
EFFECTS = ("ratio", "odds_ratio", "difference")
LKJ = "lkj"


class PriorSpec(Section):
    """A prior, as the interval of an effect or as a distribution of the coefficient."""

    ratio: Interval | None = Field(default=None, description="for log links: per unit, low to high")
    odds_ratio: Interval | None = Field(default=None, description="for logit links")
    difference: Interval | None = Field(default=None, description="for identity links")
    probability: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="the probability of the interval; 0.9 by default"
    )
    distribution: str | None = Field(default=None, description="or a distribution by name")
    mean: Finite | None = None
    sd: Finite | None = None
    df: Finite | None = None
    shape: Finite | None = None
    rate: Finite | None = None
    median: Finite | None = None
    alpha: Finite | None = None
    beta: Finite | None = None
    concentration: Finite | None = Field(default=None, description="of an LKJ prior, above 0")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        effects = [name for name in EFFECTS if getattr(self, name) is not None]
        given = {name for name in _ARGUMENTS if getattr(self, name) is not None}
        if (self.distribution is None) != (len(effects) == 1) or len(effects) > 1:
            fix = (
                "Write {ratio: [0.9, 1.5], probability: 0.9} or "
                "{distribution: normal, mean: 0, sd: 0.2}."
            )
            if not effects and given == {"mean", "sd"}:
                fix = "Add 'distribution: normal'."
            raise refuse("a prior is one interval or one distribution", fix)
        if effects:
            self._check_interval(effects[0], given)
        else:
            self._check_distribution(given)
        return self

    def _check_interval(self, effect: str, given: set[str]) -> None:
        low, high = self.interval
        if given:
            raise refuse(
                f"an interval takes no {choices(sorted(given))}",
                "Keep the interval, or write a distribution instead.",
            )
        if not low < high or (effect != "difference" and low <= 0):
            rule = "low < high" if effect == "difference" else "0 < low < high"
            fix = "Write the lower end first." if low > high else "Leave room between the ends."
            if effect != "difference" and min(low, high) <= 0:
                fix = "Keep both ends above 0; 1 means no effect."
            raise refuse(f"not an interval of {effect}", fix, expected=rule, got=f"[{low}, {high}]")

    def _check_distribution(self, given: set[str]) -> None:
        if self.probability is not None:
            raise refuse("'probability' belongs to an interval", "Remove it.")
        name = self.distribution or ""
        if name == LKJ:
            if given != {"concentration"} or not (self.concentration or 0) > 0:
                raise refuse(
                    "lkj takes a concentration above 0, and nothing else",
                    "Write {distribution: lkj, concentration: 2}.",
                    got=choices(sorted(given)) or "none",
                )
            return
        if name not in DISTRIBUTIONS:
            raise unknown(name, [*DISTRIBUTIONS, LKJ], "unknown distribution")
        wanted = DISTRIBUTIONS[name].arguments
        if given != set(wanted):
            raise refuse(
                f"{name} takes {choices(wanted)}",
                "Give each of them, and nothing else.",
                got=choices(sorted(given)) or "none",
            )
        complaint = check_arguments(name, self.arguments)
        if complaint:
            raise refuse(complaint, "Correct it.")

    @property
    def effect(self) -> str | None:
        """``ratio``, ``odds_ratio`` or ``difference``; None for a distribution."""
        return next((name for name in EFFECTS if getattr(self, name) is not None), None)

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval, as written."""
        ends: tuple[float, float] = getattr(self, self.effect or "") or (math.nan, math.nan)
        return ends

    @property
    def arguments(self) -> dict[str, float]:
        """The distribution's arguments that were given."""
        return {
            name: float(getattr(self, name))
            for name in _ARGUMENTS
            if getattr(self, name) is not None
        }


_ARGUMENTS = ("mean", "sd", "df", "shape", "rate", "median", "alpha", "beta", "concentration")
