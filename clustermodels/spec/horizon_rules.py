"""What years beyond the panel must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices, unknown_among
from clustermodels.spec.document import Spec
from clustermodels.spec.fixed_effects import CLUSTER, YEAR
from clustermodels.spec.source import Path
from clustermodels.spec.treatments import Adoption

HERE = "horizon"


def columns_ahead(spec: Spec) -> dict[str, None]:
    """Give the columns that need a path: all that are read but those that go on by themselves.

    Those are the outcome, the roles, positions in the network, and adoptions.
    """
    outcome = spec.outcome[1]
    read = [read.column for read in outcome.reads()]
    read += [each.column for reads in spec.predictors().values() for each in reads]
    read += [column for item in spec.fixed_effects.values() for column in item.columns or ()]
    read += [
        column
        for scenario in spec.scenarios.values()
        for edit in scenario
        for column in edit.where or ()
    ]
    adopted = {
        item.first_year or item.column or ""
        for item in spec.treatments.values()
        if isinstance(item, Adoption)
    }
    roles = {CLUSTER, YEAR, spec.data.cluster, spec.data.year}
    free = roles | adopted | {*spec.measured()} | {outcome.column or ""}
    return dict.fromkeys(column for column in read if column not in free)


def years_alone(spec: Spec) -> tuple[str, str] | None:
    """Give the name of the factor of years, and its pooling, where there is one."""
    for name, item in spec.fixed_effects.items():
        if item.columns == (YEAR,):
            return name, item.pooling
    return None


def _paths(spec: Spec) -> Iterator[Problem]:
    if spec.horizon is None:
        return
    needed, given = columns_ahead(spec), spec.horizon.covariates
    for column in given:
        if column not in needed:
            yield spec.source.problem(
                (HERE, "covariates", column),
                "no column that needs a path: it is not read, or goes on by itself",
                **unknown_among(column, [*needed]),
            )
    missing = [column for column in needed if column not in given]
    if missing:
        written = ", ".join(f"{column}: last" for column in missing[:3])
        path: Path = (HERE, "covariates") if given else (HERE,)
        yield spec.source.problem(
            path,
            "nothing is said of what these columns will be in the years ahead",
            got=choices(missing),
            expected="a path for each column that the document reads",
            fix=f"Write 'covariates: {{{written}}}', or trend, or {{given: {{YEAR: NUMBER}}}}.",
        )


def _year_effects(spec: Spec) -> Iterator[Problem]:
    if spec.horizon is None:
        return
    found, said = years_alone(spec), spec.horizon.year_effect
    if found is not None and found[1] == "free" and said is None:
        yield spec.source.problem(
            (HERE,),
            "effects of years are free, so that no data say what those ahead will be",
            expected="year_effect: last, mean, or {given: {YEAR: NUMBER}}",
            fix="Write 'year_effect: last', or pool years: 'fixed_effects: {year: {pooling: "
            "partial}}', and they are drawn.",
        )
    if said is not None and (found is None or found[1] != "free"):
        why = "there are none" if found is None else "they are pooled, and so drawn"
        yield spec.source.problem(
            (HERE, "year_effect"),
            f"this is for free effects of years, and here {why}",
            fix="Remove it.",
        )
    for name, item in spec.fixed_effects.items():
        held = YEAR in (item.columns or ())
        alone = item.columns == (YEAR,)
        if held and (item.pooling == "correlated" or (not alone and item.pooling == "free")):
            why = (
                "means of its columns, which are not known there"
                if item.pooling == "correlated"
                else "effects that nothing is known of there"
            )
            yield spec.source.problem(
                (HERE,),
                f"no year ahead can be predicted, because '{name}' is {item.pooling} and has {why}",
                fix=f"Write 'pooling: partial' for '{name}'.",
            )


def _whole(spec: Spec) -> Iterator[Problem]:
    """Refuse documents whose years ahead depend on what is not known there."""
    if spec.horizon is None:
        return
    cohorts = [
        name
        for name, item in spec.treatments.items()
        if isinstance(item, Adoption) and item.by == "cohort_year"
    ]
    leads = [name for name, item in spec.treatments.items() if item.lag < 0]
    told = (
        (
            spec.residuals is not None,
            "'residuals' carry over into them from the last year",
            "Remove one of the two.",
        ),
        (
            bool(spec.predetermined()),
            f"{choices(spec.predetermined())} would react to the outcomes there, and a path does "
            "not",
            "Remove one of the two.",
        ),
        (
            bool(spec.uncertain()),
            f"cells of {choices([name for _, name in spec.uncertain()])} are parameters, which "
            "those ahead are not",
            "Drop rows with missing cells.",
        ),
        (
            bool(cohorts),
            f"{choices(cohorts)} has an effect of its own in each year",
            "Write 'by: cluster'.",
        ),
        (
            bool(leads),
            f"{choices(leads)} reads years beyond them",
            "Leave leads out where years ahead are predicted.",
        ),
    )
    for wrong, why, fix in told:
        if wrong:
            yield spec.source.problem(
                (HERE,), f"no year ahead can be predicted, because {why}", fix=fix
            )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (_paths, _year_effects, _whole)
