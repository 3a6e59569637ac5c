"""What the landscape looks like."""

from __future__ import annotations

from typing import Any

from clustermodels.cli.printing import findings
from clustermodels.cli.tables import Cell, Columns, Format, json_text, records, say, table

JUDGED = ("lq", "eti95_lower", "eti95_upper", "probability", "z", "scale", "within", "between")
# Headings that let ten columns fit a terminal.
SHORT = {
    "components": "parts",
    "largest_share": "in largest",
    "mean_degree": "partners",
    "total_weight": "weight",
    "interregional_share": "between",
    "degree_assortativity": "assortativity",
}
MODEL = ("activity", "total", "cluster", "failed", "first_failed")


def landscape(found: Any, format_: Format, *, every: bool) -> None:
    """Print regions, the network by year, and how measures go together.

    For readers: the clusters, and those that failed one rule by least, unless ``every``.
    """
    regions = found.regions
    if format_ is Format.csv:
        table(_columns(regions), format_)
        return
    if format_ is Format.json:
        json_text(
            {
                "title": found.title,
                "rules": {name: _plain(value) for name, value in regions.attrs.items()},
                "regions": records(_columns(regions)),
                "years": _records(found.years),
                "rank_correlations": _square(found.correlations),
                "persistence": _square(found.lasting),
                "findings": [vars(finding) for finding in found.findings],
            }
        )
        return
    shown = regions if every else found.near()
    clusters = int(regions["cluster"].sum())
    said = f"{clusters} of {regions.sizes['region']} regions are clusters"
    if "years" in regions.attrs:
        said += f", judged by {regions.attrs['years']}"
    if format_ is Format.text:
        say(f"{said}.")
    if "failed" in regions:
        judged = [name for name in JUDGED if name in shown]
        if regions.attrs.get("method") == "threshold":
            judged.remove("z")
        table(_who(shown, judged), format_, "Who is a cluster, and which rule the others failed")
        left = regions.sizes["region"] - shown.sizes["region"]
        if left and format_ is Format.text:
            say(f"{left} more failed by more: see '--all'.")
    if found.years is not None:
        standing = shown.isel(region=shown["cluster"].to_numpy())
        table(_where(standing), format_, "Where the clusters stand in the network")
        table(_by(found.years), format_, "The network by year")
        table(_matrix(found.correlations), format_, "Rank correlations between measures")
        table(_matrix(found.lasting.transpose()), format_, "Rank correlations with the year before")
    findings(found.findings, format_)


def _columns(regions: Any) -> dict[str, list[Cell]]:
    columns: dict[str, list[Cell]] = {"region": [str(r) for r in regions["region"].values]}
    return columns | {
        str(name): [_plain(cell) for cell in values.values.tolist()]
        for name, values in regions.data_vars.items()
    }


def _who(shown: Any, judged: list[str]) -> Columns:
    columns = _columns(shown)
    if "probability" in columns:  # whether it is 1e-9 or 1e-22 is nothing that anybody knows
        columns["probability"] = [round(float(p), 4) for p in shown["probability"].values]
    for name in ("lq", "eti95_lower", "eti95_upper"):  # nor is the third decimal of a quotient
        if name in columns:
            columns[name] = [round(float(cell), 2) for cell in shown[name].values]
    picked = {name: columns[name] for name in ("region", *judged)}
    if "probability" in picked:
        named = f"P(LQ>{shown.attrs.get('above', 1):g})"
        picked = {named if n == "probability" else n: cells for n, cells in picked.items()}
    if "stability" in columns:
        picked["stable"] = columns["stability"]
    picked["failed"] = [_failure(shown, row) for row in range(shown.sizes["region"])]
    return picked


def _failure(shown: Any, row: int) -> str:
    """Say which rules a region failed, and by how much."""
    names = [name for name in str(shown["failed_rules"].values[row]).split(", ") if name]
    return ", ".join(
        f"{name} by {abs(float(shown[f'{name}_margin'].values[row])):.3g}" for name in names
    )


def _where(standing: Any) -> Columns:
    columns = _columns(standing)
    numbers = [name for name in columns if name not in (*JUDGED, *MODEL, "stability")]
    own = [
        name
        for name in numbers
        if not name.endswith(("_passes", "_margin")) and name not in ("region", "failed_rules")
    ]
    volumes = [name for name in ("within", "between") if name in columns]
    return {name: columns[name] for name in ("region", *volumes, *own)}


def _by(years: Any) -> Columns:
    columns: dict[str, list[Cell]] = {"year": [int(year) for year in years["year"].values]}
    return columns | {
        SHORT.get(str(name), str(name)): [_plain(cell) for cell in values.values.tolist()]
        for name, values in years.data_vars.items()
    }


def _matrix(values: Any) -> Columns:
    rows, across = values.dims
    columns: dict[str, list[Cell]] = {str(rows): [str(name) for name in values[rows].values]}
    for position, name in enumerate(values[across].values):
        columns[str(name)] = [_plain(cell) for cell in values.values[:, position].tolist()]
    return columns


def _records(years: Any | None) -> list[dict[str, Cell]] | None:
    if years is None:
        return None
    columns = {str(name): values.values.tolist() for name, values in years.data_vars.items()}
    return records({"year": years["year"].values.tolist(), **columns})


def _square(values: Any | None) -> list[dict[str, Cell]] | None:
    return None if values is None else records(_matrix(values))


def _plain(cell: Any) -> Cell:
    """Give a whole float as a whole number, and true and false in words."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell if isinstance(cell, (int, float)) else str(cell)
