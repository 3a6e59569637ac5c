"""What is wrong with rows: without a cluster, there twice, impossible for the family."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.panel import clusters_of
from clustermodels.errors import Problem, choices
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.tables.table import Table


def unnamed(cluster: NDArray[np.object_], table: Table, column: str) -> Iterator[Problem]:
    """Find rows without a cluster."""
    for spot in np.flatnonzero(pd.isna(cluster))[:5].tolist():
        yield Problem(
            "a row without a cluster",
            "Name its cluster or delete the row.",
            file=table.name,
            line=table.line(spot),
            path=column,
        )


def twice(
    cluster: NDArray[np.object_], year: NDArray[np.int64], order: NDArray[np.int64], table: Table
) -> Iterator[Problem]:
    """Find cluster-years that stand twice; ``order`` gives each sorted row's place in the table."""
    same = np.flatnonzero((cluster[1:] == cluster[:-1]) & (year[1:] == year[:-1]))
    for spot in same[:5].tolist():
        first = table.line(int(order[spot]))
        yield Problem(
            f"{cluster[spot]} {year[spot]} stands twice",
            "Keep one row per cluster and year, or add them up."
            + (f" The first is on line {first}." if first else ""),
            file=table.name,
            line=table.line(int(order[spot + 1])),
        )
    if same.size > 5:
        yield Problem(f"{same.size - 5} more cluster-years stand twice", file=table.name)


def impossible(spec: Spec, rows: xr.Dataset, outcome: bool, table: Table) -> Iterator[Problem]:
    """Find outcomes, exposures and trials that the family cannot have."""
    name, declared = spec.outcome
    family = find(declared.family)
    ones = np.ones(rows.sizes["obs"])
    trials = rows[declared.trials].to_numpy() if declared.trials else ones
    checks = []
    if outcome and declared.column is not None:
        y = rows[declared.column].to_numpy()
        support = family.support
        wrong = np.isfinite(y) & np.isfinite(trials) & ~family.inside(y, trials)
        checks.append((declared.column, y, wrong, f"{support} for {family.name}"))
    if declared.exposure is not None:
        exposure = rows[declared.exposure].to_numpy()
        checks.append((declared.exposure, exposure, exposure <= 0, "above 0, as an exposure"))
    if declared.trials is not None:
        bad = (trials < 0) | (trials != np.floor(trials))
        checks.append(
            (declared.trials, trials, bad & np.isfinite(trials), "whole trials, 0 or more")
        )
    if declared.weights is not None:
        weight = rows[declared.weights.column].to_numpy()
        checks.append((declared.weights.column, weight, weight < 0, "0 or more, as a weight"))
    for column, values, wrong, rule in checks:
        spots = np.flatnonzero(wrong)
        if not spots.size:
            continue
        clusters, year = rows["cluster"].to_numpy(), rows["year"].to_numpy()
        seen = choices([f"{values[s]:g} in {clusters[s]} {year[s]}" for s in spots.tolist()], 3)
        yield spec.source.problem(
            ("outcomes", name),
            f"{table.name}: '{column}' has values that are impossible here",
            got=seen,
            expected=rule,
            fix="Correct the data or choose another family.",
        )


def one_cluster(spec: Spec, rows: xr.Dataset, table: Table) -> Iterator[Problem]:
    """Refuse a single cluster where its effect and the years' would be one and the same."""
    year = spec.fixed_effects.get(YEAR)
    if CLUSTER not in spec.fixed_effects or year is None or year.pooling != "free":
        return
    clusters = clusters_of(rows)
    if len(clusters) == 1:
        yield spec.source.problem(
            ("data", "panel", "cluster"),
            f"{table.name} has one cluster only, and a cluster effect beside free year effects "
            "needs two or more",
            got=repr(clusters[0]),
            fix="Name the column that tells clusters apart, or write 'fixed_effects: {}'.",
        )
