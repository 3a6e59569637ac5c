"""The section ``dynamics``: the outcome's own past."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustermodels.families.family import Family
from clustermodels.spec.section import ColumnName, Section

Entering = Literal["level", "log", "log1p"]
Form = Entering | Literal["linear_feedback"]
Initial = Literal["wooldridge", "ignore"]
Feedback = Literal["common", "free"]
Covariates = Literal["means", "every_year"]

INITIAL, DRIFT = "cluster_initial", "cluster_trend_initial"


class Dynamics(Section):
    """How the outcome depends on its own past."""

    lags: Annotated[int, Field(ge=1, le=3)] = Field(
        default=1, description="how many years back the outcome still acts, 1 to 3"
    )
    initial: Initial = Field(
        default="wooldridge",
        description="wooldridge: the cluster's effect given its first outcomes, first covariates "
        "and later means; ignore: as if the first outcome said nothing of it",
    )
    form: Form | None = Field(
        default=None,
        description="how the past outcome enters: level (identity and logit links), log, or log1p "
        "(counts); the family's own where absent; or linear_feedback (poisson, "
        "negative_binomial): a share of it is in the mean itself",
    )
    accept_bias: bool = Field(
        default=False, description="go on although the past outcome's coefficient is biased"
    )
    predetermined: list[ColumnName] = Field(
        default_factory=list,
        description="treatments, moderators and controls that react to past outcomes, by name",
    )
    feedback: Feedback = Field(
        default="common",
        description="how predetermined columns react: by one equation for all years, or by one "
        "for each year",
    )
    covariates: Covariates = Field(
        default="means",
        description="what a cluster's effect is given of the other columns: their means, or each "
        "year's value",
    )


def rho(lag: int) -> str:
    """Name the coefficient of the outcome so many years before.

    Examples
    --------
    >>> rho(1), rho(2)
    ('rho', 'rho_2')
    """
    return "rho" if lag == 1 else f"rho_{lag}"


def feedback(column: str) -> str:
    """Name the coefficients of the equation of a predetermined column."""
    return f"{column}_feedback"


def feedback_sd(column: str) -> str:
    """Name what the equation of a predetermined column leaves, as an sd."""
    return f"{column}_feedback_sd"


def feedback_own_sd(column: str) -> str:
    """Name how a predetermined column differs between clusters for reasons of its own."""
    return f"{column}_feedback_cluster_sd"


def form_of(family: Family) -> Entering:
    """Give how the past outcome of a family enters the predictor, on the scale of its link.

    Examples
    --------
    >>> from clustermodels.families.table import find
    >>> [form_of(find(name)) for name in ("gaussian", "bernoulli", "poisson")]
    ['level', 'level', 'log1p']
    """
    if family.link.name != "log":
        return "level"
    return "log1p" if family.discrete else "log"
