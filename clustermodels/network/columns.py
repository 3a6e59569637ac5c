"""Columns of numbers, a value per region, matched by label or by position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clustermodels.network.network import Values

type Column = xr.DataArray | pd.Series[float] | Values | Sequence[float]


def labelled(values: Column, name: str) -> tuple[pd.Index | None, Values]:
    """Take a column apart: its labels, None for a bare array, and its numbers."""
    labels: pd.Index | None = None
    if isinstance(values, xr.DataArray):
        labels = values.indexes.get(values.dims[0]) if values.ndim == 1 else None
        numbers = np.asarray(values.values, dtype=np.float64)
    elif isinstance(values, pd.Series):
        labels = values.index
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(f"{name} has {numbers.ndim} dimensions; expected one, the regions")
    if labels is not None and not labels.is_unique:
        repeated = labels[labels.duplicated()][0]
        raise ValueError(f"{name} has the region '{repeated}' more than once")
    return labels, numbers


def along(regions: pd.Index, labels: pd.Index | None, values: Values, name: str) -> Values:
    """Put a column in the order of ``regions``: by label, or by position where it has none."""
    if labels is None:
        if len(values) != len(regions):
            raise ValueError(f"{name} has {len(values)} values for {len(regions)} regions")
        return values
    places = labels.get_indexer(regions)
    if (places < 0).any():
        raise ValueError(f"{name} has no value for the region '{regions[places < 0][0]}'")
    return np.asarray(values[places], dtype=np.float64)


def matched(activity: Column, total: Column) -> tuple[pd.Index, Values, Values]:
    """Put activity and total on the same regions.

    Raises
    ------
    ValueError
        Labels repeat or do not match; a value is negative or infinite.
    """
    (own, x), (others, n) = labelled(activity, "activity"), labelled(total, "total")
    if own is not None and others is not None:
        along(others, own, x, "activity")  # neither may have a region that the other lacks
    named = others if own is None else own
    regions = pd.RangeIndex(len(x)) if named is None else named
    x, n = along(regions, own, x, "activity"), along(regions, others, n, "total")
    for name, values in (("activity", x), ("total", n)):
        if np.any(values < 0) or np.isinf(values).any():
            raise ValueError(f"{name} has a value that is negative or infinite")
    return regions, x, n
