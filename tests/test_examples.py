"""Every document that ships checks, builds and fits a few draws; the schema is current."""

import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

import clustermodels as cm

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*/spec.yaml"))


@pytest.fixture(scope="module", params=SPECS, ids=lambda path: path.parent.name)
def example(request, tmp_path_factory):
    """Give an example in a folder of its own, with its panel made."""
    folder = tmp_path_factory.mktemp(request.param.parent.name)
    for path in request.param.parent.iterdir():
        if path.is_file():
            shutil.copy(path, folder / path.name)
    if not (folder / "panel.csv").exists():
        runpy.run_path(str(folder / "make_panel.py"), run_name="__main__")
    return folder / "spec.yaml"


def test_example_checks_builds_and_fits(example):
    spec = cm.read_spec(example)
    assert not [f for f in cm.check(spec) if f.severity == "serious"]
    told = cm.explain(spec)
    assert told.words
    assert told.equation
    engine = spec.engine.model_copy(update={"draws": 10, "tune": 20, "chains": 1})
    made = cm.fit(spec.model_copy(update={"engine": engine}))
    assert np.isfinite(made.tree["log_likelihood"][spec.outcome[0]].values).all()
    for name in spec.scenarios:
        answer = cm.effects(made, name)
        assert np.isfinite(answer["median"].values).all()


def test_example_follows_the_schema(example):
    document = yaml.safe_load(example.read_text("utf-8"))
    jsonschema.Draft202012Validator(cm.json_schema()).validate(document)
    assert example.read_text("utf-8").startswith("# yaml-language-server: $schema=../schema.json\n")


def test_the_schema_is_current():
    stored = json.loads((ROOT / "specs" / "schema.json").read_text("utf-8"))
    assert stored == cm.json_schema()


def test_the_shipped_panel_is_what_its_script_writes(tmp_path):
    folder = ROOT / "specs" / "ai_clusters"
    for name in ("spec.yaml", "truth.yaml", "make_panel.py"):
        shutil.copy(folder / name, tmp_path / name)
    runpy.run_path(str(tmp_path / "make_panel.py"), run_name="__main__")
    assert (tmp_path / "panel.csv").read_bytes() == (folder / "panel.csv").read_bytes()


def test_a_wheel_carries_the_example(tmp_path):
    made = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet"),
            *("--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in ("spec.yaml", "panel.csv", "truth.yaml", "README.md"):
        assert f"clustermodels/specs/ai_clusters/{wanted}" in names
    assert "clustermodels/py.typed" in names
