"""The key ``weights`` of an outcome: how much each row counts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clustermodels.spec.section import ColumnName, Section

WeightKind = Literal["precision", "frequency", "sampling"]


class Weights(Section):
    """How much each row counts, and what that means."""

    column: ColumnName = Field(description="the column of weights, above 0; 0 leaves a row out")
    kind: WeightKind = Field(
        description="precision: the row is a mean, its variance sigma^2 over the weight (gaussian; "
        "Stata's aweight); frequency: the row stands for so many equal ones (fweight); sampling: "
        "the row stands for so many that were not drawn (pweight)"
    )
