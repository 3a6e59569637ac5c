"""The linear predictor at given coefficients, in numpy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from clustermodels.data.blocks import Block, Unknown
from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values
from clustermodels.spec.names import INTERCEPT

Draws = Mapping[str, Values]

# Numbers, rows times draws, that are evaluated together: what fits a processor's cache.
TOGETHER = 2**18


def linear_predictor(design: Design, draws: Draws) -> Values:
    """Give eta = offset + intercept + sum of the blocks' contributions.

    Parameters
    ----------
    design
        Of any panel, fitted or edited.
    draws
        Posterior names to arrays (S, ...), in the user's units.

    Returns
    -------
    array
        (S, obs), on the link's scale.
    """
    eta = without_past(design, draws)
    for block in design.blocks:
        if block.from_outcome is not None:
            add_contribution(eta, block, draws)
    return eta


def without_past(design: Design, draws: Draws) -> Values:
    """Give the predictor without what the outcome's past adds, (S, obs)."""
    eta = design.outcome.offset + np.asarray(draws[INTERCEPT])[:, None]
    for block in design.blocks:
        if block.from_outcome is None:
            add_contribution(eta, block, draws)
    return eta


def add_contribution(eta: Values, block: Block, draws: Draws) -> None:
    """Add a block's contribution to eta, (S, obs), in place."""
    for position, term in enumerate(block.terms):
        column = column_of(block, position, draws)
        if block.factor is None:
            eta += internal(block, position, draws)[:, None] * column
            continue
        coefficient = internal(block, position, draws, block.factor.codes)
        if term.around is not None or (column != 1).any():
            coefficient *= column
        eta += coefficient


def column_of(block: Block, position: int, draws: Draws) -> Values:
    """Give a standardised column: (obs,), or (S, obs) where some of its cells are parameters."""
    column: Values = block.values[:, position]
    unknown = block.unknown
    if unknown is None:
        return column
    return column + unknown.multiplier * np.asarray(draws[unknown.name]).take(unknown.at, axis=1)


def internal(block: Block, position: int, draws: Draws, levels: Positions | None = None) -> Values:
    """Give a term's internal coefficients: (S,) where common, (S, level) by a factor.

    Of all levels, or of those that are asked for, as often as they are.
    """
    term = block.terms[position]
    if block.labels is not None:
        coefficient: Values = np.asarray(draws[block.name])[:, position]
    else:
        coefficient = np.asarray(draws[term.name])
    if levels is not None:
        coefficient = coefficient.take(levels, axis=1)
    if term.around is not None:
        coefficient = coefficient - np.asarray(draws[term.around])[:, None]
    if term.along is not None:
        amount = term.along.amount if levels is None else term.along.amount[levels]
        coefficient = coefficient - np.asarray(draws[term.along.name])[:, None] * amount
    return coefficient / term.unit


def by_piece[Result](
    design: Design, draws: int, work: Callable[[slice, Design], Result]
) -> Iterator[tuple[slice, Result]]:
    """Do work on some rows at a time, on all processors; give rows and results in order.

    Where results are smaller, never are all rows at all draws in memory.

    Parameters
    ----------
    design
        Of any panel; a cluster's rows stand together.
    draws
        At how many draws the rows are evaluated.
    work
        Takes which rows they are, whole clusters, and the design of them.
    """
    runs = pieces(design, draws)
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        results = pool.map(lambda rows: work(rows, part(design, rows)), runs)
        yield from zip(runs, results, strict=True)
    finally:  # interrupted, what has not begun never does
        pool.shutdown(cancel_futures=True)


def pieces(design: Design, draws: int) -> list[slice]:
    """Cut rows into runs of whole clusters, of about ``TOGETHER`` numbers at so many draws."""
    rows = len(design.clusters)
    ends = np.append(np.flatnonzero(design.clusters[1:] != design.clusters[:-1]) + 1, rows)
    run = ends // max(TOGETHER // draws, 1)
    stops = ends[np.append(run[1:] != run[:-1], True)].tolist()
    return [slice(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]


def part(design: Design, rows: slice) -> Design:
    """Give the design of some of its rows; levels and priors stay those of all.

    Without equations of feedback, which no piece of the rows has a use for.
    """
    outcome = design.outcome
    return replace(
        design,
        outcome=replace(
            outcome,
            values=outcome.values[rows],
            offset=outcome.offset[rows],
            trials=outcome.trials[rows],
            weights=outcome.weights
            and replace(outcome.weights, values=outcome.weights.values[rows]),
            errors=outcome.errors and replace(outcome.errors, gap=outcome.errors.gap[rows]),
        ),
        blocks=tuple(
            replace(
                block,
                values=block.values[rows],
                factor=block.factor and replace(block.factor, codes=block.factor.codes[rows]),
                unknown=block.unknown and of_rows(block.unknown, rows),
            )
            for block in design.blocks
        ),
        clusters=design.clusters[rows],
        years=design.years[rows],
        cells=(),  # what they follow is of all rows
        feedback=(),
    )


def of_rows(unknown: Unknown, rows: slice) -> Unknown:
    """Give how some rows of a column depend on unknown cells."""
    return replace(unknown, at=unknown.at[rows], multiplier=unknown.multiplier[rows])
