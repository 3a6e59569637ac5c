"""What fits look like side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

import clustermodels as cm
from clustermodels.cli.estimates import at_values, columns_of
from clustermodels.cli.outcomes import apart, together
from clustermodels.cli.printing import findings
from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    cells_of,
    interval,
    json_text,
    legend,
    note,
    number,
    records,
    table,
)
from clustermodels.results.intervals import LOWER, UPPER

_NUMBERS = ("median", LOWER, UPPER, "probability")


def named(paths: Sequence[Path]) -> dict[str, Path]:
    """Name runs by their files, by their paths where these are called alike."""
    twice = [path for path in paths if paths.count(path) > 1]
    if twice:
        raise typer.BadParameter(f"'{twice[0]}' is there twice. Name each run once.")
    stems = [path.stem for path in paths]
    names = stems if len({*stems}) == len(stems) else [*map(str, paths)]
    return dict(zip(names, paths, strict=True))


def compared(each: Mapping[str, cm.Comparison], format_: Format) -> None:
    """Print the comparison of each outcome; as csv, its models alone."""
    if format_ is Format.json:
        told = {
            outcome: {
                "models": records(_models(found)),
                "coefficients": records(columns_of(found.coefficients)),
                "effects": records(columns_of(found.effects)),
                "findings": [vars(finding) for finding in found.findings],
            }
            for outcome, found in each.items()
        }
        json_text(told if len(told) > 1 else next(iter(told.values())))
    elif format_ is Format.csv:
        table(together({outcome: _models(found) for outcome, found in each.items()}), format_)
    else:
        apart(each, format_, lambda found: _read(found, format_))


def _read(found: cm.Comparison, format_: Format) -> None:
    models = _models(found)
    models |= {name: [*map(_tenths, models[name])] for name in ("elpd", "elpd_difference")}
    table(models, format_, "Which predicts rows better that it has not seen")
    legend(
        "elpd: expected log predictive density of rows left out one at a time; weight: of the "
        "mixture that predicts best; beyond_k: rows for which this is not known.",
        format_,
    )
    for part, title in (
        (found.coefficients, "Coefficients"),
        (found.effects, "The policy's effect"),
    ):
        if part.sizes["row"]:
            columns = columns_of(part)
            steps = dict.fromkeys(str(c) for c in columns.pop("per", []) if c not in ("unit", ""))
            if "moderator_value" in columns:
                columns["at"] = at_values(columns["at"], columns.pop("moderator_value"))
            shown = _side_by_side(columns)
            table(shown, format_, title, keys=sum("[eti95]" not in name for name in shown))
            if steps:
                note(f"Effects but coefficients are for {', '.join(steps)}.", format_)
    findings(found.findings)


def _tenths(value: Cell) -> Cell:
    """Write a number with one decimal: sums over rows differ by that."""
    return f"{value:.1f}" if isinstance(value, float) else value


def _models(found: cm.Comparison) -> dict[str, list[Cell]]:
    columns = {"model": cells_of(found.models["model"].to_numpy())}
    return columns | {str(n): cells_of(v.to_numpy()) for n, v in found.models.data_vars.items()}


def _side_by_side(columns: Columns) -> Columns:
    """Set what models say of the same beside each other: median and interval a cell."""
    labels = [name for name in columns if name not in ("model", *_NUMBERS)]
    models = [*dict.fromkeys(map(str, columns["model"]))]
    rows: dict[tuple[Cell, ...], dict[str, Cell]] = {}
    for spot, model in enumerate(columns["model"]):
        about = tuple(columns[name][spot] for name in labels)
        row = rows.setdefault(about, dict(zip(labels, about, strict=True)))
        median, low, high = (columns[name][spot] for name in ("median", LOWER, UPPER))
        row[f"{model} [eti95]"] = f"{number(median)} {interval(low, high)}"
    names = [*labels, *(f"{model} [eti95]" for model in models)]
    kept = [n for n in names if any(number(row.get(n)) for row in rows.values())]
    return {name: [row.get(name) for row in rows.values()] for name in kept}
