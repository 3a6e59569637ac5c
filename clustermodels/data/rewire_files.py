"""The files of ties that scenarios put in the place of the document's, read with its panel."""

from __future__ import annotations

from collections.abc import Iterator

from clustermodels.data.networks import tie_rows
from clustermodels.data.tie_findings import odd_rows
from clustermodels.errors import Finding, PanelError, Problem, choices, nearest
from clustermodels.network.network import Network, make_network
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import rewire_paths
from clustermodels.spec.source import Path
from clustermodels.spec.ties import TieTable
from clustermodels.tables.read import read_table
from clustermodels.tables.table import Table


def read_rewired(spec: Spec) -> tuple[dict[str, Network], tuple[Finding, ...]]:
    """Read every file of ties that a scenario names, as ``data.ties`` is read.

    Returns
    -------
    networks, found
        By file, as the document names it; and what is odd about them.

    Raises
    ------
    PanelError
        With every file that lacks a column, and every row that is no tie.
    """
    declared = spec.data.tie_table
    networks: dict[str, Network] = {}
    found: list[Finding] = []
    problems: list[Problem] = []
    for file, path in rewire_paths(spec.scenarios).items() if declared is not None else ():
        assert declared is not None
        try:
            rows = tie_rows(declared, _table(spec, declared, file, path))
        except PanelError as error:
            problems += error.problems
            continue
        found += odd_rows(spec, rows, path)
        networks[file] = make_network(rows.source, rows.target, rows.year, rows.weight)
    if problems:
        raise PanelError(problems)
    return networks, tuple(found)


def _table(spec: Spec, declared: TieTable, file: str, path: Path) -> Table:
    columns = (declared.source, declared.target, declared.year, declared.weight)
    wanted = [column for column in columns if column is not None]
    table = read_table(spec.source.folder / file, name=file, columns=wanted)
    problems = [*_absent(spec, table, wanted, path)]
    if problems:
        raise PanelError(problems)
    return table


def _absent(spec: Spec, table: Table, wanted: list[str], path: Path) -> Iterator[Problem]:
    for column in wanted:
        if column not in table.columns:
            close = nearest(column, table.available)
            yield spec.source.problem(
                path,
                f"{table.name} has no column '{column}', by which data.ties is read",
                expected=choices(table.available),
                fix=f"Rename '{close}' in it."
                if close
                else "Give it the columns that data.ties names.",
            )
