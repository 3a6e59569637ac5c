"""What may be done to a column before it enters the predictor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustermodels.spec.section import Section

NamedTransform = Literal["none", "log", "log1p", "sqrt", "standardise"]


class Per(Section):
    """Divide by a unit: ``{per: 1000}`` turns money into thousands."""

    per: Annotated[float, Field(gt=0, allow_inf_nan=False, description="the unit to divide by")]


Transform = NamedTransform | Per
