"""Tables on terminals of every width, and for programs."""

import json
import math

import numpy as np
import pytest

from clustermodels.cli.tables import Format, cells_of, csv_text, json_text, table

NAMES = ["Donostia San Sebastian", "Neubiberg"]
WIDE = {
    "region": NAMES,
    **{f"number_{spot}": [1234567 + spot, 0.12345] for spot in range(12)},
    "failed": ["quotient 0.003 too low, ties with others 12 too low, scale 10 too low", ""],
}


def printed(capsys, monkeypatch, width, *arguments, **options):
    monkeypatch.setenv("COLUMNS", str(width))
    table(*arguments, Format.text, **options)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 300])
def test_a_narrow_terminal_gets_blocks_that_each_begin_with_the_name(capsys, monkeypatch, width):
    lines = printed(capsys, monkeypatch, width, WIDE, folds=("failed",))
    assert max(map(len, lines)) <= width
    headings = [line.split() for line in lines if line.startswith(" region")]
    assert (len(headings) > 1) is (width < 300)
    assert [name for heading in headings for name in heading[1:]] == [*WIDE][1:]
    for name, spot in zip(NAMES, (0, 1), strict=True):
        own = [line for line in lines if line.startswith(f" {name} ")]
        assert len(own) == len(headings), "a name is whole, and in every block"
        words = " ".join(line.removeprefix(f" {name}") for line in own).split()
        numbers = [f"{1234567 + column}" if spot == 0 else "0.1235" for column in range(12)]
        assert words[:12] == numbers
    told = " ".join(lines).split()
    assert {*WIDE["failed"][0].split()} <= {*told}, "sentences are folded at spaces"


def test_what_identifies_an_estimate_stays_beside_it(capsys, monkeypatch):
    columns = {"by": ["year"], "level": ["2013"]} | {f"n{k}": ["1 [0, 2]"] for k in range(9)}
    lines = printed(capsys, monkeypatch, 40, columns, keys=2)
    headings = [line.split()[:2] for line in lines if "by" in line]
    assert len(headings) > 1
    assert {*map(tuple, headings)} == {("by", "level")}


def test_a_name_wider_than_the_terminal_is_not_cropped(capsys, monkeypatch):
    lines = printed(capsys, monkeypatch, 20, {"region": ["x" * 30], "n": [1234567]})
    assert any("x" * 30 in line and "1234567" in line for line in lines)


def test_json_has_no_word_that_only_python_knows(capsys):
    given = {"a": math.nan, "b": [math.inf, np.float64(2)], "c": np.array([1.0, np.nan])}
    json_text(given | {"d": np.int64(3), "e": True, "f": (None, "x"), "g": np.bool_(False)})
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told == {
        "a": None,
        "b": [None, 2.0],
        "c": [1.0, None],
        "d": 3,
        "e": True,
        "f": [None, "x"],
        "g": False,
    }


def test_csv_writes_true_as_1_and_what_is_missing_as_nothing():
    rows = [[True, None, math.nan, "x"], [False, 1.5, math.inf, ""]]
    assert csv_text([*"abcd"], rows) == "a,b,c,d\n1,,,x\n0,1.5,,\n"


def test_missing_cells_are_none():
    assert cells_of(np.array([1.0, np.nan])) == [1.0, None]
