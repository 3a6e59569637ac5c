"""Spec, Panel and Learned to Design: every number that a likelihood reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data import priors
from clustermodels.data.blocks import Block
from clustermodels.data.cells import Cells, cells_of, unknown_columns, without_unknown
from clustermodels.data.column_blocks import (
    categorical_blocks,
    common_blocks,
    drift_blocks,
    known_blocks,
    past_blocks,
)
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.curve_blocks import moderator_blocks
from clustermodels.data.factors import factor, factor_columns, labels_of, redundant
from clustermodels.data.feedback import Feedback
from clustermodels.data.forms import step_factors
from clustermodels.data.learned import Learned, Own, standardise
from clustermodels.data.level_blocks import cohort_effects, factor_blocks
from clustermodels.data.panel import Panel, Positions, Reader, Values, reader
from clustermodels.data.reactions import feedbacks
from clustermodels.data.residuals import residual_blocks, serial_errors
from clustermodels.data.serial import Serial
from clustermodels.data.shapes import shape_blocks
from clustermodels.data.weights import Rows, Weighed, weighed
from clustermodels.errors import PanelError
from clustermodels.families.family import Family
from clustermodels.families.feedback import KEPT
from clustermodels.families.priors import Prior, prior
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.reads import Read


@dataclass(frozen=True, eq=False)
class OutcomeData:
    """The outcome of a design.

    Parameters
    ----------
    name
        The likelihood's name in the model.
    values
        (obs,); nan where it is yet to be drawn.
    family
        How it varies, with its link.
    offset
        (obs,), the log of the exposure, else 0.
    trials
        (obs,): the number of trials, or the last year's outcome where the mean keeps a share of
        it; else 1.
    parameters
        The priors of the family's own parameters.
    errors
        How normal errors carry over from year to year; None where they are independent.
    weights
        How much rows count; None where all count alike.
    """

    name: str
    values: Values
    family: Family
    offset: Values
    trials: Values
    parameters: dict[str, Prior]
    errors: Serial | None = None
    weights: Weighed | None = None

    def weigh(self, rows: Rows) -> Rows:
        """Give what weighs the log density of rows, or one of its derivatives."""
        return rows if self.weights is None else self.weights.of(rows)


@dataclass(frozen=True, eq=False)
class Design:
    """Every number that a likelihood reads.

    Parameters
    ----------
    outcome
        The outcome and its parameters.
    intercept
        The prior of the predictor where every column is at its centre.
    blocks
        Everything else in the predictor.
    clusters, years
        The labels of each row, (obs,).
    cells
        The columns whose cells are parameters, each with what these follow.
    feedback
        The equations of the columns that react to past outcomes. They are part of the likelihood,
        and of no prediction: there such a column is as it was, or as a scenario sets it.
    """

    outcome: OutcomeData
    intercept: Prior
    blocks: tuple[Block, ...]
    clusters: NDArray[np.object_]
    years: Positions
    cells: tuple[Cells, ...] = ()
    feedback: tuple[Feedback, ...] = ()

    @property
    def serial(self) -> Serial | None:
        """How what is left of a year carries over, in errors or in effects; None: not at all."""
        effects = (block.serial for block in self.blocks if block.serial is not None)
        return self.outcome.errors or next(effects, None)


def design(spec: Spec, panel: Panel, learned: Learned, *, fitted: bool = True) -> Design:
    """Make the design of a panel.

    Parameters
    ----------
    spec, panel
        The document; the panel that was fitted, or an edited one.
    learned
        What the fitting panel taught.
    fitted
        False for a few rows that are only predicted: nothing is asked of them together.

    Returns
    -------
    Design
        Numbers only: rows are the panel's used rows, in its order.

    Raises
    ------
    PanelError
        If a transform does not take a value, or a factor is constant within a free one.
    """
    rows = reader(panel)
    values = transformed(raw_columns(spec, rows), learned.standards, rows)
    cells = cells_of(spec, rows, values, learned)
    factors = {
        name: factor(name, labels_of(rows, of), learned.levels[name])
        for name, of in factor_columns(spec, rows).items()
    }
    factors |= step_factors(learned.steps, values, factors)
    problems = redundant(spec, factors) if fitted else []
    if problems:
        raise PanelError(problems)
    columns = standardise(
        spec,
        without_unknown(values, cells),
        learned.scales,
        Own(learned.slopes, learned.splits, factors[CLUSTER].codes),
        learned.curves,
    )
    default = priors.defaults(spec, learned)
    blocks = [
        *common_blocks(
            spec, columns, unknown_columns(spec, cells, columns, learned), learned, default
        ),
        *shape_blocks(spec, columns, learned, default),
        *moderator_blocks(spec, columns, factors, learned, default),
        *categorical_blocks(spec, factors, default),
        *past_blocks(spec, columns, learned, default),
        *known_blocks(spec, factors, learned, default),
        *drift_blocks(spec, factors, rows.years, learned, default),
        *cohort_effects(spec, rows, learned, default),
        *factor_blocks(spec, factors, columns, rows.years, learned, default),
        *residual_blocks(spec, rows, default),
    ]
    return Design(
        outcome=_outcome(spec, rows, default, blocks, learned),
        intercept=priors.intercept(spec, default),
        blocks=tuple(blocks),
        clusters=rows.clusters,
        years=rows.years,
        cells=cells,
        feedback=feedbacks(spec, rows, columns, blocks, learned) if fitted else (),
    )


def _outcome(
    spec: Spec,
    rows: Reader,
    default: priors.Defaults,
    blocks: Sequence[Block],
    learned: Learned,
) -> OutcomeData:
    name, outcome = spec.outcome
    none = np.zeros(len(rows.at))
    return OutcomeData(
        name=name,
        values=rows.numbers(Read(outcome.column or "")),
        family=spec.family,
        offset=np.log(rows.numbers(Read(outcome.exposure))) if outcome.exposure else none,
        trials=_beside(spec, rows),
        parameters=priors.parameters(spec, default) | _kept(spec, blocks, learned),
        errors=serial_errors(spec, rows),
        weights=weighed(spec, rows),
    )


def _kept(spec: Spec, blocks: Sequence[Block], learned: Learned) -> dict[str, Prior]:
    """Give the default prior of the share of the last outcome that is kept, where there is one.

    What is told of a coefficient in eta falls with 1 - rho, so that Jeffreys' prior of p of them
    given rho goes with (1 - rho)^(s p), s = 1 where counts are large and less where many last ones
    are 0 (``Learned.kept``); and wide ones that do not let the room they have count for a large
    share: by +0.10 of 0.7 in panels of 29 x 10. Beta(1, 1 + s p) makes up for that.
    """
    if not spec.feeds or KEPT in spec.priors:
        return {}
    alone = [block for block in blocks if block.pooling != "partial"]
    told = 1 + sum(  # with the intercept
        1
        if block.decay is not None
        else len(block.terms)
        if block.factor is None
        else len(block.factor.levels) - 1
        for block in alone
    )
    return {KEPT: prior("beta", alpha=1.0, beta=1 + learned.kept * told)}


def _beside(spec: Spec, rows: Reader) -> Values:
    """Give the number that the family takes of each row beside its predictor."""
    _, outcome = spec.outcome
    if spec.feeds:
        return rows.numbers(Read(outcome.column or "", 1))
    return rows.numbers(Read(outcome.trials)) if outcome.trials else np.ones(len(rows.at))
