"""Doubts that arise where tables meet: regions and years that do not match, ties that are odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from clustermodels.errors import Finding, choices
from clustermodels.network.labels import alike, near_matches
from clustermodels.spec.document import Spec
from clustermodels.spec.source import Path
from clustermodels.tables.cast import labels, years
from clustermodels.tables.records import Counted

SHOWN = 6


def finding(
    spec: Spec,
    check: str,
    severity: str,
    what: str,
    so_what: str,
    what_to_do: str,
    path: Path,
) -> Finding:
    """Make a finding that stands at a part of the document."""
    assert severity in ("note", "warning", "serious")
    return Finding(
        check,
        severity,  # type: ignore[arg-type]
        what,
        so_what,
        what_to_do,
        ".".join(map(str, path)),
        spec.source.line(path),
    )


def counted_of(number: int, one: str, many: str | None = None) -> str:
    """Say a number of things.

    Examples
    --------
    >>> counted_of(1, "region"), counted_of(3, "city", "cities")
    ('1 region', '3 cities')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def unmatched(
    spec: Spec, clusters: NDArray[np.generic], when: NDArray[np.generic], counted: Counted
) -> Iterator[Finding]:
    """Find regions and years that only the panel or only the records have."""
    panel = set(clusters.tolist()) - {None}
    regions = set(labels(counted.counts, "region").tolist())
    yield from strangers(
        spec,
        "records_without_region",
        sorted(panel - regions),
        sorted(regions),
        ("of the panel is not in the records", "of the panel are not in the records"),
        "Their counts are missing, and their rows are lost.",
        ("data", "records"),
        severity="warning",
    )
    yield from strangers(
        spec,
        "panel_without_region",
        sorted(regions - panel),
        sorted(panel),
        ("of the records is not in the panel", "of the records are not in the panel"),
        "They stand in the network and in shares of all regions, and nowhere else.",
        ("data", "panel"),
        severity="note",
    )
    there = years(counted.counts, "year")[0]
    out = sorted({y for y in when.tolist() if not there.min() <= y <= there.max()})
    if out:
        yield finding(
            spec,
            "records_without_year",
            "warning",
            f"the records go from {there.min()} to {there.max()}, and the panel has "
            f"{choices(map(str, out), SHOWN)}",
            "Counts of these years are missing, and their rows are lost.",
            "Add the records of these years.",
            ("data", "records"),
        )


def strangers(
    spec: Spec,
    check: str,
    names: Sequence[str],
    known: Sequence[str],
    said: tuple[str, str],
    so_what: str,
    path: Path,
    *,
    severity: str,
) -> Iterator[Finding]:
    """Find names that one table has and the other has not; those that are nearly there lead."""
    if not names:
        return
    near = near_matches(names, known)
    listed = choices(names, SHOWN)
    what = f"{counted_of(len(names), 'region')} {said[len(names) > 1]}: {listed}"
    if near:
        pairs = choices([f"'{one}' for '{other}'" for one, other in near], SHOWN)
        yield finding(
            spec,
            f"{check}_near",
            "warning",
            f"{what}; spelt nearly alike are {pairs}",
            f"Names that differ by a letter are two regions here. {so_what}",
            "Write them alike if they are one.",
            path,
        )
        return
    yield finding(spec, check, severity, what, so_what, "Check that none is missing.", path)


def regions_alike(spec: Spec, names: Iterable[str], path: Path) -> Iterator[Finding]:
    """Find names of one table that differ by case, accents, spaces or punctuation alone."""
    groups = [" and ".join(f"'{name}'" for name in group) for group in alike(names)]
    if groups:
        yield finding(
            spec,
            "regions_alike",
            "warning",
            f"regions are spelt nearly alike: {choices(groups, SHOWN)}",
            "Each spelling is a region of its own, with its part of the records.",
            "Write them alike if they are one.",
            path,
        )
