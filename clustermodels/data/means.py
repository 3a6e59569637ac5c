"""What is known of the levels of a factor: the means of columns over their rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from clustermodels.data.factors import Factor
from clustermodels.data.panel import Positions, Values
from clustermodels.errors import PanelError
from clustermodels.spec.document import Spec
from clustermodels.spec.names import by_mean

# Differences between means of standardised columns that are less are rounding.
NEGLIGIBLE = 1e-8


class Frozen(BaseModel):
    """A frozen record that survives JSON to the last bit."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Means(Frozen):
    """What is known of each level of a correlated factor: the means of columns, or first values.

    ``values`` is (level, column), on the scale of the standardised columns; ``centres`` and
    ``spreads`` are over levels. ``of`` says which column of the predictor each is of, where they
    are not called so.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    centres: tuple[float, ...]
    spreads: tuple[float, ...]
    of: tuple[str, ...] = ()


def known(columns: Mapping[str, Values], levels: int, of: Mapping[str, str] | None = None) -> Means:
    """Put together what is known of each level, (level,) by name."""
    values = np.column_stack([*columns.values()]) if columns else np.empty((levels, 0))
    return Means(
        columns=tuple(columns),
        values=tuple(map(tuple, values.tolist())),
        centres=tuple(float(each.mean()) for each in columns.values()),
        spreads=tuple(float(each.std(ddof=1)) or 1.0 for each in columns.values()),
        of=tuple((of or {}).get(name, name) for name in columns),
    )


def means_of(columns: Mapping[str, Values], of: Factor) -> Means:
    """Average each column over the rows of each level, and keep what is not redundant.

    A column that does not vary within levels is its own mean, and one whose mean does not vary
    between levels says nothing about them: neither gets a term (Mundlak 1978,
    doi 10.2307/1913646). Missing cells are left out; a level without any other counts as average.
    """
    levels = len(of.levels)
    kept: dict[str, Values] = {}
    for name, column in columns.items():
        there = ~np.isnan(column)
        code, values = of.codes[there], column[there]
        size = np.bincount(code, minlength=levels).astype(float)
        seen = size > 0
        mean = np.bincount(code, values, minlength=levels) / np.maximum(size, 1)
        mean[~seen] = mean[seen].mean()
        within = np.abs(values - mean[code]).max()
        between = np.abs(mean - mean.mean()).max()
        if within > NEGLIGIBLE and between > NEGLIGIBLE:
            kept[name] = mean
    return known(kept, levels)


def slope_means(spec: Spec, columns: Mapping[str, Values], cluster: Factor) -> Means | None:
    """Average the treatments whose slopes go with clusters' means of them, over each one's rows.

    Parameters
    ----------
    spec
        The document.
    columns
        Standardised, (obs,).
    cluster
        The clusters' factor.

    Raises
    ------
    PanelError
        If a treatment never changes within clusters, or its mean is the same in all.
    """
    asked = [name for name, item in spec.treatments.items() if item.slope == "correlated"]
    if not asked:
        return None
    found = means_of({name: columns[name] for name in asked}, cluster)
    problems = [
        spec.source.problem(
            ("treatments", name, "slope"),
            f"slopes cannot go with the clusters' means of '{name}', because it never changes "
            "within a cluster, or its mean is the same in all of them",
            fix="Write 'slope: partial' or 'slope: common'.",
        )
        for name in asked
        if name not in found.columns
    ]
    if problems:
        raise PanelError(problems)
    return found


def times_means(
    columns: Mapping[str, Values], means: Means | None, cluster: Positions
) -> dict[str, Values]:
    """Multiply treatments with what clusters' means of them are off the average cluster's.

    Parameters
    ----------
    columns
        Standardised, (obs,).
    means
        Of the treatments whose slopes go with them.
    cluster
        The cluster of each row, (obs,), an index into its levels.

    Returns
    -------
    dict
        (obs,) each, by the name of its coefficient: (x - c) / s of the treatment times the same
        of its mean, c and s of the latter over clusters.
    """
    if means is None:
        return {}
    apart = (np.array(means.values) - means.centres) / means.spreads
    return {
        by_mean(name): columns[name] * apart[cluster, position]
        for position, name in enumerate(means.columns)
    }
