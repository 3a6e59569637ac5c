"""What columns with unknown cells must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem
from clustermodels.spec.document import Spec
from clustermodels.spec.treatments import Adoption


def _read_once(spec: Spec) -> Iterator[Problem]:
    """Refuse a second use of a column whose cells are parameters, wherever it is."""
    read: dict[str, list[tuple[str, str]]] = {}
    for place, reads in spec.predictors().items():
        for each in reads:
            read.setdefault(each.column, []).append(place)
    name, outcome = spec.outcome
    for each in outcome.reads():
        read.setdefault(each.column, []).append(("outcomes", name))
    for factor, declared in spec.fixed_effects.items():
        for column in declared.columns or ():
            read.setdefault(column, []).append(("fixed_effects", factor))
    for place in spec.uncertain():
        column = spec.predictors()[place][0].column
        others = [".".join(other) for other in read[column] if other != place]
        if len(read[column]) > 1:
            yield spec.source.problem(
                place,
                f"'{column}' is read elsewhere too ({', '.join(others) or 'here, as given'}), and "
                "that cannot be, because its unknown cells are parameters of this item alone",
                fix="Read it once, or drop rows with missing cells.",
            )


def _given_the_outcome(spec: Spec) -> Iterator[Problem]:
    outcome = spec.outcome[1].column
    for place, item in spec.uncertain().items():
        if outcome in item.given:
            yield spec.source.problem(
                (*place, "missing"),
                f"cells cannot be given '{outcome}', because that is the outcome, which tells of "
                "them through the model already",
                fix="Remove it from 'given'.",
            )


def _known_to_scenarios(spec: Spec) -> Iterator[Problem]:
    """Refuse scenarios that edit or judge cells which the model does not know."""
    unknown = {
        reads[0].column for place, reads in spec.predictors().items() if place in spec.uncertain()
    }
    terms = {reads[0].column for reads in spec.predictors().values()}
    beside = {each.column for place in spec.uncertain() for each in spec.predictors()[place][1:]}
    for name, scenario in spec.scenarios.items():
        for position, edit in enumerate(scenario):
            path = ("scenarios", name, position)
            for column in edit.amounts:
                if column in unknown:
                    yield spec.source.problem(
                        (*path, edit.verb, column),
                        f"'{column}' cannot be edited, because its cells are parameters, drawn "
                        "given the outcomes that were observed",
                        fix="Edit a treatment, or remove 'missing' and 'error' from the column.",
                    )
                elif column in beside - terms:
                    yield spec.source.problem(
                        (*path, edit.verb, column),
                        f"'{column}' cannot be edited, because it only helps to impute, and "
                        "imputed cells stay what they were",
                        fix="Edit a column of the predictor.",
                    )
            for column in edit.where or {}:
                if column in unknown:
                    yield spec.source.problem(
                        (*path, "where", column),
                        f"'{column}' cannot be a condition, because whether a row meets it is not "
                        "known",
                        fix="Condition on a column that is observed.",
                    )


def _first_values(spec: Spec) -> Iterator[Problem]:
    if spec.dynamics is not None and spec.dynamics.initial == "wooldridge":
        for place in spec.uncertain():
            yield spec.source.problem(
                place,
                "its cells cannot be parameters beside 'initial: wooldridge', because cluster "
                "effects are given the first values of every column, and these are not known",
                fix="Drop rows with missing cells and leave 'error' out, or drop the dynamics.",
            )


def _rows_without_outcome(spec: Spec) -> Iterator[Problem]:
    """Refuse to predict rows without an outcome where more of them would have to be known."""
    if not spec.predicts_missing:
        return
    cohorts = [
        name
        for name, item in spec.treatments.items()
        if isinstance(item, Adoption) and item.by == "cohort_year"
    ]
    reasons = {
        "'dynamics'": "the year after has no past then" if spec.dynamics is not None else "",
        "'residuals'": "what carries over is known of rows with an outcome only"
        if spec.residuals is not None
        else "",
        "'by: cohort_year'": "a cohort's effect in a year is that of its rows with an outcome"
        if cohorts
        else "",
        "'missing' or 'error' of a column": "only cells of rows with an outcome are parameters"
        if spec.uncertain()
        else "",
    }
    for what, reason in reasons.items():
        if reason:
            yield spec.source.problem(
                ("outcomes", spec.outcome[0], "missing"),
                f"rows without an outcome cannot be predicted beside {what}, because {reason}",
                fix="Remove 'missing: model' here.",
            )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (
    _read_once,
    _given_the_outcome,
    _known_to_scenarios,
    _first_values,
    _rows_without_outcome,
)
