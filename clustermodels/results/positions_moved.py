"""Who stands elsewhere in the network under a scenario."""

from __future__ import annotations

import numpy as np
import xarray as xr

from clustermodels.data.answered import answered
from clustermodels.data.panel import Values
from clustermodels.data.scenarios import edited
from clustermodels.fits.record import Fit


def positions_moved(fit: Fit, scenario: str) -> xr.Dataset:
    """Say whose position in the network a scenario moves, and from where to where.

    A tie moves every region that it brings nearer to others, not only its two ends. No draws are
    read: what a position is follows from the ties alone.

    Parameters
    ----------
    fit
        A fit.
    scenario
        The name of a scenario of its document.

    Returns
    -------
    Dataset
        Along ``row``, of each position the clusters that move most first: ``before``, ``after``
        and ``change``, means over the cluster's rows in the measure's own unit, and ``years``,
        in how many of them it moves; coordinates ``scenario``, ``position`` (a column) and
        ``cluster``. Who is not moved is left out; a scenario that moves nobody gives no row.

    Raises
    ------
    PanelError
        If there is no such scenario, or it does not fit the panel.

    Examples
    --------
    ::

        moved = positions_moved(fit, "new_pipelines")
        moved.isel(row=slice(10)).to_dataframe()
    """
    at = answered(fit.panel).used
    old, new = fit.panel.rows.isel(obs=at), edited(fit.spec, fit.panel, scenario).rows.isel(obs=at)
    clusters, code = np.unique(old["cluster"].to_numpy().astype(str), return_inverse=True)
    names: list[tuple[str, str]] = []
    parts = [np.empty((4, 0))]
    for place, position in fit.spec.positions().items():
        if place[0] == "outcomes":
            continue
        column = position.column or ""
        before, after = (rows[column].to_numpy() for rows in (old, new))
        rows = np.bincount(code)
        means = [np.bincount(code, values) / rows for values in (before, after)]
        distance = np.bincount(code, np.abs(after - before)) / rows
        years = np.bincount(code, before != after).astype(np.float64)
        order = np.argsort(-distance, kind="stable")
        order = order[years[order] > 0]
        names += [(column, str(clusters[spot])) for spot in order]
        parts.append(np.stack([*means, means[1] - means[0], years])[:, order])
    return _table(scenario, names, np.concatenate(parts, axis=1))


def _table(scenario: str, names: list[tuple[str, str]], numbers: Values) -> xr.Dataset:
    columns, clusters = ([name[spot] for name in names] for spot in (0, 1))
    labels = {"scenario": [scenario] * len(names), "position": columns, "cluster": clusters}
    before, after, change, years = numbers
    return xr.Dataset(
        {
            "before": ("row", before),
            "after": ("row", after),
            "change": ("row", change),
            "years": ("row", years.astype(np.int64)),
        },
        coords={
            "row": np.arange(len(names)),
            **{name: ("row", np.array(cells, dtype=object)) for name, cells in labels.items()},
        },
    )
