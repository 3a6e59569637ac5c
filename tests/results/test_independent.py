"""Draws that are independent are judged by their weights, not as chains."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import clustermodels as cm
from clustermodels.cli import printing
from clustermodels.cli.tables import Format
from clustermodels.spec.read import read_text
from tests.designs import made_fit, table

TEXT = """data: {panel: {cluster: city, year: year}}
outcomes: {y: {family: gaussian}}
controls: [yearly]
fixed_effects: {cluster: {pooling: partial}}
engine:
  draws: 200
"""
ENGINE_LINE = 5


def weighted(pareto_k=0.21, effective=650.0, draws=200, points=80, **more):
    spec = read_text(TEXT, "spec.yaml")
    fit = made_fit(spec, table(), chains=4, draws=draws, around={"intercept": 3.0, "sigma": 0.7})
    stats = xr.Dataset({"lp": (("chain", "draw"), np.zeros((4, draws)))})
    said = {"independent": 1, "pareto_k": pareto_k, "effective_draws": effective}
    fit.tree["sample_stats"] = stats.assign_attrs({**said, "points": points, **more})
    return fit


def found(fit):
    return {finding.check: finding for finding in cm.chain_findings(fit)}


def test_the_summary_has_no_rhat_and_one_effective_size():
    fit = weighted()
    answer = cm.summary(fit)
    assert np.isnan(answer["rhat"]).all()
    np.testing.assert_array_equal(answer["ess_bulk"], 650.0)
    np.testing.assert_array_equal(answer["ess_tail"], 650.0)
    assert answer.attrs == {
        "draws": 800,
        "effective_draws": 650.0,
        "pareto_k": 0.21,
        "points": 80,
        "least_acceptance": 1.0,
        "least_accepted": "",
    }
    del fit.tree["sample_stats"]
    chains = cm.summary(fit)
    assert chains.attrs == {}
    assert np.isfinite(chains["rhat"]).all()
    for name in ("mean", "sd", "eti95_lower", "eti95_upper", "robust_sd"):
        np.testing.assert_array_equal(answer[name], chains[name])


def test_draws_of_a_level_that_repeat_each_other_are_found():
    finding = found(weighted(least_acceptance=0.07, least_accepted="cluster Bonn"))["acceptance"]
    assert finding.severity == "warning"
    assert finding.what == (
        "of the proposals for the own coefficients of cluster Bonn only 7 % were accepted"
    )
    assert (finding.path, finding.line) == ("engine", ENGINE_LINE)
    assert "acceptance" not in found(weighted(least_acceptance=0.4, least_accepted="cluster Bonn"))


def test_no_more_than_there_are():
    assert (cm.summary(weighted(effective=1e9))["ess_bulk"] == 800).all()


@pytest.mark.parametrize("pareto_k", [np.nan, -0.3, 0.7])
def test_good_weights_are_no_finding(pareto_k):
    fit = weighted(pareto_k)
    assert found(fit) == {}
    sampler = cm.diagnose(fit).sampler
    numbers = ["draws", "effective_draws", "pareto_k", "points"]
    assert [*sampler] == [*numbers, "least_acceptance", "least_accepted"]


@pytest.mark.parametrize(
    ("pareto_k", "severity", "said"),
    [(0.71, "warning", "intervals are off"), (1.01, "serious", "no number of this run")],
)
def test_weights_that_cannot_mend_the_approximation(pareto_k, severity, said):
    (finding,) = found(weighted(pareto_k)).values()
    assert (finding.check, finding.severity) == ("pareto_k", severity)
    assert f"is {pareto_k}" in finding.what
    assert said in finding.so_what
    assert "kind: nuts" in finding.what_to_do
    assert (finding.path, finding.line) == ("engine", ENGINE_LINE)


def test_few_effective_draws():
    (finding,) = found(weighted(effective=399.0, points=1000)).values()
    assert finding.check == "ess"
    assert "worth 399" in finding.what
    assert finding.what_to_do == "Raise engine.draws."
    assert found(weighted(effective=400.0)) == {}
    # at fewer points than draws, more draws would only be the same points again
    (finding,) = found(weighted(effective=399.0, points=80)).values()
    assert finding.what_to_do.startswith("A panel of this size is evaluated at 80 points")


@pytest.mark.parametrize(
    ("pareto_k", "said"),
    [
        (0.21, "800 independent draws worth 650; Pareto k 0.21."),
        (np.nan, "800 independent draws worth 650."),
    ],
)
def test_what_is_printed_says_what_holds(capsys, monkeypatch, pareto_k, said):
    monkeypatch.setenv("COLUMNS", "200")
    fit = weighted(pareto_k)
    answer = cm.summary(fit)
    printing.summary(answer, Format.text, every=False)
    out = capsys.readouterr().out
    assert said in out.splitlines()
    assert "rhat" not in out
    assert "650" in next(line for line in out.splitlines() if line.startswith(" yearly"))
    printing.diagnosis(cm.diagnose(fit, answer), Format.text)
    out = capsys.readouterr().out
    assert said in out.splitlines()
    assert "Chains" not in out
    assert "Data against data drawn" in out
    printing.summary(answer, Format.csv, every=False)
    out = capsys.readouterr().out
    assert "rhat" in out.splitlines()[0]
    assert "independent" not in out


def test_it_survives_the_file(tmp_path):
    for pareto_k in (0.5, np.nan):
        cm.save(weighted(pareto_k), tmp_path / "run.nc")
        kept = cm.load_fit(tmp_path / "run.nc").independent
        assert (kept.draws, kept.effective_draws, kept.points) == (800, 650.0, 80)
        np.testing.assert_equal(kept.pareto_k, pareto_k)


def test_arviz_is_not_loaded_for_them(tmp_path):
    cm.save(weighted(), tmp_path / "run.nc")
    script = (
        "import sys; from clustermodels.cli import app\n"
        "sys.argv = ['clustermodels', sys.argv[1], 'run.nc']\n"
        "try: app.main()\n"
        "except SystemExit as ended: assert not ended.code, ended.code\n"
        "heavy = {'pymc', 'pytensor', 'nutpie', 'arviz', 'arviz_base', 'matplotlib'}\n"
        "heavy |= {'scipy.stats', 'scipy.optimize'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    for command in ("summary", "diagnose"):
        made = subprocess.run(
            [sys.executable, "-c", script, command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
