"""A spec is data from a stranger: strings in it stay strings."""

import pytest

from clustermodels.errors import SpecError
from clustermodels.spec.read import read_text
from tests.documents import BASE

HOSTILE = [
    "__import__('os').system('touch ran')",
    "{{ 7 * 7 }}",
    "${HOME}",
    "$(touch ran)",
    '"; DROP TABLE panel; --',
    "os:system",
    "%s %(x)s {0} {x}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_a_column_name_like_any_other(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = BASE + f"controls: {{gdp: {{column: {quoted(text)}}}}}\ntitle: {quoted(text)}\n"
    spec = read_text(document, "spec.yaml")
    assert spec.controls["gdp"].column == text
    assert spec.title == text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_kind(text):
    with pytest.raises(SpecError, match="unknown kind of treatment") as caught:
        read_text(BASE.replace("lag: 1", f"kind: {quoted(text)}"), "spec.yaml")
    assert text in str(caught.value)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
