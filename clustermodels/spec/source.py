"""Text to plain data, every value with the line it stands on.

YAML 1.2's core scalars only (``NO`` is text, ``1e-3`` is a number); JSON goes the same way.
A document comes from a stranger, so whatever could surprise is refused: duplicate keys, anchors,
aliases, merges, tags, several documents, deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import MappingProxyType

import yaml

from clustermodels.errors import Problem, SpecError

Path = tuple[str | int, ...]

DEEPEST = 20
LARGEST = 4_000_000

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, object] = MappingProxyType(
    {
        **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
        **dict.fromkeys(("true", "True", "TRUE"), True),
        **dict.fromkeys(("false", "False", "FALSE"), False),
        **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
        **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
        **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    }
)


@dataclass(frozen=True)
class Source:
    """Where a document came from: its file, its text, and the line of every path in it.

    ``moved`` holds the paths of a part of a document that stand elsewhere in the whole.
    """

    file: str = "<spec>"
    text: str = ""
    folder: FilePath = FilePath()
    lines: Mapping[Path, int] = field(default_factory=dict)
    moved: Mapping[Path, Path] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """Give the line of ``path``, or of its nearest parent that has one."""
        path = self._whole(path)
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return self.lines.get(())

    def problem(self, path: Path, what: str, **facts: str | None) -> Problem:
        """Make a Problem that stands at ``path`` of this document."""
        said = {key: value for key, value in facts.items() if value is not None}
        there = ".".join(map(str, self._whole(path)))
        return Problem(what, file=self.file, line=self.line(path), path=there, **said)

    def _whole(self, path: Path) -> Path:
        """Give the path in the whole document of one in the part that this is."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.moved:
                return (*self.moved[path[:length]], *path[length:])
        return path


def parse(text: str, file: str) -> tuple[object, dict[Path, int]]:
    r"""Turn the text of a document into plain data and the lines of its paths.

    Parameters
    ----------
    text
        YAML or JSON.
    file
        The file's name, for messages; ``.json`` allows tabs between tokens.

    Returns
    -------
    data, lines
        Mappings, lists and scalars; and for each path the line of its key, counted from 1.

    Raises
    ------
    SpecError
        For text that is not YAML, and for everything in it that a spec may not use.

    Examples
    --------
    >>> parse("treatments:\n  policies: {lag: 1}", "spec.yaml")[0]
    {'treatments': {'policies': {'lag': 1}}}
    """
    if len(text) > LARGEST:
        what = f"the document is larger than {LARGEST} characters"
        raise _error(file, None, what, "Keep data in files of their own and name them.")
    if file.lower().endswith(".json"):
        text = text.replace("\t", " ")  # a JSON string can hold no bare tab, so none is lost
    try:
        return _Builder(file).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and mark and mark.index >= len(text.rstrip()):
            mark = error.context_mark  # what was opened and never closed is to be mended there
        if mark and (text[mark.index : mark.index + 1] == "\t" or _is_tabbed(text, mark.index)):
            raise _error(file, mark.line + 1, "a tab", "Write spaces instead.") from None
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise _error(
            file,
            min(mark.line + 1, text.count("\n") + 1) if mark else None,
            f"not valid YAML: {said}",
            "Check the indentation, colons and brackets on this line and the one above.",
        ) from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        what = f"the character U+{ord(text[error.position]):04X} is not allowed"
        raise _error(file, line, what, "Remove it.") from None


def _is_tabbed(text: str, index: int) -> bool:
    """Tell whether a tab stands among the blanks that the line begins with."""
    return bool(re.compile(r" *\t").match(text, text.rfind("\n", 0, index) + 1))


def _error(file: str, line: int | None, what: str, fix: str = "") -> SpecError:
    return SpecError([Problem(what, fix, file=file, line=line)])


@dataclass
class _Open:
    """A mapping or list that is being filled, and the key that waits for its value."""

    value: dict[str, object] | list[object]
    path: Path
    key: str | None = None


class _Builder:
    """Builds data from the parser's events, without recursion, so that depth can be limited."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.stack: list[_Open] = []
        self.root: object = None
        self.documents = 0

    def build(self, text: str) -> tuple[object, dict[Path, int]]:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            self._refuse(event, line)
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line)
            elif isinstance(event, yaml.MappingStartEvent):
                self._open({}, line)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._open([], line)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self.stack.pop()
        return self.root, self.lines

    def _refuse(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise _error(self.file, line, "a second document starts here", "Keep one a file.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _error(
                self.file, line, "anchors and aliases (&, *) are not allowed", "Write it out."
            )
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _error(
                self.file,
                line,
                f"tags are not allowed: {tag.replace('tag:yaml.org,2002:', '!!')}",
                "Write the value alone, in quotes if it is text.",
            )

    def _open(self, value: dict[str, object] | list[object], line: int) -> None:
        if len(self.stack) >= DEEPEST:
            what = f"nested deeper than {DEEPEST} levels, and no section goes so deep"
            raise _error(self.file, line, what, "Look for brackets that should be closed.")
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            raise _error(self.file, line, "a key must be text", "Write a name before the colon.")
        path = self._place(value, line)
        self.stack.append(_Open(value, path))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, event, line)
            return
        plain = event.style is None
        self._place(_resolve(event.value) if plain else _unpair(event.value), line)

    def _key(self, top: _Open, event: yaml.ScalarEvent, line: int) -> None:
        key = _unpair(event.value)
        if event.style is None and key == "<<":
            raise _error(self.file, line, "merges (<<) are not allowed", "Write it out.")
        if key in top.value:
            raise SpecError(
                [
                    Problem(
                        "the key stands twice",
                        f"The first is on line {self.lines[(*top.path, key)]}; keep one.",
                        file=self.file,
                        line=line,
                        path=".".join(map(str, (*top.path, key))),
                    )
                ]
            )
        top.key = key
        self.lines[(*top.path, key)] = line

    def _place(self, value: object, line: int) -> Path:
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            top.value.append(value)
            self.lines[path] = line
            return path
        assert top.key is not None
        path = (*top.path, top.key)
        top.value[top.key] = value
        top.key = None
        return path


def _resolve(text: str) -> object:
    """Read a plain scalar by YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 300:  # int() refuses longer digit strings, and no number needs them
        if _INTEGER.fullmatch(text):
            return int(text)
        if _OCTAL.fullmatch(text):
            return int(text[2:], 8)
        if _HEXADECIMAL.fullmatch(text):
            return int(text[2:], 16)
        if _FLOAT.fullmatch(text):
            return float(text)
    return _unpair(text)


def _unpair(text: str) -> str:
    """Join the surrogate pairs that JSON writes for characters beyond the first plane."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
