"""What a spec may not hold, whatever it says: refused with its line and the way out."""

import pytest

from clustermodels.spec.read import read_text
from clustermodels.spec.source import DEEPEST, LARGEST
from tests.documents import BASE, NEXT, said, said_of

SHAPE = "Check the indentation, colons and brackets on this line and the one above."


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        (
            "treatments: [subsidy]\n",
            "treatments: the key stands twice. The first is on line 6; keep one.",
        ),
        (
            "priors: {a: {sd: 1,\n  sd: 2}}\n",
            "priors.a.sd: the key stands twice. The first is on line 8; keep one.",
        ),
        ("title: &a x\n", "anchors and aliases (&, *) are not allowed. Write it out."),
        ("title: *a\n", "anchors and aliases (&, *) are not allowed. Write it out."),
        ("<<: {title: x}\n", "merges (<<) are not allowed. Write it out."),
        (
            "title: !!str 3\n",
            "tags are not allowed: !!str. Write the value alone, in quotes if it is text.",
        ),
        (
            "title: !!python/object/apply:os.system [ls]\n",
            "tags are not allowed: !!python/object/apply:os.system. "
            "Write the value alone, in quotes if it is text.",
        ),
        (
            "title: !env HOME\n",
            "tags are not allowed: !env. Write the value alone, in quotes if it is text.",
        ),
        ("---\ntitle: x\n", "a second document starts here. Keep one a file."),
        (
            f"title: {'[' * DEEPEST}{']' * DEEPEST}\n",
            "nested deeper than 20 levels, and no section goes so deep. "
            "Look for brackets that should be closed.",
        ),
        ("? [a, b]\n: c\n", "a key must be text. Write a name before the colon."),
        ("title: \x07\n", "the character U+0007 is not allowed. Remove it."),
        ("a: b: c\n", f"not valid YAML: mapping values are not allowed here. {SHAPE}"),
        (
            "engine: {draws: 100\n",
            "not valid YAML: while parsing a flow mapping, expected ',' or '}', but got "
            f"'<stream end>'. {SHAPE}",
        ),
        (
            "title: 'x\n",
            f"not valid YAML: while scanning a quoted scalar, found unexpected end of stream. "
            f"{SHAPE}",
        ),
    ],
)
def test_refused(addition, words):
    line = NEXT + ("sd: 2" in addition)
    assert said(BASE + addition) == [f"spec.yaml:{line}: {words}"]


def test_quoted_marks_are_ordinary_text():
    text = BASE + 'title: "<< &a *b !!c \'"\n'
    assert read_text(text, "spec.yaml").title == "<< &a *b !!c '"


def test_a_deep_document_of_any_size_is_refused_without_recursion():
    assert said_of("title: " + "[" * 100_000) == [
        "nested deeper than 20 levels, and no section goes so deep. "
        "Look for brackets that should be closed."
    ]


def test_a_huge_document_is_refused_before_it_is_parsed():
    assert said("#" * (LARGEST + 1)) == [
        f"spec.yaml: the document is larger than {LARGEST} characters. "
        "Keep data in files of their own and name them."
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("# words\n", "is empty"),
        ("- a\n", "is not a mapping"),
        ("3", "is not a mapping"),
    ],
)
def test_no_mapping(text, what):
    assert said(text) == [f"spec.yaml:1: the document {what}. Start from 'clustermodels init'."]


def test_json_is_refused_by_its_line():
    text = '{"schema": 1,\n "data": {"panel": {"cluster": "c", "year": "y"}},\n "schema": 2}'
    assert said(text, "spec.json") == [
        "spec.json:3: schema: the key stands twice. The first is on line 1; keep one."
    ]
