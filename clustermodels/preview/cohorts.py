"""Findings on the effects of an adoption by cohort and year: what the data tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.adopted import adoption_years, cohort_name
from clustermodels.data.cohorts import Cells, by_cohort, cells
from clustermodels.data.design import Design
from clustermodels.data.factors import Factor, constant_within
from clustermodels.data.panel import Panel, Reader, Values, reader
from clustermodels.data.told import Told, told
from clustermodels.errors import Finding, Severity, choices
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.treatments import Adoption

# How many are named.
SHOWN = 6


def cohort_findings(spec: Spec, panel: Panel, of: Design) -> Iterator[Finding]:
    """Find cohorts and years that stand alone, and those whose effects the data do not tell."""
    rows = reader(panel)
    for name, item in by_cohort(spec).items():
        about = _About(spec, of, name, item, rows, cells(item, rows), adoption_years(item, rows))
        yield from _single(about)
        yield from _always(about)
        yield from _no_comparison(about)
        yield from _untold(about)
        yield from _levels_between(about)


@dataclass(frozen=True, eq=False)
class _About:
    """An adoption by cohort and year, and each row's cohort and year."""

    spec: Spec
    of: Design
    name: str
    item: Adoption
    rows: Reader
    found: Cells
    adopted: Values

    def finding(self, check: str, severity: Severity, what: str, so: str, do: str) -> Finding:
        """Word a finding at the treatment's place."""
        line = self.spec.source.line(("treatments", self.name))
        return Finding(check, severity, what, so, do, f"treatments.{self.name}", line)

    @property
    def always(self) -> NDArray[np.bool_]:
        """Tell which rows are of clusters that were reached before their first fitted row."""
        code, clusters = np.unique(self.rows.clusters.astype(str), return_inverse=True)
        since = np.full(len(code), np.inf)
        np.fmin.at(since, clusters, np.where(np.isnan(self.found.since), -1, self.found.since))
        return np.asarray((since >= 0)[clusters])

    @property
    def everywhere(self) -> list[str]:
        """Name the years in which the policy has reached all."""
        off = {*self.rows.years[self.found.after == ""].tolist()}
        return [str(year) for year in np.unique(self.rows.years) if year not in off]


def _single(about: _About) -> Iterator[Finding]:
    """Find cohorts of one cluster."""
    adopted, clusters = about.adopted, about.rows.clusters
    cohorts = np.unique(adopted[about.found.after != ""])
    single = [
        cohort_name(cohort)
        for cohort in cohorts
        if len({*clusters[adopted == cohort].tolist()}) == 1
    ]
    if single:
        leans = about.item.slope == "free" and len(cohorts) > 1
        yield about.finding(
            "cohort_of_one",
            "warning",
            f"one cluster alone adopted '{about.name}' in {choices(single, SHOWN)}",
            "Its effects are that cluster's own, and whatever else happened in it is in them.",
            "Write 'slope: partial', which judges it by the other cohorts too."
            if leans
            else "Say so beside the answer; more clusters that adopt would tell the policy from "
            "the place.",
        )


def _always(about: _About) -> Iterator[Finding]:
    """Find clusters without a year before."""
    always = [*dict.fromkeys(about.rows.clusters[about.always].tolist())]
    if always:
        yield about.finding(
            "always_treated",
            "warning",
            f"'{about.name}' had reached {choices(always, SHOWN)} in the first year that is fitted",
            "They have no year before, so that their own level takes up the effect: where no other "
            "cluster adopted in their year it comes from the prior, and the event study and the "
            "overall effect leave it out.",
            "Leave them out, or add earlier years.",
        )


def _no_comparison(about: _About) -> Iterator[Finding]:
    """Find years, and panels, without a comparison."""
    if about.item.comparison == "never" and not np.isnan(about.found.since).any():
        yield about.finding(
            "no_never",
            "serious",
            f"every cluster adopts '{about.name}', and 'comparison: never' compares with those "
            "that do not",
            "The years before adoption and the years' own effects cannot be told apart, and come "
            "from the prior.",
            "Write 'comparison: not_yet', or add clusters that never adopt.",
        )
    if YEAR not in about.spec.fixed_effects:
        yield about.finding(
            "no_years",
            "serious",
            f"'{about.name}' has effects by cohort and year, and years have none of their own",
            "What happened to all clusters in a year is taken for the policy's effect.",
            "Write 'year: {pooling: free}' in the fixed effects.",
        )
    elif about.everywhere:
        yield about.finding(
            "no_comparison",
            "serious",
            f"in {choices(about.everywhere, SHOWN)} every cluster has adopted '{about.name}'",
            "Nobody is left to compare with: effects in these years and the years' own cannot be "
            "told apart, and come from the prior; the event study and the overall effect leave "
            "them out as long as others are left.",
            "End the panel before, or add clusters that adopt later or never.",
        )


def _untold(about: _About) -> Iterator[Finding]:
    """Find cohorts and years that something else in the model makes up for, and say what."""
    seen = told(about.spec, about.of)
    own = _unseen(about, seen)
    out = {cohort_name(year) for year in np.unique(about.adopted[about.always])}
    out -= {cohort_name(year) for year in np.unique(about.adopted[~about.always & _some(about)])}
    if about.item.comparison != "never" or np.isnan(about.found.since).any():
        own = [
            level
            for level in own
            if level.split(" in ")[0] not in out and level.split(" in ")[1] not in about.everywhere
        ]
    else:
        own = []  # nobody never adopts, which is said
    if not own:
        return
    why, do = zip(*_reasons(about, seen, own), strict=True)
    yield about.finding(
        "cells_untold",
        "serious",
        f"the data do not tell the effects of '{about.name}' by cohort and year for "
        f"{choices(own, SHOWN)}",
        f"{' '.join(why)} These come from the prior, and the event study and the overall effect "
        "leave them out as long as others are left.",
        " ".join(do),
    )


def _some(about: _About) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(about.adopted))


def _unseen(about: _About, seen: Told) -> list[str]:
    """Name the cohorts and years, after adoption and before, that the data do not tell."""
    listed = []
    for effects in (names.by_cohort_year(about.name), names.before(about.name)):
        block = next((block for block in about.of.blocks if block.name == effects), None)
        if block is not None:
            levels = block.factor.levels if block.factor else block.labels or ()
            pairs = zip(levels, seen.levels[effects], strict=True)
            listed += [level for level, known in pairs if not known]
    return listed


def _reasons(about: _About, seen: Told, own: list[str]) -> Iterator[tuple[str, str]]:
    """Say what makes up for cohorts and years, and what to do about it."""
    found = False
    beside = {*seen.beside.get(names.by_cohort_year(about.name), ())}
    beside |= {*seen.beside.get(names.before(about.name), ())}
    if beside:
        found = True
        listed = choices([f"'{other}'" for other in sorted(beside)], SHOWN)
        yield f"{listed} and these move together.", f"Remove {listed}, or the cohorts."
    cohorts = {level.split(" in ")[0] for level in own}
    against = {cohort_name(year) for year in np.unique(about.adopted[about.found.since == -1])}
    missing = sorted(cohorts - against) if about.item.comparison == "never" else []
    if missing:
        found = True
        yield (
            f"No row of {choices(missing, SHOWN)} is of the year before adoption, against which "
            "the others are measured.",
            "Add rows of that year, or write 'comparison: not_yet'.",
        )
    flat = _unseen(about, told(about.spec, about.of, drifts=False))
    if not {*own} <= {*flat}:
        found = True
        yield (
            "There are too few years before for the free trends or slopes of clusters.",
            "Write 'trend: partial' or 'slope: partial', or leave these cohorts out.",
        )
    if not found:
        yield (
            "Effects of clusters and years take them up.",
            "Add earlier years, or clusters that adopt later or never.",
        )


def _levels_between(about: _About) -> Iterator[Finding]:
    """Find effects of clusters that hold only in part what always differs between cohorts."""
    years, codes = np.unique(np.nan_to_num(about.adopted, neginf=-1), return_inverse=True)
    cohort = Factor("cohort", "cohort", tuple(map(str, years)), codes)
    if any(
        block.factor is not None
        and block.pooling == "free"
        and not block.adrift
        and block.terms[0].around is None
        and constant_within(block.factor, cohort)
        for block in about.of.blocks
    ):
        return
    own = about.spec.fixed_effects.get(CLUSTER)
    yield about.finding(
        "cohort_levels",
        "warning",
        f"'{about.name}' has effects by cohort and year beside effects of clusters that are "
        f"{'absent' if own is None else own.pooling}",
        "What always differs between cohorts is then only in part in the effects of clusters, "
        "and the rest is taken for the policy's.",
        "Write 'cluster: {pooling: free}' in the fixed effects, as the extended two-way design "
        "has it."
        if about.spec.dynamics is None
        else "Add a column with the year of adoption, 0 for never, as a categorical control: not "
        "the one that scenarios edit. Free effects of clusters would bias the outcome's past.",
    )
