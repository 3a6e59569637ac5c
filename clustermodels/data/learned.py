"""What the fitting panel taught: labels, centres, scales, means. Learned once, used ever after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from clustermodels.data.cell_scales import CellScale, cell_scales
from clustermodels.data.cohorts import cell_levels, cohorts
from clustermodels.data.columns import (
    Column,
    change,
    past_form,
    raw_columns,
    standards,
    transformed,
)
from clustermodels.data.curves import AnyCurve, Steps
from clustermodels.data.factors import factor, factor_columns, labels_of
from clustermodels.data.forms import (
    fast_columns,
    in_columns,
    moderator_columns,
    products,
    step_columns,
    step_factors,
)
from clustermodels.data.initial import every_year, initial_columns
from clustermodels.data.kept_share import left_of_means, power_kept
from clustermodels.data.learned_forms import learn_curves, learn_steps
from clustermodels.data.means import Frozen, Means, known, means_of, slope_means, times_means
from clustermodels.data.panel import Panel, Positions, Reader, Values, reader
from clustermodels.data.persistence import left_to_clusters
from clustermodels.data.products import multiplied, split_means
from clustermodels.data.transforms import Standard, forward, observed_cells, written
from clustermodels.errors import PanelError, Problem
from clustermodels.families.table import find
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.names import trend
from clustermodels.spec.reads import Read, years_before

# Below this share of a column's spread, a difference is rounding.
NEGLIGIBLE = 1e-9


class Scale(Frozen):
    """How a column is centred and scaled, how it is written, the step its effect is quoted for."""

    centre: float
    spread: float
    low: float
    high: float
    symbol: str = ""
    step: float = 1.0
    words: str = ""


class Learned(Frozen):
    """Everything that the fitting panel taught.

    ``slopes`` holds the means that slopes of treatments go with, ``splits`` those of what split
    products of treatments and moderators are made of. ``adopted`` says when clusters
    adopted what is compared with those that never do. ``initial`` holds the first values that
    effects of clusters are given, ``left`` and ``drift`` the sds that effects and trends seem to
    have beside these, on the link's scale. ``centred`` names the pooled terms that a sampler moves
    in directly; ``fit`` fills it in. ``cells`` holds the scales of columns whose cells may be
    parameters. ``curves`` and ``steps`` hold the forms of moderators that are no straight lines.
    """

    levels: dict[str, tuple[str, ...]]
    standards: dict[str, tuple[float, float]]
    scales: dict[str, Scale]
    means: dict[str, Means]
    slopes: Means | None = None
    splits: Means | None = None
    initial: Means | None = None
    left: float = 0.0
    drift: float = 0.0
    outcome: Annotated[tuple[float, float], Field(description="centre and spread, link scale")]
    adopted: dict[str, dict[str, int]] = Field(default_factory=dict)
    years: tuple[float, float] = (0.0, 1.0)
    centred: tuple[str, ...] = ()
    kept: float = 1.0
    cells: dict[str, CellScale] = Field(default_factory=dict)
    curves: dict[str, Annotated[AnyCurve, Field(discriminator="kind")]] = Field(
        default_factory=dict
    )
    steps: dict[str, Steps] = Field(default_factory=dict)


def learn(spec: Spec, panel: Panel) -> Learned:
    """Learn from the panel that is fitted all that a design needs to know about data.

    Parameters
    ----------
    spec, panel
        The document, and the panel that it is fitted to.

    Returns
    -------
    Learned
        Frozen; a scenario is designed with the same one, so that no centre, scale, level or
        cluster mean moves with an edit.

    Raises
    ------
    PanelError
        If a transform does not take a value.
    """
    rows = reader(panel)
    columns = raw_columns(spec, rows)
    learned_standards = standards(columns)
    values = transformed(columns, learned_standards, rows)
    said = {name: f"{read.column} {years_before(read.lag)}" for name, read in spec.lagged().items()}
    for name, whole in spec.distributed().items():
        lag = spec.treatments[name].lag
        said[name] = f"{whole} {years_before(lag)}" if lag else whole
    scales = {
        name: _scale(
            said.get(name, name), column, values[name], learned_standards.get(name, (0.0, 1.0))
        )
        for name, column in columns.items()
    }
    for name, moderator in spec.moderators.items():
        if moderator.centre != "mean":
            scales[name] = scales[name].model_copy(update={"centre": float(moderator.centre)})
    factors = {
        name: factor(name, labels_of(rows, of)) for name, of in factor_columns(spec, rows).items()
    }
    centres = {name: (scale.centre, scale.spread) for name, scale in scales.items()}
    curves, steps = learn_curves(spec, values, centres), learn_steps(spec, values, factors)
    plain = _plain(values, scales)
    slopes = slope_means(spec, plain, factors[CLUSTER])
    splits = split_means(spec, plain, factors[CLUSTER])
    of_own = Own(slopes, splits, factors[CLUSTER].codes)
    standardised = standardise(spec, values, scales, of_own, curves)
    standardised |= step_columns(spec, plain, step_factors(steps, values, factors))
    # a mean of what reacts to outcomes holds those that are yet to come
    apart = {*spec.lagged(), *spec.reacting(), *fast_columns(spec, curves)}
    of_others = {name: v for name, v in standardised.items() if name not in apart}
    yearly = spec.dynamics is not None and spec.dynamics.covariates == "every_year"
    means = {
        name: means_of({} if yearly and name == CLUSTER else of_others, factors[name])
        for name, item in spec.fixed_effects.items()
        if item.pooling == "correlated"
    }
    centre, spread = _outcome_location(spec, rows)
    initial, left, drift = None, 0.0, 0.0
    about = (float(rows.years.mean()), float(rows.years.std()) or 1.0)
    if spec.dynamics is not None and spec.dynamics.initial == "wooldridge":
        cluster = factors[CLUSTER]
        first = initial_columns(
            spec,
            panel,
            standardised,
            cluster,
            learned_standards,
            (centres, curves, steps),
            slopes,
            splits,
        )
        of = dict(zip(first, spec.lagged(), strict=False))
        if yearly:
            for label, (column, each) in every_year(spec, rows, of_others, cluster).items():
                first[label], of[label] = each, column
        initial = known(first, len(cluster.levels), of)
        past = np.column_stack([values[name] for name in spec.lagged()])
        every = [v for name, v in standardised.items() if name not in spec.lagged()]
        moving = np.column_stack([*every, *np.empty((0, len(past)))])
        year = factors[YEAR].codes if YEAR in factors else None
        given = np.column_stack([initial.values, means[CLUSTER].values])
        counts = rows.numbers(Read(spec.outcome[1].column or ""))
        y = forward(counts, past_form(spec))
        course = np.asarray((rows.years - about[0]) / about[1], dtype=np.float64)
        own = course if trend(spec) == "partial" else None
        sds = left_to_clusters(y, past, moving, given, cluster.codes, year, own)
        left, drift = (float(sd * spread / float(y.std() or 1.0)) for sd in sds)
        if spec.feeds:  # there an effect is of the whole difference, and of no part a year
            left = left_of_means(counts, given, cluster.codes)
    return Learned(
        levels={name: made.levels for name, made in factors.items()} | cell_levels(spec, rows),
        standards=learned_standards,
        scales=scales,
        means=means,
        slopes=slopes,
        splits=splits,
        initial=initial,
        left=left,
        drift=drift,
        kept=_kept(spec, rows, factors[CLUSTER].codes),
        outcome=(centre, spread),
        adopted=cohorts(spec, rows),
        curves=curves,
        steps=steps,
        cells=cell_scales(spec, rows, values),
        years=about,
    )


def _kept(spec: Spec, rows: Reader, cluster: Positions) -> float:
    """Learn by which power of 1 - rho what rows tell of a coefficient falls."""
    if not spec.feeds:
        return 1.0
    column = spec.outcome[1].column or ""
    return power_kept(rows.numbers(Read(column)), rows.numbers(Read(column, 1)), cluster)


@dataclass(frozen=True, eq=False)
class Own:
    """What columns take of clusters' means.

    Parameters
    ----------
    slopes
        The means that slopes of treatments go with.
    splits
        The means of what split products are made of.
    cluster
        The cluster of each row, (obs,).
    """

    slopes: Means | None
    splits: Means | None
    cluster: Positions


def standardise(
    spec: Spec,
    values: Mapping[str, Values],
    scales: Mapping[str, Scale],
    own: Own,
    curves: Mapping[str, AnyCurve],
) -> dict[str, Values]:
    """Centre and scale every column, and multiply treatments with what their slopes go with.

    Returns
    -------
    dict
        (obs,) each: treatments, then products with moderators and with clusters' means,
        moderators, controls. A product is of two standardised columns, so its own scale is the
        product of theirs. A moderator with a curve has a column for each of its coefficients, and
        one with steps has none.
    """
    plain = _plain(values, scales)
    moderators = moderator_columns(spec, values, plain, curves)
    ordered = {name: plain[name] for name in spec.treatments}
    ordered |= products(spec, plain, moderators) | multiplied(spec, plain, own.splits, own.cluster)
    ordered |= times_means(plain, own.slopes, own.cluster)
    return ordered | in_columns(spec, plain, moderators)


def _plain(values: Mapping[str, Values], scales: Mapping[str, Scale]) -> dict[str, Values]:
    return {
        name: (column - scales[name].centre) / scales[name].spread
        for name, column in values.items()
    }


def _scale(name: str, column: Column, values: Values, standard: Standard) -> Scale:
    step, words = change(name, column, standard)
    values = observed_cells(values)
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    largest = float(np.abs(values).max())
    return Scale(
        centre=float(values.mean()),
        spread=spread if spread > NEGLIGIBLE * max(largest, 1e-300) else 1.0,
        low=float(values.min()),
        high=float(values.max()),
        symbol=written(column.symbol or f"{name}[i,t]", column.transform),
        step=step,
        words=words,
    )


def _outcome_location(spec: Spec, rows: Reader) -> tuple[float, float]:
    """Give the outcome's centre and spread on the link's scale; (0, 1) where none is observed."""
    _, outcome = spec.outcome
    family = find(outcome.family)
    y = rows.numbers(Read(outcome.column or ""))
    size_column = outcome.exposure or outcome.trials
    size = rows.numbers(Read(size_column)) if size_column else np.ones_like(y)
    seen = np.isfinite(y)
    if not seen.any():
        return 0.0, 1.0
    centre, spread = family.location(y[seen], size[seen])
    if not np.isfinite(centre) or not np.isfinite(spread):
        raise PanelError(
            [
                Problem(
                    "the outcome has no finite centre",
                    "Check its values.",
                    path=outcome.column or "",
                )
            ]
        )
    return centre, spread
