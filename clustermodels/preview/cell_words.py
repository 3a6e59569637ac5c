"""What unknown cells follow: in words, as equations, and their priors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.cells import Cells
from clustermodels.data.design import Design
from clustermodels.data.learned import Learned
from clustermodels.errors import choices
from clustermodels.families.priors import Prior, quantile, scaled, words
from clustermodels.spec import names

_TAILS = np.array([0.05, 0.95])


def cells_in_words(of: Design) -> Iterator[str]:
    """Say what is done about unknown cells, a sentence each."""
    for cells in of.cells:
        missing, noisy = int((~cells.known).sum()), int((cells.error > 0).sum())
        given = f"{choices(cells.labels)} and " if cells.labels else ""
        if missing:
            yield (
                f"{missing} missing cells of {cells.column} are parameters: normal given {given}"
                "a mean of each cluster, pooled."
            )
        if noisy:
            yield (
                f"{noisy} cells of {cells.column} are observed with a normal error that does not "
                "depend on their true value, which is a parameter: normal given "
                f"{given}a mean of each cluster, pooled."
            )


def cell_equations(of: Design, learned: Learned) -> Iterator[str]:
    """Write what unknown cells follow, a line each; the predictor's cell is the true one."""
    for cells in of.cells:
        column, name = cells.column, cells.name
        own = f"{names.by_cluster(name)}[i]"
        given = f" + {names.cells_given(column)} · given[i,t]" if cells.labels else ""
        symbol = learned.scales[column].symbol
        yield f"{symbol} ~ Normal({names.cells_mean(column)}{given} + {own}, {names.sd(name)})"
        yield f"{own} ~ Normal(0, {names.sd(names.by_cluster(name))})"
        if (cells.error > 0).any():
            yield f"observed {symbol} ~ Normal({symbol}, its standard error)"


def cell_priors(cells: Cells) -> Iterator[tuple[str, str, str, str]]:
    """Give the priors of what unknown cells follow: whose it is, its name, its law, its words."""
    column, spread = cells.column, cells.spread
    mean = names.cells_mean(column)
    low, high = cells.centre + quantile(cells.mean, _TAILS) * spread
    yield mean, mean, _placed(cells), f"the mean of {column} is {low:.3g} to {high:.3g}"
    given = names.cells_given(column)
    for label, unit, law in zip(cells.labels, cells.units, cells.slopes, strict=True):
        low, high = quantile(law, _TAILS) * spread
        said = f"one standard deviation of {label} comes with {low:.3g} to {high:.3g} more {column}"
        yield given, f"{given}[{label}]", words(scaled(law, unit)), said
    for name, law, what in (
        (names.sd(cells.name), cells.sd, "varies around what it is given"),
        (names.sd(names.by_cluster(cells.name)), cells.between, "varies between clusters"),
    ):
        low, high = quantile(law, _TAILS) * spread
        said = f"{column} {what}, one sd apart by {low:.3g} to {high:.3g}"
        yield name, name, words(scaled(law, spread)), said


def _placed(cells: Cells) -> str:
    """Write the prior of the mean in the user's units."""
    law = scaled(cells.mean, cells.spread)
    arguments = tuple(
        (name, value + cells.centre if name == "mean" else value) for name, value in law.arguments
    )
    return words(Prior(law.distribution, arguments))
