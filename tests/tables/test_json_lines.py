"""JSON lines: types are kept, and what is not one flat object a line is refused."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.tables.read import read_table


def read(tmp_path, text):
    path = tmp_path / "p.jsonl"
    path.write_text(text, "utf-8")
    return read_table(path, name="p.jsonl")


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "2.5", "null"], "f", [1.0, 2.5, np.nan]),
        (["true", "false", "true"], "b", [True, False, True]),
        (["true", "null", "false"], "O", ["true", None, "false"]),
        (['"01001"', '"NA"', '""'], "O", ["01001", None, None]),
        (["1001", '"x"', "2"], "O", ["1001", "x", "2"]),
        (["12345678901234567890", "1", "2"], "O", ["12345678901234567890", "1", "2"]),
        (['"\\u5317\\u4eac"', '"\\ud83d\\ude00"', '"\\ud800"'], "O", ["北京", "😀", "\ufffd"]),
        (['"a\u2028b"', '"c"', '"d"'], "O", ["a\u2028b", "c", "d"]),
    ],
)
def test_types(tmp_path, cells, kind, values):
    table = read(tmp_path, "".join(f'{{"x": {cell}}}\n' for cell in cells))
    assert table.columns["x"].dtype.kind == kind
    np.testing.assert_array_equal(table.columns["x"], np.array(values, table.columns["x"].dtype))


def test_absent_keys_are_missing_and_lines_are_counted(tmp_path):
    table = read(tmp_path, '{"city": "A", "x": 1}\n\n{"city": "B", "y": 2}\n')
    assert table.available == ("city", "x", "y")
    np.testing.assert_array_equal(table.columns["x"], [1.0, np.nan])
    assert table.line(1) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n \n", "p.jsonl: no rows. Write one object a line."),
        ('{"a": 1}\n[1]\n', "p.jsonl:2: not a JSON object. Write {...} on each line."),
        ('{"a": [1]}\n', "p.jsonl:1: 'a' is nested. Write one value a cell."),
        ('{"a": 1, "a": 2}\n', "p.jsonl:1: not JSON: a key stands twice. Write one object a line."),
        (
            '{"a": 1}\n{"a": \n',
            "p.jsonl:2: not JSON: Expecting value: line 1 column 7 (char 6). "
            "Write one object a line.",
        ),
    ],
)
def test_refused(tmp_path, text, words):
    with pytest.raises(cm.PanelError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == words


def test_a_bottomless_line_is_refused(tmp_path):
    with pytest.raises(cm.PanelError, match=r"p\.jsonl:1: not JSON"):
        read(tmp_path, '{"a":' + "[" * 200_000)
