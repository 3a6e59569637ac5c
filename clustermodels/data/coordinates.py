"""The labels of a posterior's dimensions."""

from __future__ import annotations

from typing import Any

from clustermodels.data.correlations import pair_labels
from clustermodels.data.design import Design
from clustermodels.spec.fixed_effects import YEAR
from clustermodels.spec.names import cells_given, correlation, level_dim


def coordinates(design: Design) -> dict[str, list[Any]]:
    """Give the labels of every dim of the posterior, whichever engine draws."""
    labels: dict[str, list[Any]] = {}
    for block in design.blocks:
        if block.factor is not None:
            levels = block.factor.levels
            labels[block.factor.dim] = (
                [*map(int, levels)] if block.factor.dim == YEAR else [*levels]
            )
        if block.labels is not None:
            labels[level_dim(block.name)] = list(block.labels)
        if block.pooling == "partial" and len(block.terms) > 1:
            among = pair_labels([term.name for term in block.terms])
            labels[level_dim(correlation(block.name))] = among
    for cells in design.cells:
        labels[cells.cluster.dim] = [*cells.cluster.levels]
        labels[level_dim(cells.name)] = [*cells.places]
        if cells.labels:
            labels[level_dim(cells_given(cells.column))] = [*cells.labels]
    for each in design.feedback:
        labels[level_dim(each.name)] = list(each.labels)
        if each.equations:
            labels[level_dim(each.sd_name)] = list(each.equations)
    return labels
