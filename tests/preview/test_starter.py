"""Starter projects: written whole or not at all, never over something, with the schema beside."""

import json

import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.preview.starter import examples

HINT = "# yaml-language-server: $schema=schema.json"


def test_the_example_checks_where_it_is_written(tmp_path):
    written = cm.start_project(tmp_path / "new" / "project")
    names = sorted(path.name for path in written)
    shipped = sorted(p.name for p in (examples() / "ai_clusters").iterdir() if p.is_file())
    assert names == sorted([*shipped, "schema.json"])
    spec = tmp_path / "new" / "project" / "spec.yaml"
    assert not [f for f in cm.check(spec) if f.severity == "serious"]


def test_the_schema_is_beside_and_the_first_line_names_it(tmp_path):
    cm.start_project(tmp_path)
    lines = (tmp_path / "spec.yaml").read_text("utf-8").splitlines()
    original = (examples() / "ai_clusters" / "spec.yaml").read_text("utf-8").splitlines()
    assert lines[0] == HINT
    assert lines[1:] == original[1:]
    assert json.loads((tmp_path / "schema.json").read_text("utf-8")) == cm.json_schema()


def table(folder, name="panel.csv"):
    frame = pd.DataFrame(
        {"city": ["A", "A", "B", "B"], "year": [1, 2, 1, 2], "y": [1, 2, 3, 5], "x": [0, 1, 0, 2]}
    )
    frame.to_csv(folder / name, index=False)
    return folder / name


@pytest.mark.parametrize("there", ["spec.yaml", "schema.json"])
def test_nothing_is_overwritten(tmp_path, there):
    (tmp_path / there).write_text("mine")
    for start in (
        lambda: cm.start_project(tmp_path),
        lambda: cm.draft_spec(table(tmp_path), "city", "year", tmp_path),
    ):
        with pytest.raises(cm.PanelError) as caught:
            start()
        assert str(caught.value) == (
            f"{tmp_path}: already there: {there}. Nothing was written: name another folder."
        )
        assert (tmp_path / there).read_text() == "mine"
        others = {path.name for path in tmp_path.iterdir()} - {there, "panel.csv"}
        assert others == set()


def test_a_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    from_bytes = type(tmp_path).write_bytes

    def full(path, content):
        if "schema" in path.name:
            raise OSError(28, "No space left on device")
        return from_bytes(path, content)

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(cm.PanelError) as caught:
        cm.start_project(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: cannot be written: no space left on device. Name another folder."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "f").write_text("mine")
    with pytest.raises(cm.PanelError, match=r"cannot be written: .* Name another folder\."):
        cm.start_project(tmp_path / "f" / "g")


@pytest.mark.parametrize(
    ("cluster", "year", "words"),
    [
        ("cty", "year", "no column 'cty'. Expected city, year, y, x. Did you mean 'city'?"),
        (
            "city",
            "quarter",
            "no column 'quarter'. Expected city, year, y, x. Name one of its columns.",
        ),
        ("year", "city", None),
    ],
)
def test_a_role_that_is_not_there(tmp_path, cluster, year, words):
    path = table(tmp_path)
    with pytest.raises(cm.PanelError) as caught:
        cm.draft_spec(path, cluster, year, tmp_path / "out")
    if words:
        assert str(caught.value) == f"{path}: {words}"
    else:
        assert str(caught.value).startswith(f"{path}:2: city: not a year. Got 'A'")
    assert not (tmp_path / "out").exists()
