"""The truth of a simulation: posterior names to values, checked as they are taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from clustermodels.data.panel import Values
from clustermodels.errors import Problem, SpecError, choices, nearest
from clustermodels.spec.document import Spec
from clustermodels.spec.equations import of_equation
from clustermodels.spec.names import posterior_names
from clustermodels.spec.source import parse


def read_truth(path: Path) -> dict[str, Any]:
    """Read a file of posterior names and their true values."""
    try:
        values, _ = parse(path.read_text("utf-8-sig"), str(path))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError([Problem(f"cannot be read: {reason}", file=str(path))]) from None
    except UnicodeDecodeError:
        raise SpecError([Problem("not UTF-8 text", "Save it so.", file=str(path))]) from None
    if not isinstance(values, dict):
        raise SpecError([Problem("not a mapping of names to values", file=str(path))])
    return values


def told_to(outcome: str, each: Mapping[str, Spec], truth: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that one equation is told: its own, then those of all that it has.

    What no equation has is told to each, so that it is refused.
    """
    names = {other: {entry.name for entry in posterior_names(one)} for other, one in each.items()}
    prefixes = tuple(of_equation(other, "") for other in each)
    own = of_equation(outcome, "")
    shared = {
        key: value
        for key, value in truth.items()
        if not key.startswith(prefixes)
        and (key in names[outcome] or not any(key in known for known in names.values()))
    }
    return shared | {
        key.removeprefix(own): value for key, value in truth.items() if key.startswith(own)
    }


def owned(outcome: str, problems: Iterable[Problem], truth: Mapping[str, Any]) -> Iterator[Problem]:
    """Say of which equation a name is, where it is not written without."""
    for problem in problems:
        shared = problem.path in truth or problem.file
        path = problem.path if shared else of_equation(outcome, problem.path)
        yield replace(problem, path=path)


class Teller:
    """Takes values out of the truth by name, and remembers what is missing or left over."""

    def __init__(self, truth: Mapping[str, Any]) -> None:
        self.truth = truth
        self.values: dict[str, Values] = {}
        self.known: set[str] = set()
        self.problems: list[Problem] = []

    def scalar(self, name: str) -> float:
        """Take a number."""
        self.known.add(name)
        value = self._number(name, self.truth.get(name))
        self.values[name] = np.array([value])
        return value

    def positive(self, name: str) -> float:
        """Take a number above 0."""
        value = self.scalar(name)
        if value <= 0:
            self.refuse(name, f"must be positive, not {value:g}", "a number above 0")
        return value

    def vector(self, name: str, labels: tuple[str, ...]) -> Values:
        """Take a number for each label, or one for all."""
        self.known.add(name)
        given = self.truth.get(name)
        if isinstance(given, Mapping):
            byname = {str(label): value for label, value in given.items()}
            for label in byname:
                if label not in labels:
                    self.refuse(name, f"'{label}' is not one of its levels", choices(labels))
            numbers = [self._number(f"{name}.{label}", byname.get(label)) for label in labels]
        else:
            numbers = [self._number(name, given)] * len(labels)
        self.values[name] = np.array([numbers])
        return self.values[name]

    def finish(self) -> None:
        """Refuse what is missing, wrong or left over, all at once."""
        for name in self.truth:
            if name not in self.known:
                close = nearest(name, self.known)
                fix = f"Did you mean '{close}'?" if close else "Remove it."
                self.problems.append(Problem("not a name of this model", fix, path=name))
        if self.problems:
            raise SpecError(self.problems)

    def _number(self, name: str, value: object) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
            return float(value)
        what = "no true value" if value is None else f"not a finite number: {value!r}"
        self.refuse(name, what, "a finite number")
        return float("nan")

    def refuse(self, name: str, what: str, expected: str) -> None:
        """Remember what is wrong with a value."""
        self.problems.append(Problem(what, "State it in the truth.", path=name, expected=expected))
