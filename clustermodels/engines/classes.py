"""Which designs are latent Gaussian models that the fast engine takes."""

from __future__ import annotations

from clustermodels.data.design import Design
from clustermodels.engines.arrow import eliminated_factor
from clustermodels.engines.dense_prior import narrowed
from clustermodels.engines.likelihoods import CODES
from clustermodels.families.priors import Prior
from clustermodels.spec.names import INTERCEPT

FAMILIES = ("gaussian", *CODES)
# The engine keeps a dense matrix of this many coefficients.
MOST_DENSE = 1200
# Quadrature needs nodes^k points for each level.
MOST_BY_LEVEL = 5


def outside(design: Design) -> str | None:
    """Say why a design is outside the class, a clause; None where it is inside."""
    outcome = design.outcome
    if outcome.family.feeds:
        return "the past adds to the mean of the outcome, and not to its predictor"
    if outcome.family.name not in FAMILIES:
        return f"the family {outcome.family.name} is not one of {', '.join(FAMILIES)}"
    if design.outcome.weights is not None:
        return "rows are weighed"
    if design.serial is not None:
        return "what is left of a year carries over to the next"
    for cells in design.cells:
        return (
            f"{len(cells.rows)} cells of {cells.column} are not known, and a cell times a "
            "coefficient is not Gaussian"
        )
    for block in design.blocks:
        if block.decay is not None:
            return f"how fast the effect of {block.name} fades is no coefficient of a column"
        if block.smooth is not None:
            return f"{block.name} is a Gaussian process, whose length changes its coefficients' law"
    if design.feedback:
        return "columns that react to past outcomes have equations of their own"
    for name, prior in _coefficient_priors(design):
        if prior.distribution != "normal":
            return f"the prior of {name} is {prior.distribution}, not normal"
    factor = eliminated_factor(design)
    own = sum(len(b.terms) for b in design.blocks if factor and b.factor is factor)
    dense = 1 + sum(
        len(b.terms) * (len(b.factor.levels) if b.factor else 1)
        for b in design.blocks
        if b.factor is None or b.factor is not factor
    )
    if own > MOST_BY_LEVEL and outcome.family.name != "gaussian":
        return (
            f"{own} coefficients vary by {factor.name if factor else ''}, more than {MOST_BY_LEVEL}"
        )
    if dense > MOST_DENSE:
        return f"{dense} coefficients beside those of the largest factor, more than {MOST_DENSE}"
    for block in design.blocks:
        if factor is not None and block.factor is factor and block.adrift:
            return (
                f"{block.name} sums to zero over so many levels around no coefficient of its own; "
                "pool it (trend: partial)"
            )
    for name, variance in narrowed(design, factor).items():
        if variance <= 0:
            return (
                f"the prior of {name} is narrower than the prior of the mean of the free effects "
                "beside it; widen it, or pool these (pooling: partial)"
            )
    return None


def _coefficient_priors(design: Design) -> list[tuple[str, Prior]]:
    """List the priors that must be normal."""
    found = [(INTERCEPT, design.intercept)]
    for block in design.blocks:
        if block.pooling != "partial":
            found += [(block.name if block.labels else t.name, t.prior) for t in block.terms]
    return found
