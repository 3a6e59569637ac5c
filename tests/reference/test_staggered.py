"""Minimum wages and teen employment in 500 counties: published extended two-way estimates.

The table is that of R's did package; the numbers are etwfe's (Wooldridge 2021, doi
10.2139/ssrn.3906345), and did's for never-treated counties as the comparison.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from tests.reference.cases import Row
from tests.reference.fitted import Case, half_a_digit

MPDTA = Path(__file__).parents[2].parent / "shared" / "data" / "mpdta.csv"

CELLS = {
    "2004 in 2004": ("-0.01937", "0.0448"),
    "2004 in 2005": ("-0.07832", "0.0448"),
    "2004 in 2006": ("-0.13608", "0.0449"),
    "2004 in 2007": ("-0.10471", "0.0451"),
    "2006 in 2006": ("0.00251", "0.0265"),
    "2006 in 2007": ("-0.03919", "0.0269"),
    "2007 in 2007": ("-0.04311", "0.0162"),
}
TOGETHER = {
    ("overall", ""): "-0.0477",
    ("event_time", "0"): "-0.0311",
    ("event_time", "1"): "-0.0522",
    ("event_time", "2"): "-0.1361",
    ("event_time", "3"): "-0.1047",
}


def counties():
    if not MPDTA.exists():
        pytest.skip("the shared data folder is absent: no mpdta.csv")
    frame = pd.read_csv(MPDTA).rename(columns={"first.treat": "first_treat"})
    return frame.astype({"countyreal": str})


def document(**law):
    return {
        "data": {"panel": {"cluster": "countyreal", "year": "year"}},
        "outcomes": {"lemp": {"family": "gaussian"}},
        "treatments": {
            "law": {"kind": "adoption", "first_year": "first_treat", "by": "cohort_year"} | law
        },
        "fixed_effects": {"cluster": {}, "year": {}},
        "engine": {"kind": "latent_gaussian", "draws": 2000},
    }


def mode_of(tmp_path, **law):
    case = Case(Row("mpdta", "", document(slope="free", **law), (), table=counties), tmp_path)
    return case.mode(case.density())


def test_the_extended_two_way_estimates_to_the_printed_digits(tmp_path):
    mode = mode_of(tmp_path)
    for cell, (value, error) in CELLS.items():
        at = {f"law_by_cohort_year[{cell}]": 1.0}
        assert abs(mode.value(at) - float(value)) <= half_a_digit(value), cell
        assert abs(mode.error(at) - float(error)) <= half_a_digit(error), cell


def test_with_never_treated_counties_they_are_differences_in_differences(tmp_path):
    """The mean change since the year before adoption, less that of counties without a law."""
    mode = mode_of(tmp_path, comparison="never")
    frame = counties().pivot(index="countyreal", columns="year", values="lemp")
    first = counties().groupby("countyreal")["first_treat"].first()
    for cohort in (2004, 2006, 2007):
        for year in range(2003, 2008):
            if year == cohort - 1:
                continue
            change = frame[year] - frame[cohort - 1]
            wanted = change[first == cohort].mean() - change[first == 0].mean()
            name = "law_by_cohort_year" if year >= cohort else "law_before"
            found = mode.value({f"{name}[{cohort} in {year}]": 1.0})
            assert found == pytest.approx(wanted, abs=1e-8), (cohort, year)


@pytest.fixture(scope="module")
def flat_fit():
    return cm.fit(cm.read_spec(document(slope="free")), counties())


def numbers(fit, quantity="coefficient"):
    found = cm.event_study(fit)
    rows = found["quantity"].to_numpy() == quantity
    keys = zip(found["by"].to_numpy()[rows], found["level"].to_numpy()[rows], strict=True)
    half = (found["eti95_upper"] - found["eti95_lower"]).to_numpy()[rows] / 3.92
    return dict(zip(keys, zip(found["median"].to_numpy()[rows], half, strict=True), strict=True))


def test_the_posterior_is_around_them_and_so_are_its_means(flat_fit):
    found = numbers(flat_fit)
    for cell, (value, error) in CELLS.items():
        median, sd = found["cell", cell]
        assert abs(median - float(value)) < 0.15 * float(error), cell
        assert sd == pytest.approx(float(error), rel=0.08), cell
    for key, value in TOGETHER.items():
        median, sd = found[key]
        assert abs(median - float(value)) < 0.15 * sd, key


def test_groups_are_means_over_their_rows(flat_fit):
    cells = flat_fit.posterior["law_by_cohort_year"].stack(draw_=("chain", "draw"))
    counts = {"2004": 20, "2006": 40, "2007": 131}
    wanted = sum(
        cells.sel({cells.dims[0]: cell}).to_numpy() * counts[cell[:4]] for cell in CELLS
    ) / sum(counts[cell[:4]] for cell in CELLS)
    assert numbers(flat_fit)["overall", ""][0] == pytest.approx(np.median(wanted), abs=1e-12)
    shown = cm.effects(flat_fit)
    assert float(shown["median"][0]) == pytest.approx(np.median(wanted), abs=1e-12)


def test_pooled_cells_are_drawn_together():
    pooled = numbers(cm.fit(cm.read_spec(document(slope="partial")), counties()))
    apart = np.std([pooled["cell", cell][0] for cell in CELLS])
    assert apart < 0.75 * np.std([float(value) for value, _ in CELLS.values()])
    for cell, (_, error) in CELLS.items():
        assert pooled["cell", cell][1] < 1.02 * float(error)


def test_one_effect_for_all_to_the_printed_digits(tmp_path):
    plain = document(by="cluster", slope="common")
    case = Case(Row("mpdta", "", plain, (), table=counties), tmp_path)
    mode = case.mode(case.density())
    assert mode.value({"law": 1.0}) == pytest.approx(-0.0365, abs=5e-5)
    assert mode.error({"law": 1.0}) == pytest.approx(0.0127, rel=0.01)


def test_one_effect_for_all_shows_its_negative_weights():
    plain = document(by="cluster", slope="common")
    (found,) = [
        finding
        for finding in cm.check(cm.read_spec(plain), counties())
        if finding.check == "staggered_adoption"
    ]
    frame = counties()
    on = ((frame["first_treat"] > 0) & (frame["year"] >= frame["first_treat"])).astype(float)
    left = on - on.groupby(frame["countyreal"]).transform("mean")
    left = left - left.groupby(frame["year"]).transform("mean")  # balanced: one pass is exact
    weights = left[on == 1] / left[on == 1].sum()
    below = weights < -1e-12
    assert (below.sum(), len(weights)) == (20, 291)
    assert "20 of 291 cluster-years that it has reached have a negative weight" in found.what
    assert f"{weights[below].sum():.2g} together" in found.what
    assert "3 different years" in found.what
