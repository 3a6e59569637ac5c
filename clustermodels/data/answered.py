"""Rows without an outcome that are predicted all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.factors import factor_columns, labels_of
from clustermodels.data.panel import Loss, Panel, Reader
from clustermodels.spec.document import Spec

Mask = NDArray[np.bool_]

# What the ledger says of them; no reason for a lost row holds a semicolon.
PREDICTED = "no outcome; predicted"
AHEAD = "beyond the fitted years; predicted"


def predictable(spec: Spec, rows: Reader, used: Mask, complete: Mask) -> Mask:
    """Tell which rows lack their outcome alone, and have no level that the fit does not know.

    Parameters
    ----------
    spec
        The document.
    rows
        Reads every row.
    used, complete
        Which rows are fitted; which have everything but perhaps the outcome, (obs,).
    """
    asked = complete & ~used
    for columns in factor_columns(spec, rows).values():
        codes = labels_of(rows, columns).codes
        asked &= np.isin(codes, codes[used])
    return asked


def answered(panel: Panel) -> Panel:
    """Give the panel whose used rows are all that are predicted: the fitted ones, and others."""
    told = [loss for loss in panel.losses if loss.reason in (PREDICTED, AHEAD)]
    places = {place for loss in told for place in loss.places}
    if not places:
        return panel
    rows = panel.rows
    pairs = zip(rows["cluster"].to_numpy().tolist(), rows["year"].to_numpy().tolist(), strict=True)
    used = rows["used"].to_numpy() | np.array([pair in places for pair in pairs])
    return replace(panel, rows=rows.assign_coords(used=("obs", used)), read_as="")


def parted(loss: Loss, asked: Mapping[tuple[str, int], bool]) -> tuple[Loss, ...]:
    """Part the rows without an outcome into those that are predicted and those that are lost."""
    there = tuple(place for place in loss.places if asked[place])
    gone = tuple(place for place in loss.places if not asked[place])
    both = (Loss(loss.reason, gone), Loss(PREDICTED, there))
    return tuple(each for each in both if each.places)
