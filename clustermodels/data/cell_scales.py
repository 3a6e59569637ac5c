"""How columns with unknown cells are put on a scale, from the cells that were observed."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from clustermodels.data.panel import Reader, Values
from clustermodels.data.transforms import observed_cells
from clustermodels.spec.document import Spec


class CellScale(BaseModel):
    """Centre and spread of a column's observed cells, and of each column that they are given."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    centre: float
    spread: float
    given: tuple[tuple[float, float], ...] = ()


def cell_scales(spec: Spec, rows: Reader, values: Mapping[str, Values]) -> dict[str, CellScale]:
    """Learn the scales of every column whose cells may be parameters."""
    learned = {}
    for (section, name), item in spec.uncertain().items():
        if name not in values:  # text, which is refused elsewhere
            continue
        _, *beside = spec.predictors()[section, name]
        given = [location(rows.numbers(read)) for read in beside[: len(item.given)]]
        centre, spread = location(observed_cells(values[name]))
        learned[name] = CellScale(centre=centre, spread=spread, given=tuple(given))
    return learned


def location(values: Values) -> tuple[float, float]:
    """Give mean and standard deviation; 1 where nothing varies."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return float(values.mean()), spread if spread > 0 else 1.0
