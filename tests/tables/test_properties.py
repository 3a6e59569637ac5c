"""A thousand random CSV files: each is read, or refused with a PanelError."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import clustermodels as cm
from clustermodels.tables.read import read_table

CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "NA",
            ".",
            "1",
            "2010",
            "-1.5",
            "1e999",
            "nan",
            "北京",
            '"',
            '"a,b"',
            "a\nb",
            "'",
            "\t",
        ]
    ),
    st.text(alphabet='0123456789.,;|-"eE +\t\r\n\0\ufeff\u2028\x85abcé北', max_size=6),
    st.integers(-(10**12), 10**12).map(str),
    st.floats().map(repr),
)
SUFFIXES = [".csv", ".csv.gz", ".jsonl", ".dta", ".parquet", ".duckdb"]
NUMBERS = st.integers(0, 9).map(str)
ROW = st.tuples(CELLS, st.integers(1990, 1999).map(str), NUMBERS | CELLS, NUMBERS | CELLS).map(list)
ROWS = st.lists(ROW, max_size=6) | st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=6)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), damage=st.just(b"") | st.binary(max_size=2))
def test_read_or_refused(tmp_path_factory, rows, delimiter, damage):
    path = tmp_path_factory.getbasetemp() / "random.csv"
    text = "\n".join(delimiter.join(row) for row in [["city", "year", "y", "x"], *rows])
    path.write_bytes(text.encode("utf-8", "surrogatepass") + damage)
    spec = cm.read_spec(
        {
            "data": {"panel": {"path": str(path), "cluster": "city", "year": "year"}},
            "outcomes": {"y": {"family": "gaussian"}},
            "controls": ["x"],
        }
    )
    try:
        table = read_table(path)
        panel = cm.read_panel(spec)
    except cm.PanelError:
        return
    assert {len(values) for values in table.columns.values()} == {table.rows}
    assert np.isfinite(panel.rows["y"].values[panel.used]).all()
    assert panel.rows.sizes["obs"] == table.rows


@settings(max_examples=300, deadline=None, derandomize=True)
@given(content=st.binary(max_size=60), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes(tmp_path_factory, content, suffix):
    path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except cm.PanelError:
        return
    assert table.rows > 0
