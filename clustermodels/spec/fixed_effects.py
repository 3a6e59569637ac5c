"""The section ``fixed_effects``: which factors have an effect of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustermodels.spec.section import ColumnName, Section

Pooling = Literal["free", "partial", "correlated"]
Trend = Literal["none", "partial", "free"]

CLUSTER = "cluster"
YEAR = "year"


class FixedEffect(Section):
    """A factor: the cluster, the year, a column, or several crossed."""

    columns: Annotated[tuple[ColumnName, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None, description="the columns that are crossed, if not the key alone"
    )
    pooling: Pooling = Field(
        default="free",
        description="free: a parameter each, summing to zero; partial: random; correlated: "
        "random given the factor's means of the other columns (Mundlak)",
    )
    trend: Trend = Field(
        default="none",
        description="of the cluster: a straight course of its own around the years' effects; "
        "partial: pooled; free: a parameter each, summing to zero",
    )


def defaults() -> dict[str, FixedEffect]:
    """Give the factors of a document that names none: correlated clusters, free years."""
    return {CLUSTER: FixedEffect(pooling="correlated"), YEAR: FixedEffect(pooling="free")}


def named(effect: FixedEffect, key: str) -> FixedEffect:
    """Give the factor with its key as the column where it names none."""
    return effect if effect.columns else effect.model_copy(update={"columns": (key,)})
