"""Where along a moderator a policy varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.factors import residual
from clustermodels.data.panel import reader
from clustermodels.fits.record import Fit
from clustermodels.spec.fixed_effects import CLUSTER, YEAR

Values = NDArray[np.float64]

# Bins of equal width, so that a stretch without rows is seen as one.
BINS = 10
# Fewer rows or clusters in a bin, or a policy that varies there by less than this share of what
# it does overall, say little of its effect.
FEWEST_ROWS, FEWEST_CLUSTERS, STILL = 5, 2, 0.05
# Of a policy's sd, what is rounding.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Support:
    """Bins along a moderator.

    Parameters
    ----------
    along, doses
        (row,): moderator and policy as they enter, where both are known; the policy less what free
        or correlated effects of clusters, and free ones of years, take of it.
    edges
        (bin + 1,).
    table
        Along ``bin``: ``from``, ``to``, ``rows``, ``clusters``, ``sd`` of what the policy has of
        its own there, and whether that is ``supported``.
    """

    along: Values
    doses: Values
    edges: Values
    table: xr.Dataset

    def covers(self, places: Values) -> NDArray[np.bool_]:
        """Tell which places lie in supported bins."""
        return np.asarray(self.table["supported"].to_numpy()[_bin(self.edges, places)])


def support_along(fit: Fit, policy: str, moderator: str) -> Support:
    """Find where along a moderator a policy varies, over the fitted rows.

    Bins are of equal width; see Hainmueller, Mummolo & Xu (2019, doi 10.1017/pan.2018.46). What
    tells of the effect in a bin is the policy there, times the bin's mark, less what it shares with
    effects of clusters that are free or correlated, free ones of years, the bins' own effects and
    the policy in other bins (Frisch & Waugh 1933, doi 10.2307/1907330).
    """
    rows = reader(fit.panel)
    columns = transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
    known = np.isfinite(columns[moderator]) & np.isfinite(columns[policy])
    z, dose, cluster = columns[moderator][known], columns[policy][known], rows.clusters[known]
    edges = np.linspace(z.min(), z.max(), BINS + 1)
    which = _bin(edges, z)
    size = np.bincount(which, minlength=BINS)
    clusters = np.array([len({*cluster[which == b].tolist()}) for b in range(BINS)])
    effects = {CLUSTER: cluster, YEAR: rows.years[known]}
    groups = [
        np.unique(of, return_inverse=True)[1]
        for name, of in effects.items()
        if name in fit.spec.fixed_effects and fit.spec.fixed_effects[name].pooling != "partial"
    ]
    told = _own(dose, which, groups)
    dose = residual(dose, groups)
    spread = np.where(size > 0, np.sqrt(told / np.maximum(size, 1)), np.nan)
    enough = (size >= FEWEST_ROWS) & (clusters >= FEWEST_CLUSTERS)
    supported = enough & (np.nan_to_num(spread) > STILL * dose.std())
    table = xr.Dataset(
        {
            "from": ("bin", edges[:-1]),
            "to": ("bin", edges[1:]),
            "rows": ("bin", size),
            "clusters": ("bin", clusters),
            "sd": ("bin", spread),
            "supported": ("bin", supported),
        }
    )
    return Support(z, dose, edges, table)


def _own(dose: Values, which: NDArray[np.int64], groups: Sequence[NDArray[np.int64]]) -> Values:
    """Give the sum of squares of what the policy in each bin shares with nothing else, (bin,)."""
    marks = (which[:, None] == np.arange(BINS)).astype(np.float64)
    columns = np.hstack([marks, marks * (dose - dose.mean())[:, None]])
    left = np.column_stack([residual(column, groups) for column in columns.T])
    told, tiny = np.zeros(BINS), len(dose) * (ROUNDING * dose.std()) ** 2
    for b in np.unique(which):
        others = np.delete(left, BINS + b, axis=1)
        own = left[:, BINS + b]
        told[b] = ((own - others @ np.linalg.lstsq(others, own)[0]) ** 2).sum()
    return np.where(told > tiny, told, 0.0)


def _bin(edges: Values, values: Values) -> NDArray[np.int64]:
    found = np.searchsorted(edges, values, side="right") - 1
    return np.clip(found, 0, len(edges) - 2).astype(np.int64)
