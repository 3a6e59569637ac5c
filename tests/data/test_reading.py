"""Spec and table to Panel: columns found, cast and sorted; what is refused, with its place."""

import numpy as np
import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.read import read_text
from tests.documents import BASE

ROWS = "city,year,patents,policies\nA,2010,1,0\nA,2011,2,1\nB,2010,3,0\nB,2011,0,2\n"
POISSON = BASE.replace("negative_binomial", "poisson").replace("lag: 1", "slope: common")


@pytest.fixture
def read(tmp_path):
    def panel(content=ROWS, document=POISSON, addition=""):
        (tmp_path / "panel.csv").write_text(content, "utf-8")
        return cm.read_panel(read_text(document + addition, "spec.yaml", tmp_path))

    return panel


@pytest.fixture
def refusal(read):
    def words(*content, **settings):
        with pytest.raises(cm.PanelError) as caught:
            read(*content, **settings)
        return str(caught.value)

    return words


def test_rows_are_sorted_and_typed(read):
    panel = read("policies,year,city,patents\n2,2011,B,0\n,2010,B,3\n1,2011.0,A,2\n0,2010,A,1\n")
    rows = panel.rows
    assert rows["cluster"].values.tolist() == ["A", "A", "B", "B"]
    assert rows["year"].values.tolist() == [2010, 2011, 2010, 2011]
    assert rows["year"].dtype == np.int64
    np.testing.assert_array_equal(rows["policies"], [0, 1, np.nan, 2])
    assert rows["used"].values.tolist() == [True, True, False, True]
    assert panel.name == "panel.csv"


def test_labels_stay_text(read):
    lines = zip(ROWS.splitlines(), ["code", "01", "02", "01", "x"], strict=True)
    table = "\n".join(f"{row},{code}" for row, code in lines).replace("A,", "01001,")
    panel = read(table, addition="controls: {code: {kind: categorical}}\n")
    assert panel.rows["cluster"].values.tolist() == ["01001", "01001", "B", "B"]
    assert panel.rows["code"].values.tolist() == ["01", "02", "01", "x"]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ("1 2 3 4", "f", [1.0, 2.0, 3.0, 4.0]),
        ("01 02 03 04", "f", [1.0, 2.0, 3.0, 4.0]),
        ("a b c NA", "O", ["a", "b", "c", ""]),
        ("inf nan Infinity x", "O", ["inf", "nan", "Infinity", "x"]),
        ("NA NA NA b", "O", ["", "", "", "b"]),
    ],
)
def test_a_control_is_what_its_cells_are(read, cells, kind, values):
    lines = zip(ROWS.splitlines(), ["x", *cells.split()], strict=True)
    panel = read("\n".join(f"{row},{cell}" for row, cell in lines), addition="controls: [x]\n")
    assert panel.rows["x"].dtype.kind == kind
    assert panel.rows["x"].values.tolist() == values


def test_a_control_with_both_is_told_both_ways_out(refusal):
    table = ROWS.replace("policies\n", "policies,x\n").replace("A,2010,1,0", "A,2010,1,0,7")
    table = table.replace("1\n", "1,b\n").replace(",0\nB", ",0,8\nB").replace("0,2\n", "0,2,9\n")
    assert refusal(table, addition="controls: [x]\n") == (
        "panel.csv:3: x: not a finite number. Got 'b'; expected a number. Correct it, or leave "
        "the cell empty where the value is missing. If its cells are names and not amounts, "
        "write kind: categorical."
    )


@pytest.mark.parametrize(
    ("cells", "advice"),
    [
        (("4,53", "2,10", "NA", "3,07"), "Write a decimal point: 4.53."),
        (("1,234", "999", "", ""), "Write 1234 if the comma groups thousands, 1.234 if it is"),
        (("12%", "7%", "3%", "1%"), "Write it without the per cent sign."),
        (("约2.3", "2.1", "2", "3"), "Correct it, or leave the cell empty"),
    ],
)
def test_numbers_written_for_people_are_no_labels(refusal, read, cells, advice):
    table = "\n".join(
        ";".join([*row.split(","), cell])
        for row, cell in zip(ROWS.splitlines(), ["x", *cells], strict=True)
    )
    words = refusal(table, addition="controls: [x]\n").split("\n")[0]
    assert words.startswith(f"panel.csv:2: x: not a finite number. Got '{cells[0]}'")
    assert advice in words
    assert words.endswith("If its cells are names and not amounts, write kind: categorical.")
    panel = read(table, addition="controls: {x: {kind: categorical}}\n")
    assert panel.rows["x"].values[0] == cells[0]


def test_a_label_that_looks_like_a_number_may_be_compared(read):
    addition = "controls: {x: {kind: categorical}}\n"
    addition += "scenarios: {a: [{add: {policies: 1}, where: {x: {is: 10%}}}]}\n"
    lines = zip(ROWS.splitlines(), ["x", "10%", "20%", "10%", "20%"], strict=True)
    panel = read("\n".join(f"{row},{x}" for row, x in lines), addition=addition)
    assert panel.rows["x"].values.tolist() == ["10%", "20%", "10%", "20%"]


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        (
            "moderators: [x]\n",
            "8: moderators.x: 'x' holds text, and this needs numbers. Got 'east'. "
            "Name a numeric column, or write kind: categorical.",
        ),
        (
            "controls: {x: {kind: numeric}}\n",
            "8: controls.x: 'x' holds text, and this needs numbers. Got 'east'. "
            "Name a numeric column, or write kind: categorical.",
        ),
        (
            "controls: [x]\nscenarios: {a: [{add: {policies: 1}, where: {x: {below: 3}}}]}\n",
            "9: scenarios.a.0.where.x: 'x' holds text, and this needs numbers. Got 'east'. "
            "Compare it with 'is:'.",
        ),
    ],
)
def test_text_where_numbers_belong_is_one_problem(refusal, addition, words):
    lines = zip(ROWS.splitlines(), ["x", "east", "west", "", "east"], strict=True)
    table = "\n".join(f"{row},{x}" for row, x in lines)
    assert refusal(table, addition=addition) == f"spec.yaml:{words}"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "policies",
            "policys",
            "spec.yaml:7: treatments.policies: panel.csv has no column 'policies'. "
            "Expected city, year, patents, policys. Did you mean 'policys'?",
        ),
        (
            "city,year,patents",
            "stadt,jahr,patents",
            "spec.yaml:3: data.panel.cluster: panel.csv has no column 'city'. "
            "Expected stadt, jahr, patents, policies. Name one of its columns.\n"
            "spec.yaml:3: data.panel.year: panel.csv has no column 'year'. "
            "Expected stadt, jahr, patents, policies. Name one of its columns.",
        ),
        (
            "A,2011",
            "A,2010",
            "panel.csv:3: A 2010 stands twice. Keep one row per cluster and year, or add them up. "
            "The first is on line 2.",
        ),
        (
            "A,2010",
            "A,2015Q1",
            "panel.csv:2: year: not a year. Got '2015Q1'; expected a whole number. "
            "Write the year alone: 2015. One row per cluster and year.",
        ),
        (
            "A,2010",
            ",2010",
            "panel.csv:2: city: a row without a cluster. Name its cluster or delete the row.",
        ),
        (
            "A,2010,1",
            "A,2010,inf",
            "panel.csv:2: patents: not a finite number. Got 'inf'; expected a number. "
            "Correct it, or leave the cell empty where the value is missing.",
        ),
        (
            "A,2010,1,0\nA,2011,2",
            "A,2010,-1,0\nA,2011,1.5",
            "spec.yaml:5: outcomes.patents: panel.csv: 'patents' has values that are impossible "
            "here. Got -1 in A 2010, 1.5 in A 2011; expected whole numbers, 0 or more for "
            "poisson. Correct the data or choose another family.",
        ),
    ],
)
def test_refused(refusal, old, new, words):
    assert ROWS.count(old) == 1
    assert refusal(ROWS.replace(old, new)) == words


def test_many_duplicates_are_counted(refusal):
    words = refusal(ROWS + "A,2010,1,1\n" * 8).split("\n")
    assert len(words) == 6
    assert words[-1] == "panel.csv: 3 more cluster-years stand twice."


def test_one_cluster(refusal, read):
    one = "".join(ROWS.splitlines(keepends=True)[:3])
    assert refusal(one) == (
        "spec.yaml:3: data.panel.cluster: panel.csv has one cluster only, and a cluster effect "
        "beside free year effects needs two or more. Got 'A'. Name the column that tells "
        "clusters apart, or write 'fixed_effects: {}'."
    )
    assert read(one, addition="fixed_effects: {}\n").used.tolist() == [0, 1]


def test_nothing_is_left(refusal):
    text = "city,year,patents,policies\nA,2010,,0\nA,2011,1,\nB,2010,3,\n"
    assert refusal(text) == (
        "panel.csv: no row is left to fit (no patents: 1 row; no policies: 2 rows). "
        "Fill the gaps or drop a term or lag."
    )


@pytest.mark.parametrize(
    ("exposure", "trials", "words"),
    [
        (
            "exposure: n",
            0,
            "Got 0 in A 2010; expected above 0, as an exposure",
        ),
        (
            "trials: n",
            1.5,
            "Got 1.5 in A 2010; expected whole trials, 0 or more",
        ),
        (
            "trials: n",
            0,
            "'patents' has values that are impossible here. Got 1 in A 2010; expected",
        ),
    ],
)
def test_exposure_and_trials(refusal, exposure, trials, words):
    family = "binomial" if exposure.startswith("trials") else "poisson"
    document = POISSON.replace("family: poisson", f"family: {family}, {exposure}")
    numbers = ["n", trials, 9, 9, 9]
    lines = zip(ROWS.splitlines(), numbers, strict=True)
    text = "\n".join(f"{row},{number}" for row, number in lines)
    assert words in refusal(text, document=document)


@pytest.mark.parametrize("name", ["cluster", "year", "obs", "used"])
@pytest.mark.parametrize("section", ["outcomes", "treatments", "controls"])
def test_a_column_called_like_a_part_of_the_panel(refusal, name, section):
    document = POISSON.replace("city", "place").replace("year: year", "year: jahr")
    if section == "outcomes":
        document = document.replace("family: poisson", f"family: poisson, column: {name}")
    elif section == "treatments":
        document = document.replace("slope: common", f"slope: common, column: {name}")
    else:
        document += f"controls: {{x: {{column: {name}}}}}\n"
    text = f"place,jahr,patents,policies,{name}\nA,2010,1,0,1\nB,2010,3,0,2\n"
    path = {"outcomes": "outcomes.patents", "treatments": "treatments.policies"}
    line = {"outcomes": 5, "treatments": 7, "controls": 8}[section]
    assert refusal(text, document=document) == (
        f"spec.yaml:{line}: {path.get(section, 'controls.x')}: '{name}' is a name that the panel "
        "keeps for itself. Rename the column in panel.csv."
    )


def test_the_year_is_a_trend(read):
    panel = read(addition="controls: {trend: {column: year}}\nfixed_effects: [cluster]\n")
    learned = cm.learn(read_text(POISSON + "controls: {trend: {column: year}}\n", "s"), panel)
    assert (learned.scales["trend"].low, learned.scales["trend"].high) == (2010, 2011)


def test_an_outcome_that_is_yet_to_be_drawn(tmp_path):
    spec = read_text(POISSON, "spec.yaml", tmp_path)
    table = pd.DataFrame({"city": ["A", "B"], "year": [2010, 2010], "policies": [1.0, 2.0]})
    panel = cm.read_panel(spec, table, outcome=False)
    assert np.isnan(panel.rows["patents"]).all()
    assert panel.used.tolist() == [0, 1]


def test_a_document_without_a_path(tmp_path):
    spec = read_text(POISSON.replace("path: panel.csv, ", ""), "spec.yaml", tmp_path)
    with pytest.raises(cm.PanelError) as caught:
        cm.read_panel(spec)
    assert str(caught.value) == (
        "spec.yaml:3: data.panel: no table. Add 'path: FILE', or hand a table over in Python."
    )


def test_paths_start_at_the_document(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "panel.csv").write_text(ROWS)
    (tmp_path / "sub" / "spec.yaml").write_text(POISSON.replace("panel.csv", "../panel.csv"))
    monkeypatch.chdir("/")
    assert cm.read_panel(cm.read_spec(tmp_path / "sub" / "spec.yaml")).rows.sizes["obs"] == 4


def test_a_panel_that_was_read_before_is_given_back(read, tmp_path):
    panel = read()
    spec = read_text(POISSON + "title: another\nengine: {draws: 7}\n", "spec.yaml", tmp_path)
    assert cm.read_panel(spec, panel) is panel
    assert cm.check(spec, panel) == cm.check(spec)


@pytest.mark.parametrize(
    ("old", "new"),
    [("slope: common", "lag: 1"), ("poisson", "negative_binomial"), ("policies:", "other:")],
)
def test_a_panel_of_another_document_is_refused(read, tmp_path, old, new):
    """Its rows, its losses and what was checked of it would be those of the other."""
    panel = read()
    assert old in POISSON
    spec = read_text(POISSON.replace(old, new), "spec.yaml", tmp_path)
    with pytest.raises(cm.PanelError, match=r"panel.csv: this panel was not read"):
        cm.fit(spec, panel)


def test_a_panel_whose_outcome_was_left_out_is_not_fitted(read, tmp_path):
    read()
    spec = read_text(POISSON, "spec.yaml", tmp_path)
    with pytest.raises(cm.PanelError, match="was not read for this document"):
        cm.fit(spec, cm.read_panel(spec, outcome=False))
