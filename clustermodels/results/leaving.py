"""How far a scenario takes each cluster-year from the data, by column and jointly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clustermodels.data.answered import answered
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.panel import Panel, Positions, Values, reader
from clustermodels.data.scenarios import edited
from clustermodels.fits.record import Fit


@dataclass(frozen=True, eq=False)
class Leaving:
    """How far rows, or the furthest row of each group, lie from the data.

    Parameters
    ----------
    beyond
        How many rows lie beyond the range of a column.
    furthest
        By how many standard deviations, in the column that is furthest; 0 within all ranges.
    joint
        The distance from the data's middle in the columns that are moved and those that bend
        them, where 1 is the furthest fitted row's; nan where it is one column alone.
    """

    beyond: Positions
    furthest: Values
    joint: Values

    def of(self, rows: slice | Positions) -> Leaving:
        """Give those of some rows."""
        return Leaving(self.beyond[rows], self.furthest[rows], self.joint[rows])

    def grouped(self, first: Positions) -> Leaving:
        """Put neighbours together: how many, and the furthest; groups begin at ``first``."""
        return Leaving(
            np.add.reduceat(self.beyond, first),
            np.maximum.reduceat(self.furthest, first),
            np.maximum.reduceat(self.joint, first),
        )


@dataclass(frozen=True, eq=False)
class Moved:
    """The columns of rows that are predicted, under a scenario.

    Parameters
    ----------
    values
        By name, (obs,), as they enter the predictor.
    beyond
        By name, (obs,): how far an edited value lies beyond the fitted rows'; 0 elsewhere.
    together
        The columns that are moved, and the moderators that bend the treatments among them.
    distance, largest
        How far each edited row lies from the middle of the fitted ones in these, (obs,), 0 where
        nothing is edited; and the furthest fitted row. nan of a single column.
    """

    values: dict[str, Values]
    beyond: dict[str, Values]
    together: tuple[str, ...]
    distance: Values
    largest: float


def leaving(fit: Fit, scenario: str) -> Leaving:
    """Say of every row that is predicted how far a scenario takes it from the data, (obs,)."""
    found = moved(fit, scenario)
    spreads = {name: fit.learned.scales[name].spread for name in found.beyond}
    far = [beyond / spreads[name] for name, beyond in found.beyond.items()]
    furthest = np.max([np.zeros_like(found.distance), *far], axis=0)
    joint = found.distance / found.largest
    return Leaving((furthest > 0).astype(np.int64), furthest, joint)


def moved(fit: Fit, scenario: str) -> Moved:
    """Find what a scenario moves, and how far.

    The joint distance is Mahalanobis', ((x - m)' C^-1 (x - m))^(1/2) with mean and covariance of
    the fitted rows: a row that is within every column's range may still lie where the columns
    never stand together (Montgomery, Peck & Vining 2012, section 3.8: hidden extrapolation).
    """
    whole, _ = fit.whole
    before, after = _columns(fit, whole), _columns(fit, edited(fit.spec, whole, scenario))
    beyond = {}
    hit = np.zeros(len(next(iter(after.values()), [])), dtype=np.bool_)
    names = []
    for name, values in after.items():
        scale = fit.learned.scales[name]
        tiny = 1e-9 * max(abs(scale.low), abs(scale.high), scale.spread)
        away = np.maximum(values - scale.high, scale.low - values)
        changed = (values != before[name]) & ~np.isnan(values)
        beyond[name] = np.where(changed & (away > tiny), away, 0.0)
        if changed.any():
            hit |= changed
            names.append(name)
    bent = [m for t, m in fit.spec.moderated() if t in names and m in fit.learned.scales]
    together = tuple(dict.fromkeys([*names, *bent]))
    distance, largest = _distances(fit, after, together)
    return Moved(after, beyond, together, np.where(hit, distance, 0 * distance), largest)


def _distances(
    fit: Fit, after: Mapping[str, Values], together: tuple[str, ...]
) -> tuple[Values, float]:
    """Give Mahalanobis distances of rows, and the largest of a fitted one."""
    size = len(next(iter(after.values()), []))
    if len(together) < 2:
        return np.full(size, np.nan), np.nan
    rows = reader(fit.panel)
    fitted = transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
    scales = [fit.learned.scales[name] for name in together]

    def standard(values: Mapping[str, Values]) -> Values:
        return np.column_stack(
            [
                (values[name] - scale.centre) / scale.spread
                for name, scale in zip(together, scales, strict=True)
            ]
        )

    data, points = standard(fitted), standard(after)
    data = data[~np.isnan(data).any(axis=1)]
    middle, spread = data.mean(axis=0), np.atleast_2d(np.cov(data, rowvar=False))
    inverse = np.linalg.pinv(spread, hermitian=True)

    def far(x: Values) -> Values:
        away = x - middle
        return np.asarray(np.sqrt(np.maximum(np.sum(away @ inverse * away, axis=1), 0.0)))

    return far(points), float(far(data).max())


def _columns(fit: Fit, panel: Panel) -> dict[str, Values]:
    rows = reader(answered(panel))
    return transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
