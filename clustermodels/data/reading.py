"""Spec and tables to Panel: read, counted, cast, judged, measured; nothing lost in silence."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from clustermodels.data.casting import cast_rows
from clustermodels.data.cell_errors import impossible_errors, nothing_known
from clustermodels.data.columns_read import absent, columns_read, hidden, numeric, taken
from clustermodels.data.findings import regions_alike
from clustermodels.data.losses import counted, ledger
from clustermodels.data.networks import Networks, read_networks
from clustermodels.data.panel import Panel, clusters_of
from clustermodels.data.positions import add_positions
from clustermodels.data.regions import judge, nobody
from clustermodels.data.rewire_files import read_rewired
from clustermodels.data.row_problems import impossible, one_cluster
from clustermodels.data.sources import as_tables, read_sources
from clustermodels.data.tie_findings import left_out
from clustermodels.errors import Finding, PanelError, Problem
from clustermodels.spec.document import Spec
from clustermodels.tables.table import Table

# Sections of a document that say nothing of its data.
UNREAD = ("schema", "title", "priors", "engine", "horizon")


@dataclass(frozen=True, eq=False)
class Gathered:
    """Everything that a document's tables hold, before clusters are told from other regions.

    Parameters
    ----------
    rows
        Dataset on ``obs``: every region and year, sorted.
    networks
        The ties.
    regions
        What each region scored under the rules for clusters, on ``region``; None without rules.
    found
        What is odd about the tables and how they fit together.
    table
        The panel's table, for messages.
    """

    rows: xr.Dataset
    networks: Networks
    regions: xr.Dataset | None
    found: tuple[Finding, ...]
    table: Table


def read_panel(spec: Spec, data: object = None, *, outcome: bool = True) -> Panel:
    """Read the panel that a document names.

    Parameters
    ----------
    spec
        The document.
    data
        A pandas, polars or Arrow table or an xarray Dataset to use instead of the panel's file;
        or ``Tables``, to hand over records or ties as well; or a ``Panel`` that was read for this
        document already, but for its priors and engine, which is given back.
    outcome
        False where the outcome is yet to be drawn: its column is not read, and all nan.

    Returns
    -------
    Panel
        Sorted by cluster and year; rows without an outcome, a covariate or a lagged value are
        kept as the past of others, and counted as lost with the reason.

    Raises
    ------
    PanelError
        With every problem: a missing column, text in numbers, impossible outcomes, a cluster-year
        that stands twice, a position that is undefined where the document does not say what
        holds there.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustermodels.spec.read import read_spec
    >>> spec = read_spec({"data": {"panel": {"cluster": "city", "year": "year"}},
    ...                   "outcomes": {"patents": {"family": "poisson"}}, "controls": ["talent"]})
    >>> table = pd.DataFrame({"city": ["B", "A"], "year": [2020, 2020], "patents": [3, 5],
    ...                       "talent": [0.1, None]})
    >>> read_panel(spec, table).losses
    (Loss(reason='no talent', places=(('A', 2020),)),)
    """
    if isinstance(data, Panel):
        if data.read_as != read_as(spec, outcome):
            what = "this panel was not read for this document"
            fix = "Read it again, read_panel(spec), or hand over its table."
            raise PanelError([Problem(what, fix, file=data.name)])
        return data
    return panel_of(spec, gather(spec, data, outcome=outcome), outcome=outcome)


def read_as(spec: Spec, outcome: bool = True) -> str:
    """Give all that reading depends on: a document without what is only about its model."""
    parts = {name: part for name, part in spec.plain().items() if name not in UNREAD}
    return json.dumps([parts, outcome], sort_keys=True, ensure_ascii=False)


def panel_of(spec: Spec, gathered: Gathered, *, outcome: bool = True) -> Panel:
    """Make the panel of what was gathered: the clusters' rows, with their positions.

    Raises
    ------
    PanelError
        If a position is undefined where the document does not say what holds there, an outcome is
        impossible, or no row is left.
    """
    if gathered.regions is not None and not gathered.regions["cluster"].any():
        raise PanelError([nobody(spec, gathered.regions)])
    rows, table = _clusters(gathered), gathered.table
    rows, reasons = add_positions(spec, rows, gathered.networks)
    problems = [
        *impossible(spec, rows, outcome, table),
        *nothing_known(spec, rows),
        *impossible_errors(spec, rows),
        *one_cluster(spec, rows, table),
    ]
    if problems:
        raise PanelError(problems)
    losses, used = ledger(spec, rows, outcome, reasons)
    if not used.any():
        said = "; ".join(f"{loss.reason}: {counted(len(loss.places))}" for loss in losses)
        raise PanelError(
            [
                Problem(
                    f"no row is left to fit ({said})",
                    "Fill the gaps or drop a term or lag.",
                    file=table.name,
                )
            ]
        )
    return Panel(
        rows.assign_coords(used=("obs", used)),
        losses,
        table.name,
        table.sha256,
        networks=gathered.networks,
        regions=gathered.regions,
        found=gathered.found,
        read_as=read_as(spec, outcome),
    )


def gather(spec: Spec, data: object = None, *, outcome: bool = True) -> Gathered:
    """Read a document's tables, count what is counted, and judge which regions are clusters.

    Raises
    ------
    PanelError
        As ``read_panel``, but for what only positions can get wrong.
    """
    tables = as_tables(data)
    wanted = [*dict(columns_read(spec, outcome))]
    sources = read_sources(spec, tables, wanted, numeric(spec, outcome))
    table = sources.table
    problems = [*absent(spec, table, outcome), *taken(spec, table, outcome), *hidden(spec, table)]
    if problems:
        raise PanelError(problems)
    rows, problems = cast_rows(spec, table, outcome)
    if problems:
        raise PanelError(problems)
    regions = clusters_of(rows)
    years = rows["year"].to_numpy()
    span = (int(years.min()), int(years.max()))
    networks = read_networks(spec, tables.ties, sources.counted, regions, span)
    rewired, odd = read_rewired(spec)
    networks = replace(networks, rewired=rewired, found=(*networks.found, *odd))
    judged = judge(spec, rows, networks, sources.counted)
    others = {*networks.ties.nodes} - {*regions} if networks.ties is not None else set()
    found = [*sources.found, *networks.found]
    found += left_out(spec, sources.counted) if sources.counted is not None else ()
    found += regions_alike(spec, regions, ("data", "panel" if spec.data.panel else "records"))
    found += regions_alike(spec, others, ("data", "ties"))
    return Gathered(rows, networks, judged, tuple(found), table)


def _clusters(gathered: Gathered) -> xr.Dataset:
    """Keep the rows of the regions that are clusters."""
    if gathered.regions is None:
        return gathered.rows
    chosen = gathered.regions["region"].to_numpy()[gathered.regions["cluster"].to_numpy()]
    kept = np.isin(gathered.rows["cluster"].to_numpy().astype(str), chosen.astype(str))
    rows = gathered.rows.isel(obs=kept)
    return rows.assign_coords(obs=np.arange(rows.sizes["obs"]))
