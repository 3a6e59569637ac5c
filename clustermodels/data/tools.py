"""Networks and clusters without a document: the same rules, on tables in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from pydantic import ValidationError

from clustermodels.data.networks import Networks, tie_rows
from clustermodels.data.reading import gather
from clustermodels.data.scores import score, years_judged
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.network.network import Network, make_network
from clustermodels.spec.clusters import Clusters
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import equations
from clustermodels.spec.read import read_spec
from clustermodels.spec.records import Records
from clustermodels.spec.source import Source
from clustermodels.spec.ties import RECORDS, RecordTies, TieTable
from clustermodels.spec.wording import problems_of
from clustermodels.tables.cast import labels, numbers, years
from clustermodels.tables.objects import from_object
from clustermodels.tables.read import read_table
from clustermodels.tables.records import count_records
from clustermodels.tables.table import Table

DOCUMENTS = (".yaml", ".yml", ".json")
RULES = "<rules>"
_NO_NETWORK = Problem(
    "ties are to be judged, and there is no network",
    "Pass network=read_network(...), or name a column: within: {column: COLUMN, at_least: NUMBER}.",
    file=RULES,
    path="collaboration",
)
_RECORDS = Problem(
    "ties are read from pairs or counted from records",
    "Pass source=, target=, year= and weight= for pairs, or unit=, region= and year= for records.",
)


def read_network(
    ties: Any,
    *,
    source: str = "source",
    target: str = "target",
    year: str = "year",
    weight: str | None = None,
    unit: str | None = None,
    region: str | Sequence[str] | None = None,
    organisation: str | None = None,
    counting: Literal["full", "fractional"] = "full",
    max_partners: int = 50,
) -> Network:
    """Read ties from a document or a table of pairs, or count them from records of joint work.

    ``read_network(pairs, source=, target=, year=, weight=)`` reads a row per pair and year.
    ``read_network(records, unit=, region=, year=, organisation=)`` reads a row per participant in
    a joint unit (an applicant of a patent, a member of a project): each two regions that share a
    unit in a year are tied by it, and a region with two organisations or more in it is tied inside.

    Parameters
    ----------
    ties
        The path of a table, or a pandas, polars or Arrow table, an xarray Dataset or a mapping of
        columns. Or a Spec or the path of a document: its ties, with all of its regions as nodes.
    source, target, weight
        Columns of a table of pairs; each row weighs 1 where there is no ``weight``.
    year
        The column with the year, of pairs or records.
    unit, region
        Columns of records: the joint unit, and the region, or several that together name it.
    organisation
        The column with the participant; without it two records of a region are two participants.
    counting
        full: each pair of a unit's n regions counts 1; fractional: 1 / (n (n - 1) / 2).
    max_partners
        Units with more regions than this make no ties.

    Returns
    -------
    Network
        ``.graph(year)`` gives a networkx graph, ``.to_dataset()`` an xarray Dataset; ``centrality``
        measures it. Of records, it has all regions, and all years from the first to the last.

    Raises
    ------
    SpecError, PanelError
        With every problem of the document or the table: no region in a pair, a weight below 0.

    Examples
    --------
    >>> ties = {"source": ["A", "B"], "target": ["B", "C"], "year": [2020, 2020]}
    >>> read_network(ties).graph(2020).number_of_edges()
    2
    >>> grants = {"id": [1, 1, 2], "city": ["A", "B", "C"], "year": [2020, 2020, 2021]}
    >>> read_network(grants, unit="id", region="city")
    <Network: 3 regions, 1 tie between and 0 inside regions, 2020 to 2021>
    """
    if isinstance(ties, Spec) or (_is_path(ties) and Path(ties).suffix.lower() in DOCUMENTS):
        spec = ties if isinstance(ties, Spec) else read_spec(ties)
        first = next(iter(equations(spec).values()))  # the ties are those of every outcome
        network = gather(first).networks.ties
        if network is None:
            raise PanelError([spec.source.problem(("data",), "no ties", fix="Add 'ties'.")])
        return network
    if unit is not None or region is not None:
        if unit is None or region is None or weight is not None:
            raise PanelError([_RECORDS])
        records = {"unit": unit, "region": region, "year": year, "organisation": organisation}
        how = {"from": RECORDS, "counting": counting, "max_partners": max_partners}
        return _counted(ties, {key: given for key, given in records.items() if given}, how)
    declared = TieTable(source=source, target=target, year=year, weight=weight)
    table = read_table(ties) if _is_path(ties) else from_object(ties)
    _needed(table, [source, target, year, *([weight] if weight is not None else [])])
    rows = tie_rows(declared, table)
    return make_network(rows.source, rows.target, rows.year, rows.weight)


def _counted(source: Any, records: dict[str, Any], ties: dict[str, Any]) -> Network:
    """Count ties from records, as a document would."""
    name = os.fspath(source) if _is_path(source) else "<records>"
    try:
        declared, how = Records.model_validate(records), RecordTies.model_validate(ties)
    except ValidationError as error:
        raise PanelError(problems_of(error, records | ties, Source(name))) from None
    try:
        counted = count_records(source, declared, how, name=name)
    except PanelError as error:
        # what a document calls data.records.unit is the argument 'unit' here
        said = [replace(p, path=p.path.removeprefix("data.records.")) for p in error.problems]
        raise PanelError(said) from None
    assert counted.ties is not None
    rows, nodes = counted.ties, labels(counted.counts, "region").tolist()
    parts = rows.source, rows.target, rows.year, rows.weight
    return make_network(*parts, nodes, counted.facts.years)


def identify_clusters(
    table: Any,
    rules: Mapping[str, Any],
    *,
    region: str = "region",
    year: str = "year",
    network: Network | None = None,
) -> xr.Dataset:
    """Say which regions of a table are clusters, by which rules, and how narrowly.

    Parameters
    ----------
    table
        The path of a table, or a table: a row per region and year.
    rules
        As the section ``clusters`` of a document: location_quotient, scale, collaboration, years,
        rolling. ``reference: all_regions`` is that of the table.
    region, year
        The table's columns.
    network
        The ties, for rules on collaboration that name no column.

    Returns
    -------
    Dataset
        Along ``region``: the numbers that were judged, a ``RULE_passes`` and a ``RULE_margin`` for
        each rule, ``failed_rules``, ``stability`` and ``cluster``.

    Raises
    ------
    PanelError
        If the rules or the table are wrong, with every problem.

    Examples
    --------
    >>> table = {"region": ["A", "B"], "year": [2020, 2020], "ai": [8, 2], "all": [20, 80]}
    >>> found = identify_clusters(
    ...     table, {"location_quotient": {"activity": "ai", "total": "all", "reference": 0.1}})
    >>> found["lq"].values.tolist(), found["cluster"].values.tolist()
    ([4.0, 0.25], [True, False])
    """
    declared = _rules(rules)
    if network is None and declared.collaboration is not None and declared.collaboration.from_ties:
        raise PanelError([_NO_NETWORK])
    read = read_table(table) if _is_path(table) else from_object(table)
    _needed(read, [region, year, *declared.columns])
    when, problems = years(read, year)
    columns = {}
    for column in declared.columns:
        columns[column], bad = numbers(read, column)
        problems = [*problems, *bad]
    names = labels(read, region)
    if any(name is None for name in names.tolist()):
        problems = [*problems, Problem("a row without a region", "Name it.", file=read.name)]
    if problems:
        raise PanelError(problems)
    rows = xr.Dataset(
        {column: ("obs", values) for column, values in columns.items()},
        coords={"cluster": ("obs", names), "year": ("obs", when)},
    )
    regions = sorted(set(names.tolist()))
    there = sorted(set(when.tolist()))
    judged = years_judged(declared, there)
    if not judged:
        what = f"rules for years that the table does not have: it has {there[0]} to {there[-1]}"
        raise PanelError([Problem(what, "Name years that it has.", file=read.name)])
    if len(np.unique(names.astype(str) + "\0" + when.astype(str))) < len(when):
        raise PanelError(
            [Problem("a region and year stands twice", "Add them up.", file=read.name)]
        )
    known = Networks()
    if network is not None:
        inside = bool((network.source == network.target).any())
        known = Networks(network.with_nodes(regions), inside=inside)
    try:
        return score(declared, rows, regions, judged, known)
    except ValueError as error:
        raise PanelError(
            [Problem(f"the rules cannot be judged: {error}", file=read.name)]
        ) from None


def _rules(rules: Mapping[str, Any]) -> Clusters:
    try:
        return Clusters.model_validate(dict(rules))
    except ValidationError as error:
        raise PanelError(problems_of(error, dict(rules), Source(RULES))) from None


def _needed(table: Table, wanted: list[str]) -> None:
    absent = [column for column in wanted if column not in table.columns]
    if absent:
        raise PanelError(
            [
                Problem(
                    f"no column '{column}'",
                    "Name one of its columns.",
                    file=table.name,
                    expected=choices(table.available),
                )
                for column in absent
            ]
        )


def _is_path(source: object) -> bool:
    return isinstance(source, (str, os.PathLike))
