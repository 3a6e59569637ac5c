"""Scenario and network to the network that its edits of ties make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from clustermodels.data.findings import SHOWN, counted_of
from clustermodels.data.networks import Networks
from clustermodels.data.panel import Panel
from clustermodels.data.remeasured import remeasured
from clustermodels.errors import PanelError, Problem, choices, nearest, unknown_among
from clustermodels.network.edits import exchanged, place, ties_of
from clustermodels.network.labels import near_matches
from clustermodels.network.network import Codes, Network, Values
from clustermodels.spec.conditions import YearRange
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import OF_TIES, Edit
from clustermodels.spec.source import Path
from clustermodels.spec.tie_edits import Join, Rewire, Tie

# Weights below this share of what was taken from them are 0, and differ by rounding.
ROUNDING = 1e-12


def with_edited_ties(spec: Spec, panel: Panel, scenario: str) -> Panel:
    """Apply a scenario's edits of ties, in order, and measure every position again.

    Which regions are clusters, and every column that is no position, stay as they were.

    Raises
    ------
    PanelError
        With every region, tie and year that the network does not have, and every tie that would
        weigh less than nothing; or if a position is undefined then.
    """
    made, problems = panel.networks.ties, list[Problem]()
    steps = [(step, e) for step, e in enumerate(spec.scenarios[scenario]) if e.verb in OF_TIES]
    if not steps:
        return panel
    assert made is not None
    for step, edit in steps:
        try:
            made = _edited(spec, panel.networks, made, edit, ("scenarios", scenario, step))
        except PanelError as error:
            problems += error.problems
    if problems:
        raise PanelError(problems)
    return remeasured(spec, panel, made, ("scenarios", scenario))


def _edited(spec: Spec, networks: Networks, ties: Network, edit: Edit, path: Path) -> Network:
    here = (*path, edit.verb)
    if edit.tie is not None:
        return _changed(spec, ties, edit.tie, _years(spec, ties, edit, path), here)
    if edit.join is not None:
        return _joined(spec, ties, edit.join, _years(spec, ties, edit, path), here)
    assert edit.rewire is not None
    return _rewired(spec, networks, ties, edit, path)


def _refuse(spec: Spec, path: Path, what: str, **facts: str | None) -> PanelError:
    return PanelError([spec.source.problem(path, what, **facts)])


def _years(spec: Spec, ties: Network, edit: Edit, path: Path) -> Codes:
    """Give the years of an edit, which are the network's: all of them by default."""
    assert ties.span is not None
    first, last = ties.span
    asked = edit.years
    if isinstance(asked, YearRange):
        low, high = asked.from_, asked.to
        wanted = range(first if low is None else low, (last if high is None else high) + 1)
        absent = [] if {*wanted} & {*range(first, last + 1)} else [f"{low or ''} to {high or ''}"]
    else:
        wanted = range(first, last + 1)
        absent = [str(year) for year in asked or () if year not in wanted]
    if absent:
        raise _refuse(
            spec,
            (*path, "years"),
            "years that the network does not have",
            got=choices(absent),
            expected=f"years in {first} to {last}",
        )
    chosen = wanted if asked is None or isinstance(asked, YearRange) else sorted({*asked})
    return np.array([year for year in chosen if first <= year <= last], dtype=np.int64)


def _said(years: Codes) -> str:
    first, last = int(years.min()), int(years.max())
    if last - first + 1 > len(years):
        return choices([str(year) for year in years.tolist()])
    return f"{first} to {last}" if first < last else str(first)


def _places(spec: Spec, ties: Network, regions: Iterable[tuple[str, Path]]) -> list[int]:
    """Give the positions of regions among the nodes; refuse all that are none."""
    found = [(place(ties, region), region, path) for region, path in regions]
    unknown = [
        spec.source.problem(
            path, "a region that the network does not have", **unknown_among(region, ties.nodes)
        )
        for at, region, path in found
        if at < 0
    ]
    if unknown:
        raise PanelError(unknown)
    return [at for at, _, _ in found]


def _changed(spec: Spec, ties: Network, tie: Tie, years: Codes, path: Path) -> Network:
    named = [(region, (*path, "between", spot)) for spot, region in enumerate(tie.between)]
    ends = _places(spec, ties, named)
    hit = ties_of(ties, ends, years)
    if tie.add is not None:
        return _added(spec, ties, (ends[0], ends[1]), tie.add, years, path)
    if not hit.any():
        partners = ties_of(ties, ends[:1], years)
        others = (ties.source + ties.target)[partners] - ends[0]
        whose = " and ".join(dict.fromkeys(tie.between))
        raise _refuse(
            spec,
            (*path, "between"),
            f"there is no tie of {whose} in {_said(years)}",
            expected=f"a partner of {tie.between[0]}: "
            + (choices([ties.nodes[at] for at in np.unique(others).tolist()]) or "it has none"),
        )
    weight = ties.weight[hit] * (tie.scale or 0.0)
    return exchanged(ties, hit, ties.source[hit], ties.target[hit], ties.year[hit], weight)


def _added(
    spec: Spec, ties: Network, ends: tuple[int, int], amount: float, years: Codes, path: Path
) -> Network:
    hit = ties_of(ties, ends, years)
    weight = np.zeros(len(years))
    weight[np.searchsorted(years, ties.year[hit])] = ties.weight[hit]
    after = weight + amount
    after[np.abs(after) <= ROUNDING * abs(amount)] = 0.0
    below = np.flatnonzero(after < 0)
    if below.size:
        least = [f"{weight[at]:g} in {years[at]}" for at in below.tolist()]
        raise _refuse(
            spec,
            (*path, "add"),
            f"it leaves a tie of {' and '.join(ties.nodes[at] for at in ends)} that weighs less "
            "than nothing",
            got=f"{amount:g}, and weights of {choices(least, SHOWN)}",
            expected="0 or more in every year",
            fix="Take away less, limit 'years', or write 'remove: true'.",
        )
    one, other = (np.full(len(years), end, dtype=np.int64) for end in ends)
    return exchanged(ties, hit, one, other, years, after)


def _joined(spec: Spec, ties: Network, join: Join, years: Codes, path: Path) -> Network:
    close = dict(near_matches([join.region], ties.nodes)).get(join.region)
    if close is not None:
        raise _refuse(
            spec,
            (*path, "region"),
            f"the network has no such region, and has '{close}'",
            got=repr(join.region),
            fix=f"Write '{close}', or give a new region a name less like it.",
        )
    ties = ties.with_nodes([join.region])
    places = [(region, (*path, "with", region)) for region in join.with_]
    own, *others = _places(spec, ties, [(join.region, path), *places])
    there = ties_of(ties, [own], years)
    if there.any():
        partner = next(iter(join.with_))
        raise _refuse(
            spec,
            (*path, "region"),
            f"'{join.region}' is in the network already, with "
            f"{counted_of(int(there.sum()), 'tie')} in {_said(years)}",
            fix=f"Write {{tie: {{between: [{join.region}, {partner}], "
            f"add: {join.with_[partner]:g}}}}}, or limit 'years'.",
        )
    return exchanged(ties, there, *_every_year(own, others, [*join.with_.values()], years))


def _every_year(
    source: int | Sequence[int], target: Sequence[int], weight: Sequence[float], years: Codes
) -> tuple[Codes, Codes, Codes, Values]:
    """Give the same ties in each of some years: source, target, year and weight."""
    size, count = len(target), len(years)
    own = np.broadcast_to(np.asarray(source, dtype=np.int64), size)
    other = np.asarray(target, dtype=np.int64)
    return (
        np.tile(own, count),
        np.tile(other, count),
        np.repeat(years, size),
        np.tile(np.asarray(weight, dtype=np.float64), count),
    )


def _rewired(spec: Spec, networks: Networks, ties: Network, edit: Edit, path: Path) -> Network:
    rewire, here = edit.rewire, (*path, "rewire")
    assert rewire is not None
    if rewire.edges is not None:
        years = _years(spec, ties, edit, path)
        one, other, weight = zip(*rewire.edges, strict=True)
        ends = _known(spec, ties, [*one, *other], (*here, "edges"))
        rows = _every_year(ends[: len(one)], ends[len(one) :], weight, years)
    else:
        given = _held(spec, networks, rewire, here)
        years = _years_of_file(spec, ties, given, edit, path)
        kept = np.isin(given.year, years)
        labels = np.array(given.nodes, dtype=object)
        codes = [np.unique(end[kept]) for end in (given.source, given.target)]
        used = np.unique(np.concatenate(codes))
        found = np.full(len(given.nodes), -1, dtype=np.int64)
        found[used] = _known(spec, ties, labels[used].tolist(), (*here, "path"))
        rows = (
            found[given.source[kept]],
            found[given.target[kept]],
            given.year[kept],
            given.weight[kept],
        )
    return exchanged(ties, np.isin(ties.year, years), *rows)


def _known(spec: Spec, ties: Network, regions: Sequence[str], path: Path) -> list[int]:
    """Give the positions of a list's regions; refuse those that are none, together."""
    at = {node: spot for spot, node in enumerate(ties.nodes)}
    strange = [*dict.fromkeys(region for region in regions if region not in at)]
    if strange:
        close = [(nearest(name, ties.nodes), name) for name in strange[:SHOWN]]
        meant = choices([f"'{node}' for '{name}'" for node, name in close if node])
        raise _refuse(
            spec,
            path,
            f"it names {counted_of(len(strange), 'region')} that the network does not have",
            got=choices(strange, SHOWN),
            fix=f"Did you mean {meant}?"
            if meant
            else f"Let them in before: {{join: {{region: {strange[0]}, with: {{..}}}}}}.",
        )
    return [at[region] for region in regions]


def _held(spec: Spec, networks: Networks, rewire: Rewire, path: Path) -> Network:
    """Give the ties of a file that was read with the panel."""
    given = networks.rewired.get(rewire.path or "")
    if given is not None:
        return given
    raise _refuse(
        spec,
        (*path, "path"),
        "a file that was not read with the panel, and an answer reads no files",
        got=repr(rewire.path),
        expected=choices(networks.rewired) or None,
        fix="Write the ties themselves: {edges: [[A, B, WEIGHT], ..]}; or name the file in the "
        "document and fit again.",
    )


def _years_of_file(spec: Spec, ties: Network, given: Network, edit: Edit, path: Path) -> Codes:
    """Give the years that a file of ties changes: its first to its last, or those asked for."""
    assert given.span is not None
    assert ties.span is not None
    first, last = given.span
    own = np.arange(first, last + 1)
    years = own if edit.years is None else _years(spec, ties, edit, path)
    low, high = ties.span if edit.years is None else given.span
    beyond = years[(years < low) | (years > high)]
    if beyond.size:
        unnamed = edit.years is None
        raise _refuse(
            spec,
            (*path, "rewire", "path") if unnamed else (*path, "years"),
            "it has ties of years that the network does not have"
            if unnamed
            else "years that the file of ties does not have",
            got=_said(beyond),
            expected=f"years in {low} to {high}",
            fix=f"Add years: {{from: {max(first, low)}, to: {min(last, high)}}} to the edit."
            if unnamed
            else "Name fewer years, or add their ties.",
        )
    return years
