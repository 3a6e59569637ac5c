"""Where clusters stand high and low in a moderator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.answered import answered
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.panel import reader
from clustermodels.errors import FitError, choices, nearest
from clustermodels.fits.record import Fit
from clustermodels.results.effects import moderator_values
from clustermodels.spec.position import Position

LOW, HIGH = "low", "high"
_REFUSED = "low and high cannot be told apart because"


@dataclass(frozen=True, eq=False)
class Standing:
    """What counts as low and as high.

    Parameters
    ----------
    moderator
        Its name.
    shares, values
        By ``low`` and ``high``: the quantile, and the moderator there, as it enters the predictor.
    """

    moderator: str
    shares: dict[str, float]
    values: dict[str, float]

    def groups(self, fit: Fit) -> NDArray[np.bool_]:
        """Mark the rows at or below the low value, and at or above the high one, (obs, 2).

        A value that was not observed is neither.
        """
        rows = reader(answered(fit.panel))
        columns = transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
        z = columns[self.moderator]
        return np.column_stack([z <= self.values[LOW], z >= self.values[HIGH]])


def standing(fit: Fit, moderator: str | None, low: float, high: float) -> Standing:
    """Take a moderator's quantiles over the fitted rows.

    Without a name of the only moderator, or of the only position in the network.

    Raises
    ------
    FitError
        If the quantiles are not 0 < low < high < 1, or the moderator is unknown, one of several,
        or the same at both.
    """
    if not 0 < low < high < 1:
        raise FitError(
            f"{_REFUSED} its quantiles are not two between 0 and 1, the lower one first. Got "
            f"{low:g} and {high:g}."
        )
    name = _chosen(fit, moderator)
    observed = moderator_values(fit)[name]
    shares = {LOW: low, HIGH: high}
    values = {at: float(np.quantile(observed, share)) for at, share in shares.items()}
    if values[LOW] == values[HIGH]:
        raise FitError(
            f"{_REFUSED} '{name}' is {values[LOW]:g} at both quantiles, {low:g} and {high:g}. "
            "Choose quantiles further apart."
        )
    return Standing(name, shares, values)


def _chosen(fit: Fit, moderator: str | None) -> str:
    every = [*dict.fromkeys(name for _, name in fit.spec.moderated())]
    split = [name for name in every if fit.spec.moderators[name].split != "none"]
    if moderator in split or (moderator is None and split == every and every):
        raise FitError(
            f"{_REFUSED} '{moderator or split[0]}' is split, and stands high by a change or by a "
            "mean. See 'moderation-split'."
        )
    every = [name for name in every if name not in split]
    bending = [name for name in every if name in fit.learned.scales]
    if moderator in every and moderator not in bending:
        raise FitError(f"{_REFUSED} '{moderator}' has labels, and none is higher than another.")
    if not bending:
        raise FitError(f"{_REFUSED} no treatment of the document has a moderator of numbers.")
    if moderator in bending:
        return moderator
    if moderator is not None:
        close = nearest(moderator, bending)
        way = f"Did you mean '{close}'?" if close else f"Choose among: {choices(bending)}."
        raise FitError(f"{_REFUSED} '{moderator}' moderates no treatment. {way}")
    positions = [name for name in bending if isinstance(fit.spec.moderators[name], Position)]
    for among in (positions, bending):
        if len(among) == 1:
            return among[0]
    raise FitError(f"{_REFUSED} there are several moderators. Choose among: {choices(bending)}.")
