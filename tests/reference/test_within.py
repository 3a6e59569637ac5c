"""Mundlak's means give the slopes of free effects, on the public-capital panel."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.mode import Given, find_mode
from tests.reference.documents import capital, produc
from tests.reference.oracles import flat

SIGMA, STATES = 0.03816, 0.0871
PRINTED = {"pcap": -0.026, "pc": 0.292, "emp": 0.768, "unemp": -0.0053}


def slopes(pooling, given):
    """Give each slope, and its standard error, at the conditional mode."""
    document = capital() | {"fixed_effects": {"cluster": {"pooling": pooling}}}
    spec = flat(cm.read_spec(document))
    panel = cm.read_panel(spec, produc())
    found = find_mode(cm.design(spec, panel, cm.learn(spec, panel)), given)
    covariance = np.linalg.inv(found.hessian.toarray())
    places = np.cumsum([0, *(piece.size for piece in found.pieces)])
    values = {}
    for place, piece in zip(places, found.pieces, strict=False):
        if piece.block is not None and piece.block.name in PRINTED:
            (term,) = piece.block.terms
            error = term.unit * np.sqrt(covariance[place, place])
            values[term.name] = (term.unit * found.beta[place], error)
    return values


def test_correlated_effects_have_the_slopes_of_free_ones():
    sigma = {"sigma": np.array([SIGMA])}
    free = slopes("free", Given(sigma, {}))
    given = Given(sigma, {"cluster_effect": np.array([[STATES**2]])})
    correlated = slopes("correlated", given)
    for name, printed in PRINTED.items():
        value, error = free[name]
        assert abs(correlated[name][0] - value) < 1e-4 * error, name
        assert correlated[name][1] == pytest.approx(error, rel=1e-4)
        assert value == pytest.approx(printed, abs=0.5 * 10 ** -len(str(printed).split(".")[1]))
    # and a plain random effect does not: its slope of public capital is printed as 0.0023
    plain = slopes("partial", given)
    assert plain["pcap"][0] == pytest.approx(0.0023, abs=5e-4)
    assert abs(plain["pcap"][0] - free["pcap"][0]) > 0.5 * free["pcap"][1]
