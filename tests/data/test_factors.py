"""Levels and their order; which factors no data can tell apart."""

import numpy as np
import pytest

from clustermodels.data.factors import Factor, constant_within, factor, labels_of
from clustermodels.data.panel import Labels, reader
from tests.designs import PLAIN, designed, lookup, table


@pytest.mark.parametrize(
    ("labels", "sorted_"),
    [
        (["b", "a", "c", "a"], ("a", "b", "c")),
        (["10", "9", "100"], ("9", "10", "100")),
        (["-5", "3", "-10"], ("-10", "-5", "3")),
        (["01", "1", "2"], ("01", "1", "2")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["-", "2"], ("-", "2")),
        (["--5", "2"], ("--5", "2")),
    ],
)
def test_levels_sort_as_numbers_where_all_are(labels, sorted_):
    different = [*dict.fromkeys(labels)]
    codes = np.array([different.index(label) for label in labels])
    assert factor("year", Labels(codes, different)).levels == sorted_


def test_a_factor_codes_every_row_by_the_levels_that_were_learned():
    labels = Labels(np.array([0, 1, 0]), ["b", "a"])
    made = factor("kind", labels, ("a", "b", "c"))
    assert made.dim == "kind_level"
    assert made.codes.tolist() == [1, 0, 1]
    assert factor("cluster", labels, ("a", "b")).dim == "cluster"
    assert factor("year", labels, ("a", "b")).dim == "year"


def test_constant_within_is_the_rank_of_the_dummies():
    """B adds nothing to free A exactly where B's dummies lie in the span of A's."""
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(300):
        n, a, b = 8, int(rng.integers(1, 5)), int(rng.integers(1, 4))
        outer, inner = rng.integers(0, a, n), rng.integers(0, b, n)
        if rng.random() < 0.5:
            inner = rng.integers(0, b, a)[outer]
        dummies = (outer[:, None] == np.arange(a)) * 1.0
        both = np.column_stack([dummies, (inner[:, None] == np.arange(b)) * 1.0])
        wanted = np.linalg.matrix_rank(both) == np.linalg.matrix_rank(dummies)
        one = Factor("a", "a", tuple(map(str, range(a))), outer)
        other = Factor("b", "b", tuple(map(str, range(b))), inner)
        assert constant_within(one, other) == wanted
        seen.add(bool(wanted))
    assert seen == {True, False}


def test_labels_are_read_lagged_and_crossed():
    document = PLAIN | {
        "controls": {"dose": {"lag": 1}, "phase": {}},
        "fixed_effects": {"shock": {"columns": ["region", "year"]}},
    }
    frame = table()
    _, panel, _, _ = designed(document, frame)
    rows = reader(panel)
    crossed = labels_of(rows, (("region", "year"), 0))
    assert crossed.different[crossed.codes[0]] == "n × 2011"
    phase = lookup(frame, "phase")
    lagged = labels_of(rows, (("phase",), 3))
    wanted = [phase.get((c, y - 3), "") for c, y in zip(rows.clusters, rows.years, strict=True)]
    assert [lagged.different[code] for code in lagged.codes] == wanted
    assert "" in wanted
