"""How far a policy's effect along a moderator leaves a straight line."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.moderation import effect_at
from clustermodels.fits.record import Fit, flat
from clustermodels.results.bands import band, beyond
from clustermodels.results.effects import own_slope
from clustermodels.results.supported import Support

Values = NDArray[np.float64]

LINEAR, BINS = "linear", "bins"
# Quantiles of the rows over which a curve is set against a line.
QUANTILES = 40
# Below which share of draws a form is said to leave the line.
LEVEL = 0.05
# Places through which a line need not go, and what part of a curve is rounding.
FEWEST, ROUNDING = 3, 1e-9


def effect_along(fit: Fit, policy: str, moderator: str, places: Values) -> Values:
    """Give what a step of the policy adds to the predictor at places, (S, place)."""
    draws = flat(fit.posterior)
    own = own_slope(fit, policy, draws)
    slopes = effect_at(fit.learned, draws, policy, moderator, places, own)
    return slopes * fit.learned.scales[policy].step


def departures_of(
    fits: Mapping[str, Fit], policy: str, moderator: str, support: Support
) -> xr.Dataset:
    """Set each form against its own line, where the policy varies.

    Parameters
    ----------
    fits
        By form.
    policy, moderator
        What bends what.
    support
        Where the policy varies.

    Returns
    -------
    Dataset
        Along ``form``: ``departure``, ``sim95_lower``, ``sim95_upper``, ``moderator_value``,
        ``beyond`` and ``leaves``, as in ``Moderation``.
    """
    here = support.covers(support.along)
    z, doses = support.along[here], support.doses[here]
    names = ("departure", "sim95_lower", "sim95_upper", "moderator_value", "beyond")
    rows: dict[str, tuple[float, ...]] = {}
    for form, fit in fits.items():
        if form == LINEAR:
            continue
        steps = fit.learned.steps.get(moderator)
        if steps is None:
            places = np.quantile(z, (np.arange(QUANTILES) + 0.5) / QUANTILES)
            weights = np.ones(QUANTILES)
        else:
            places, weights = _of_bins(np.array(steps.edges), z, doses)
        curve = effect_along(fit, policy, moderator, places)
        if len(places) < FEWEST:
            rows[form] = (np.nan,) * len(names)
            continue
        off = off_line(curve, places, weights)
        whole = band(off)
        at = int(np.argmax(np.abs(whole.centre)))
        share = beyond(off, ROUNDING * float(np.abs(curve).max()))
        rows[form] = (whole.centre[at], whole.lower[at], whole.upper[at], places[at], share)
    columns = np.array([*rows.values()]).reshape(-1, len(names)).T
    told = {name: ("form", column) for name, column in zip(names, columns, strict=True)}
    return xr.Dataset(
        told | {"leaves": ("form", columns[-1] < LEVEL)},
        coords={"form": np.array([*rows], dtype=object)},
    )


def _of_bins(edges: Values, z: Values, doses: Values) -> tuple[Values, Values]:
    """Give where the rows that tell of each bin's effect are, and how much they tell.

    A row tells of an effect as the square of what the policy is off its mean in the bin.
    """
    bins = np.searchsorted(edges, z, side="right")
    size = np.maximum(np.bincount(bins), 1)
    told = (doses - (np.bincount(bins, doses) / size)[bins]) ** 2
    weights = np.bincount(bins, told)
    some = weights > 0
    return np.bincount(bins, told * z)[some] / weights[some], weights[some]


def off_line(curve: Values, places: Values, weights: Values) -> Values:
    """Give what a curve's draws, (S, place), leave of their own weighted least-squares line.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> bool(np.allclose(off_line(np.array([2 + 3 * x]), x, np.ones(4)), 0))
    True
    """
    line = np.column_stack([np.ones(len(places)), places])
    solved = np.linalg.lstsq(line * np.sqrt(weights)[:, None], (curve * np.sqrt(weights)).T)[0]
    return np.asarray(curve - (line @ solved).T)
