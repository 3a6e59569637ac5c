"""What the landscape looks like."""

from __future__ import annotations

import math
from typing import Any

from clustermodels.cli import legends
from clustermodels.cli.printing import findings
from clustermodels.cli.tables import (
    Cell,
    Columns,
    Format,
    cells_of,
    json_text,
    legend,
    number,
    probability,
    records,
    table,
)
from clustermodels.cli.terminal import say
from clustermodels.results.intervals import LOWER, UPPER

JUDGED = ("lq", LOWER, UPPER, "probability", "z", "scale", "within", "between")
VOLUMES = ("scale", "within", "between")
# Headings that let ten columns fit a terminal.
SHORT = {
    "components": "parts",
    "largest_share": "in largest",
    "mean_degree": "partners",
    "total_weight": "weight",
    "interregional_share": "share between",
    "degree_assortativity": "assortativity",
}


def landscape(found: Any, declared: Any, format_: Format, *, every: bool) -> None:
    """Print regions, the network by year, and how measures go together.

    For readers: the clusters, and those that failed one rule by least, unless ``every``. The rules
    are those ``declared``, if any are.
    """
    regions = found.regions
    if format_ is Format.csv:
        table(_columns(regions), format_)
        return
    if format_ is Format.json:
        json_text(
            {
                "title": found.title,
                "rules": {name: _whole(value) for name, value in regions.attrs.items()},
                "regions": records(_columns(regions)),
                "years": _records(found.years),
                "rank_correlations": _square(found.correlations),
                "persistence": _square(found.lasting),
                "findings": [vars(finding) for finding in found.findings],
            }
        )
        return
    shown = regions if every else found.near()
    if format_ is Format.text:
        say(legends.counted(regions))
    if "failed" in regions:
        who = _who(shown, declared)
        title = "Who is a cluster, and which rule the others failed"
        table(who, format_, title, folds=("failed",))
        left = regions.sizes["region"] - shown.sizes["region"]
        if left and format_ is Format.text:
            say(
                f"{left} further region{'s' * (left > 1)} failed by a wider margin, or more rules: "
                "see '--all'."
            )
        legend(legends.judged(who, regions, declared, near=not every), format_)
    if found.years is not None:
        standing = _where(shown.isel(region=shown["cluster"].to_numpy()), found.correlations)
        title = f"Where the {'clusters' if 'failed' in regions else 'regions'} stand in the network"
        window = int(found.years.attrs.get("window", 1))
        table(standing, format_, title)
        legend(legends.placed(standing, regions, declared, window), format_)
        table(_by(found.years), format_, "The network by year")
        legend(legends.yearly(window), format_)
        table(_matrix(found.correlations), format_, "Rank correlations between measures")
        legend(legends.ranked(), format_)
        table(_matrix(found.lasting.transpose()), format_, "Rank correlations with the year before")
        legend(legends.lasting(window), format_)
    findings(found.findings, format_)


def _columns(regions: Any) -> dict[str, list[Cell]]:
    columns: dict[str, list[Cell]] = {"region": [str(r) for r in regions["region"].values]}
    return columns | {
        str(name): [_whole(cell) for cell in values.values.tolist()]
        for name, values in regions.data_vars.items()
    }


def _who(shown: Any, declared: Any) -> Columns:
    numbers = {name: cells_of(shown[name].values) for name in JUDGED if name in shown}
    if shown.attrs.get("method") == "threshold":
        del numbers["z"]
    above = shown.attrs.get("above", 1)
    if "lq" in numbers:  # a third decimal of a quotient is nothing that anybody knows
        numbers["lq"] = [_quotient(cell, above) for cell in numbers["lq"]]
        for end in (LOWER, UPPER):
            numbers[end] = [None if cell is None else f"{cell:.2f}" for cell in numbers[end]]
    for name in {*VOLUMES} & {*numbers}:
        numbers[name] = [_volume(cell) for cell in numbers[name]]
    if "probability" in numbers:
        chance = [probability(cell) for cell in numbers["probability"]]
        named = f"P(LQ>{above:g})"
        numbers = {
            (named if name == "probability" else name): (chance if name == "probability" else cells)
            for name, cells in numbers.items()
        }
    if "stability" in shown:
        stable = cells_of(shown["stability"].values)
        numbers["lq stable"] = [None if cell is None else round(float(cell), 2) for cell in stable]
    regions: dict[str, list[Cell]] = {"region": [str(r) for r in shown["region"].values]}
    known = {name: cells for name, cells in numbers.items() if any(map(number, cells))}
    failed: list[Cell] = [_failure(shown, declared, row) for row in range(shown.sizes["region"])]
    return regions | known | {"failed": failed}


def _quotient(value: Cell, above: float) -> Cell:
    """Write a quotient so that it does not look like the limit that it misses or exceeds."""
    if not isinstance(value, float):
        return None
    digits = 2
    while digits < 6 and value != above and round(value, digits) == above:
        digits += 1
    return f"{value:.{digits}f}"


def _volume(value: Cell) -> Cell:
    """Round a sum of parts where its decimals say nothing."""
    return round(value, 1) if isinstance(value, float) and abs(value) >= 10 else value


def _failure(shown: Any, declared: Any, row: int) -> str:
    """Say which rules a region failed, and by how much."""
    names = [name for name in str(shown["failed_rules"].values[row]).split(", ") if name]
    words = legends.rules(shown, declared)
    return ", ".join(
        f"{words[name]} {_short(float(shown[f'{name}_margin'].values[row]))}" for name in names
    )


def _short(margin: float) -> str:
    """Say how much is missing: two decimals, or one digit where it is less.

    Examples
    --------
    >>> _short(-0.34301), _short(-0.00288), _short(-10.0), _short(float("nan"))
    ('0.34 too low', '0.003 too low', '10 too low', 'unknown')
    """
    if math.isnan(margin):
        return "unknown"
    missing = abs(margin)
    return f"{number(round(missing, 2) or float(f'{missing:.1g}'))} too low"


def _where(standing: Any, correlations: Any) -> Columns:
    columns = _columns(standing)
    measures = (str(name) for name in correlations["measure"].values)
    names = [name for name in ("within", "between", "ei_index", *measures) if name in columns]
    volumes = {name: [*map(_volume, columns[name])] for name in names if name in VOLUMES}
    return {name: columns[name] for name in ("region", *names)} | volumes


def _by(years: Any) -> Columns:
    columns: dict[str, list[Cell]] = {"year": [int(year) for year in years["year"].values]}
    return columns | {
        SHORT.get(str(name), str(name)): [_whole(cell) for cell in values.values.tolist()]
        for name, values in years.data_vars.items()
    }


def _matrix(values: Any) -> Columns:
    rows, across = values.dims
    columns: dict[str, list[Cell]] = {str(rows): [str(name) for name in values[rows].values]}
    for position, name in enumerate(values[across].values):
        columns[str(name)] = cells_of(values.values[:, position])
    return columns


def _records(years: Any | None) -> list[dict[str, Cell]] | None:
    if years is None:
        return None
    columns = {str(name): values.values.tolist() for name, values in years.data_vars.items()}
    return records({"year": years["year"].values.tolist(), **columns})


def _square(values: Any | None) -> list[dict[str, Cell]] | None:
    return None if values is None else records(_matrix(values))


def _whole(cell: Any) -> Any:
    """Give a whole float as a whole number."""
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15
    return int(cell) if whole else cell
