"""A file, a text or a mapping to a Spec, with every problem of the document at once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from clustermodels.errors import Problem, SpecError, nearest
from clustermodels.spec.document import Spec, sourced
from clustermodels.spec.rules import broken_rules
from clustermodels.spec.source import Path, Source, parse
from clustermodels.spec.wording import LISTS, meant, problems_of

_ITEMS = (*LISTS, "priors")
# What a file of scenarios may hold, where it says so.
_OF_SCENARIOS = {"scenarios", "horizon"}


def read_spec(document: str | os.PathLike[str] | Mapping[str, Any]) -> Spec:
    """Read and validate a document.

    Parameters
    ----------
    document
        The path of a YAML or JSON file, or the document itself as a mapping.

    Returns
    -------
    Spec
        Frozen, defaults filled in; ``spec.source`` knows every line.

    Raises
    ------
    SpecError
        With every problem of the document, in file order, each with its line and a way out.

    Examples
    --------
    >>> spec = read_spec({
    ...     "data": {"panel": {"path": "panel.csv", "cluster": "city", "year": "year"}},
    ...     "outcomes": {"patents": {"family": "poisson"}},
    ...     "treatments": ["policies"]})
    >>> spec.treatments["policies"].slope
    'partial'
    """
    if isinstance(document, Mapping):
        text = json.dumps(dict(document), ensure_ascii=False, default=str)
        return read_text(text, "<spec>", numbered=False)
    path = FilePath(document)
    return read_text(_text(path), str(document), folder=path.parent)


def read_text(
    text: str, file: str, folder: FilePath = FilePath(), *, numbered: bool = True
) -> Spec:
    """Read and validate the text of a document; ``file`` and ``folder`` say where it stands."""
    data, lines = parse(text, file)
    lines = lines if numbered else {}
    if not isinstance(data, dict):
        what = "the document is empty" if data is None else "the document is not a mapping"
        raise SpecError([Problem(what, "Start from 'clustermodels init'.", file=file, line=1)])
    data = _spelled_out(data, lines)
    return _validated(data, Source(file, text, folder, lines))


def read_scenarios(path: str | os.PathLike[str], spec: Spec) -> Spec:
    """Read a file of scenarios, and give ``spec`` with these instead of its own.

    The file may hold a ``horizon`` too, which replaces that of ``spec``; alone, scenarios stay.

    Parameters
    ----------
    path
        A YAML or JSON file: scenario names to lists of edits, under ``scenarios:`` or not.
    spec
        The document whose columns they edit.

    Raises
    ------
    SpecError
        With every problem, and its line in the scenarios' file.
    """
    file = FilePath(path)
    text = _text(file)
    data, lines = parse(text, str(path))
    # a horizon alone is one, and no scenario of that name, whose edits would be a list
    if not (
        isinstance(data, dict)
        and {*data} <= _OF_SCENARIOS
        and ("scenarios" in data or isinstance(data.get("horizon"), dict))
    ):
        lines = {("scenarios", *place): line for place, line in lines.items()}
        data = {"scenarios": data}
    if not isinstance(data.get("scenarios", {}), dict):
        raise SpecError(
            [Problem("no scenarios", "Write NAME: [{add: {COLUMN: 1}}].", file=str(path), line=1)]
        )
    return _validated({**spec.plain(), **data}, Source(str(path), text, file.parent, lines))


def in_own_words(spec: Spec) -> Spec:
    """Give a spec whose text says what it holds: a spec that was changed in Python is rewritten."""
    source = spec.source
    try:
        if source.text and read_text(source.text, source.file).plain() == spec.plain():
            return spec
    except SpecError:
        pass  # the text of something else, such as of a file of scenarios
    text = json.dumps(spec.plain(), ensure_ascii=False, indent=2)
    return sourced(spec, Source(source.file, text, source.folder))


def _validated(data: dict[str, Any], source: Source) -> Spec:
    problems, broken = [], frozenset[str]()
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        problems = problems_of(error, data, source)
        broken = frozenset(str(item["loc"][0]) for item in error.errors() if item["loc"])
        broken |= meant(problems)
        spec = _sound_part(data, broken)
    spec = sourced(spec, source)
    problems += broken_rules(spec, broken)
    if problems:
        raise SpecError(problems)
    return spec


def _text(path: FilePath) -> str:
    def refused(what: str, fix: str) -> SpecError:
        return SpecError([Problem(what, fix, file=str(path))])

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        folder = path.parent
        there = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        close = nearest(path.name, there)
        fix = f"Did you mean {folder / close}?" if close else "Check the path."
        raise refused("no such file", fix) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise refused(f"cannot be read: {reason}", "Name a spec file.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SpecError(
            [Problem("not UTF-8 text", "Save the spec as UTF-8.", file=str(path), line=line)]
        ) from None


def _spelled_out(data: dict[str, Any], lines: dict[Path, int]) -> dict[str, Any]:
    """Turn the short list forms into mappings, and carry their lines along."""
    spelled = dict(data)
    for section in LISTS:
        listed = data.get(section)
        if not isinstance(listed, list):
            continue
        mapping: dict[str, Any] = {}
        for position, entry in enumerate(listed):
            pair = _pair(entry)
            if pair is None or pair[0] in mapping:
                break  # left as it is: the validator will refuse the list
            mapping[pair[0]] = pair[1]
            _move(lines, (section, position), (section, pair[0]), nested=isinstance(entry, dict))
        else:
            spelled[section] = mapping
    for section in _ITEMS:
        items = spelled.get(section)
        if isinstance(items, dict):
            spelled[section] = {key: {} if item is None else item for key, item in items.items()}
    return spelled


def _pair(entry: object) -> tuple[str, Any] | None:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, dict) and len(entry) == 1:
        return next(iter(entry.items()))
    return None


def _move(lines: dict[Path, int], old: Path, new: Path, *, nested: bool) -> None:
    """Repeat the lines under ``old`` (and its one key, where nested) under ``new``."""
    if old not in lines:
        return  # a document without lines
    lines[new] = lines[old]
    skip = len(old) + nested
    for path in [path for path in lines if path[: len(old)] == old and len(path) > skip]:
        lines[(*new, *path[skip:])] = lines[path]


def _sound_part(data: dict[str, Any], broken: frozenset[str]) -> Spec:
    """Give a Spec of the sections that are sound, for the rules between sections."""
    parts = {key: value for key, value in data.items() if key not in broken}
    stand_in = {
        "data": {"panel": {"path": "-", "cluster": "-", "year": "-"}},
        "outcomes": {"-": {"family": "gaussian"}},
    }
    return Spec.model_validate({**stand_in, **parts})
