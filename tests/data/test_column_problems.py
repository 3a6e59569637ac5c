"""What a kind or a transform refuses stands at the document's line, all columns at once."""

import pandas as pd
import pytest

import clustermodels as cm
from clustermodels.spec.read import read_text

TEXT = """data:
  panel: {cluster: city, year: year}
outcomes:
  y: {family: gaussian}
treatments:
  zone: {kind: adoption, slope: common}
  town: {kind: adoption, column: amount, slope: common}
controls:
  gdp: {transform: log}
  debt: {transform: sqrt}
"""
TABLE = pd.DataFrame(
    {
        "city": ["A", "A", "B", "B"],
        "year": [2010, 2011, 2010, 2011],
        "y": [1.0, 2.0, 3.0, 5.0],
        "zone": [0, 1, 0, 1],
        "amount": [0, 1, 0, 1],
        "gdp": [1.0, 2.0, 3.0, 4.0],
        "debt": [1.0, 2.0, 3.0, 4.0],
    }
)


def refusal(**columns):
    spec = read_text(TEXT, "spec.yaml")
    with pytest.raises(cm.PanelError) as caught:
        cm.learn(spec, cm.read_panel(spec, TABLE.assign(**columns)))
    return str(caught.value)


def test_adoptions():
    assert refusal(zone=[0, 1, 1, 0], amount=[0, 1, 0, 2.5]) == (
        "spec.yaml:6: treatments.zone: 'zone': an adoption stays on, and here it ends. "
        "Got 0 in B 2011. Use 'kind: dose' for what can end.\n"
        "spec.yaml:7: treatments.town: 'amount': an adoption is 0 or 1. Got 2.5 in B 2011. "
        "Use 'kind: dose' for amounts."
    )


def test_transforms():
    assert refusal(gdp=[0, 2, -3, 4], debt=[1, -2, 3, 4]) == (
        "spec.yaml:9: controls.gdp: 2 values that log does not take. Got 0 in A 2010; expected "
        "above 0. Choose another transform.\n"
        "spec.yaml:10: controls.debt: 1 value that sqrt does not take. Got -2 in A 2011; expected "
        "0 or more. Choose another transform."
    )
    zero = refusal(gdp=[0, 2, 3, 4])  # which log1p takes
    assert "expected above 0. Choose log1p, or no transform." in zero
