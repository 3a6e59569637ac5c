"""What the form of a moderator must be to the rest of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clustermodels.errors import Problem, choices
from clustermodels.spec.cells import WithCells
from clustermodels.spec.document import Spec
from clustermodels.spec.moderators import in_steps


def _known_cells(spec: Spec) -> Iterator[Problem]:
    """Refuse cells that are parameters where what they go into is no straight line in them."""
    for name, item in spec.moderators.items():
        uncertain = isinstance(item, WithCells) and item.uncertain
        if uncertain and item.form != "linear":
            yield spec.source.problem(
                ("moderators", name, "form"),
                "its cells cannot be parameters beside this form, because its columns are made of "
                "known values, and only a straight line is one in an unknown cell",
                fix="Write 'form: linear', or remove 'missing' and 'error'.",
            )
        if not item.full:
            continue
        unknown = [key for section, key in spec.uncertain() if section == "controls"]
        if uncertain or unknown:
            yield spec.source.problem(
                ("moderators", name, "full"),
                f"controls cannot be bent by '{name}', because cells of "
                f"{choices([name] if uncertain else unknown)} are parameters, and products with "
                "them are for treatments alone",
                fix="Remove 'full', or 'missing' and 'error'.",
            )


def _sampled_lines(spec: Spec) -> Iterator[Problem]:
    """Refuse curves of positions whose sampling error is to be taken out."""
    for name in spec.sampled():
        item = spec.moderators[name]
        if item.form != "linear":
            yield spec.source.problem(
                ("moderators", name, "uncertain"),
                "the sampling error of ties cannot be taken out of this form, because it is told "
                "of single coefficients, and only a straight line has one",
                fix="Write 'form: linear', or remove 'uncertain'.",
            )


def _known_columns(spec: Spec) -> Iterator[Problem]:
    """Refuse columns that react to outcomes beside what their equations do not hold."""
    if not spec.predetermined():
        return
    for name, item in spec.moderators.items():
        for key, asked in (
            ("form", item.form != "linear"),
            ("kind", item.kind == "categorical"),
            ("full", item.full),
        ):
            if asked:
                yield spec.source.problem(
                    ("moderators", name, key),
                    "this cannot stand beside predetermined columns, because their equations hold "
                    "straight lines of treatments and moderators only",
                    fix="Write 'form: linear' without 'full', or remove 'predetermined'.",
                )


def _lines_of_shapes(spec: Spec) -> Iterator[Problem]:
    """Refuse curves and steps of doses whose lags have a shape."""
    first = {own[0]: dose for dose, (_, own) in spec.shaped().items()}
    for treatment, name in spec.moderated():
        item = spec.moderators[name]
        if treatment in first and (item.form != "linear" or in_steps(item)):
            yield spec.source.problem(
                ("moderators", name, "kind" if item.form == "linear" else "form"),
                f"the effects of '{first[treatment]}' cannot be bent so, because its lags have a "
                "shape, and a shape is bent along straight lines only",
                fix="Write 'form: linear', limit the moderator to other treatments (moderates), or "
                "give the lags 'shape: free'.",
            )


def _something_bent(spec: Spec) -> Iterator[Problem]:
    for name, item in spec.moderators.items():
        if item.full and not spec.controls:
            yield spec.source.problem(
                ("moderators", name, "full"),
                f"there is no control whose effect '{name}' could bend",
                fix="Remove 'full', or add controls.",
            )
        if item.full and in_steps(item):
            text = [key for key, control in spec.controls.items() if control.kind == "categorical"]
            if text:
                yield spec.source.problem(
                    ("moderators", name, "full"),
                    f"controls cannot be bent by '{name}', because {choices(text)} has labels, and "
                    "effects of labels change along a straight line only",
                    fix="Write 'form: linear', or remove 'full'.",
                )


RULES: tuple[Callable[[Spec], Iterator[Problem]], ...] = (
    _known_cells,
    _sampled_lines,
    _known_columns,
    _lines_of_shapes,
    _something_bent,
)
