"""A design whose unknown cells are filled in: what is looked at before anything is drawn."""

from __future__ import annotations

from dataclasses import replace

from clustermodels.data.cells import expected_cells, guessed, with_cells
from clustermodels.data.design import Design


def filled(design: Design) -> Design:
    """Fill unknown cells with what least squares expect of them.

    For starting points and for findings before a fit only: no answer is made of it.

    Returns
    -------
    Design
        With every column known; the same design where it is so already.
    """
    if not design.cells:
        return design
    guesses = {}
    for cells in design.cells:
        expected, _ = expected_cells(cells, guessed(cells))
        guesses[cells.name] = cells.centre + cells.spread * expected
    blocks = tuple(
        block
        if block.unknown is None
        else replace(block, values=with_cells(block.unknown, block.values, guesses), unknown=None)
        for block in design.blocks
    )
    return replace(design, blocks=blocks, cells=())
