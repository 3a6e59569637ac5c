"""Scenario and network to the network that its edits of ties make."""

from __future__ import annotations

import numpy as np

from clustermodels.data.findings import SHOWN, counted_of
from clustermodels.data.networks import Networks
from clustermodels.data.panel import Panel
from clustermodels.data.remeasured import remeasured
from clustermodels.data.rewiring import rewired_ties
from clustermodels.data.tie_places import every_year, places, refusal, years_of, years_said
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.network.edits import exchanged, ties_of
from clustermodels.network.labels import near_matches
from clustermodels.network.network import Codes, Network
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import OF_TIES, Edit
from clustermodels.spec.source import Path
from clustermodels.spec.tie_edits import Join, Tie

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
        return _changed(spec, ties, edit.tie, years_of(spec, ties, edit, path), here)
    if edit.join is not None:
        return _joined(spec, ties, edit.join, years_of(spec, ties, edit, path), here)
    assert edit.rewire is not None
    return rewired_ties(spec, networks, ties, edit, path)


def _changed(spec: Spec, ties: Network, tie: Tie, years: Codes, path: Path) -> Network:
    named = [(region, (*path, "between", spot)) for spot, region in enumerate(tie.between)]
    ends = places(spec, ties, named)
    hit = ties_of(ties, ends, years)
    if tie.add is not None:
        return _added(spec, ties, (ends[0], ends[1]), tie.add, years, path)
    if not hit.any():
        partners = ties_of(ties, ends[:1], years)
        others = (ties.source + ties.target)[partners] - ends[0]
        whose = " and ".join(dict.fromkeys(tie.between))
        raise refusal(
            spec,
            (*path, "between"),
            f"there is no tie of {whose} in {years_said(years)}",
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
        raise refusal(
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
        raise refusal(
            spec,
            (*path, "region"),
            f"the network has no such region, and has '{close}'",
            got=repr(join.region),
            fix=f"Write '{close}', or give a new region a name less like it.",
        )
    partners: list[tuple[str, Path]] = [(other, (*path, "with", other)) for other in join.with_]
    places(spec, ties, partners)
    ties = ties.with_nodes([join.region])
    own, *others = places(spec, ties, [(join.region, path), *partners])
    there = ties_of(ties, [own], years)
    if there.any():
        partner = next(iter(join.with_))
        raise refusal(
            spec,
            (*path, "region"),
            f"'{join.region}' is in the network already, with "
            f"{counted_of(int(there.sum()), 'tie')} in {years_said(years)}",
            fix=f"Write {{tie: {{between: [{join.region}, {partner}], "
            f"add: {join.with_[partner]:g}}}}}, or limit 'years'.",
        )
    return exchanged(ties, there, *every_year(own, others, [*join.with_.values()], years))
