"""A fit on disk: whole or not at all, the same to the last bit, open without us."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import clustermodels as cm
from tests.data.worlds import PANEL, changed, panel_table, position, ring
from tests.tiny import TINY, tiny_table

OLD = b"\x89HDF, the old one"

ASK = """
import sys, hashlib, numpy as np, clustermodels as cm
fit = cm.load_fit(sys.argv[1])
for values in (cm.predict(fit, "one_more").to_numpy(), cm.effects(fit, "repeal")["median"].values,
               cm.summary(fit)["mean"].values):
    print(hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest())
"""


def ask(path):
    made = subprocess.run(
        [sys.executable, "-c", ASK, str(path)], capture_output=True, text=True, check=True
    )
    return made.stdout.split()


def test_saved_and_loaded_in_a_fresh_process_it_answers_the_same(tiny_fit, tmp_path):
    path = tmp_path / "run.nc"
    cm.save(tiny_fit, path)
    again = tmp_path / "again.nc"
    cm.save(cm.load_fit(path), again)
    assert ask(path) == ask(again)
    loaded = cm.load_fit(path)
    for name in tiny_fit.posterior.data_vars:
        np.testing.assert_array_equal(loaded.posterior[name], tiny_fit.posterior[name])
    np.testing.assert_array_equal(
        cm.predict(loaded, "one_more").to_numpy(), cm.predict(tiny_fit, "one_more").to_numpy()
    )
    assert loaded.learned == tiny_fit.learned
    assert loaded.panel.losses == tiny_fit.panel.losses
    assert loaded.spec.plain() == tiny_fit.spec.plain()
    # its panel can be fitted again
    assert cm.read_panel(loaded.spec, loaded.panel) is loaded.panel


def test_saved_beside_it_is_there_when_the_block_has_ended(tiny_fit, tmp_path):
    path = tmp_path / "run.nc"
    with cm.saving(path) as save_beside:
        assert not path.exists()
        save_beside(tiny_fit)
    np.testing.assert_array_equal(
        cm.load_fit(path).posterior["policies"], tiny_fit.posterior["policies"]
    )


def test_saved_beside_it_is_there_also_when_the_block_fails(tiny_fit, tmp_path):
    path = tmp_path / "run.nc"

    def breaks_off():
        with cm.saving(path) as save_beside:
            save_beside(tiny_fit)
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        breaks_off()
    assert cm.load_fit(path).spec.title == tiny_fit.spec.title


def test_a_path_that_cannot_be_written_is_refused_before_the_block(tmp_path):
    with pytest.raises(cm.FitError, match="there is no folder"):
        cm.saving(tmp_path / "none" / "run.nc").__enter__()


def test_what_cannot_be_written_in_the_end_is_said(tiny_fit, tmp_path):
    path = tmp_path / "run.nc"

    def taken():
        with cm.saving(path) as save_beside:
            path.mkdir()
            save_beside(tiny_fit)

    with pytest.raises(cm.FitError, match="because it is a folder"):
        taken()


def test_it_opens_in_plain_xarray_with_all_that_made_it(tiny_fit, tmp_path):
    path = tmp_path / "run.nc"
    cm.save(tiny_fit, path)
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        assert {
            "posterior",
            "sample_stats",
            "log_likelihood",
            "log_prior",
            "observed_data",
            "panel",
        } <= set(tree.children)
        assert tree["posterior"]["policies_by_cluster"].dims == ("chain", "draw", "cluster")
        attrs = tree.attrs
    assert attrs["data_sha256"] == tiny_fit.panel.sha256
    assert len(attrs["spec_sha256"]) == 64
    assert "pymc" in attrs["versions"]
    assert attrs["seed"] == 3
    assert json.loads(attrs["spec"])["engine"]["draws"] == 60


def test_a_spec_changed_in_python_is_saved_as_it_was_fitted(tiny_spec, tiny_panel, tmp_path):
    engine = tiny_spec.engine.model_copy(update={"draws": 7, "tune": 20, "chains": 1})
    changed = tiny_spec.model_copy(update={"engine": engine})
    cm.fit(changed, tiny_panel, out=tmp_path / "run.nc")
    assert cm.load_fit(tmp_path / "run.nc").spec.engine.draws == 7


def test_awkward_names_survive(tmp_path):
    rename = {"city": 'Stadt "x"', "policies": "log.policies", "gdp": "GDP / head", "year": "année"}
    table = tiny_table().rename(columns=rename)
    spec = cm.read_spec(
        TINY
        | {
            "data": {"panel": {"cluster": 'Stadt "x"', "year": "année"}},
            "treatments": {"policies": {"column": "log.policies", "transform": "log1p"}},
            "controls": {"gdp": {"column": "GDP / head"}, "地区": {"column": "region"}},
            "scenarios": {"more": [{"add": {"log.policies": 1}}]},
        }
    )
    made = cm.fit(spec, table, out=tmp_path / "run.nc")
    loaded = cm.load_fit(tmp_path / "run.nc")
    np.testing.assert_array_equal(cm.predict(loaded, "more"), cm.predict(made, "more"))
    assert "地区" in loaded.posterior


def test_a_failed_write_leaves_the_old_file(tiny_fit, tmp_path, monkeypatch):
    path = tmp_path / "run.nc"
    path.write_bytes(OLD)

    def broken(*_args, **_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.DataTree, "to_netcdf", broken)
    with pytest.raises(cm.FitError, match="because No space left"):
        cm.save(tiny_fit, path)
    assert path.read_bytes() == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["run.nc"]


@pytest.mark.parametrize("damage", ["truncated", "other", "absent", "text"])
def test_a_file_that_is_not_a_whole_run_is_refused(tiny_fit, tmp_path, damage):
    path = tmp_path / "run.nc"
    match damage:
        case "truncated":
            cm.save(tiny_fit, path)
            path.write_bytes(path.read_bytes()[:20_000])
        case "other":
            xr.Dataset({"a": ("x", [1.0])}).to_netcdf(path, engine="h5netcdf")
        case "text":
            path.write_text("no netCDF")
    with pytest.raises(cm.FitError, match="cannot be read because"):
        cm.load_fit(path)


def test_a_place_that_cannot_be_written_is_refused_before_sampling(tiny_spec, tiny_panel, tmp_path):
    with pytest.raises(cm.FitError, match="no folder"):
        cm.fit(tiny_spec, tiny_panel, out=tmp_path / "none" / "run.nc")
    with pytest.raises(cm.FitError, match="it is a folder"):
        cm.fit(tiny_spec, tiny_panel, out=tmp_path)
    data = tmp_path / "panel.csv"
    data.write_text("city,year\n")
    with pytest.raises(cm.FitError, match="not replaced because what is there is not a run"):
        cm.fit(tiny_spec, tiny_panel, out=data)
    assert data.read_text() == "city,year\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_or_killed_it_leaves_the_old_file(tmp_path, how):
    """A long fit is stopped while it samples: the older run is still there, and nothing else."""
    tiny_table(clusters=40, years=10).to_csv(tmp_path / "panel.csv", index=False)
    document = TINY | {
        "data": {"panel": {"path": "panel.csv", "cluster": "city", "year": "year"}},
        "engine": {"draws": 500_000, "tune": 1000, "chains": 2},
    }
    (tmp_path / "spec.json").write_text(json.dumps(document))
    out = tmp_path / "run.nc"
    out.write_bytes(OLD)
    with subprocess.Popen(
        [sys.executable, "-m", "clustermodels", "fit", str(tmp_path / "spec.json"), "--out", out],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stderr.readline().startswith("sampling: ")
        running.send_signal(how)
        said = running.communicate(timeout=60)[1]
    assert running.returncode == (3 if how == signal.SIGINT else -9)
    assert out.read_bytes() == OLD
    assert sorted(p.name for p in tmp_path.iterdir()) == ["panel.csv", "run.nc", "spec.json"]
    assert "Traceback" not in said
    if how == signal.SIGINT:
        assert "Interrupted: nothing was written." in said


def test_networks_and_scores_are_kept(tmp_path):
    engine = {"draws": 20, "tune": 50, "chains": 1}
    rules = {"location_quotient": {"activity": "patents", "total": "all", "above": 0.5}}
    spec = changed(
        PANEL,
        engine=engine,
        clusters=rules,
        moderators=position(measure="constraint", disconnected="indicator"),
        scenarios={
            "edge": [{"add": {"policies": 1}, "where": {"where": {"above": 0.1}}}],
            "centre": [{"add": {"where": 0.1}}],
        },
    )
    tables = cm.Tables(panel_table(), ties=ring())
    made = cm.fit(spec, tables, out=tmp_path / "run.nc")
    loaded = cm.load_fit(tmp_path / "run.nc")
    ties = loaded.panel.networks.ties
    assert ties.to_dataset().identical(made.panel.networks.ties.to_dataset())
    assert ties.nodes == tuple(f"c{i}" for i in range(8))
    for name in ("lq", "probability", "cluster", "failed_rules", "stability"):
        np.testing.assert_array_equal(loaded.panel.regions[name], made.panel.regions[name])
    assert loaded.panel.regions.attrs["years"] == "2010 to 2015"
    assert "where_outside" in loaded.posterior
    np.testing.assert_array_equal(cm.predict(loaded, "edge"), cm.predict(made, "edge"))
    assert set(loaded.tree.children) == set(made.tree.children)
    moved = cm.extrapolation_findings(loaded, "centre")
    assert "position_edited" in {finding.check for finding in moved}
    assert "position_edited" not in {f.check for f in cm.extrapolation_findings(loaded, "edge")}
    assert loaded.panel.networks.inside is False
