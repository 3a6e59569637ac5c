"""Becoming and being, on the public-capital panel: what a split moderator comes to."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.mode import Given, find_mode
from tests.reference.documents import panel, produc
from tests.reference.oracles import flat

OURS = {"none": "pcap_x_unemp", "within_between": "pcap_x_unemp_within"}


def document(split):
    return panel(
        "state",
        "year",
        outcomes={"log_gsp": {"family": "gaussian"}},
        treatments={"pcap": {"transform": "log", "slope": "common"}},
        moderators={"unemp": {"split": split}},
        controls={"pc": {"transform": "log"}, "emp": {"transform": "log"}},
        fixed_effects={"cluster": {"pooling": "free"}, "year": {"pooling": "free"}},
    )


def slopes(design, sigma):
    """Give every common coefficient with its standard error, and the residuals at the mode."""
    found = find_mode(design, Given({"sigma": np.array([sigma])}, {}))
    covariance = np.linalg.inv(found.hessian.toarray())
    places = np.cumsum([0, *(piece.size for piece in found.pieces)])
    told = {
        piece.block.name: piece.block.terms[0].unit
        * np.array([found.beta[place], np.sqrt(covariance[place, place])])
        for place, piece in zip(places, found.pieces, strict=False)
        if piece.block is not None and piece.block.factor is None
    }
    return told, design.outcome.values - found.x @ found.beta


@pytest.mark.parametrize(
    ("split", "value", "error"),
    [("none", -0.0004, 0.0008), ("within_between", -0.0596, 0.0095)],
)
def test_the_plain_product_hides_what_becoming_does(split, value, error):
    spec = flat(cm.read_spec(document(split)))
    rows = cm.read_panel(spec, produc())
    design = cm.design(spec, rows, cm.learn(spec, rows))
    left = slopes(design, 0.04)[1]
    common = sum(block.factor is None for block in design.blocks)
    sigma = np.sqrt(left @ left / (len(left) - 48 - 16 - common))
    ours = slopes(design, sigma)[0][OURS[split]]
    np.testing.assert_allclose(ours, [value, error], atol=5e-5)
