"""Random records are counted as the oracle counts them; random text is read as it always is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clustermodels as cm
from clustermodels.spec.records import Records
from clustermodels.spec.ties import RecordTies
from clustermodels.tables.cast import labels
from clustermodels.tables.read import read_table
from clustermodels.tables.records import Apart, count_records
from tests.tables.record_oracle import agree
from tests.tables.test_records import AI

MISSING = st.sampled_from([None, "", "NA", " . "])


def mostly(cells):
    return st.one_of(cells, cells, cells, cells, MISSING)


ROW = st.fixed_dictionaries(
    {
        "id": mostly(st.sampled_from("uvwxyz")),
        "city": mostly(st.sampled_from(["A", " A", "B", "C", "北京", "a"])),
        "land": mostly(st.sampled_from(["X", "Y"])),
        "year": mostly(st.sampled_from(["2019", "2020", "2020.0"])),
        "org": mostly(st.sampled_from(["o1", "o2", "o3"])),
        "euro": mostly(st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["1", ".5", "2e3"])),
        "topic": mostly(st.sampled_from(["AI", "oil", "3", "3.0"])),
    }
)
# complete records that hold every value that conditions ask for
FIXED = [
    dict(zip(("id", "city", "land", "year", "org", "euro", "topic"), cells, strict=True))
    for cells in (("u", "A", "X", "2019", "o1", "1", "AI"), ("u", "B", "X", "2019", "o2", "2", "3"))
]
WHERES = [None, AI, {"topic": {"is": [3, "AI"]}}, {"euro": {"above": 0}}, {"euro": {"is": 1}, **AI}]


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    rows=st.lists(ROW, max_size=25),
    region=st.sampled_from(["city", ("city", "land")]),
    organisation=st.sampled_from([None, "org"]),
    wheres=st.lists(st.sampled_from(WHERES), min_size=4, max_size=4),
    counting=st.sampled_from(["full", "fractional"]),
    most=st.integers(2, 4),
    half=st.booleans() | st.none(),
)
def test_counted_as_by_hand(rows, region, organisation, wheres, counting, most, half):
    records = Records(
        unit="id",
        region=region,
        year="year",
        organisation=organisation,
        amount="euro",
        count={
            "n": {"rows": True, "where": wheres[0]},
            "u": {"distinct": "unit", "where": wheres[1]},
            "s": {"sum": "amount", "where": wheres[2]},
        },
    )
    ties = RecordTies(counting=counting, max_partners=most, where=wheres[3])
    apart = None if half is None else Apart("u", half=half)
    rows = FIXED + rows
    counted = count_records(pd.DataFrame(rows), records, ties, name="r", apart=apart)
    agree(counted, rows, records, ties, apart)


CELL = st.sampled_from(
    ["a", "b c", "", "NA", " x ", '"q"', '"a,b"', '"a""b"', '"a ""b"', ' "s"', '"s" ', '\t"t"',
     'a"b', '"a"b', "\\", '"a\\"', "#x", "'", '"l\nm"', '"l\r\nm"', "NULL", '" "', "\u2028", "é",
     '"', '"""', "\u00a0"]
)  # fmt: skip
LINES = st.lists(st.lists(st.just("k") | CELL, min_size=3, max_size=3), min_size=1, max_size=4)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    rows=LINES,
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), min_size=6, max_size=6),
    one_end=st.booleans(),
    mark=st.booleans(),
    header=st.sampled_from([["u", "r", "x"], [" u", "r ", '"x"'], ["u", "r", '"x\ny"']]),
    first=st.sampled_from(["", "\n", "\r\n\r\n"]),
    odd_row=st.sampled_from([[], ["k"], ["k"] * 5, [""]]),
)
def test_text_is_read_as_everywhere(
    tmp_path_factory, rows, ends, one_end, mark, header, first, odd_row
):
    """What our own reader takes, it gives; what it refuses, is refused in the same words."""
    path = tmp_path_factory.getbasetemp() / "loose.csv"
    rows = [[*row, "2020"] for row in rows]
    lines = [[*header, "year"], *rows, *([odd_row] if odd_row else [])]
    text = first + "".join(
        ",".join(row) + (ends[0] if one_end else ends[i]) for i, row in enumerate(lines)
    )
    path.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    records = Records(unit="u", region="r", year="year", count={"n": {"rows": True}})
    try:
        table = read_table(path, name="f.csv")
    except cm.PanelError as error:
        refused = str(error)
        with pytest.raises(cm.PanelError) as caught:
            count_records(path, records, None, name="f.csv")
        assert str(caught.value).partition(". Write")[0] == refused.partition(". Write")[0]
        return
    complete = np.array(
        [None not in cells for cells in zip(*(table.columns[n] for n in "ur"), strict=True)]
    )
    if not complete.any():
        return
    counted = count_records(path, records, None, name="f.csv")
    regions, numbers = np.unique(labels(table, "r")[complete].astype(str), return_counts=True)
    assert counted.counts.columns["region"].tolist() == regions.tolist()
    assert counted.counts.columns["n"].tolist() == numbers.tolist()
    assert counted.facts.rows == table.rows
    assert counted.facts.units == len({*labels(table, "u")[complete].tolist()})
