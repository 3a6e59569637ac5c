"""How predetermined columns react to past outcomes: an equation of each, beside the outcome's."""

from __future__ import annotations

from dataclasses import dataclass

from clustermodels.data.blocks import Term
from clustermodels.data.panel import Positions, Values
from clustermodels.families.priors import Prior
from clustermodels.spec.dynamics import feedback_own_sd

# The reaction to what a cluster's effect is beyond what is known of it.
BEYOND = "cluster effect"
# The mean of the prior of what clusters' columns differ by given their first ones, in their sds.
OWN = 0.5


@dataclass(frozen=True, eq=False)
class Feedback:
    r"""The equation of a predetermined column, or one for each year.

    $x_n = \sum_j b_j v_{nj} + l_{e(n)} u_{i(n)} / \tau + c_{i(n)} + s_{e(n)} \epsilon_n$, with
    u what a cluster's effect is beyond what is known of it, $\tau$ its sd, and e the equation of a
    row. Where one equation holds for all years, c is what a cluster's column always is besides,
    normal around 0; equations of single years have all of the column's past in its place.

    Parameters
    ----------
    name, sd_name
        The posterior names of coefficients b, then l, and of s.
    column
        The column's own name.
    rows
        The rows of the design that have the equation: all but the first of each cluster, (n,).
    response
        x, standardised, (n,).
    values
        v, (n, k).
    equation
        (n,), a number below ``len(equations)``.
    equations
        The equations' own labels: the years, or none where one holds for all.
    terms
        Of b and of l, (k + equations).
    sd, own_sd
        The priors of s and of the sd of c, internal scale; the latter None where there is no c.
    unit
        Both in the user's units = unit x internal.
    """

    name: str
    sd_name: str
    column: str
    rows: Positions
    response: Values
    values: Values
    equation: Positions
    equations: tuple[str, ...]
    terms: tuple[Term, ...]
    sd: Prior
    own_sd: Prior | None
    unit: float

    @property
    def own_sd_name(self) -> str:
        """The posterior name of the sd of c."""
        return feedback_own_sd(self.column)

    @property
    def sds(self) -> dict[str, Prior]:
        """The priors of s and of the sd of c, where there is one, by posterior name."""
        own = {} if self.own_sd is None else {self.own_sd_name: self.own_sd}
        return {self.sd_name: self.sd} | own

    @property
    def labels(self) -> tuple[str, ...]:
        """What each coefficient is of."""
        return tuple(term.name for term in self.terms)


def internal_sds(each: Feedback) -> list[str]:
    """Name what a sampler moves in for the sd of each equation."""
    name = f"z_{each.sd_name}"
    return [f"{name}_{label}" for label in each.equations] or [name]
