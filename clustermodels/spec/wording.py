"""What pydantic says of a document, as problems that its writer can mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from clustermodels.errors import Problem, nearest
from clustermodels.spec.section import OUTSIDE, UNKNOWN_KEY, WRONG, shown
from clustermodels.spec.source import Path, Source

# Sections in which a list is short for a mapping to defaults.
LISTS = ("outcomes", "treatments", "moderators", "controls", "fixed_effects")

_MAPPINGS = ("dict_type", "model_type", "model_attributes_type")
_SEQUENCES = ("tuple_type", "list_type")
_EXPECTED = {
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    **dict.fromkeys(_MAPPINGS, "a mapping (key: value)"),
    **dict.fromkeys(_SEQUENCES, "a list"),
}
_RULES = {
    "literal_error": "{expected}",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} or less",
    "too_short": "{min_length} or more of them",
    "too_long": "{max_length} or fewer of them",
}
# What YAML 1.1 read as true and false, and YAML 1.2 reads as text.
_TRUTHS = {
    **dict.fromkeys(("yes", "y", "on", "true"), "true"),
    **dict.fromkeys(("no", "n", "off", "false"), "false"),
}


def problems_of(error: ValidationError, data: dict[str, Any], source: Source) -> list[Problem]:
    """Word every error of a validation; branches of one union become one problem."""
    found: dict[tuple[Path, str], Problem] = {}
    for item in error.errors(include_url=False):
        for path, problem in _worded(item, data, source):
            kind = "mismatch" if _is_mismatch(problem) else problem.what
            before = found.setdefault((path, kind), problem)
            if before is not problem:
                found[path, kind] = _joined(before, problem)
    return [
        problem
        for (path, _), problem in found.items()
        if not (_is_mismatch(problem) and _is_outdone(path, found))
        and not (problem.what == "missing" and _is_misspelt(path, found))
    ]


def meant(problems: list[Problem]) -> frozenset[str]:
    """Give the sections that misspelt keys of the document were meant to be."""
    return frozenset(
        _guessed(problem)
        for problem in problems
        if problem.what == UNKNOWN_KEY and "." not in problem.path
    )


def _guessed(problem: Problem) -> str:
    """Give the key that an unknown one was most likely meant to be, or ''."""
    found = re.fullmatch(r"Did you mean '(.+)'\?", problem.fix)
    return found.group(1) if found else ""


def _is_mismatch(problem: Problem) -> bool:
    return problem.what in (WRONG, OUTSIDE)


def _joined(one: Problem, other: Problem) -> Problem:
    """Join what two branches of a union expect."""
    if one.expected == other.expected or other.expected is None:
        return one
    expected = f"{one.expected}, or {other.expected}"
    return replace(one, expected=expected, fix=one.fix or other.fix)


def _is_outdone(path: Path, found: dict[tuple[Path, str], Problem]) -> bool:
    """Tell whether another branch of a union fitted better and has its own complaint."""
    return any(
        other[: len(path)] == path and (len(other) > len(path) or not _is_mismatch(problem))
        for (other, _), problem in found.items()
    )


def _is_misspelt(path: Path, found: dict[tuple[Path, str], Problem]) -> bool:
    """Tell whether a missing key is there under a name that was pointed out already."""
    return any(
        other[:-1] == path[:-1] and problem.what == UNKNOWN_KEY and _guessed(problem) == path[-1]
        for (other, _), problem in found.items()
    )


def _worded(item: Any, data: dict[str, Any], source: Source) -> Iterator[tuple[Path, Problem]]:
    path = _path_in(data, item["loc"], item["type"])
    if item["type"] == "dict_type" and len(path) == 1 and path[0] in LISTS:
        for place, facts in _bad_section(path, item["input"]):
            yield place, source.problem(place, **facts)
    elif item["type"] == "missing" and isinstance(path[-1], int):
        facts = {
            "got": shown(item["input"]),
            "expected": "two numbers",
            "fix": "Write [low, high].",
        }
        yield path[:-1], source.problem(path[:-1], WRONG, **facts)
    else:
        yield path, _problem(item, path, source)


def _path_in(data: Any, loc: tuple[int | str, ...], kind: str) -> Path:
    """Keep of a location what stands in the document: a union's branch names do not."""
    path: list[str | int] = []
    for position, part in enumerate(loc):
        if _holds(data, part):
            data = data[part]
        elif not (kind == "missing" and position == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _holds(data: Any, part: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _bad_section(path: Path, value: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Say what is wrong with a section that is neither a mapping nor a list of names."""
    if not isinstance(value, list):
        text = value if isinstance(value, str) else "NAME"
        yield (
            path,
            {
                "what": WRONG,
                "got": shown(value),
                "expected": "a mapping, or a list of names",
                "fix": f"Write [{text}].",
            },
        )
        return
    seen: set[str] = set()
    for position, entry in enumerate(value):
        name = next(iter(entry)) if isinstance(entry, dict) and len(entry) == 1 else entry
        if not isinstance(name, str):
            fix = "Write NAME, or NAME: {...}, once for each dash."
            if isinstance(entry, (int, float)):
                fix = f"Put quotes around it: '{shown(entry)}'."
            rule = "a name, or one name with its settings"
            facts = {"what": WRONG, "got": shown(entry), "expected": rule, "fix": fix}
            yield (*path, position), facts
        elif name in seen:
            fix = "Keep one, or give one another key and 'column:'."
            yield (*path, position), {"what": f"'{name}' is listed twice", "fix": fix}
        else:
            seen.add(name)


def _problem(item: Any, path: Path, source: Source) -> Problem:
    kind, context, given = item["type"], item.get("ctx", {}), item["input"]
    if kind == "refused":
        facts = {key: context.get(key) for key in ("fix", "expected", "got")}
        return source.problem(path, context["what"], **facts)
    if kind == "missing":
        return source.problem(path, "missing", fix=f"Add '{path[-1]}: ...' here.")
    if kind in _EXPECTED:
        expected = _EXPECTED[kind]
        return source.problem(
            path, WRONG, got=shown(given), expected=expected, fix=_mended(kind, given, path)
        )
    if kind in _RULES:
        expected = "true" if context.get("expected") == "True" else _RULES[kind].format(**context)
        fix = _version() if path == ("schema",) else _inside(kind, given, expected, context)
        return source.problem(path, OUTSIDE, got=shown(given), expected=expected, fix=fix)
    return source.problem(path, item["msg"][:1].lower() + item["msg"][1:], got=shown(given))


def _mended(kind: str, given: object, path: Path) -> str | None:
    """Say how to write a value of the wrong kind, where that can be known."""
    if kind == "string_type" and isinstance(given, (int, float)):
        return f"Put quotes around it: '{shown(given)}'."
    if kind == "bool_type":
        return _truth(given)
    if kind in ("int_type", "float_type") and isinstance(given, str):
        try:
            float(given)
        except ValueError:
            return _plain_number(given)
        return f"Leave out the quotes: {given}."
    if kind in _SEQUENCES and given is not None and not isinstance(given, list):
        text = given if isinstance(given, str) else shown(given)
        if path[0] == "scenarios" and len(path) == 2 and not isinstance(given, dict):
            text = "{add: {COLUMN: 1}}"
        return f"Write [{text}]."
    return None


def _truth(given: object) -> str | None:
    truth = _TRUTHS.get(str(given).casefold())
    return f"Write {truth}." if truth else None


def _plain_number(text: str) -> str | None:
    """Say how to write a per cent, or a decimal comma where it cannot group thousands."""
    share = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*[%％]", text)
    if share:
        return f"Write {float(share.group(1).replace(',', '.')) / 100:g}."
    if re.fullmatch(r"[-+]?\d+,\d+", text) and not re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text):
        return f"Write {text.replace(',', '.')}."
    return None


def _inside(kind: str, given: object, expected: str, context: dict[str, Any]) -> str | None:
    """Give the allowed value that was most likely meant."""
    most = context.get("lt", context.get("le"))
    if most == 1 and isinstance(given, (int, float)) and 2 <= given <= 100:
        return f"Write {given / 100:g}."  # a share, in per cent
    if kind != "literal_error" or not isinstance(given, str):
        return None
    if expected == "true":
        return _truth(given)
    close = nearest(given, re.findall(r"'([^']*)'", expected))
    return f"Did you mean '{close}'?" if close else None


def _version() -> str:
    return "Write 1, or run the version of clustermodels that the document was written for."
