"""A small document in text, and what the reader says of a changed one."""

import pytest

import clustermodels as cm
from clustermodels.spec.read import read_text

BASE = """schema: 1
data:
  panel: {path: panel.csv, cluster: city, year: year}
outcomes:
  patents: {family: negative_binomial}
treatments:
  policies: {lag: 1}
"""
NEXT = BASE.count("\n") + 1  # the line on which something added to BASE stands


def said(text: str, file: str = "spec.yaml") -> list[str]:
    """Give every line of the refusal of a document."""
    with pytest.raises(cm.SpecError) as caught:
        read_text(text, file)
    return str(caught.value).split("\n")


def said_of(addition: str) -> list[str]:
    """Give the refusal of BASE with lines added, without its place."""
    place = f"spec.yaml:{NEXT}: "
    lines = said(BASE + addition)
    assert all(line.startswith(place) for line in lines), lines
    return [line.removeprefix(place) for line in lines]
