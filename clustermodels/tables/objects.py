"""Tables that are handed over in Python."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

from clustermodels.errors import PanelError
from clustermodels.tables.table import Table, refused
from clustermodels.tables.text import MISSING, cleaned

HANDED_OVER = "<table>"


def from_object(data: Any) -> Table:
    """Take a pandas, polars or Arrow table, an xarray Dataset, or a mapping of columns.

    Raises
    ------
    PanelError
        If it is something else, has no rows, or has a column name twice.

    Examples
    --------
    >>> from_object({"city": ["A", "B"], "year": [2020, 2020]}).available
    ('city', 'year')
    """
    origin = type(data).__module__.partition(".")[0]
    if isinstance(data, xr.Dataset):
        frame = data.to_dataframe().reset_index()
    elif isinstance(data, pd.DataFrame):
        index = [name for name in data.index.names if name is not None]
        frame = data.reset_index() if index else data
    elif origin == "polars":
        frame = pd.DataFrame(data.to_dict(as_series=False))
    elif origin == "pyarrow":
        frame = pd.DataFrame(data.to_pydict())
    elif isinstance(data, Mapping):
        frame = _from_mapping(data)
    else:
        raise refused(
            HANDED_OVER,
            f"not a table: {type(data).__name__}",
            "Hand over a pandas, polars or Arrow table, an xarray Dataset or a mapping.",
        )
    made = from_frame(frame, HANDED_OVER, "")
    return replace(made, sha256=_digest(made.columns))


def _digest(columns: Mapping[str, NDArray[np.generic]]) -> str:
    """Hash names and values; a whole number is the same as a float of its value."""
    found = hashlib.sha256()
    for name, values in columns.items():
        text = values.dtype.kind == "O"
        kind = "text" if text else "numbers"
        found.update(f"{name}\0{len(values)} {kind}\0".encode())
        if text:
            cells = ("" if cell is None else cell for cell in values.tolist())
            found.update("\0".join(cells).encode())
        else:
            found.update(np.ascontiguousarray(values, dtype=np.float64).tobytes())
    return found.hexdigest()


def _from_mapping(data: Mapping[Any, Any]) -> pd.DataFrame:
    try:
        return pd.DataFrame(dict(data))
    except (ValueError, TypeError) as error:
        raise refused(
            HANDED_OVER,
            f"not a table: {str(error).splitlines()[0]}",
            "Hand over a mapping of column names to lists of the same length.",
        ) from None


def from_frame(
    frame: pd.DataFrame, name: str, sha256: str, columns: Sequence[str] | None = None
) -> Table:
    """Take a pandas table."""
    available = tuple(str(column) for column in frame.columns)
    if len(set(available)) < len(available):
        twice = next(column for column in available if available.count(column) > 1)
        raise refused(name, f"two columns are called '{twice}'", "Give each its own name.")
    if not len(frame):
        raise no_rows(name)
    values = {
        column: cells(frame.iloc[:, position])
        for position, column in enumerate(available)
        if columns is None or column in columns
    }
    return Table(name, values, available, None, sha256)


def no_rows(name: str) -> PanelError:
    """Make the error for an empty table."""
    return refused(name, "no rows", "Write a row per cluster and year.")


def cells(series: pd.Series[Any]) -> NDArray[np.generic]:
    """Give a column as float64, int64, bool or object of text and None."""
    missing = series.isna().to_numpy()
    kind = series.dtype.kind
    if kind == "b" and not missing.any():
        return series.to_numpy(dtype=bool)
    if kind in "iu" and not missing.any():
        return series.to_numpy(dtype=np.int64)
    if kind in "iufb":
        return series.to_numpy(dtype=float, na_value=np.nan)
    if infer_dtype(series) == "string":
        return cleaned(series.to_numpy(dtype=object))
    cells = [None if gone else cell for cell, gone in zip(series.tolist(), missing, strict=True)]
    if all(cell is None or _is_number(cell) for cell in cells) and not missing.all():
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    text = [None if cell is None else _text(cell) for cell in cells]
    return np.array([None if cell is None or cell in MISSING else cell for cell in text], object)


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool)


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(cell).strip()
