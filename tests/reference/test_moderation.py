"""Becoming and being, on the public-capital panel: what a split moderator comes to."""

import numpy as np
import pytest

import clustermodels as cm
from clustermodels.data.mode import Given, find_mode
from tests.designs import made_fit
from tests.reference.documents import panel, produc
from tests.reference.oracles import flat

# Where the residual sd is, on the log scale of its invented draws.
SIGMA = {"sigma": np.log(0.0335)}
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


def test_forms_beside_each_other_have_the_recomputed_slopes():
    """The plain product, both changes multiplied, and the latter beside the other parts."""
    fit = made_fit(flat(cm.read_spec(document("none"))), produc(), around=SIGMA, noise=1e-6)
    found = cm.moderation_split(fit)
    rows = found.to_dataframe()
    rows = rows[rows["source"] == "conditional mode"].set_index(["form", "term"])
    for form, term, value, error in (
        ("plain product", "product", -0.0004, 0.0008),
        ("product of changes", "becoming", -0.0571, 0.0092),
        ("within and between", "becoming", -0.0596, 0.0095),
    ):
        row = rows.loc[form, term]
        assert row["median"] == pytest.approx(value, abs=5e-5)
        # all at one residual sd, which differs between the forms by 3 %
        assert row["sd"] == pytest.approx(error, rel=0.03, abs=5e-5)
    (mixed,) = (f for f in cm.moderation_findings(fit, found) if f.check == "mixed_moderation")
    assert "where becoming higher has -0.0596" in mixed.what
