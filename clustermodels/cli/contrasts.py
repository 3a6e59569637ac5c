"""What high against low looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import clustermodels as cm
from clustermodels.cli.outcomes import apart, together
from clustermodels.cli.tables import Cell, Format, cells_of, note, number, probability, table

_Columns = dict[str, list[Cell]]


def high_low(each: Mapping[str, Any], format_: Format, spec: cm.Spec) -> None:
    """Print the comparison of each outcome: a table a question for readers, one for programs."""
    if format_ in (Format.csv, Format.json):
        table(together({outcome: _columns(found) for outcome, found in each.items()}), format_)
        return
    told = {outcome: (outcome, found) for outcome, found in each.items()}
    apart(told, format_, lambda one: _read(*one, format_))
    note(
        "Medians, with 95 % equal-tailed intervals. Probability: at low and high of an increase; "
        "of low minus high and low over high that low exceeds high; of a ratio of effects that it "
        "exceeds 1.",
        format_,
    )
    note(cm.assumptions(spec), format_)


def _columns(found: Any) -> _Columns:
    """Give labels and numbers as columns."""
    labels = [str(n) for n, v in found.coords.items() if v.dims == ("row",) and n != "row"]
    names = [*(n for n in labels if n != "note"), *map(str, found.data_vars), "note"]
    return {name: cells_of(found[name].to_numpy()) for name in names}


def _read(outcome: str, found: Any, format_: Format) -> None:
    """Print the questions of one outcome, for readers."""
    columns = _columns(found)
    moderator = columns["moderator"][0]
    titles = {
        "policy impact": f"Policy impact on {outcome}, where {moderator} is low and high",
        "resource allocation": "Resource allocation",
        "overall effectiveness": f"Overall effectiveness: {outcome} a cluster-year, among "
        f"cluster-years whose {moderator} is low and high",
    }
    for question, title in titles.items():
        mine = [spot for spot, asked in enumerate(columns["question"]) if asked == question]
        part = {name: [cells[spot] for spot in mine] for name, cells in columns.items()}
        if not any(map(number, part["median"])):
            note(f"{title}: {'; '.join(dict.fromkeys(map(str, part['note'])))}.", format_)
        else:
            _table(part, title, format_)
        note("", format_)
    shares = " and ".join(f"{100 * found.attrs[at]:g} %" for at in ("low", "high"))
    note(f"Low and high are the {shares} quantiles of {moderator} over the fitted rows.", format_)


def _table(part: _Columns, title: str, format_: Format) -> None:
    """Print one question: where, what, how sure."""
    values = zip(part["at"], part["moderator_value"], strict=True)
    at: list[Cell] = [f"{name} ({number(v)})" if number(v) else name for name, v in values]
    shown: _Columns = {
        "treatment": part["treatment"],
        "at": at,
        "scale": part["scale"],
        **{name: part[name] for name in ("median", "eti95_lower", "eti95_upper")},
        "probability": [probability(cell) for cell in part["probability"]],
        "rows": part["cluster_years"],
        "beyond data": [cell or "" for cell in part["beyond_data"]],
        "note": part["note"],
    }
    kept = {name: cells for name, cells in shown.items() if any(map(number, cells))}
    table(kept, format_, title, keys=2, folds=("note",))
    note(
        f"Effects are for {', '.join(dict.fromkeys(str(per) for per in part['per'] if per))}.",
        format_,
    )
