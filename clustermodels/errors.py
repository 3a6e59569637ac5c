"""What can be wrong, and the one place that words it.

A :class:`Problem` is one thing that is wrong, at one place of one file. ``SpecError`` and
``PanelError`` carry every problem that was found, in file order; ``FitError`` says why a run cannot
go on.
A :class:`Finding` is statistical doubt: never an exception, always printed.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the way out.

    Parameters
    ----------
    what
        What is wrong, a clause without a full stop.
    fix
        What to do about it, a whole sentence.
    file, line, path
        Where it stands; ``line`` counts from 1, ``path`` is dotted (``treatments.policies.lag``).
    got, expected
        The offending value as written, and the rule or the choices.
    edit
        What to do instead of ``fix`` where an edit of a scenario led to it.

    Examples
    --------
    >>> print(word(Problem("unknown key", file="spec.yaml", line=3, path="outcome",
    ...                    fix="Write 'outcomes'.")))
    spec.yaml:3: outcome: unknown key. Write 'outcomes'.
    """

    what: str
    fix: str = ""
    file: str = ""
    line: int | None = None
    path: str = ""
    got: str | None = None
    expected: str | None = None
    edit: str = ""


def word(problem: Problem) -> str:
    """Word one problem as ``FILE:LINE: PATH: WHAT. Got ...; expected .... WHAT TO DO.``."""
    place = ":".join(str(part) for part in (problem.file, problem.line) if part not in ("", None))
    heads = [part for part in (place, problem.path) if part]
    facts = []
    if problem.got is not None:
        facts.append(f"got {problem.got}")
    if problem.expected is not None:
        facts.append(f"expected {problem.expected}")
    said = "; ".join(facts)
    sentences = [_sentence(text) for text in (problem.what, said[:1].upper() + said[1:]) if text]
    if problem.fix:
        sentences.append(problem.fix)
    return ": ".join([*heads, " ".join(sentences)])


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


# What other programs and textbooks call some of the choices.
_SYNONYMS = {
    "nbreg": "negative_binomial",
    "negbin": "negative_binomial",
    "nb": "negative_binomial",
    "zinb": "zero_inflated_negative_binomial",
    "hurdle": "hurdle_negative_binomial",
    "logit": "bernoulli",
    "logistic": "bernoulli",
    "ols": "gaussian",
    "normal": "gaussian",
    "ln": "log",
    "random": "partial",
    "fixed": "free",
    "mundlak": "correlated",
    "multiply": "scale",
}


class Facts(TypedDict):
    """What a problem says of a name: as written, the choices, and what to do."""

    got: str
    expected: str
    fix: str


def unknown_among(name: str, known: Sequence[str]) -> Facts:
    """Give what a problem says of a name that is none of those that are known.

    Examples
    --------
    >>> unknown_among("gpd", ["gdp", "talent"])
    {'got': "'gpd'", 'expected': 'gdp, talent', 'fix': "Did you mean 'gdp'?"}
    """
    close = nearest(name, known)
    return {
        "got": repr(name),
        "expected": choices(known) or "nothing: there is none",
        "fix": f"Did you mean '{close}'?"
        if close
        else "Use one of these."
        if known
        else "Remove it.",
    }


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """Give the choice that ``name`` was most likely meant to be, or None.

    A synonym counts where what it stands for is one of the choices.

    Examples
    --------
    >>> nearest("negative_binomal", ["poisson", "negative_binomial"])
    'negative_binomial'
    >>> nearest("mundlak", ["free", "partial", "correlated"])
    'correlated'
    """
    known = {choice.casefold(): choice for choice in choices}
    wanted = str(name).casefold()
    if wanted not in known and _SYNONYMS.get(wanted) in known:
        wanted = _SYNONYMS[wanted]
    found = difflib.get_close_matches(wanted, list(known), n=1, cutoff=0.6)
    return known[found[0]] if found else None


def choices(names: Iterable[str], most: int = 12) -> str:
    """List names for a reader, the first ``most`` of them.

    Examples
    --------
    >>> choices(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    listed = list(names)
    if len(listed) <= most:
        return ", ".join(listed)
    return f"{', '.join(listed[:most])} and {len(listed) - most} more"


class ClusterModelsError(Exception):
    """Anything that stops a run and is not a bug: its text is ready to print."""


class _ProblemsError(ClusterModelsError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        files = [*dict.fromkeys(problem.file for problem in problems)]
        # stable: what stands on one line keeps the order in which it was found; counts come last
        self.problems = tuple(
            sorted(problems, key=lambda found: (files.index(found.file), found.line or math.inf))
        )
        super().__init__("\n".join(word(problem) for problem in self.problems))


class SpecError(_ProblemsError):
    """The document alone is wrong: every problem at once, in file order."""


class PanelError(_ProblemsError):
    """The document does not fit the data: problems that name clusters, years and columns."""


class FitError(ClusterModelsError):
    """A run cannot go on, saying because of what."""


Severity = Literal["note", "warning", "serious"]


@dataclass(frozen=True)
class Finding:
    """Statistical doubt about a design or a fit, for the report.

    Parameters
    ----------
    check
        The check's short name, a stable identifier (``no_within_variation``).
    severity
        ``note``, ``warning`` or ``serious``.
    what
        What was found, with its numbers.
    so_what
        What it means for the policy answer.
    what_to_do
        The way out.
    path, line
        The part of the document to change, and its line where the document has lines.
    """

    check: str
    severity: Severity
    what: str
    so_what: str
    what_to_do: str
    path: str = ""
    line: int | None = None


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings in order, the most serious first, others as they were found."""
    rank = {"serious": 0, "warning": 1, "note": 2}
    return tuple(sorted(findings, key=lambda finding: rank[finding.severity]))
