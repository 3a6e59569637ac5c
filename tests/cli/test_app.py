"""The commands as a user runs them: what they print, what they write, how they end."""

import csv
import io
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

import clustermodels as cm
from clustermodels.cli import app
from clustermodels.errors import Finding
from tests import designs
from tests.data.test_cohorts import document as adopted
from tests.data.test_cohorts import frame as cohorts
from tests.data.test_walk import document as with_past
from tests.designs import made_fit
from tests.several import TWO, two_table

ROOM = "clustermodels"


def test_fit_saves_and_prints_the_posterior_and_the_findings(run, project):
    code, out, err = run("fit", "spec.json", "--out", "new.nc")
    assert code == 0
    assert "policies_x_centrality" in out
    assert "saved new.nc" in out
    assert "sampling: " in err
    assert "findings on the document and its data: see 'clustermodels check spec.json'." in out
    assert "12 of 72 cluster-years" not in out, "check has said so"
    assert cm.load_fit(project / "new.nc").posterior.sizes["draw"] == 60


def test_fit_prints_what_is_serious_and_counts_all_findings(run, monkeypatch, tiny_fit):
    def finding(severity):
        return Finding("x", severity, f"{severity} thing", "so", "do", "data.panel", 3)

    monkeypatch.setattr(cm, "fit", lambda *_, **__: tiny_fit)
    monkeypatch.setattr(cm, "diagnose", lambda *_: SimpleNamespace(findings=()))
    for before, code in (([], 0), (["note"], 0), (["note", "serious"], 1)):
        found = tuple(finding(severity) for severity in before)
        monkeypatch.setattr(cm, "check", lambda *_, found=found: found)
        ended, out, _ = run("fit", "spec.json", "--out", "new.nc", "--fail-on", "serious")
        assert ended == code
        assert ("serious: Serious thing" in out) is ("serious" in before)
        assert "Note thing" not in out
        counted = f"{len(before)} finding{'s' * (len(before) > 1)} on the document and its data"
        assert (counted in out) is bool(before)
        assert out.splitlines()[-2:] == ["No findings on the fit.", "saved new.nc"]


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


def save_as_run(fit, project):
    cm.save(fit, project / "other.nc")


def test_dynamics_prints_responses_year_by_year(run, project):
    around = {"rho": 0.5, "dose": 0.3, "intercept": 1.0}
    save_as_run(made_fit(with_past("poisson", "count"), designs.table(), around=around), project)
    code, out, _ = run("dynamics", "other.nc", "--years", "3", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["quantity"] for row in rows[:4]] == [
        "persistence", "half_life", "short_run", "long_run",
    ]  # fmt: skip
    since = [float(row["years_since"]) for row in rows if row["quantity"] == "lasting"]
    assert since == [0, 1, 2, 3]
    _, out, _ = run("dynamics", "other.nc", "--years", "3")
    assert "count in the years after the policy moves" in out
    assert "half_life" in out
    assert "Effects are for one more dose." in out
    assert "Nothing changes" not in out


def test_event_study_prints_what_cells_add_up_to(run, project):
    save_as_run(made_fit(adopted(comparison="never"), cohorts()), project)
    code, out, _ = run("event-study", "other.nc", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    listed = list(dict.fromkeys(row["by"] for row in rows))
    assert listed == ["overall", "event_time", "cohort", "year", "cell", "before"]
    _, out, _ = run("event-study", "other.nc", "--picture", "study.png")
    assert (project / "study.png").read_bytes().startswith(b"\x89PNG")
    assert "wrote study.png" in out
    assert "y once the policy is adopted" in out
    assert "2013 in 2014" in out


def test_within_between_prints_both_slopes_and_their_difference(run):
    _, out, _ = run("within-between", "run.nc", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["slope"] for row in rows[:3]] == ["within", "between", "difference"]
    assert {row["factor"] for row in rows} == {"cluster"}
    _, out, _ = run("within-between", "run.nc")
    assert "Slopes within and between" in out
    assert "P(increase)" in out


def test_influence_names_the_cluster_that_moves_each_coefficient_most(run, tiny_fit):
    wanted = cm.influence(tiny_fit, refit="never").to_dataframe()
    code, out, _ = run("influence", "run.nc", "--refit", "never", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["without"] for row in rows] == wanted["without"].tolist()
    for name in ("median", "eti95_upper", "probability", "shift"):
        assert [float(row[name]) for row in rows] == wanted[name].tolist()
    _, out, _ = run("influence", "run.nc", "--refit", "never", "--treatment", "policies")
    out = " ".join(out.split())  # lines break anywhere
    assert out.count("without one cluster") == 2
    for term in ("policies", "policies_x_centrality"):
        first = wanted[wanted["term"] == term].iloc[1]
        assert f"Without {first['without']} the coefficient of {term} would be" in out
        assert f": {first['shift']:.2f} posterior sds, the largest shift of the 12 clusters" in out
    assert "2 more clusters move it less" in out
    last = wanted[wanted["term"] == "policies"].iloc[-1]["without"]
    _, out, _ = run("influence", "run.nc", "--refit", "never", "--all")
    assert last in out
    assert "move it less" not in out
    assert "not proof of cause" in " ".join(out.split())


@pytest.mark.parametrize("command", ["dynamics", "event-study"])
def test_what_the_document_does_not_have_is_said(run, command):
    code, _, said = run(command, "run.nc")
    assert code == 3
    assert "because" in said


def test_help_waits_for_nothing_heavy():
    script = (
        "import sys; import clustermodels.cli.app\n"
        "heavy = {'xarray', 'pandas', 'pydantic', 'duckdb', 'scipy', 'pymc'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    made = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr


def test_explain_as_latex(run):
    _, out, _ = run("explain", "spec.json", "--format", "latex")
    assert out.count(r"\begin{itemize}") == 3
    assert r"\paragraph{The model}" in out
    assert r"policies\_x\_centrality" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [(["schema"], 0, '"treatments"'), (["check", "none.yaml"], 2, ""), (["nothing"], 2, "")],
)
def test_a_whole_process_ends_with_its_code_and_all_that_it_said(tmp_path, arguments, code, words):
    command = [sys.executable, "-m", "clustermodels", *arguments]
    made = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, text=True)
    assert made.returncode == code
    assert words in made.stdout
    assert (made.stderr == "") == (code == 0)
    if code == 0:
        assert made.stdout.rstrip().endswith("}")


@pytest.fixture
def several(project):
    """Give the project a document of two outcomes and its run."""
    two_table().to_csv(project / "panel.csv", index=False)
    source = {"panel": {"path": "panel.csv", "cluster": "city", "year": "year"}}
    (project / "two.json").write_text(json.dumps(TWO | {"data": source}))
    return project


def test_several_outcomes_each_have_a_heading_and_csv_a_column(run, several):
    code, out, _ = run("fit", "two.json", "--out", "two.nc")
    assert code == 0
    assert out.index("patents\n=======") < out.index("papers\n======") < out.index("saved two.nc")
    for command in ("summary", "predict", "diagnose"):
        code, out, _ = run(command, "two.nc")
        assert code == 0
        assert "patents\n=======" in out
        code, out, _ = run(command, "two.nc", "--outcome", "papers")
        assert "patents" not in out.replace("papers", "")
        code, out, _ = run(command, "two.nc", "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert {row["outcome"] for row in rows} <= {"patents", "papers"}
        code, one, _ = run(command, "two.nc", "--format", "csv", "--outcome", "papers")
        alone = list(csv.DictReader(io.StringIO(one)))
        own = [row for row in rows if row["outcome"] == "papers"]
        assert [row | {"outcome": "papers"} for row in alone] == [
            {name: row[name] for name in (*alone[0], "outcome")} for row in own
        ]
    assert {*json.loads(run("diagnose", "two.nc", "--format", "json")[1])} == {"patents", "papers"}
    code, _, err = run("summary", "two.nc", "--outcome", "paper")
    assert code == 3
    assert "'paper' cannot be shown because it is no outcome here" in err


def test_what_joint_outcomes_share_has_a_heading_too(run, several):
    document = json.loads((several / "two.json").read_text())
    engine = {"kind": "nuts", "draws": 20, "tune": 40, "chains": 2}
    (several / "joint.json").write_text(json.dumps(document | {"joint": True, "engine": engine}))
    assert "across outcomes\n  What clusters vary by" in run("explain", "joint.json")[1]
    code, out, _ = run("fit", "joint.json", "--out", "joint.nc")
    assert code == 0
    assert "across outcomes\n===" in out
    assert "across outcomes\n===" in run("summary", "joint.nc")[1]
    rows = list(csv.DictReader(io.StringIO(run("summary", "joint.nc", "--format", "csv")[1])))
    shared = [row["quantity"] for row in rows if row["outcome"] == "across outcomes"]
    assert len(shared) == 4
    assert all(name.startswith("correlation_of_effects[patents::") for name in shared)
    assert run("diagnose", "joint.nc", "--fail-on", "warning")[0] == 1
    alone = run("summary", "joint.nc", "--outcome", "papers")[1]
    assert "across" not in alone


def test_several_outcomes_are_checked_explained_and_simulated(run, several):
    code, out, _ = run("check", "two.json")
    assert code == 0
    assert "no papers: city 00 2013" in out[out.index("papers\n======") :]
    assert "papers: city" not in out[: out.index("papers\n======")]
    assert "papers\n======" in run("explain", "two.json")[1]
    rows = list(csv.DictReader(io.StringIO(run("explain", "two.json", "--format", "csv")[1])))
    names = {(row["outcome"], row["name"]) for row in rows}
    assert ("papers", "sigma") in names
    assert ("patents", "sigma") not in names
    pooled = {"policies_sd": 0.1, "cluster_effect_sd": 0.1, "cluster_effect_correlation": 0}
    truth = {"intercept": 2, "policies": 0.3, "policies_x_centrality": 0, "centrality": 0, "gdp": 0}
    truth |= {"region": 0, "cluster_means": 0, "year_effect": 0, "papers::sigma": 1}
    (several / "truth.json").write_text(json.dumps(truth | pooled | {"patents::dispersion": 0.1}))
    code, out, err = run("simulate", "two.json", "--at", "truth.json", "--out", "drawn.csv")
    assert (code, err) == (0, "")
    (first, *_) = csv.DictReader(io.StringIO((several / "drawn.csv").read_text("utf-8")))
    assert {"patents", "papers", "gdp"} <= {*first}


def test_one_picture_is_of_one_outcome(run, several):
    document = json.loads((several / "two.json").read_text())
    past = {"dynamics": {"lags": 1}, "moderators": {}}
    (several / "past.json").write_text(json.dumps(document | past))
    assert run("fit", "past.json", "--out", "past.nc")[0] == 0
    code, _, err = run("dynamics", "past.nc", "--picture", "p.png")
    assert code == 3
    assert "here are patents, papers. Choose with --outcome." in err
    code, out, _ = run("dynamics", "past.nc", "--outcome", "papers", "--picture", "p.png")
    assert code == 0
    assert "wrote p.png" in out


AHEAD = {
    "treatments": {"dose": {"slope": "common"}},
    "scenarios": {"a": [{"add": {"dose": 1}}], "b": [{"add": {"dose": 2}}]},
    "horizon": {"years": 2, "covariates": {"dose": "last"}},
}


@pytest.fixture
def ahead(project):
    """Give a fit with a horizon and two scenarios, saved as ahead.nc."""
    fit = made_fit(designs.PLAIN | AHEAD, designs.table(), around={"dose": 1.0})
    cm.save(fit, project / "ahead.nc")
    return fit


def test_predict_compares_scenarios_with_each_other(run, ahead):
    code, out, _ = run("predict", "ahead.nc")
    assert code == 0
    for title in (
        "y under 'a' against the observed policies",
        "y of a cluster on average in the years beyond the data",
        "Which has the highest total of y, years ahead",
        "Total y of each scenario less that of another, years ahead",
    ):
        assert f"\n{title}\n" in out
    assert "total ahead" in out
    code, out, _ = run("predict", "ahead.nc", "--scenario", "a", "--scenario", "b", "--lowest",
                       "--format", "csv")  # fmt: skip
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["against"]]
    assert {row["years"] for row in rows} == {"fitted", "ahead"}
    found = cm.compare_scenarios(ahead, lowest=True)
    for row in rows:
        if row["years"] == "fitted":
            at = found.sel(scenario=row["scenario"], against=row["against"])
            assert row["best_is"] == "lowest"
            assert float(row["median"]) == float(at["median"])
            assert float(row["best"]) == float(at["best"])
    assert len(rows) == 2 * 9
    _, out, _ = run("predict", "ahead.nc", "--scenario", "a")
    assert "Which has" not in out


def test_predict_keeps_shocks_where_asked_and_says_what_that_assumes(run, ahead):
    _, out, _ = run("predict", "ahead.nc", "--keep-shocks", "--scenario", "a", "--format", "csv")
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["by"] == "total"]
    found = cm.effects(ahead, "a", keep_shocks=True)
    assert float(rows[0]["median"]) == float(found["median"][0])
    _, out, _ = run("predict", "ahead.nc", "--keep-shocks")
    assert "Assumes that ranks are preserved" in out
    _, out, _ = run("predict", "ahead.nc")
    assert "ranks are preserved" not in out
