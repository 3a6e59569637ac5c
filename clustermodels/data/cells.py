"""Columns with unknown cells: what was observed of them, and the regression that they follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data import priors
from clustermodels.data.blocks import Unknown
from clustermodels.data.cell_given import given_columns
from clustermodels.data.factors import Factor, factor, labels_of
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Positions, Reader, Values
from clustermodels.data.transforms import forward
from clustermodels.families.priors import Prior, prior, scaled
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.products import interaction

# Of the mean and of the coefficients of standardised columns.
WIDE = 2.5


@dataclass(frozen=True, eq=False)
class Cells:
    """A column whose cells are not all known, one for each row, and what they follow.

    With x the true cells, standardised over those that were observed, of cluster j and row n:

        x[n] ~ Normal(mean + given[n] . slopes + u[j], sd),  u[j] ~ Normal(0, between),
        observed[n] ~ Normal(x[n], error[n]) where a cell was observed.

    Parameters
    ----------
    column
        The name of the moderator or control.
    observed
        (obs,); 0 where missing.
    known
        (obs,): whether the cell was observed, exactly or with error.
    error
        The standard errors, (obs,); 0 where there is none.
    given
        (obs, k), standardised columns of numbers.
    labels
        What the k columns are called.
    rows
        The rows whose cells are unknown, (cell,).
    places
        What the cells are called: cluster and year.
    cluster
        The clusters of rows.
    centre, spread
        Cell in the user's units = centre + spread x standardised cell.
    units
        Coefficient of a given column in the user's units = unit x internal one.
    mean, slopes, sd, between
        The priors, internal scale.
    """

    column: str
    observed: Values
    known: NDArray[np.bool_]
    error: Values
    given: Values
    labels: tuple[str, ...]
    rows: Positions
    places: tuple[str, ...]
    cluster: Factor
    centre: float
    spread: float
    units: tuple[float, ...]
    mean: Prior
    slopes: tuple[Prior, ...]
    sd: Prior
    between: Prior

    @property
    def name(self) -> str:
        """The posterior name of the unknown cells."""
        return names.cells(self.column)

    @property
    def laws(self) -> dict[str | tuple[str, int], Prior]:
        """The priors by owner: a posterior name, and the position in a vector."""
        own: dict[str | tuple[str, int], Prior] = {names.cells_mean(self.column): self.mean}
        own |= {(names.cells_given(self.column), at): law for at, law in enumerate(self.slopes)}
        own[names.sd(self.name)] = self.sd
        own[names.sd(names.by_cluster(self.name))] = self.between
        return own


def cells_of(
    spec: Spec, rows: Reader, values: Mapping[str, Values], learned: Learned
) -> tuple[Cells, ...]:
    """Give every column that has unknown cells, with what these follow.

    Parameters
    ----------
    values
        Transformed columns, (obs,) each, nan where a cell is missing.
    """
    found = [
        _cells(spec, rows, section, name, values, learned)
        for section, name in spec.uncertain()
        if name in learned.cells
    ]
    return tuple(cells for cells in found if len(cells.rows))


def _cells(
    spec: Spec,
    rows: Reader,
    section: str,
    name: str,
    columns: Mapping[str, Values],
    learned: Learned,
) -> Cells:
    values = columns[name]
    item, scale = spec.uncertain()[section, name], learned.cells[name]
    own, *beside = spec.predictors()[section, name]
    given = given_columns(spec, rows, section, name, columns, learned)
    known = ~np.isnan(values)
    error = np.zeros(len(values))
    if item.error is not None:
        stated = (
            rows.numbers(beside[-1])
            if isinstance(item.error, str)
            else np.full(len(values), item.error)
        )
        # such transforms are straight lines, so that the error takes their slope alone
        standard = learned.standards.get(name, (0.0, 1.0))
        low, high = forward(np.array([0.0, 1.0]), getattr(item, "transform", "none"), standard)
        error = np.where(known, stated * (high - low) / scale.spread, 0.0)
    unknown = np.flatnonzero(~known | (error > 0))
    clusters, years = rows.clusters[unknown].tolist(), (rows.years[unknown] - own.lag).tolist()
    units = tuple(scale.spread / spread for _, spread in given.values())
    cells = names.cells(name)
    mean = priors.stated(spec, names.cells_mean(name))
    slope = names.cells_given(name)
    return Cells(
        column=name,
        observed=np.where(known, (values - scale.centre) / scale.spread, 0.0),
        known=known,
        error=error,
        given=np.column_stack([each for each, _ in given.values()])
        if given
        else np.empty((len(values), 0)),
        labels=tuple(given),
        rows=unknown,
        places=tuple(f"{c} {y}" for c, y in zip(clusters, years, strict=True)),
        cluster=factor(CLUSTER, labels_of(rows, ((CLUSTER,), 0)), learned.levels[CLUSTER]),
        centre=scale.centre,
        spread=scale.spread,
        units=units,
        mean=prior("normal", mean=0.0, sd=WIDE)
        if mean is None
        else scaled(_moved(mean, -scale.centre), 1 / scale.spread),
        slopes=tuple(priors.coefficient(spec, slope, WIDE, unit) for unit in units),
        sd=priors.positive(spec, names.sd(cells), prior("exponential", mean=1.0), scale.spread),
        between=priors.positive(
            spec,
            names.sd(names.by_cluster(cells)),
            prior("half_normal", sd=1.0),
            scale.spread,
        ),
    )


def _moved(law: Prior, by: float) -> Prior:
    """Move a law on the real line."""
    arguments = dict(law.arguments)
    return prior(law.distribution, **(arguments | {"mean": arguments["mean"] + by}))


def without_unknown(values: Mapping[str, Values], cells: tuple[Cells, ...]) -> dict[str, Values]:
    """Put 0 where a cell is a parameter: its column is what it is without it."""
    known = dict(values)
    for each in cells:
        known[each.column] = known[each.column].copy()
        known[each.column][each.rows] = 0.0
    return known


def unknown_columns(
    spec: Spec, cells: tuple[Cells, ...], columns: Mapping[str, Values], learned: Learned
) -> dict[str, Unknown]:
    """Say how the standardised columns, and their products with treatments, depend on cells."""
    found = {}
    for each in cells:
        size = len(each.observed)
        at, multiplier = np.zeros(size, dtype=np.int64), np.zeros(size)
        at[each.rows] = np.arange(len(each.rows))
        multiplier[each.rows] = 1 / learned.scales[each.column].spread
        found[each.column] = Unknown(each.name, at, multiplier)
        for treatment, moderator in spec.moderated():
            if moderator == each.column:
                product = multiplier * columns[treatment]
                found[interaction(treatment, moderator)] = Unknown(each.name, at, product)
    return found


@dataclass(frozen=True, eq=False)
class Regression:
    """What cells follow: mean, coefficients (k,), sd, and sd between clusters, internal scale."""

    mean: float
    slopes: Values
    sd: float
    between: float


def expected_cells(cells: Cells, at: Regression, u: Values | None = None) -> tuple[Values, Values]:
    """Give mean and sd of the unknown cells given what was observed, (cell,), internal scale.

    Where ``u``, the clusters' own means, is not stated, it is taken at what was observed.
    """
    line = at.mean + cells.given @ at.slopes
    variance = at.sd**2 + cells.error**2
    weight = cells.known / variance
    if u is None:
        levels = len(cells.cluster.levels)
        whole = np.bincount(cells.cluster.codes, weight, levels)
        pull = np.bincount(cells.cluster.codes, weight * (cells.observed - line), levels)
        u = at.between**2 * pull / (1 + at.between**2 * whole)
    centre = line + u[cells.cluster.codes]
    share = cells.known * at.sd**2 / variance
    expected = centre + share * (cells.observed - centre)
    left = at.sd * np.sqrt(1 - share)
    return expected[cells.rows], left[cells.rows]


def guessed(cells: Cells) -> Regression:
    """Guess the regression by least squares over observed cells, and its sds by moments."""
    there = cells.known
    x = np.column_stack([np.ones(len(there)), cells.given])
    found = np.linalg.lstsq(x[there], cells.observed[there], rcond=None)[0]
    left = (cells.observed - x @ found)[there]
    codes, levels = cells.cluster.codes[there], len(cells.cluster.levels)
    size = np.maximum(np.bincount(codes, minlength=levels), 1)
    mean = np.bincount(codes, left, levels) / size
    within = max(float(((left - mean[codes]) ** 2).mean()), 0.01)
    error = float((cells.error[there] ** 2).mean())
    return Regression(
        mean=float(found[0]),
        slopes=found[1:],
        sd=float(np.sqrt(max(within - error, 0.1 * within))),
        between=float(np.sqrt(max(float((mean**2).mean()), 0.01))),
    )


def with_cells(unknown: Unknown, values: Values, cells: Mapping[str, Values]) -> Values:
    """Give a column where cells, (cell,) by posterior name and in the user's units, are stated."""
    return values + (unknown.multiplier * cells[unknown.name][unknown.at])[:, None]
