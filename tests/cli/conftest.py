"""A project to run commands in."""

import json
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


@pytest.fixture
def shipped(tmp_path, monkeypatch, run):
    monkeypatch.chdir(ROOT / "specs" / "ai_clusters")
    return run
