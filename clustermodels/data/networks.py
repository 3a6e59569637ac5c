"""The ties that a document names, as networks, with a finding for everything odd about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.findings import strangers
from clustermodels.data.tie_findings import (
    PATH,
    odd_rows,
    regions_without_ties,
    silent_years,
)
from clustermodels.errors import Finding, PanelError, Problem, choices, nearest
from clustermodels.network.network import Network, make_network
from clustermodels.spec.document import Spec
from clustermodels.spec.ties import TieTable
from clustermodels.tables.cast import labels, numbers, years
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import read_table
from clustermodels.tables.records import Counted, TieRows
from clustermodels.tables.table import Table


@dataclass(frozen=True, eq=False)
class Networks:
    """The networks of a document.

    Parameters
    ----------
    ties
        All ties; None where the document has none.
    without_own
        Ties of the units that the outcome does not count, where a position asks for them.
    found
        What is odd about them.
    inside
        Whether joint work inside regions is known: a table of pairs may leave it out.
    rewired
        Ties that scenarios put in the place of these, by the file that the document names.
    """

    ties: Network | None = None
    without_own: Network | None = None
    found: tuple[Finding, ...] = ()
    inside: bool = False
    rewired: Mapping[str, Network] = field(default_factory=dict)

    def all(self) -> dict[str, Network]:
        """Give those of the document that are there, by name."""
        named = {"ties": self.ties, "without_own": self.without_own}
        return {name: network for name, network in named.items() if network is not None}


def read_networks(
    spec: Spec,
    data: object,
    counted: Counted | None,
    regions: list[str],
    panel_years: tuple[int, int],
) -> Networks:
    """Read or take the document's ties.

    Parameters
    ----------
    spec
        The document.
    data
        A table of ties to use instead of the file.
    counted
        What was counted from the records.
    regions
        The panel's regions: all of them are nodes, tied or not.
    panel_years
        The first and the last year of the panel.

    Raises
    ------
    PanelError
        If a row of the table has no region, no year, or a weight below 0; or no tie is left.
    """
    if spec.data.ties is None:
        return Networks()
    if isinstance(spec.data.ties, TieTable):
        table = _table(spec, spec.data.ties, data)
        rows = tie_rows(spec.data.ties, table)
        found = [*odd_rows(spec, rows)]
        network = make_network(rows.source, rows.target, rows.year, rows.weight, regions)
        inside = bool((network.source == network.target).any())
        found += strangers(
            spec,
            "ties_without_region",
            sorted({*rows.source.tolist(), *rows.target.tolist()} - {*regions}),
            regions,
            ("of the ties is not in the panel", "of the ties are not in the panel"),
            "They are nodes of the network, and no clusters.",
            PATH,
            severity="note",
        )
        found += regions_without_ties(spec, network, regions, rows)
        found += silent_years(spec, network, panel_years)
        return Networks(network, None, tuple(found), inside)
    assert counted is not None
    assert counted.ties is not None
    everyone = sorted({*regions, *labels(counted.counts, "region").tolist()})
    network = _counted_network(counted.ties, everyone, counted)
    apart = None
    if counted.ties_apart is not None:
        apart = _counted_network(counted.ties_apart, everyone, counted)
    if apart is not None and not apart.years:
        raise PanelError([_nothing_left(spec)])
    found = [*silent_years(spec, network, panel_years)]
    return Networks(network, apart, tuple(found), inside=True)


def _counted_network(rows: TieRows, regions: list[str], counted: Counted) -> Network:
    """Make a network of the years that have records, with joint units or not."""
    return make_network(
        rows.source, rows.target, rows.year, rows.weight, regions, counted.facts.years
    )


def _nothing_left(spec: Spec) -> Problem:
    path = next(path for path, position in spec.positions().items() if position.without_own)
    return spec.source.problem(
        (*path, "without_own"),
        "every tie comes from a unit that the outcome counts, so none is left",
        fix="Write 'without_own: half', or narrow the outcome's 'where'.",
    )


def _table(spec: Spec, declared: TieTable, data: object) -> Table:
    wanted = [declared.source, declared.target, declared.year]
    wanted += [declared.weight] if declared.weight is not None else []
    if data is not None:
        table = from_object(data)
    elif declared.path is None:
        raise PanelError(
            [
                spec.source.problem(
                    PATH, "no table", fix="Add 'path: FILE', or hand a table over in Python."
                )
            ]
        )
    else:
        table = read_table(
            spec.source.folder / declared.path,
            name=declared.path,
            table=declared.table,
            columns=wanted,
        )
    problems = []
    for role in ("source", "target", "year", "weight"):
        column = getattr(declared, role)
        if column is not None and column not in table.columns:
            close = nearest(column, table.available)
            problems.append(
                spec.source.problem(
                    (*PATH, role),
                    f"{table.name} has no column '{column}'",
                    expected=choices(table.available),
                    fix=f"Did you mean '{close}'?" if close else "Name one of its columns.",
                )
            )
    if problems:
        raise PanelError(problems)
    return table


def tie_rows(declared: TieTable, table: Table) -> TieRows:
    """Cast the columns of a table of ties.

    Raises
    ------
    PanelError
        With the lines of rows without a region, a year or a weight, or with a weight below 0.
    """
    source, target = labels(table, declared.source), labels(table, declared.target)
    when, problems = years(table, declared.year)
    weight = np.ones(table.rows)
    if declared.weight is not None:
        weight, bad = numbers(table, declared.weight)
        problems = [*problems, *bad]
        negative = np.flatnonzero(weight < 0)
        missing = np.flatnonzero(np.isnan(weight))
        problems += _refused(table, negative, declared.weight, "a weight below 0", "Correct it.")
        problems += _refused(
            table, missing, declared.weight, "no weight", "Write 0 where there is no tie."
        )
    for column, ends in ((declared.source, source), (declared.target, target)):
        gone = np.flatnonzero([end is None for end in ends])
        problems += _refused(table, gone, column, "no region", "Name it, or delete the row.")
    if problems:
        raise PanelError(problems)
    return TieRows(source, target, when, weight)


def _refused(
    table: Table, spots: NDArray[np.int64], column: str, what: str, fix: str
) -> Iterator[Problem]:
    for spot in spots[:5].tolist():
        yield Problem(what, fix, file=table.name, line=table.line(spot), path=column)
    if spots.size > 5:
        yield Problem(f"{spots.size - 5} more rows: {what}", file=table.name, path=column)
