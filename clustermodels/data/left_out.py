"""A panel of which one cluster is left out."""

from __future__ import annotations

from dataclasses import replace

from clustermodels.data.panel import Loss, Panel

# What the ledger says of the rows.
LEFT_OUT = "left out"


def without(panel: Panel, cluster: str) -> Panel:
    """Give a panel of which no row of a cluster enters the likelihood.

    The rows stay, as the past and the surroundings of others: what is known of the other clusters
    does not change because this one is not explained.

    Parameters
    ----------
    panel
        A panel with used rows of the cluster.
    cluster
        Its label.
    """
    rows = panel.rows
    own = rows["cluster"].to_numpy() == cluster
    used = rows["used"].to_numpy()
    years = rows["year"].to_numpy()[own & used].tolist()
    lost = Loss(LEFT_OUT, tuple((cluster, year) for year in years))
    rows = rows.assign_coords(used=("obs", used & ~own))
    return replace(panel, rows=rows, losses=(*panel.losses, lost), read_as="")
