"""The commands as a user runs them: what they print, what they write, how they end."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import clustermodels as cm
from clustermodels.cli import app
from tests.tiny import TINY, tiny_table

ROOM = "clustermodels"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, tiny_fit):
    """Give a folder with a document, its table and a run."""
    tiny_table().to_csv(tmp_path / "panel.csv", index=False)
    source = {"panel": {"path": "panel.csv", "cluster": "city", "year": "year"}}
    (tmp_path / "spec.json").write_text(json.dumps(TINY | {"data": source}))
    cm.save(tiny_fit, tmp_path / "run.nc")
    return tmp_path


@pytest.fixture
def run(project, monkeypatch, capsys):
    """Give a function that runs a command in the project: its exit code, output and errors."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [ROOM, *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def test_fit_saves_and_prints_the_posterior_and_the_findings(run, project):
    code, out, err = run("fit", "spec.json", "--out", "new.nc")
    assert code == 0
    assert "policies_x_centrality" in out
    assert "saved new.nc" in out
    assert "sampling: " in err
    assert cm.load_fit(project / "new.nc").posterior.sizes["draw"] == 60


def test_check_ends_with_1_where_the_user_asked_for_it(run):
    code, out, _ = run("check", "spec.json")
    assert code == 0
    assert "12 of 72 cluster-years are not used, no policies 1 year before" in out
    assert run("check", "spec.json", "--fail-on", "serious")[0] == 0
    code, out, _ = run("check", "spec.json", "--fail-on", "note", "--format", "json")
    assert code == 1
    assert {finding["check"] for finding in json.loads(out)} >= {"rows_lost"}


@pytest.mark.parametrize("command", ["summary", "predict", "diagnose"])
def test_answers_parse_in_every_format(run, command):
    code, out, _ = run(command, "run.nc", "--format", "json")
    assert code == 0
    told = json.loads(out)
    assert told
    code, out, _ = run(command, "run.nc", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert rows
    assert all(None not in row for row in rows), "every row has the header's cells"
    if command != "diagnose":
        assert len(rows) == len(told)
    code, out, _ = run(command, "run.nc", "--format", "markdown")
    assert code == 0
    assert "|---|" in out


def test_predict_prints_the_numbers_of_effects(run, tiny_fit):
    _, out, _ = run("predict", "run.nc", "--scenario", "one_more", "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["by"] == "total"]
    wanted = cm.effects(tiny_fit, "one_more")
    assert [row["quantity"] for row in rows] == ["change", "ratio"]
    for row, spot in zip(rows, (0, 1), strict=True):
        for name in ("median", "eti95_lower", "eti95_upper", "probability"):
            assert float(row[name]) == float(wanted[name][spot])
    code, out, _ = run("predict", "run.nc", "--scenario", "one_more")
    assert code == 0
    assert "not proof of cause" in out
    assert "'repeal'" not in out


def test_a_run_whose_chains_disagree_says_so_in_every_answer(run):
    """The tiny run has 120 draws: too few, and every table that rests on them says so."""
    for command in (("summary",), ("predict", "--scenario", "one_more")):
        _, out, _ = run(command[0], "run.nc", *command[1:])
        assert "effective sample size is" in out
        _, out, _ = run(command[0], "run.nc", *command[1:], "--format", "csv")
        assert "effective sample size" not in out


def test_lines_in_which_nothing_changes_are_counted(run):
    _, out, _ = run("predict", "run.nc", "--scenario", "nothing")
    assert "Nothing changes in 18 of 18 lines" in out
    assert "P(increase)" in out


def test_predict_takes_a_file_of_scenarios(run, project):
    (project / "other.yaml").write_text("double: [{scale: {policies: 2}}]\n")
    code, out, _ = run("predict", "run.nc", "--scenarios", "other.yaml")
    assert code == 0
    assert "under 'double'" in out
    (project / "wrong.yaml").write_text("double:\n  - scale: {policy: 2}\n")
    code, out, err = run("predict", "run.nc", "--scenarios", "wrong.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("wrong.yaml:2: scenarios.double.0.scale.policy: ")
    assert err.endswith("Did you mean 'policies'?\n")


def test_explain_in_every_format(run):
    for format_ in ("text", "markdown", "json", "csv"):
        code, out, _ = run("explain", "spec.json", "--format", format_)
        assert code == 0
        assert "policies_x_centrality" in out


def test_simulate_writes_the_panel_with_the_outcome_drawn(run, project, tiny_fit):
    means = tiny_fit.posterior.mean(("chain", "draw"))
    truth = {}
    for name, values in means.data_vars.items():
        if values.ndim:
            labels = values[values.dims[0]].to_numpy().tolist()
            truth[name] = dict(zip(map(str, labels), values.to_numpy().tolist(), strict=True))
        else:
            truth[name] = float(values)
    (project / "truth.json").write_text(json.dumps(truth))
    code, _, err = run("simulate", "spec.json", "--at", "truth.json", "--out", "drawn.csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO((project / "drawn.csv").read_text())))
    assert len(rows) == 72
    seen = [row["patents"] for row in rows if row["year"] != "2010"]
    assert all(value.isdigit() for value in seen), "counts are written as whole numbers"


def test_init_writes_a_project_that_runs_as_it_is(run, project):
    code, out, _ = run("init", "starter")
    assert code == 0
    assert "next: clustermodels check" in out
    assert run("check", "starter/spec.yaml")[0] == 0
    code, _, err = run("init", "starter")
    assert code == 2
    assert "already there" in err
    assert run("init", "mine", "--panel", "panel.csv", "--cluster", "city")[0] == 0
    assert run("check", "mine/spec.yaml")[0] == 0


def test_schema_and_version(run):
    code, out, _ = run("schema")
    assert (code, json.loads(out)) == (0, cm.json_schema())
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "clustermodels")
    code, out, err = run()
    assert code == 0
    assert "predict" in out
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("fit", "spec.json"), 2, "Missing option '--out'"),
        (("nothing",), 2, "No such command 'nothing'"),
        (("check", "none.json"), 2, "none.json: no such file"),
        (("check", "spec.jsn"), 2, "Did you mean spec.json?"),
        (("check", "spec.json", "--fail-on", "often"), 2, "'often' is not one of"),
        (("summary", "none.nc"), 3, "none.nc cannot be read because there is no such file"),
        (("summary", "spec.json"), 3, "it is not a whole run"),
        (("fit", "spec.json", "--out", "none/run.nc"), 3, "there is no folder none"),
        (("predict", "run.nc", "--scenario", "one_mor"), 2, "Did you mean 'one_more'?"),
        (
            ("simulate", "spec.json", "--at", "run.nc", "--out", "panel.csv"),
            3,
            "panel.csv is not replaced because the document reads it",
        ),
    ],
)
def test_wrong_use_is_said_and_has_its_code(run, arguments, code, said):
    ended, out, err = run(*arguments)
    assert ended == code
    assert said in err
    assert "Traceback" not in out + err


def test_a_bug_is_no_traceback_but_a_sentence(run, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(cm, "load_fit", broken)
    code, _, err = run("summary", "run.nc")
    assert code == 3
    assert err.startswith("This is a bug in clustermodels: ZeroDivisionError: by nothing.")
    monkeypatch.setenv("CLUSTERMODELS_DEBUG", "1")
    monkeypatch.setattr(sys, "argv", [ROOM, "summary", "run.nc"])
    with pytest.raises(ZeroDivisionError):
        app.main()


def test_check_and_explain_never_import_the_sampler(project):
    script = (
        "import sys; from clustermodels.cli import app\n"
        "sys.argv = ['clustermodels', sys.argv[1], 'spec.json']\n"
        "try: app.main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "heavy = {'pymc', 'pytensor', 'nutpie', 'arviz', 'arviz_stats', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    for command in ("check", "explain"):
        made = subprocess.run(
            [sys.executable, "-c", script, command],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr


def test_help_waits_for_nothing_heavy():
    script = (
        "import sys; import clustermodels.cli.app\n"
        "heavy = {'xarray', 'pandas', 'pydantic', 'duckdb', 'scipy', 'pymc'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr


@pytest.fixture
def shipped(tmp_path, monkeypatch, run):
    monkeypatch.chdir(ROOT / "specs" / "ai_clusters")
    return run


def test_landscape_prints_clusters_near_misses_and_the_network(shipped):
    code, out, _ = shipped("landscape", "spec.yaml")
    assert code == 0
    assert "29 of 100 regions are clusters, judged by 2012 to 2021." in out
    for heading in (
        "Who is a cluster, and which rule the others failed",
        "Where the clusters stand in the network",
        "The network by year",
        "Rank correlations between measures",
        "Rank correlations with the year before",
    ):
        assert heading in out
    suzhou = next(line for line in out.splitlines() if line.startswith(" Suzhou"))
    assert suzhou.rstrip().endswith("lq by 0.03")
    assert "56 more failed by more: see '--all'." in out
    assert "Liuzhou" not in out.partition("Who")[0]
    assert shipped("landscape", "spec.yaml", "--all")[1].count("lq by") > out.count("lq by")
    assert shipped("landscape", "spec.yaml", "--fail-on", "warning")[0] == 1


def test_landscape_for_programs(shipped, tmp_path):
    _, out, _ = shipped("landscape", "spec.yaml", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 100
    assert [row["cluster"] for row in rows].count("yes") == 29
    assert float(rows[0]["lq"]) > float(rows[28]["lq"])
    _, out, _ = shipped("landscape", "spec.yaml", "--format", "json")
    told = json.loads(out)
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
    assert {row["measure"] for row in told["rank_correlations"]} >= {"degree", "closeness"}


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


def test_explain_as_latex(run):
    _, out, _ = run("explain", "spec.json", "--format", "latex")
    assert out.count(r"\begin{itemize}") == 3
    assert r"\paragraph{The model}" in out
    assert r"policies\_x\_centrality" in out
