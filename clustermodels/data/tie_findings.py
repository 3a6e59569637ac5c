"""Doubts about ties: rows that are no tie of two regions, silent years, what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clustermodels.data.findings import SHOWN, counted_of, finding, strangers
from clustermodels.errors import Finding, PanelError, choices
from clustermodels.network.network import Network
from clustermodels.spec.document import Spec
from clustermodels.spec.source import Path
from clustermodels.tables.records import Counted, TieRows

PATH: Path = ("data", "ties")
# From this share of pairs in both orders on, the table is taken for a symmetric matrix.
MIRRORED = 0.9


def odd_rows(spec: Spec, rows: TieRows, path: Path = PATH) -> Iterator[Finding]:
    """Say which rows are taken for something else than a tie of two regions."""
    source, target = rows.source, rows.target
    inside = int((source == target).sum())
    if inside:
        yield finding(
            spec,
            "ties_inside",
            "note",
            f"{counted_of(inside, 'row')} of the ties {'join' if inside > 1 else 'joins'} a "
            "region to itself",
            "They count as joint work inside the region, and not as ties of the network.",
            "Delete them if they are mistakes.",
            path,
        )
    pairs = list(zip(source.tolist(), target.tolist(), rows.year.tolist(), strict=True))
    seen = {(min(a, b), max(a, b), year) for a, b, year in pairs}
    weight = dict(zip(pairs, rows.weight.tolist(), strict=True))
    across = [place for place in weight if place[0] != place[1]]
    mirrored = sum(weight.get((b, a, year)) == weight[a, b, year] for a, b, year in across)
    twice = len(source) - len(seen)
    if twice and mirrored > MIRRORED * len(across):
        yield finding(
            spec,
            "ties_in_both_orders",
            "warning",
            "the table of ties has each pair in both orders, with the same weight",
            "Weights are added up, so every tie between regions counts twice, and ties inside "
            "regions once.",
            "Keep one order: the rows in which the first name comes before the second.",
            path,
        )
    elif twice:
        yield finding(
            spec,
            "ties_twice",
            "note",
            f"{counted_of(twice, 'row')} of the ties {'repeat' if twice > 1 else 'repeats'} a "
            "pair and year, in the same order or the other",
            "Their weights are added up.",
            "Delete them if each pair was written in both orders.",
            path,
        )
    nothing = int((rows.weight == 0).sum())
    if nothing:
        yield finding(
            spec,
            "ties_of_nothing",
            "note",
            f"{counted_of(nothing, 'row')} of the ties {'weigh' if nothing > 1 else 'weighs'} 0",
            "They are no ties.",
            "Leave them, if that is meant.",
            path,
        )


def regions_without_ties(
    spec: Spec, network: Network, regions: Sequence[str], rows: TieRows
) -> Iterator[Finding]:
    """Find regions of the panel that the table of ties does not name; refuse where it is all.

    Raises
    ------
    PanelError
        If no region of the panel is in the table.
    """
    named = {*rows.source.tolist(), *rows.target.tolist()}
    lost = [region for region in regions if region not in named]
    if len(lost) == len(regions):
        raise PanelError(
            [
                spec.source.problem(
                    PATH,
                    "the ties name no region of the panel",
                    got=choices(sorted(named), SHOWN),
                    expected=choices(regions, SHOWN),
                    fix="Write the regions as the panel does.",
                )
            ]
        )
    yield from strangers(
        spec,
        "regions_without_ties",
        lost,
        sorted(named),
        ("of the panel has no tie in any year", "of the panel have no tie in any year"),
        "In the network they stand alone.",
        PATH,
        severity="warning",
    )


def silent_years(spec: Spec, network: Network, panel_years: tuple[int, int]) -> Iterator[Finding]:
    """Find years between others in which nobody works with anybody, and years that nobody reads."""
    outside = [year for year in network.years if year > panel_years[1]]
    if outside:
        yield finding(
            spec,
            "ties_after_panel",
            "note",
            f"ties of {choices(map(str, outside), SHOWN)} are later than the panel, which ends in "
            f"{panel_years[1]}",
            "No row reads them.",
            "Check the years.",
            PATH,
        )
    if not network.years:
        yield finding(
            spec,
            "no_ties",
            "serious",
            "there is no tie at all",
            "Positions in such a network mean nothing.",
            "Check the ties' file, or what is counted.",
            PATH,
        )
        return
    across = set(network.year[network.source != network.target].tolist())
    first, last = network.span or (network.years[0], network.years[-1])
    empty = [year for year in range(first, last + 1) if year not in across]
    if empty:
        yield finding(
            spec,
            "empty_network",
            "warning",
            f"no two regions are tied in {choices(map(str, empty), SHOWN)}",
            "In these years nobody has a position.",
            "Check the ties of these years, or pool years with 'window'.",
            PATH,
        )


def left_out(spec: Spec, counted: Counted) -> Iterator[Finding]:
    """Say which records and units are not in the network."""
    facts, ties = counted.facts, spec.data.record_ties
    for path, value in facts.absent:
        yield finding(
            spec,
            "value_without_records",
            "note",
            f"no record has the value {value!r}, which a list names",
            "Those of the other values are counted.",
            "Check its spelling.",
            tuple(path.split(".")),
        )
    if ties is not None and facts.units_left_out:
        yield finding(
            spec,
            "units_left_out",
            "note",
            f"{counted_of(facts.units_left_out, 'unit')} of {facts.units} "
            f"{'have' if facts.units_left_out > 1 else 'has'} more than {ties.max_partners} "
            f"regions (the largest {facts.largest_unit})",
            "They make no ties; they count in the panel's columns.",
            "Raise 'max_partners' if such units are real joint work.",
            (*PATH, "max_partners"),
        )
    lost = {
        "region": facts.rows_without_region,
        "year": facts.rows_without_year,
        "unit": facts.rows_without_unit,
    }
    said = [f"{number} without a {role}" for role, number in lost.items() if number]
    if said:
        yield finding(
            spec,
            "records_lost",
            "warning" if sum(lost.values()) > 0.05 * facts.rows else "note",
            f"of {facts.rows} records, {choices(said)}",
            "They are counted nowhere.",
            "Fill the gaps if you can; who lacks an address is seldom a random part.",
            ("data", "records"),
        )
