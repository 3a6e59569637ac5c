"""Which cluster-years a policy that stays has reached, by the year of adoption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clustermodels.data.adopted import adoption_years, cohort_name, repealed
from clustermodels.data.blocks import Block, Term
from clustermodels.data.factors import Factor
from clustermodels.data.panel import Reader, Values
from clustermodels.errors import PanelError, choices
from clustermodels.spec import names
from clustermodels.spec.document import Spec
from clustermodels.spec.names import level_dim
from clustermodels.spec.treatments import Adoption

Pooling = Literal["common", "free", "partial"]
Labels = NDArray[np.object_]
Levels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cohort and year of each row, as a label; '' where there is none.

    Parameters
    ----------
    after
        (obs,): of rows that the policy has reached.
    before
        (obs,): of rows of clusters that will adopt, but for the year before they do, against which
        the others are measured.
    since
        (obs,): years since adoption (and lag); nan where a cluster never adopts, infinite where
        nobody knows since when.
    """

    after: Labels
    before: Labels
    since: Values


def cells(treatment: Adoption, reader: Reader) -> Cells:
    """Give the cohort and year of each row: the year of adoption, and the row's own."""
    return _cells(treatment, reader, adoption_years(treatment, reader))


def _cells(treatment: Adoption, reader: Reader, adopted: Values) -> Cells:
    start = adopted + treatment.lag
    # who adopts after the panel never does in it
    adopted = np.where(start > reader.rows["year"].to_numpy().max(), np.nan, adopted)
    since = reader.years - (adopted + treatment.lag)
    labels = np.array(
        [
            "" if np.isnan(cohort) else f"{cohort_name(cohort)} in {year}"
            for cohort, year in zip(adopted, reader.years, strict=True)
        ],
        dtype=object,
    )
    on = (since >= 0) & ~repealed(treatment, reader)
    return Cells(np.where(on, labels, ""), np.where(since < -1, labels, ""), since)


def by_cohort(spec: Spec) -> dict[str, Adoption]:
    """Give the treatments whose effect has a value for each cohort and year."""
    return {
        name: item
        for name, item in spec.treatments.items()
        if isinstance(item, Adoption) and item.by == "cohort_year"
    }


def cell_levels(spec: Spec, reader: Reader) -> dict[str, tuple[str, ...]]:
    """Learn which cohorts and years there are, by the posterior name of their effects."""
    levels = {}
    for name, item in by_cohort(spec).items():
        found = cells(item, reader)
        if not (found.after != "").any():
            raise PanelError(
                [
                    spec.source.problem(
                        ("treatments", name),
                        "no row that is fitted was reached: nobody adopts in time",
                        fix="Check the years of adoption, or remove it.",
                    )
                ]
            )
        levels[names.by_cohort_year(name)] = _levels(found.after)
        if item.comparison == "never":
            levels[names.before(name)] = _levels(found.before)
    return levels


def cohorts(spec: Spec, reader: Reader) -> dict[str, dict[str, int]]:
    """Learn when clusters adopted what is compared with those that never do, by treatment.

    What differed between cohorts before they adopted is no work of the policy, and stays under
    every scenario.
    """
    learned = {}
    for name, item in by_cohort(spec).items():
        if item.comparison == "never":
            adopted = adoption_years(item, reader)
            some = np.isfinite(adopted)
            years = adopted[some].astype(int).tolist()
            learned[name] = dict(zip(reader.clusters[some].tolist(), years, strict=True))
    return learned


def _levels(labels: Labels) -> tuple[str, ...]:
    return tuple(sorted({*labels.tolist()} - {""}))


def cohort_blocks(
    spec: Spec,
    reader: Reader,
    levels: Levels,
    adopted: Mapping[str, Mapping[str, int]],
    slopes: Mapping[str, Term],
    leads: Mapping[str, Term],
) -> list[Block]:
    """Give each such treatment a coefficient for each cohort and year that it has reached.

    They vary around the treatment's own, which is common to all. With never-treated clusters as
    the comparison, cohorts also have a coefficient for each year before, but for the last one:
    those of the fitting panel, whatever a scenario says of adoption.

    Raises
    ------
    PanelError
        If a scenario makes a cohort and year that nobody was in.
    """
    blocks = []
    for name, item in by_cohort(spec).items():
        found, effects = cells(item, reader), names.by_cohort_year(name)
        known = levels[effects]
        on = found.after != ""
        term = slopes[name]
        codes = _codes(spec, name, found.after, known)
        of = Factor(f"{name} cohort-year", level_dim(effects), known, codes)
        pooling: Pooling = "free" if item.slope == "free" else "partial"
        blocks.append(Block(effects, (on * term.unit)[:, None], (term,), of, pooling))
        early = levels.get(names.before(name), ())
        if early:
            lead, then = leads[name], adopted[name]
            years = np.array([then.get(cluster, np.nan) for cluster in reader.clusters])
            before = _cells(item, reader, years).before
            hit = before[:, None] == np.array(early, dtype=object)
            terms = tuple(Term(level, lead.prior, lead.unit) for level in early)
            values = hit * lead.unit
            blocks.append(Block(names.before(name), values, terms, labels=early))
    return blocks


def _codes(spec: Spec, name: str, labels: Labels, known: tuple[str, ...]) -> NDArray[np.int64]:
    position = {level: index for index, level in enumerate(known)} | {"": 0}
    strange = sorted({*labels.tolist()} - {*position})
    fix = "Move adoptions to years in which others adopted, or write 'by: cluster'."
    if strange:
        raise PanelError(
            [
                spec.source.problem(
                    ("treatments", name),
                    f"cohorts and years that nobody was in, with effects that nobody can know: "
                    f"{choices(strange, 4)}",
                    fix=fix,
                    edit=fix,
                )
            ]
        )
    return np.array([position[label] for label in labels], dtype=np.int64)
