"""The equations of predetermined columns from a document and its panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from clustermodels.data import priors
from clustermodels.data.blocks import Block, Term
from clustermodels.data.feedback import BEYOND, OWN, Feedback
from clustermodels.data.initial import of_a_year
from clustermodels.data.learned import Learned
from clustermodels.data.panel import Positions, Reader, Values
from clustermodels.data.units import unit_of
from clustermodels.errors import PanelError, Problem, choices
from clustermodels.families.priors import Prior, prior
from clustermodels.spec.document import Spec
from clustermodels.spec.dynamics import feedback, feedback_own_sd, feedback_sd
from clustermodels.spec.fixed_effects import CLUSTER
from clustermodels.spec.names import means
from clustermodels.spec.reads import Read, years_before

# A column is a sum of others where it leaves less than this share of its length.
_NEGLIGIBLE = 1e-8
# With fewer rows for each coefficient of an equation, its priors alone hold it.
ROWS_EACH = 2


def feedbacks(
    spec: Spec,
    rows: Reader,
    columns: Mapping[str, Values],
    blocks: Sequence[Block],
    learned: Learned,
) -> tuple[Feedback, ...]:
    """Give every predetermined column its equation.

    The likelihood of outcomes and predetermined columns together, given each cluster's first
    ones, is that of the outcomes given the cluster's effect times, for every later row, that of
    the column given the effect and all that came before it. A reaction to the effect is what
    keeps a policy that goes along with it from being taken for one that does not.

    Raises
    ------
    PanelError
        If a cluster's rows have a gap.
    """
    if not spec.predetermined():
        return ()
    follows = np.append(False, rows.clusters[1:] == rows.clusters[:-1])
    gaps = np.flatnonzero(follows & (np.diff(rows.years, prepend=0) != 1))
    if gaps.size:
        broken = [*dict.fromkeys(rows.clusters[gaps].tolist())]
        problem = spec.source.problem(
            ("dynamics", "predetermined"),
            f"the rows of {choices(broken, most=6)} have gaps, and a column cannot be "
            "predetermined there, because what it reacts to in the year after a gap is not known",
            fix="Fill the gaps, or leave these clusters out.",
        )
        raise PanelError([problem])
    own = spec.dynamics
    years = len(np.unique(rows.years))
    if own is not None and own.feedback == "free" and len(follows) != (~follows).sum() * years:
        problem = spec.source.problem(
            ("dynamics", "feedback"),
            "an equation for each year cannot be had, because clusters have rows in different "
            "years, and what the first ones look back on differs",
            fix="Write 'feedback: common'.",
        )
        raise PanelError([problem])
    later = np.flatnonzero(follows)
    given = _given(spec, columns, blocks, later, learned)
    made = []
    for position, name in enumerate(spec.predetermined()):
        # of two columns of one year the second is told given the first
        others = spec.predetermined()[:position]
        together = {other: _in_users(spec, columns, other, learned)[later] for other in others}
        made.append(_equation(spec, rows, name, columns, later, together | given, learned))
    return tuple(made)


def _in_users(spec: Spec, columns: Mapping[str, Values], name: str, learned: Learned) -> Values:
    """Give a column as it enters, in the user's units, up to a constant."""
    values: Values = columns[name] / unit_of(spec, name, learned)[0]
    return values


def _given(
    spec: Spec,
    columns: Mapping[str, Values],
    blocks: Sequence[Block],
    later: Positions,
    learned: Learned,
) -> dict[str, Values]:
    """Give what is known of a row's cluster, and its own columns that react to nothing."""
    apart = {*spec.lagged(), *spec.reacting()}
    found = {
        name: _in_users(spec, columns, name, learned)[later]
        for name in columns
        if name not in apart
    }
    for block in blocks:
        if block.factor is not None and block.name in spec.controls:
            for code, level in enumerate(block.factor.levels):
                found[f"{block.name} {level}"] = (block.factor.codes[later] == code) - 0.0
        if block.labels is not None:
            kind = "mean" if block.name == means(CLUSTER) else "first"
            for term, values in zip(block.terms, block.values.T, strict=True):
                label = term.name if of_a_year(spec, term.name) else f"{kind} {term.name}"
                found[label] = values[later] / term.unit
    return found


def _equation(
    spec: Spec,
    rows: Reader,
    name: str,
    columns: Mapping[str, Values],
    later: Positions,
    given: Mapping[str, Values],
    learned: Learned,
) -> Feedback:
    lag = _lag(spec, name)
    when, spread = rows.years[later] - lag, learned.scales[name].spread
    free = spec.dynamics is not None and spec.dynamics.feedback == "free"
    equations = tuple(map(str, np.unique(when).tolist())) if free else ()
    equation: Positions = when - when.min() if free else np.zeros_like(later)
    own = _in_users(spec, columns, name, learned)
    kept: list[Values] = []
    basis = np.empty((len(later), 0))
    terms: list[Term] = []

    def law(unit: float) -> Prior:
        return priors.coefficient(spec, feedback(name), 1.0, unit)

    for code in range(max(len(equations), 1)):
        here, before = equation == code, len(terms)
        told = f"{equations[code]}: " if free else ""
        whole = {} if free else {str(year): (when == year) - 0.0 for year in np.unique(when)}
        for label, values in (whole or {"intercept": here - 0.0}).items():
            kept.append(values)
            terms.append(Term(told + label, law(spread), spread))
            basis = np.column_stack([basis, values / np.linalg.norm(values)])
        reach = code + 1 if free else len(spec.lagged())
        past = _past(spec, rows, name, own, later, lag, reach, free)
        for label, values in {**past, **given}.items():
            width = float(values[here].std())
            column = np.where(here, (values - values[here].mean()) / (width or 1.0), 0.0)
            left = column - basis @ (basis.T @ column)
            left -= basis @ (basis.T @ left)
            length = float(np.linalg.norm(left))
            # sums of others say nothing more
            if width == 0 or length < _NEGLIGIBLE * np.linalg.norm(column):
                continue
            basis = np.column_stack([basis, left / length])
            kept.append(column)
            terms.append(Term(told + label, law(spread / width), spread / width))
        size, count = int(here.sum()), len(terms) - before
        if size < ROWS_EACH * count:
            raise PanelError([_too_few(spec, name, size, told, count)])
    terms += [
        Term(f"{label}: {BEYOND}" if free else BEYOND, law(spread), spread)
        for label in equations or ("",)
    ]
    return Feedback(
        name=feedback(name),
        sd_name=feedback_sd(name),
        column=name,
        rows=later,
        response=columns[name][later],
        values=np.column_stack(kept),
        equation=equation,
        equations=equations,
        terms=tuple(terms),
        sd=priors.positive(spec, feedback_sd(name), prior("exponential", mean=1.0), spread),
        own_sd=None
        if free
        else priors.positive(spec, feedback_own_sd(name), prior("exponential", mean=OWN), spread),
        unit=spread,
    )


def _past(
    spec: Spec,
    rows: Reader,
    name: str,
    own: Values,
    later: Positions,
    lag: int,
    reach: int,
    free: bool,
) -> dict[str, Values]:
    """Give what the column looks back on: the outcomes before its own year, and its last values.

    As many outcomes as the outcome itself looks back on and one value of its own, or all since
    the cluster's first row.
    """
    outcome = spec.outcome[0]
    of = replace(rows, at=rows.at[later])
    found = {
        f"{outcome} {years_before(back)}": of.numbers(
            Read(spec.outcome[1].column or "", lag + back)
        )
        for back in range(1, reach + 1)
    }
    for back in range(1, reach + 1 if free else 2):
        found[f"{name} {years_before(back)}"] = own[np.maximum(later - back, 0)]
    return found


def _lag(spec: Spec, name: str) -> int:
    sections = ("treatments", "moderators", "controls")
    reads = spec.predictors()
    (lag,) = {reads[s, name][0].lag for s in sections if (s, name) in reads}
    return lag


def _too_few(spec: Spec, name: str, size: int, told: str, count: int) -> Problem:
    return spec.source.problem(
        ("dynamics", "feedback" if told else "predetermined"),
        f"{told}the equation of '{name}' has {count} coefficients and {size} rows, and cannot be "
        f"had, because with fewer than {ROWS_EACH} rows for each it would follow its own errors",
        fix="Write 'feedback: common'." if told else "Name fewer columns, or use more years.",
    )
