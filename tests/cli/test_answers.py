"""The commands effects and compare print what the verbs of their names give."""

import csv
import io
import json

import numpy as np
import pytest

import clustermodels as cm


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_effects_compares_what_it_is_asked(run, tiny_fit):
    code, out, _ = run("effects", "run.nc", "--variables", "policies=2", "--format", "csv")
    assert code == 0
    (row,) = rows_of(out)
    wanted = cm.comparisons(tiny_fit, {"policies": 2}, by="overall")
    assert (row["term"], row["contrast"], row["scale"]) == ("policies", "+2", "response")
    for name in ("median", "eti95_lower", "eti95_upper", "probability"):
        assert float(row[name]) == pytest.approx(float(wanted[name][0]), rel=1e-9)


def test_effects_by_groups_and_as_slopes(run, tiny_fit):
    asked = ("--variables", "policies", "--variables", "gdp=8:12", "--by", "year", "--by", "gdp=2")
    _, out, _ = run("effects", "run.nc", *asked, "--scale", "ratio", "--format", "csv")
    rows = rows_of(out)
    wanted = cm.comparisons(
        tiny_fit, {"policies": 1, "gdp": (8, 12)}, by={"year": None, "gdp": 2}, scale="ratio"
    )
    np.testing.assert_allclose([float(row["median"]) for row in rows], wanted["median"], rtol=1e-9)
    assert [int(row["year"]) for row in rows] == wanted["year"].to_numpy().tolist()
    asked = ("--variables", "policies", "--slopes", "--scale", "elasticity", "--target", "average")
    _, out, _ = run("effects", "run.nc", *asked, "--format", "csv")
    wanted = cm.slopes(tiny_fit, "policies", by="overall", scale="elasticity", target="average")
    assert float(rows_of(out)[0]["median"]) == pytest.approx(float(wanted["median"][0]))


def test_effects_without_variables_are_those_along_moderators(run):
    _, out, _ = run("effects", "run.nc")
    assert "The policy's effect" in out
    _, out, _ = run("effects", "run.nc", "--variables", "policies")
    assert "What patents differs by where a column is moved in all rows" in out
    assert "response [eti95]" in out


def test_effects_of_a_moderator_on_both_scales(run, tiny_fit):
    (treatment, moderator), *_ = tiny_fit.spec.moderated()
    _, out, _ = run("effects", "run.nc", "--interaction", moderator, "--format", "csv")
    wanted = cm.interaction(tiny_fit, treatment, moderator)
    rows = rows_of(out)
    assert [row["scale"] for row in rows] == ["coefficient", "link", "response"]
    np.testing.assert_allclose([float(row["median"]) for row in rows], wanted["median"], rtol=1e-9)
    _, out, _ = run("effects", "run.nc", "--interaction", moderator)
    assert "Interactions on the link's scale, and in patents itself" in out
    assert out.count("P(increase)") == 1


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--interaction", "centrality", "--variables", "policies"), 2, "stands alone, with --by"),
        (("--variables", "policies=nan"), 3, "because nan is no number"),
        (("--target", "new"), 2, "--variables"),
        (("--by", "year"), 2, "name these by --variables"),
        (("--variables", "policies=2", "--slopes"), 2, "--slopes takes no amounts"),
        (("--variables", "policies", "--variables", "policies=2"), 2, "'policies' is there twice"),
        (("--variables", "policies", "--by", "gdp=1"), 2, "'1' bins are no groups"),
        (("--variables", "policies", "--by", "gdp=9:1"), 2, "edges do not rise in '9:1'"),
        (("--variables", "policies", "--by", "gdp=900:901"), 3, "because none lies within 900 to"),
        (("--interaction", "gdp"), 3, "the document has no such product. Choose among:"),
        (("--variables", "polices"), 2, "Did you mean 'policies'"),
        (("--variables", "policies", "--scale", "odds"), 3, "because comparisons have no such"),
        (("--variables", "policies", "--by", "gdp=some"), 2, "'some' is no number of bins"),
    ],
)
def test_what_effects_refuses(run, asked, code, said):
    ended, _, error = run("effects", "run.nc", *asked)
    assert ended == code
    assert said in error


def test_a_column_that_is_moved_beyond_the_data_is_said(run):
    _, out, _ = run("effects", "run.nc", "--variables", "gdp=1000000", "--target", "average")
    assert "takes 100 % of rows beyond the data's" in " ".join(out.split())
    assert "Of an average cluster." in out
    _, out, _ = run("effects", "run.nc", "--variables", "gdp=minmax", "--by", "overall")
    assert "beyond the data" not in out


def test_compare_sets_runs_side_by_side(run, project, tiny_fit):
    cm.save(tiny_fit, project / "again.nc")
    code, out, _ = run("compare", "run.nc", "again.nc", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert [row["model"] for row in told["models"]] == ["run", "again"]
    assert told["models"][1]["elpd_difference"] == 0
    assert {row["model"] for row in told["coefficients"]} == {"run", "again"}
    _, out, _ = run("compare", "run.nc", "again.nc")
    assert "Which predicts rows better" in out
    assert "run [eti95]" in out
    assert "again [eti95]" in out
    _, out, _ = run("compare", "run.nc", "again.nc", "--format", "csv")
    assert [row["model"] for row in rows_of(out)] == ["run", "again"]
    code, _, error = run("compare", "run.nc")
    assert code == 3
    assert "because there are not two fits" in error
