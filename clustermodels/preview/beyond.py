"""Years beyond the panel: what is taken for granted of them, in words and as findings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clustermodels.data.answered import AHEAD, answered
from clustermodels.data.columns import raw_columns, transformed
from clustermodels.data.horizon import extended, last_fitted, left_behind
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Panel, reader
from clustermodels.errors import Finding, choices
from clustermodels.spec.document import Spec
from clustermodels.spec.horizon import Course, CovariatePath
from clustermodels.spec.horizon_rules import years_alone


def horizon_in_words(spec: Spec, panel: Panel) -> list[str]:
    """Say which years ahead are predicted, and by what paths; nothing where there are none."""
    if spec.horizon is None:
        return []
    first = last_fitted(panel) + 1
    paths = [f"{column} {_path(path)}" for column, path in spec.horizon.covariates.items()]
    factor, said = years_alone(spec), spec.horizon.year_effect
    if factor is not None:
        law = "drawn from their law" if said is None else "given"
        law = {"last": "those of the last year", "mean": "0, their mean"}.get(str(said), law)
        paths.append(f"effects of years are {law}")
    told = f": {'; '.join(paths)}" if paths else ""
    return [
        f"Beyond the panel, {first} to {first - 1 + spec.horizon.years} are predicted{told}. "
        "Positions in the network and adoptions stay as they were last."
    ]


def _path(path: CovariatePath) -> str:
    if isinstance(path, Course):
        if path.trend is None:
            return "is given"
        return f"goes along each cluster's own line over its last {path.trend} years"
    return {
        "last": "stays at its last value",
        "trend": "goes along each cluster's own line over all of its years",
    }[path]


def horizon_findings(spec: Spec, panel: Panel, learned: Learned) -> Iterator[Finding]:
    """Say that years ahead are beyond the data, who is left out, and which paths leave the data."""
    if spec.horizon is None:
        return
    here = spec.source.line(("horizon",))
    first = last_fitted(panel) + 1
    last = first - 1 + spec.horizon.years
    yield Finding(
        "beyond_the_panel",
        "note",
        f"the years {first} to {last} are beyond the data",
        "They hold if the model does, and if columns take the paths that the document says: no "
        "interval holds the doubt about these.",
        "Compare scenarios under other paths too.",
        "horizon",
        here,
    )
    behind = left_behind(spec, panel, learned)
    if behind:
        yield Finding(
            "left_behind",
            "warning",
            f"{len(behind)} cluster{'s have' if len(behind) > 1 else ' has'} no years ahead: "
            f"{choices(behind, 6)}",
            f"They lack a row in {first - 1}, or something that the years ahead read, and are in "
            "no total there.",
            "Fill their last years.",
            "horizon",
            here,
        )
    yield from _leaving(spec, panel, learned)


def _leaving(spec: Spec, panel: Panel, learned: Learned) -> Iterator[Finding]:
    """Find the columns that paths lead beyond the range of the fitted rows."""
    whole, _ = extended(spec, panel, learned)
    rows = reader(answered(whole))
    there = {place for loss in whole.losses if loss.reason == AHEAD for place in loss.places}
    pairs = zip(rows.clusters.tolist(), rows.years.tolist(), strict=True)
    ahead = np.array([pair in there for pair in pairs])
    for name, values in transformed(raw_columns(spec, rows), learned.standards, rows).items():
        scale = learned.scales[name]
        tiny = 1e-9 * max(abs(scale.low), abs(scale.high), scale.spread)
        away = np.where(ahead, np.fmax(values - scale.high, scale.low - values), 0.0)
        out = np.flatnonzero(away > tiny)
        if out.size:
            far = out[np.argmax(away[out])]
            yield Finding(
                "path_beyond_data",
                "warning",
                f"the years ahead take '{name}' beyond the data's {scale.low:.3g} to "
                f"{scale.high:.3g} in {out.size} of {int(ahead.sum())} cluster-years; furthest to "
                f"{values[far]:.3g} in {rows.clusters[far]} {rows.years[far]}",
                "There predictions rest on the form of the model, not on data.",
                "Predict fewer years, or write 'last' for its path.",
                "horizon",
                spec.source.line(("horizon",)),
            )
