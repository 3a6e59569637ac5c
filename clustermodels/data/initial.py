"""What clusters were like when the panel began: first outcomes and first covariates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from clustermodels.data.columns import raw_columns
from clustermodels.data.curves import AnyCurve, Steps
from clustermodels.data.factors import Factor, factor, factor_columns, labels_of
from clustermodels.data.forms import (
    fast_columns,
    in_columns,
    moderator_columns,
    products,
    step_columns,
    step_factors,
)
from clustermodels.data.means import Means, times_means
from clustermodels.data.panel import Panel, Reader, Values, reader
from clustermodels.data.products import multiplied
from clustermodels.data.transforms import Standard, forward
from clustermodels.errors import PanelError, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.reads import years_before

# Differences below this are rounding: columns are standardised.
_NEGLIGIBLE = 1e-8


# Centres and spreads of columns, and the forms of moderators.
Scales = tuple[Mapping[str, tuple[float, float]], Mapping[str, AnyCurve], Mapping[str, Steps]]


def initial_columns(
    spec: Spec,
    panel: Panel,
    columns: Mapping[str, Values],
    cluster: Factor,
    standards: Mapping[str, Standard],
    scales: Scales,
    slopes: Means | None = None,
    splits: Means | None = None,
) -> dict[str, Values]:
    """Give what the effect of a cluster is conditional on beside its means, (cluster,) each.

    The first outcomes are those that the cluster's first used row looks back on, and the first
    covariates those of the year before that row, as they would enter the predictor there; of
    predetermined columns those of that row itself. A
    covariate that is not observed then for some cluster, that never varies within clusters, or
    whose first value is the same in all of them is left out (Rabe-Hesketh & Skrondal 2013, doi
    10.1016/j.jmva.2013.03.020).

    Parameters
    ----------
    spec, panel
        The document, and the panel that it is fitted to.
    columns
        Every standardised column at the used rows, (obs,), lagged outcomes among them.
    cluster
        The clusters' factor.
    standards, scales
        How columns are transformed; their centres and spreads, and what moderators make.
    slopes
        The means that slopes of treatments go with.
    splits
        The means of what split products are made of.

    Returns
    -------
    dict
        By label: the outcome's name for its value a year before, then its earlier ones, then
        covariates by their own names.
    """
    rows, reacting = reader(panel), spec.reacting()
    first = np.unique(cluster.codes, return_index=True)[1]
    past = [*spec.lagged()]
    name = spec.outcome[0]
    found = {
        name if lag == 1 else f"{name}, {years_before(lag)}": columns[key][first]
        for lag, key in enumerate(past, 1)
    }
    began = replace(rows, at=rows.source(1)[first])
    centres, curves, steps = scales
    values = {
        key: forward(column.values, column.transform, standards.get(key, (0.0, 1.0)))
        for key, column in raw_columns(spec, began).items()
        if key not in past
    }
    plain = {key: (own - centres[key][0]) / centres[key][1] for key, own in values.items()}
    moderators = moderator_columns(spec, values, plain, curves)
    covariates = in_columns(spec, plain, moderators) | products(spec, plain, moderators)
    covariates |= multiplied(spec, plain, splits, cluster.codes[first])
    covariates |= times_means(plain, slopes, cluster.codes[first])
    covariates |= step_columns(spec, plain, _steps_before(spec, steps, values, began))
    fast = fast_columns(spec, curves)
    for key, before in covariates.items():
        # what reacts to outcomes is modelled from a cluster's second row on, and known at its first
        own = columns[key][first] if key in reacting else before
        within = np.abs(columns[key] - columns[key][first][cluster.codes]).max()
        moves = within > _NEGLIGIBLE and np.ptp(own) > _NEGLIGIBLE
        if key not in fast and np.isfinite(own).all() and moves:
            found[key] = own
    return found


def _steps_before(
    spec: Spec, steps: Mapping[str, Steps], values: Mapping[str, Values], began: Reader
) -> dict[str, Factor]:
    """Give the bins and labels of the year before, of moderators whose clusters all have one."""
    columns = factor_columns(spec, began)
    labels = {name: labels_of(began, columns[name]) for name in steps if name in columns}
    known = {
        name: own
        for name, own in steps.items()
        if (
            np.isfinite(values[name]).all()
            if own.edges is not None
            else {*labels[name].different} <= {*own.levels}
        )
    }
    of = {name: factor(name, labels[name], known[name].levels) for name in labels if name in known}
    return step_factors(known, values, of)


def every_year(
    spec: Spec, rows: Reader, columns: Mapping[str, Values], cluster: Factor
) -> dict[str, tuple[str, Values]]:
    """Give each year's value of what varies within clusters, by label: its column and (cluster,).

    Parameters
    ----------
    spec, rows
        The document, and the panel at its used rows.
    columns
        The standardised columns that do not react to outcomes, (obs,) each.
    cluster
        The clusters' factor.

    Raises
    ------
    PanelError
        If clusters have rows in different years.
    """
    years = np.unique(rows.years)
    lacking = np.bincount(cluster.codes) < len(years)
    if lacking.any():
        short = [cluster.levels[level] for level in np.flatnonzero(lacking)]
        problem = spec.source.problem(
            ("dynamics", "covariates"),
            "clusters' effects cannot be given each year's covariates, because "
            f"{choices(short, most=6)} lack rows of some of the years {years[0]} to {years[-1]}",
            fix="Write 'covariates: means'.",
        )
        raise PanelError([problem])
    found = {}
    for name, column in columns.items():
        by_year = np.empty((len(cluster.levels), len(years)))
        by_year[cluster.codes, np.searchsorted(years, rows.years)] = column
        if np.ptp(by_year, axis=1).max() <= _NEGLIGIBLE:
            continue
        for year, values in zip(years.tolist(), by_year.T, strict=True):
            if np.ptp(values) > _NEGLIGIBLE:
                found[f"{name} of {year}"] = (name, values)
    return found


def of_a_year(spec: Spec, label: str) -> bool:
    """Tell whether what is known of clusters is a column's value in one year, of all years.

    Parameters
    ----------
    label
        Of something that effects of clusters are given.
    """
    own = spec.dynamics
    yearly = own is not None and own.covariates == "every_year"
    return yearly and label.rpartition(" of ")[2].isdecimal()
