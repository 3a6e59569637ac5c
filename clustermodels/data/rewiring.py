"""Other ties in the place of all those of some years."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clustermodels.data.findings import SHOWN, counted_of
from clustermodels.data.networks import Networks
from clustermodels.data.tie_places import every_year, refusal, years_of, years_said
from clustermodels.errors import choices, nearest
from clustermodels.network.edits import exchanged
from clustermodels.network.network import Codes, Network
from clustermodels.spec.document import Spec
from clustermodels.spec.scenarios import Edit
from clustermodels.spec.source import Path
from clustermodels.spec.tie_edits import Rewire


def rewired_ties(spec: Spec, networks: Networks, ties: Network, edit: Edit, path: Path) -> Network:
    """Give the network with the ties of an edit's list, or of its file, in their years."""
    rewire, here = edit.rewire, (*path, "rewire")
    assert rewire is not None
    if rewire.edges is not None:
        years = years_of(spec, ties, edit, path)
        regions = [region for edge in rewire.edges for region in edge[:2]]
        ends = _known(spec, ties, regions, (*here, "edges"))
        rows = every_year(ends[::2], ends[1::2], [edge[2] for edge in rewire.edges], years)
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
        raise refusal(
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
    raise refusal(
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
    years = own if edit.years is None else years_of(spec, ties, edit, path)
    low, high = ties.span if edit.years is None else given.span
    beyond = years[(years < low) | (years > high)]
    if beyond.size:
        unnamed = edit.years is None
        raise refusal(
            spec,
            (*path, "rewire", "path") if unnamed else (*path, "years"),
            "it has ties of years that the network does not have"
            if unnamed
            else "years that the file of ties does not have",
            got=years_said(beyond),
            expected=f"years in {low} to {high}",
            fix=f"Add years: {{from: {max(first, low)}, to: {min(last, high)}}} to the edit."
            if unnamed
            else "Name fewer years, or add their ties.",
        )
    return years
