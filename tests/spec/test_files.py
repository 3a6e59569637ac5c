"""A spec on disk: what is said of a file that is not one."""

import json

import pytest
import yaml

import clustermodels as cm
from tests.documents import BASE


def refusal(path):
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(path)
    return str(caught.value)


def test_an_absent_file_names_the_nearest(tmp_path):
    (tmp_path / "spec.yaml").write_text(BASE)
    path = tmp_path / "spec.yml"
    assert refusal(path) == f"{path}: no such file. Did you mean {tmp_path / 'spec.yaml'}?"


def test_an_absent_folder(tmp_path):
    path = tmp_path / "none" / "zzz.yaml"
    assert refusal(path) == f"{path}: no such file. Check the path."


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read: is a directory. Name a spec file."


def test_another_encoding_by_its_line(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"schema: 1\n" + "title: 政策\n".encode("gb18030"))
    assert refusal(path) == f"{path}:2: not UTF-8 text. Save the spec as UTF-8."


def test_a_byte_order_mark_is_no_matter(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.encode())
    assert cm.read_spec(path).source.line(("treatments", "policies")) == 7


def test_the_same_document_as_yaml_json_and_mapping(tmp_path):
    document = yaml.safe_load(BASE)
    (tmp_path / "spec.yaml").write_text(BASE)
    (tmp_path / "spec.json").write_text(json.dumps(document))
    read = [cm.read_spec(tmp_path / "spec.yaml"), cm.read_spec(tmp_path / "spec.json")]
    assert read[0].plain() == read[1].plain() == cm.read_spec(document).plain()


def test_a_mapping_has_problems_without_lines():
    with pytest.raises(cm.SpecError) as caught:
        cm.read_spec(
            {"data": {"panel": {"cluster": "c"}}, "outcomes": {"y": {"family": "poisson"}}}
        )
    assert str(caught.value) == (
        "<spec>: data.panel.year: missing. Add 'year: ...' here.\n"
        "<spec>: neither treatments nor controls. Name at least one of either."
    )
