"""What of a landscape its picture shows: arrays, and the words for what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from clustermodels.network.network import Network
from clustermodels.preview.landscape import Landscape
from clustermodels.report.layout import Values, strongest
from clustermodels.report.quotients import Quotients
from clustermodels.report.web import NAMED, Web

# With more regions than this, those that are no clusters would hide those that are.
CROWD = 150
# Of so many clusters, and of so many that failed one rule.
DRAWN, LINES, MISSES = 100, 45, 12
# Ties for each node, and in all: more are a grey cloud.
PER_NODE, TIES = 3, 260
LETTERS = 26

_REASONS = {
    "lq": "not specialised enough",
    "probability": "not surely specialised",
    "scale": "too small",
    "within": "too little joint work within",
    "between": "too little with other regions",
}


@dataclass(frozen=True, eq=False)
class DrawnWeb:
    """A network to draw, what its sizes and colours are, and a sentence on what is drawn."""

    web: Web
    clusters: bool
    size: str
    colour: str
    said: str


@dataclass(frozen=True, eq=False)
class DrawnQuotients:
    """Quotients to draw, words for axis and threshold, and a sentence on what is drawn."""

    shown: Quotients
    axis: str
    threshold: str
    said: str


def web_of(found: Landscape) -> DrawnWeb | None:
    """Take the network of a landscape; None where it has none, or no cluster."""
    network, regions = found.network, found.regions
    if network is None or not regions["cluster"].any():
        return None
    sized = "activity" if "activity" in regions else "strength"
    size = _column(regions, sized)
    member = regions["cluster"].to_numpy().astype(bool)
    largest = np.argsort(-np.where(np.isfinite(size), size, -1.0), kind="stable")
    clusters = largest[member[largest]]
    few = len(clusters) <= CROWD
    at = np.sort(clusters if few else clusters[:DRAWN])
    with_others = few and 0 < (~member).sum() <= CROWD - len(clusters)
    if with_others:
        at = np.arange(len(member))
    labels = [str(label) for label in regions["region"].to_numpy()]
    when, source, target, weight = _pooled(network, regions, [labels[node] for node in at])
    if with_others:
        # a region that is neither a cluster nor tied to one of these says nothing
        kept = member[at] | np.isin(np.arange(len(at)), np.r_[source, target])
        new = np.cumsum(kept) - 1
        at, source, target = at[kept], new[source], new[target]
    most = min(PER_NODE * len(at), TIES)
    ties = strongest(len(at), source, target, weight, most)
    own = found.own[0] if found.own else "closeness"
    web = Web(
        tuple(_short(labels[node]) for node in at),
        size[at],
        _column(regions, own)[at],
        member[at],
        source[ties],
        target[ties],
        weight[ties],
    )
    kind = "clusters" if "failed" in regions else "regions"
    said = f"Network: ties of {when}, added up; {_count(len(ties), len(weight))}"
    said += " ties" if len(weight) != 1 else " tie"
    said += f" between the {'regions' if with_others else kind} shown"
    said += ", the strongest and those that link the rest." if len(ties) < len(weight) else "."
    if not few:
        said += f" The {DRAWN} largest of {len(clusters):,} {kind} are shown."
    if (others := int((~web.member).sum())) > 0:
        said += f" Small and grey: {others} further regions."
    if (names := int(web.member.sum())) > NAMED:
        said += f" The {NAMED} largest of these {names} have their names."
    return DrawnWeb(
        web,
        "failed" in regions,
        f"circle area: {regions.attrs.get('activity', 'the activity')}"
        if sized == "activity"
        else "circle area: weight of ties with others",
        f"{own.replace('_', ' ')} in the network (mean over the years)",
        said,
    )


def quotients_of(found: Landscape) -> DrawnQuotients | None:
    """Take the location quotients of a landscape; None where it has none to show."""
    regions = found.regions
    if "lq" not in regions:
        return None
    value = _column(regions, "lq")
    member = regions["cluster"].to_numpy().astype(bool)
    failed = _column(regions, "failed")
    ranked = np.argsort(-np.where(np.isfinite(value), value, -1.0), kind="stable")
    clusters = ranked[member[ranked]]
    short = _shortfall(regions)
    missed = np.flatnonzero(~member & (failed == 1))
    nearest = missed[np.argsort(short[missed], kind="stable")][:MISSES]
    misses = ranked[np.isin(ranked, nearest)]
    at = np.r_[clusters[:LINES], misses]
    if not len(at):
        return None
    first = _text(regions, "first_failed")
    above = float(regions.attrs.get("above", 1.0))
    plain = regions.attrs.get("method", "threshold") == "threshold"
    lower, upper, sure = (
        _column(regions, name)[at] for name in ("eti95_lower", "eti95_upper", "probability")
    )
    reasons = ("" if member[row] else _reason(first[row]) for row in at)
    names = (_short(str(regions["region"].to_numpy()[row])) for row in at)
    shown = Quotients(
        tuple(names), value[at], lower, upper, sure, member[at], tuple(reasons), above
    )
    said = "Quotients: "
    if np.isfinite(shown.lower).any():
        said += "bars are equal-tailed 95 % intervals"
    else:
        said += "without intervals, as the numbers are not counts of single events"
    if len(clusters) > LINES:
        said += f"; the {LINES} highest of {len(clusters)} clusters are shown"
    if len(missed) == 1:
        said += "; grey: the region that failed one rule only"
    elif len(missed):
        which = "all" if len(misses) == len(missed) else f"the {len(misses)} nearest of"
        said += f"; grey: {which} {len(missed):,} regions that failed one rule only"
    axis = "location quotient: the activity's share in the region,\n"
    axis += "as a multiple of the ordinary share"
    line = "threshold" if plain else f"a quotient of {above:g}"
    return DrawnQuotients(shown, axis, line, f"{said}.")


def _reason(rule: str) -> str:
    return _REASONS.get(rule, f"failed {rule}" if rule else "")


def years_of(regions: xr.Dataset, network: Network) -> tuple[int, int] | None:
    """Give the first and last year that rules judge, or that have ties; None where none has."""
    first, _, last = str(regions.attrs.get("years", "")).partition(" to ")
    if last:
        return int(first), int(last)
    return (network.years[0], network.years[-1]) if network.years else None


def _pooled(
    network: Network, regions: xr.Dataset, labels: list[str]
) -> tuple[str, np.ndarray, np.ndarray, Values]:
    """Add up the ties among these regions; ends are positions in ``labels``."""
    years = years_of(regions, network)
    if years is None:
        none = np.zeros(0, dtype=np.int64)
        return "no year", none, none, np.zeros(0)
    first, last = years
    source, target, weight = network.pooled(last, last - first + 1)
    place = {label: position for position, label in enumerate(labels)}
    new = np.array([place.get(node, -1) for node in network.nodes], dtype=np.int64)
    source, target = new[source], new[target]
    kept = (source >= 0) & (target >= 0) & (source != target)
    when = f"{first} to {last}" if last > first else f"{first}"
    return when, source[kept], target[kept], weight[kept]


def _shortfall(regions: xr.Dataset) -> Values:
    """Give by which share of its threshold each region is short in the rule that it failed."""
    short = np.full(regions.sizes["region"], np.inf)
    first = _text(regions, "first_failed")
    standardised = regions.attrs.get("method", "threshold") != "threshold"
    for row, rule in enumerate(first):
        if f"{rule}_margin" not in regions:
            continue
        judged = "z" if rule == "lq" and standardised else rule
        margin = float(regions[f"{rule}_margin"].to_numpy()[row])
        threshold = float(_column(regions, judged)[row]) - margin
        if np.isfinite(margin) and threshold:
            short[row] = abs(margin / threshold)
    return short


def _column(regions: xr.Dataset, name: str) -> Values:
    if name not in regions:
        return np.full(regions.sizes["region"], np.nan)
    return regions[name].to_numpy().astype(np.float64)


def _text(regions: xr.Dataset, name: str) -> list[str]:
    if name not in regions:
        return [""] * regions.sizes["region"]
    return [str(cell) for cell in regions[name].to_numpy()]


def _short(label: str) -> str:
    said = " ".join(label.split())
    return said if len(said) <= LETTERS else said[: LETTERS - 1].rstrip() + "…"


def _count(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" if part < whole else f"all {whole:,}" if whole else "no"
