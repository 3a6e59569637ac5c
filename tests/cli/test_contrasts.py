"""High against low as it is printed."""

import csv
import io
import json

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.cli.contrasts import high_low
from clustermodels.cli.tables import Format

NUMBERS = ("median", "eti95_lower", "eti95_upper", "probability")


def test_csv_and_json_hold_the_numbers_of_the_verb(run, tiny_fit):
    wanted = cm.high_low(tiny_fit, low=0.1, high=0.8)
    asked = ("high-low", "run.nc", "--low", "0.1", "--high", "0.8", "--format")
    code, out, err = run(*asked, "csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == wanted.sizes["row"]
    for spot, row in enumerate(rows):
        for name in NUMBERS:
            value = float(wanted[name][spot])
            assert row[name] == "" if np.isnan(value) else float(row[name]) == value
        for name in ("question", "treatment", "at", "scale", "per", "note"):
            assert row[name] == wanted[name].to_numpy()[spot]
    told = json.loads(run(*asked, "json")[1])
    assert [row["at"] for row in told] == wanted["at"].to_numpy().tolist()
    assert told[0]["cluster_years"] is None


@pytest.mark.parametrize("format_", ["text", "markdown", "latex"])
def test_a_table_a_question_for_readers(run, format_):
    code, out, _ = run("high-low", "run.nc", "--format", format_)
    assert code == 0
    heads = ["Policy impact on patents", "Resource allocation", "Overall effectiveness: patents"]
    places = [out.index(head) for head in heads]
    assert places == sorted(places)
    assert "Resource allocation: the document names no mechanisms." in out
    assert "Effects are for a doubling of 1 + policies." in out
    assert "Effects are for a doubling of 1 + policies in every year." in out
    assert "Low and high are the 25 % and 75 % quantiles of centrality" in out
    assert "not proof of cause" in out
    assert ("effective sample size is" in out) is (format_ != "latex")


def test_what_cannot_be_asked_ends_with_3(run):
    code, _, err = run("high-low", "run.nc", "--moderator", "centralty")
    assert code == 3
    assert "because 'centralty' moderates no treatment. Did you mean 'centrality'?" in err
    assert run("high-low", "run.nc", "--low", "0.8")[0] == 3


def test_several_outcomes_have_a_heading_each_and_a_first_column(tiny_fit, capsys):
    answer = cm.high_low(tiny_fit)
    both = {"patents": answer, "papers": answer}
    high_low(both, Format.csv, tiny_fit.spec)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["outcome"] for row in rows] == ["patents"] * len(answer["row"]) + ["papers"] * len(
        answer["row"]
    )
    high_low(both, Format.text, tiny_fit.spec)
    out = capsys.readouterr().out
    assert out.index("papers\n======") < out.index("Policy impact on papers")
