"""Text to plain data: the scalars of YAML 1.2, lines, and JSON."""

import json
import math

import pytest

from clustermodels.spec.source import parse


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("2020-01-01", "2020-01-01"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("01001", 1001),
        ("'01001'", "01001"),
        ("1e-3", 1e-3),
        ("1e3", 1000.0),
        ("+12", 12),
        (".5", 0.5),
        ("1.", 1.0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b1", "0b1"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("true", True),
        ("TRUE", True),
        ("tRuE", "tRuE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("北京", "北京"),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_a_scalar(written, meant):
    value = parse(f"key: {written}\n", "spec.yaml")[0]["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_a_nan():
    assert math.isnan(parse("key: .nan", "spec.yaml")[0]["key"])


def test_an_integer_of_five_thousand_digits_is_text():
    digits = "9" * 5000
    assert parse(f"key: {digits}", "spec.yaml")[0] == {"key": digits}


def test_every_path_has_the_line_of_its_key():
    text = "# words\na:\n  b: 1\n  c:\n    - 2\n    - {d: 3,\n       e: 4}\n"
    data, lines = parse(text, "spec.yaml")
    assert data == {"a": {"b": 1, "c": [2, {"d": 3, "e": 4}]}}
    assert lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 1, "e"): 7,
    }


def test_json_with_tabs_has_lines_too():
    document = {"a": {"b": [1, 2.5, None, True, "x\ty"]}}
    text = json.dumps(document, indent="\t")
    data, lines = parse(text, "spec.json")
    assert data == document
    assert lines[("a", "b", 1)] == 5


def test_keys_are_text_whatever_they_look_like():
    assert parse("1: a\ntrue: b\n2020-01-01: c\n", "s.yaml")[0] == {
        "1": "a",
        "true": "b",
        "2020-01-01": "c",
    }


def test_windows_line_ends_count_once():
    assert parse("a: 1\r\nb: 2\r\n", "s.yaml")[1][("b",)] == 2
