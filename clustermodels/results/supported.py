"""Where along a moderator a policy varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.factors import residual
from clustermodels.data.panel import reader
from clustermodels.fits.record import Fit
from clustermodels.spec.fixed_effects import CLUSTER

Values = NDArray[np.float64]

# Bins of equal width, so that a stretch without rows is seen as one.
BINS = 10
# Fewer rows or clusters in a bin, or a policy that varies there by less than this share of what
# it does overall, say little of its effect.
FEWEST_ROWS, FEWEST_CLUSTERS, STILL = 5, 2, 0.05


@dataclass(frozen=True, eq=False)
class Support:
    """Bins along a moderator.

    Parameters
    ----------
    along, doses
        (row,): moderator and policy as they enter, where both are known; the policy less its mean
        in the row's cluster, where clusters have effects that leave no other differences to tell.
    edges
        (bin + 1,).
    table
        Along ``bin``: ``from``, ``to``, ``rows``, ``clusters``, ``sd`` of the policy as it enters
        there (within clusters, likewise), and whether that is ``supported``.
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

    Bins are of equal width; see Hainmueller, Mummolo & Xu (2019, doi 10.1017/pan.2018.46). Beside
    effects of clusters that are free, or correlated, a policy that never changes in a cluster while
    it stands in a bin tells nothing of the effect there.
    """
    rows = reader(fit.panel)
    columns = transformed(raw_columns(fit.spec, rows), fit.learned.standards, rows)
    known = np.isfinite(columns[moderator]) & np.isfinite(columns[policy])
    z, dose, cluster = columns[moderator][known], columns[policy][known], rows.clusters[known]
    edges = np.linspace(z.min(), z.max(), BINS + 1)
    which = _bin(edges, z)
    size = np.bincount(which, minlength=BINS)
    clusters = np.array([len({*cluster[which == b].tolist()}) for b in range(BINS)])
    own = fit.spec.fixed_effects.get(CLUSTER)
    if own is not None and own.pooling != "partial":
        code = np.unique(cluster, return_inverse=True)[1]
        here = residual(dose, [code * BINS + which])
        dose = residual(dose, [code])
    else:
        here = residual(dose, [which])
    told = np.bincount(which, here**2, minlength=BINS)
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


def _bin(edges: Values, values: Values) -> NDArray[np.int64]:
    found = np.searchsorted(edges, values, side="right") - 1
    return np.clip(found, 0, len(edges) - 2).astype(np.int64)
