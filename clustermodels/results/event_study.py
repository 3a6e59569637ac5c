"""The effects of an adoption by cohort and year, put together over rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clustermodels.data.adopted import adoption_years, cohort_name
from clustermodels.data.cohorts import by_cohort, cells
from clustermodels.data.design import Design
from clustermodels.data.panel import Positions, Values, reader
from clustermodels.data.predictor import Draws, by_piece, part
from clustermodels.data.told import Mask, told
from clustermodels.data.walk import expected_outcome
from clustermodels.errors import FitError
from clustermodels.fits.record import Fit, flat
from clustermodels.results.answers import answers
from clustermodels.results.intervals import increase, summarised
from clustermodels.spec import names
from clustermodels.spec.names import INTERCEPT
from clustermodels.spec.treatments import Adoption

Labels = tuple[str, str, str, str, int]


@dataclass(frozen=True, eq=False)
class _Grouped:
    """Rows that a policy has reached, or will, in groups.

    Parameters
    ----------
    by
        What makes a group.
    levels
        The group's labels.
    rows, group, cell
        (n,): which rows they are, the group of each, and its cohort and year.
    """

    by: str
    levels: tuple[str, ...]
    rows: Positions
    group: Positions
    cell: Positions

    @property
    def sizes(self) -> Positions:
        """How many rows each group has."""
        return np.bincount(self.group, minlength=len(self.levels))

    def averaged(self, effects: Values) -> Values:
        """Average effects of cells, (S, cell), over the rows of each group: (S, group)."""
        weights = np.zeros((effects.shape[1], len(self.levels)))
        np.add.at(weights, (self.cell, self.group), 1.0)
        return np.asarray(effects @ (weights / self.sizes))


def event_study(fit: Fit) -> xr.Dataset:
    r"""Put the effects of adoptions by cohort and year together.

    Each group's coefficient is the mean of its cells' over its rows that the policy has reached,
    $\sum_{it} \delta_{g(i) t} / n$ (Wooldridge 2021): of that year, at the moderators' centres. On
    a log link there is the ratio of expected outcomes as well, the sum at these rows over that
    without the policy; on a logit link the mean difference. These hold all that goes with the
    policy: products with moderators and, with ``dynamics``, what earlier years left.

    Cohorts and years of which the data tell nothing (``check`` names them) are left out, as long
    as there are others.

    Parameters
    ----------
    fit
        Of a document with an adoption ``by: cohort_year``.

    Returns
    -------
    Dataset
        Along ``row``: ``median``, ``eti95_lower``, ``eti95_upper``, ``probability`` (of an
        increase); coordinates ``treatment``, ``by`` (``overall``, ``event_time``, years since
        adoption and its lag; ``cohort``, ``year``, ``cell``; ``before``, the event times before
        adoption, where the comparison is with clusters that never adopt), ``level``,
        ``quantity``, and ``rows``, how many cluster-years stand behind it.

    Raises
    ------
    FitError
        If no treatment of the document is an adoption by cohort and year.

    References
    ----------
    Wooldridge, J. M. (2021). Two-way fixed effects, the two-way Mundlak regression, and
    difference-in-differences estimators. https://doi.org/10.2139/ssrn.3906345
    """
    if not by_cohort(fit.spec):
        raise FitError(
            "an event study cannot be given because no treatment of the document is an adoption "
            "with 'by: cohort_year'"
        )
    labels, draws, against = zip(*_entries(fit), strict=True)
    table = np.stack(draws, axis=1)
    treatment, by, level, quantity, rows = zip(*labels, strict=True)
    return answers(
        {"treatment": treatment, "by": by, "level": level, "quantity": quantity, "rows": rows},
        summarised(table) | {"probability": increase(table, np.array(against))},
    )


def overall_effect(fit: Fit, treatment: str, draws: Draws) -> Values:
    """Average an adoption's coefficient over all rows that it has reached, (S,)."""
    (whole, *_) = _after(fit, treatment)
    return whole.averaged(np.asarray(draws[names.by_cohort_year(treatment)]))[:, 0]


def reached(fit: Fit, treatment: str) -> Positions:
    """Give the fitted rows over which an adoption's overall effect is a mean, (n,)."""
    (whole, *_) = _after(fit, treatment)
    return whole.rows


def _entries(fit: Fit) -> Iterator[tuple[Labels, Values, float]]:
    """Give each line's labels, its draws, and the number that stands for no effect."""
    draws, link = flat(fit.posterior), fit.design().outcome.family.link
    for treatment, item in by_cohort(fit.spec).items():
        effects = np.asarray(draws[names.by_cohort_year(treatment)])
        groups = [*_after(fit, treatment)]
        moved: Mapping[str, Values] = {}
        if link.name != "identity":
            moved = _outcomes(fit, item, draws, groups)
        for grouped in groups:
            found = {"coefficient": (grouped.averaged(effects), 0.0)}
            if moved:
                on, off = moved[grouped.by]
                found |= (
                    {"ratio": (on / off, 1.0)}
                    if link.effect == "ratio"
                    else {"difference": ((on - off) / grouped.sizes, 0.0)}
                )
            yield from _lines(treatment, grouped, found)
        if fit.learned.levels.get(names.before(treatment)):
            early = np.asarray(draws[names.before(treatment)])
            grouped = _before(fit, treatment)
            yield from _lines(treatment, grouped, {"coefficient": (grouped.averaged(early), 0.0)})


def _lines(
    treatment: str, grouped: _Grouped, found: Mapping[str, tuple[Values, float]]
) -> Iterator[tuple[Labels, Values, float]]:
    for spot, level in enumerate(grouped.levels):
        for quantity, (values, neutral) in found.items():
            about = (treatment, grouped.by, level, quantity, int(grouped.sizes[spot]))
            yield about, values[:, spot], neutral


def _after(fit: Fit, treatment: str) -> Iterator[_Grouped]:
    """Group the rows that the policy has reached."""
    item, rows = by_cohort(fit.spec)[treatment], reader(fit.panel)
    found, adopted = cells(item, rows), adoption_years(item, rows)
    effects = names.by_cohort_year(treatment)
    on, cell = _known(fit, effects, found.after, told(fit.spec, fit.design()).levels[effects])
    yield _Grouped("overall", ("",), on, np.zeros(len(on), dtype=np.int64), cell)
    dated = np.isfinite(found.since[on])
    for by, values, kept in (
        ("event_time", found.since, dated),
        ("cohort", adopted, np.ones_like(dated)),
        ("year", rows.years.astype(float), np.ones_like(dated)),
    ):
        different, group = np.unique(values[on[kept]], return_inverse=True)
        levels = tuple(cohort_name(value) for value in different)
        yield _Grouped(by, levels, on[kept], group, cell[kept])
    every = np.array(fit.learned.levels[effects])
    there, group = np.unique(cell, return_inverse=True)
    yield _Grouped("cell", tuple(every[there].tolist()), on, group, cell)


def _before(fit: Fit, treatment: str) -> _Grouped:
    """Group the rows of cohorts before they adopt, by event time."""
    item, rows = by_cohort(fit.spec)[treatment], reader(fit.panel)
    found, early = cells(item, rows), names.before(treatment)
    on, cell = _known(fit, early, found.before, told(fit.spec, fit.design()).levels[early])
    different, group = np.unique(found.since[on].astype(int), return_inverse=True)
    return _Grouped("before", tuple(map(str, different)), on, group, cell)


def _known(
    fit: Fit, effects: str, labels: NDArray[np.object_], seen: Mask
) -> tuple[Positions, Positions]:
    """Give the rows whose cohort and year the data tell, and which these are: all if none are."""
    on = np.flatnonzero(labels != "")
    cell = np.searchsorted(np.array(fit.learned.levels[effects]), labels[on].astype(str))
    kept = seen[cell] if seen.any() else np.ones(len(on), dtype=bool)
    return on[kept], cell[kept]


def _outcomes(fit: Fit, item: Adoption, draws: Draws, groups: list[_Grouped]) -> dict[str, Values]:
    """Sum expected outcomes with and without the policy, (2, S, group), by what makes a group.

    All that the policy moves goes with it: products with moderators, and the outcome's past.
    """
    column = item.first_year or item.column or ""
    never = fit.panel.rows.assign({column: 0.0 * fit.panel.rows["year"]})
    with_, without = fit.design(), fit.design(replace(fit.panel, rows=never, read_as=""))
    total, size = len(draws[INTERCEPT]), len(with_.years)
    of = {grouped.by: np.full(size, -1) for grouped in groups}
    for grouped in groups:
        of[grouped.by][grouped.rows] = grouped.group
    sums = {g.by: np.zeros((2, total, len(g.levels))) for g in groups}

    def both(rows: slice, here: Design) -> Values:
        seed = [fit.spec.engine.seed, rows.start]
        off = part(without, rows)
        return np.stack([expected_outcome(each, draws, seed) for each in (here, off)])

    for rows, expected in by_piece(with_, total, both):
        for by, added in sums.items():
            hit = of[by][rows][:, None] == np.arange(added.shape[2])
            added += expected @ hit.astype(float)
    return sums
