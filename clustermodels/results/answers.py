"""Answers as a table: what each row is about, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from clustermodels.data.panel import Values
from clustermodels.results.intervals import PROBABILITY


def answers(
    labels: Mapping[str, Sequence[object] | np.ndarray], numbers: Mapping[str, Values]
) -> xr.Dataset:
    """Put labels and numbers along ``row``, with the interval's kind and probability."""
    size = len(next(iter(numbers.values()), []))
    return xr.Dataset(
        {name: ("row", values) for name, values in numbers.items()},
        coords={
            "row": np.arange(size),
            **{name: ("row", np.array(cells, dtype=object)) for name, cells in labels.items()},
            "interval": "equal-tailed",
            "interval_probability": PROBABILITY,
        },
    )
