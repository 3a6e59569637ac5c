"""The landscape as a user and as a program read it."""

import csv
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from clustermodels.cli import landscape as room
from clustermodels.cli import legends
from clustermodels.cli.tables import number


def strict(text):
    """Read JSON as those parsers do that know no NaN."""

    def refused(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refused)


def rows_of(out, title):
    """Give the printed cells of the table below a title, (row, cell), blocks side by side."""
    lines = out.partition(f"{title}\n")[2].splitlines()
    rows, name, inside = {}, "", False
    for line in lines:
        if "───" in line:
            inside = True
        elif inside and line.strip() and line.startswith("  "):
            rows[name][-1] += f" {line.strip()}"
        elif inside and line.strip():
            name, *cells = re.split(r" {2,}", line.strip())
            rows.setdefault(name, []).extend(cells)
        elif inside:
            inside = False
        elif line.strip() and line[0] != " ":
            break
    return rows


def test_landscape_prints_clusters_near_misses_and_the_network(shipped):
    code, out, _ = shipped("landscape", "spec.yaml")
    assert code == 0
    assert "29 of 100 regions are clusters, judged over 2012 to 2021." in out
    for heading in (
        "Who is a cluster, and which rule the others failed",
        "Where the clusters stand in the network",
        "The network by year",
        "Rank correlations between measures",
        "Rank correlations with the year before",
    ):
        assert heading in out
    suzhou = next(line for line in out.splitlines() if line.startswith(" Suzhou"))
    assert suzhou.rstrip().endswith("quotient 0.03 too low")
    assert "56 further regions failed by a wider margin, or more rules: see '--all'." in out
    assert "Liuzhou" not in out.partition("Who")[0]
    assert shipped("landscape", "spec.yaml", "--all")[1].count("too low") > out.count("too low")
    assert shipped("landscape", "spec.yaml", "--fail-on", "warning")[0] == 1


def test_landscape_for_programs(shipped):
    _, out, _ = shipped("landscape", "spec.yaml", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 100
    assert [row["cluster"] for row in rows].count("1") == 29
    assert float(rows[0]["lq"]) > float(rows[28]["lq"])
    _, out, _ = shipped("landscape", "spec.yaml", "--format", "json")
    told = strict(out)
    assert [row["cluster"] for row in told["regions"]].count(True) == 29
    assert told["rules"]["critical"] is None
    assert [*told] == [
        "title",
        "rules",
        "regions",
        "years",
        "rank_correlations",
        "persistence",
        "findings",
    ]
    assert told["years"][0]["year"] == 2011
    assert {row["measure"] for row in told["rank_correlations"]} >= {"degree", "strength"}


def test_landscape_as_latex_and_markdown_and_picture(shipped, tmp_path):
    code, out, _ = shipped("landscape", "spec.yaml", "--format", "latex")
    assert code == 0
    assert out.count(r"\begin{tabular}") == out.count(r"\end{tabular}") == 6
    assert r"P(LQ>1)" in out
    assert "ei\\_index" in out
    _, out, _ = shipped("landscape", "spec.yaml", "--format", "markdown")
    assert "| Hefei |" in out
    picture = tmp_path / "map.png"
    _, out, _ = shipped("landscape", "spec.yaml", "--picture", str(picture))
    assert out.rstrip().endswith(f"wrote {picture}") or "wrote" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    code, _, err = shipped("landscape", "spec.yaml", "--picture", str(tmp_path / "map.bmp"))
    assert code == 3
    assert "cannot be written because" in err


def test_landscape_of_a_document_with_nothing_to_show(run):
    code, _, err = run("landscape", "spec.json")
    assert code == 2
    assert "Add 'clusters', or 'data.ties'." in err


@pytest.mark.parametrize("width", ["80", "100", "120"])
def test_no_width_crops_a_number_or_loses_a_name(shipped, monkeypatch, width):
    told = strict(shipped("landscape", "spec.yaml", "--all", "--format", "json")[1])
    monkeypatch.setenv("COLUMNS", width)
    out = shipped("landscape", "spec.yaml", "--all")[1]
    assert max(map(len, out.splitlines())) <= int(width)
    who = rows_of(out, "Who is a cluster, and which rule the others failed")
    assert [*who] == [row["region"] for row in told["regions"]]
    for row in told["regions"]:
        lq, ends, chance, scale, within, between, stable, *failed = who[row["region"]]
        assert float(lq) == pytest.approx(row["lq"], abs=0.005)
        assert ends == f"[{row['eti95_lower']:.2f}, {row['eti95_upper']:.2f}]"
        assert chance in (">0.999", "<0.001") or float(chance) == pytest.approx(
            row["probability"], abs=0.0005
        )
        assert [int(scale), int(within), int(between)] == [
            row[name] for name in ("scale", "within", "between")
        ]
        assert float(stable) == pytest.approx(row["stability"], abs=0.0051)
        assert bool(failed) is not row["cluster"]
    where = rows_of(out, "Where the clusters stand in the network")
    assert len(where) == 29
    measures = [row["measure"] for row in told["rank_correlations"]]
    for row in told["regions"][:29]:
        shown = ["within", "between", "ei_index", *measures]
        assert where[row["region"]] == [number(row[name]) for name in shown]
    years = rows_of(out, "The network by year")
    assert years == {str(row.pop("year")): [*map(number, row.values())] for row in told["years"]}
    alike = rows_of(out, "Rank correlations between measures")
    assert alike == {
        str(row.pop("measure")): [*map(number, row.values())] for row in told["rank_correlations"]
    }


def test_every_table_says_what_its_numbers_are(shipped):
    for format_ in ("text", "markdown", "latex"):
        out = " ".join(shipped("landscape", "spec.yaml", "--format", format_)[1].split())
        for said in (
            "lq: location quotient; eti95: its equal-tailed 95 % interval.",
            "Summed over the judged years: scale (patents), within (ties inside the region), "
            "between (ties with others).",
            "lq stable: share of the 8 periods of 3 years in which the quotient passes.",
            "After the clusters: those that failed one rule, by relative shortfall.",
            "E-I index, (between - within) / (between + within)",
            "means over the judged years of each year's value",
            "parts: components",
            "share between: the part of it that is between regions.",
            "over all regions with ties; a finding on the clusters alone may differ.",
            "over all regions with ties in both years.",
        ):
            assert said in out, (format_, said)
    whole = shipped("landscape", "spec.yaml", "--all")[1]
    assert "by relative shortfall" not in whole


def test_a_window_is_said():
    assert "Each row pools 3 years up to its year." in legends.yearly(3)
    assert "pool" not in legends.yearly(1) + legends.lasting(1)
    assert "Both share 2 of the 3 years that they pool." in legends.lasting(3)
    regions = xr.Dataset({"failed": ("region", [0])}, {"region": ["A"]})
    assert "which pools 3 years up to it" in legends.placed(["degree"], regions, None, 3)


def judged(**columns):
    names = [f"R{spot}" for spot in range(len(next(iter(columns.values()))))]
    return xr.Dataset({name: ("region", cells) for name, cells in columns.items()}).assign_coords(
        region=names
    )


def test_failed_rules_are_said_in_words():
    regions = judged(
        failed_rules=["lq, probability", "scale, within, between", "lq", ""],
        lq_margin=[-0.00288, 1.0, np.nan, 1.0],
        probability_margin=[-0.0512, 0.01, 0.01, 0.01],
        scale_margin=[1.0, -10.0, 1.0, 1.0],
        within_margin=[1.0, -1.0, 1.0, 1.0],
        between_margin=[1.0, -8.666666, 1.0, 1.0],
    )
    said = [room._failure(regions, None, row) for row in range(4)]
    assert said == [
        "quotient 0.003 too low, probability 0.05 too low",
        "scale 10 too low, ties inside 1 too low, ties with others 8.67 too low",
        "quotient unknown",
        "",
    ]
    declared = SimpleNamespace(collaboration=SimpleNamespace(columns={"within": "joint_papers"}))
    regions = regions.assign_attrs(method="standardised")
    assert room._failure(regions, declared, 0).startswith("z 0.003 too low")
    assert "joint_papers 1 too low" in room._failure(regions, declared, 1)


def test_a_quotient_does_not_look_like_the_limit_that_it_misses():
    assert room._quotient(0.99712, 1.0) == "0.997"
    assert room._quotient(1.00001, 1.0) == "1.00001"
    assert room._quotient(1.0, 1.0) == "1.00"
    assert room._quotient(1.4, 1.0) == "1.40"
    assert room._quotient(None, 1.0) is None


def test_regions_are_counted_in_words():
    regions = judged(cluster=[True, False], failed=[0, 1])
    years = regions.assign_attrs(years="2011, 2013")
    assert legends.counted(years) == "1 of 2 regions is a cluster, judged over 2011, 2013."
    everyone = judged(cluster=[True] * 30)
    assert legends.counted(everyone) == "No rules: all 30 regions count as clusters."
